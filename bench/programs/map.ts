import { openHeddle, type Local } from "../cluster/local.js";
import { openDask } from "../dask/contender.js";
import type { Program, Sample } from "../harness/contender.js";

const TASKS = 100_000;
const WORKERS = 2;

/** Numbers are new in each repetition: the key of a task is made of its function and argument. */
let repetition = 0;

async function measure({ client }: Local): Promise<Sample> {
  const first = TASKS * repetition++;
  const numbers = Array.from({ length: TASKS }, (_, i) => first + i);
  const start = performance.now();
  const results = await client.gather(client.map((x: number) => x + 1, numbers));
  const elapsed = performance.now() - start;
  if (results.length !== TASKS || results.some((result, i) => result !== first + i + 1))
    throw new Error("a result is wrong");
  return { "us/task": (elapsed * 1000) / TASKS };
}

export const map: Program = {
  name: "map",
  what: "client.map of x => x + 1 over 100,000 numbers on two workers, from the call until all results are gathered.",
  reps: 5,
  warmups: 6,
  contenders: {
    heddle: () => openHeddle(WORKERS, measure),
    dask: () => openDask(WORKERS, async (peer) => ({ "us/task": ((await peer.map(TASKS)).seconds * 1e6) / TASKS })),
  },
  targets: [
    { metric: "us/task", reach: 15, aim: 5 },
    { metric: "us/task", against: "dask", reach: 50, aim: 150 },
  ],
};
