import { openHeddle, type Local } from "../cluster/local.js";
import { openDask } from "../dask/contender.js";
import type { Program, Sample } from "../harness/contender.js";
import { median } from "../harness/statistics.js";

const TASKS = 100_000;
const WORKERS = 2;
/** With 100,000 futures its gather stalled in two of three sessions here; a task costs it less in a smaller map. */
const DASK_TASKS = 25_000;

/** Numbers are new in each repetition: the key of a task is made of its function and argument. */
let repetition = 0;

/** Maps in one visit. A round of Dask takes forty seconds, in which idle processes let go of compiled code and caches. */
const RUNS = 3;

async function measure(local: Local): Promise<Sample> {
  const runs: number[] = [];
  for (let run = 0; run < RUNS; run++) runs.push(await mapOnce(local));
  return { "us/task": median(runs) };
}

async function mapOnce({ client }: Local): Promise<number> {
  const first = TASKS * repetition++;
  const numbers = Array.from({ length: TASKS }, (_, i) => first + i);
  const start = performance.now();
  const results = await client.gather(client.map((x: number) => x + 1, numbers));
  const elapsed = performance.now() - start;
  if (results.length !== TASKS || results.some((result, i) => result !== first + i + 1))
    throw new Error("a result is wrong");
  return (elapsed * 1000) / TASKS;
}

export const map: Program = {
  name: "map",
  what: "client.map of x => x + 1 over 100,000 numbers on two workers, from the call until all results are gathered; the median of three in a row each time. Dask maps 25,000: with 100,000 its gather stalls.",
  reps: 5,
  warmups: 3,
  contenders: {
    heddle: () => openHeddle(WORKERS, measure),
    dask: () =>
      openDask(WORKERS, async (peer) => ({ "us/task": ((await peer.map(DASK_TASKS)).seconds * 1e6) / DASK_TASKS })),
  },
  targets: [
    { metric: "us/task", reach: 15, aim: 5 },
    { metric: "us/task", against: "dask", reach: 50, aim: 150 },
  ],
};
