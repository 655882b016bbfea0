import { openHeddle, type Local } from "../cluster/local.js";
import { openDask } from "../dask/contender.js";
import type { Program, Sample } from "../harness/contender.js";
import { quantile } from "../harness/statistics.js";
import { openEcho } from "../yardsticks/echo.js";

const TRIPS = 2_000;
/** Dask needs some ten milliseconds for each. */
const DASK_TRIPS = 500;
const WORKERS = 1;

const same = (x: number): number => x;

let submitted = 0;

async function measure({ client }: Local): Promise<Sample> {
  const microseconds = new Array<number>(TRIPS);
  for (let trip = 0; trip < TRIPS; trip++) {
    const argument = submitted++;
    const start = performance.now();
    const result = await client.submit(same, argument).result();
    microseconds[trip] = (performance.now() - start) * 1000;
    if (result !== argument) throw new Error(`${argument} came back as ${result}`);
  }
  return percentiles(microseconds);
}

function percentiles(microseconds: readonly number[]): Sample {
  return { "p50 us": quantile(microseconds, 0.5), "p99 us": quantile(microseconds, 0.99) };
}

export const latency: Program = {
  name: "latency",
  what: "Submissions of a function that returns its argument, each awaited before the next: 2,000 (Dask 500), one worker. The bare one is a message over the same hops (client, scheduler, worker, its executor thread and back) in ws frames, with nothing done at any.",
  reps: 7,
  warmups: 8,
  contenders: {
    heddle: () => openHeddle(WORKERS, measure),
    bare: () => openEcho(TRIPS),
    dask: () =>
      openDask(WORKERS, async (peer) => percentiles((await peer.latency(DASK_TRIPS)).map((seconds) => seconds * 1e6))),
  },
  targets: [
    { metric: "p50 us", against: "bare", reach: 2.5, aim: 1.5 },
    { metric: "p99 us", against: "bare", reach: 2, aim: 1.3 },
  ],
};
