import { delayed, type Delayed } from "heddle";
import { openHeddle } from "../cluster/local.js";
import { openDask } from "../dask/contender.js";
import type { Program, Sample } from "../harness/contender.js";

const STEPS = 10_000;
/** Dask needs some six milliseconds for each. */
const DASK_STEPS = 1_000;
const WORKERS = 2;

const increment = delayed((x: number) => x + 1);

async function measure(): Promise<Sample> {
  const start = performance.now();
  let last: Delayed<number> = increment(0);
  for (let step = 1; step < STEPS; step++) last = increment(last);
  const value = await last.compute();
  const elapsed = performance.now() - start;
  if (value !== STEPS) throw new Error(`${STEPS} steps came to ${value}`);
  return { "us/step": (elapsed * 1000) / STEPS };
}

export const chain: Program = {
  name: "chain",
  what: "10,000 tasks (Dask 1,000), each adding one to the result of the one before, in one graph on two workers; no tasks are fused. From the first delayed() call to the value.",
  reps: 7,
  warmups: 8,
  contenders: {
    heddle: () => openHeddle(WORKERS, measure),
    dask: () =>
      openDask(WORKERS, async (peer) => ({ "us/step": ((await peer.chain(DASK_STEPS)).seconds * 1e6) / DASK_STEPS })),
  },
  targets: [{ metric: "us/step", reach: 30, aim: 10 }],
};
