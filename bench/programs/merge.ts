import { delayed } from "heddle";
import { openHeddle } from "../cluster/local.js";
import { openDask } from "../dask/contender.js";
import type { Program, Sample } from "../harness/contender.js";
import { median } from "../harness/statistics.js";

const TASKS = 25_000;
const WORKERS = 2;

const same = delayed((x: number) => x);
const sum = delayed((xs: readonly number[]) => xs.reduce((total, x) => total + x, 0));

/** Graphs computed in one visit. A round of Dask takes ten seconds, in which idle processes let go of compiled code and caches. */
const RUNS = 5;

async function measure(): Promise<Sample> {
  const runs: number[] = [];
  for (let run = 0; run < RUNS; run++) runs.push(await computeOnce());
  return { "us/task": median(runs) };
}

async function computeOnce(): Promise<number> {
  const start = performance.now();
  const total = await sum(Array.from({ length: TASKS }, (_, i) => same(i))).compute();
  const elapsed = performance.now() - start;
  if (total !== (TASKS * (TASKS - 1)) / 2) throw new Error(`the sum is ${total}`);
  return (elapsed * 1000) / TASKS;
}

export const merge: Program = {
  name: "merge",
  what: "25,000 independent tasks and the sum of their results on two workers, from the first delayed() call to the value; the median of five in a row each time. Dask runs the same graph through Client.get.",
  reps: 5,
  warmups: 3,
  contenders: {
    heddle: () => openHeddle(WORKERS, measure),
    dask: () => openDask(WORKERS, async (peer) => ({ "us/task": ((await peer.merge(TASKS)).seconds * 1e6) / TASKS })),
  },
  targets: [
    { metric: "us/task", reach: 15, aim: 5 },
    { metric: "us/task", against: "dask", reach: 50, aim: 150 },
  ],
};
