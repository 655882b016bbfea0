import { wait } from "heddle";
import { openLocal, localConfig, type Local } from "../cluster/local.js";
import { DaskPeer } from "../dask/peer.js";
import type { Contender, Program, Sample } from "../harness/contender.js";
import { median } from "../harness/statistics.js";
import { openBulk } from "../yardsticks/bulk.js";

const MEBIBYTES = 64;
const REPEATS = 10;
const LENGTH = (MEBIBYTES << 20) / Float64Array.BYTES_PER_ELEMENT;

/** The clusters are new in every repetition, since the first time is only once. */
async function openHeddle(): Promise<Contender> {
  return {
    config: localConfig(2),
    measure: async () => {
      const local = await openLocal(2);
      try {
        return await measureTimes(async (first) => fetchOnce(local, first));
      } finally {
        await local.close();
      }
    },
    close: async () => {},
  };
}

async function openDask(): Promise<Contender> {
  const peer = DaskPeer.start();
  return {
    measure: async () => {
      await peer.open(2);
      return measureTimes(async () => (await peer.transfer(MEBIBYTES)).seconds * 1000);
    },
    close: () => peer.close(),
  };
}

async function measureTimes(fetch: (repetition: number) => Promise<number>): Promise<Sample> {
  const first = await fetch(0);
  const repeated: number[] = [];
  for (let repetition = 1; repetition <= REPEATS; repetition++) repeated.push(await fetch(repetition));
  return { "first ms": first, "repeated ms": median(repeated) };
}

/** An array made on one worker and read on the other, a new one each time. */
async function fetchOnce({ client, workers: [here, there] }: Local, first: number): Promise<number> {
  const ramp = (from: number, length: number): Float64Array => {
    const array = new Float64Array(length);
    for (let i = 0; i < length; i++) array[i] = from + i;
    return array;
  };
  const ends = (array: Float64Array): number[] => [array.length, array[0]!, array[array.length - 1]!];
  const array = client.with({ workers: [here!] }).submit(ramp, first, LENGTH);
  await wait([array]);
  const start = performance.now();
  const found = await client
    .with({ workers: [there!] })
    .submit(ends, array)
    .result();
  const elapsed = performance.now() - start;
  if (String(found) !== String([LENGTH, first, first + LENGTH - 1]))
    throw new Error(`the array arrived as ${String(found)}`);
  array.release();
  return elapsed;
}

export const transfer: Program = {
  name: "transfer",
  what: "A float64 array of 64 MiB made on one worker, read by a task on another: from the submission of that task to its result, the first time and, with arrays of the same size, again. The bare one moves the bytes between two processes over ws in frames of 1 MiB, into memory that is ready.",
  reps: 5,
  contenders: { heddle: openHeddle, bare: async () => openBulk(MEBIBYTES, REPEATS), dask: openDask },
  // A share of bare speed, turned over: 0.25 of the speed is 4 times the time.
  targets: [
    { metric: "first ms", against: "bare", reach: 1 / 0.25, aim: 1 / 0.5 },
    { metric: "repeated ms", against: "bare", reach: 1 / 0.6, aim: 1 / 0.9 },
  ],
};
