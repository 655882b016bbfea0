import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { ClusterTaskRunner, ConcurrentTaskRunner, LocalCluster, flow, task, type TaskRunner } from "heddle";
import type { Contender, Program, Sample } from "../harness/contender.js";
import { median } from "../harness/statistics.js";

const SUBMITS = 10_000;
const WORKERS = 2;
/** Task runs of the flow whose memory is measured. */
const KEPT = 100_000;
/** Flows in one visit: a flow of a second is over before V8 has compiled what it runs. */
const FLOWS = 3;

const noop = task((x: number) => x, { name: "noop" });

/** Microseconds of one flow, from its call to its end, for each of its submits. */
async function submits(taskRunner: TaskRunner): Promise<number> {
  const many = flow(
    () => {
      for (let i = 0; i < SUBMITS; i++) noop.submit(i);
    },
    { name: "many", taskRunner },
  );
  const start = performance.now();
  await many();
  return ((performance.now() - start) * 1000) / SUBMITS;
}

async function several(once: () => Promise<number>): Promise<number> {
  const runs: number[] = [];
  for (let i = 0; i < FLOWS; i++) runs.push(await once());
  return median(runs);
}

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

function usedBytes(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Bytes in the flow's process for each task run, every future of which is kept, when all are over. */
async function memory(): Promise<number> {
  const measured = flow(
    async () => {
      const before = usedBytes();
      const futures = Array.from({ length: KEPT }, (_, i) => noop.submit(i));
      for (const future of futures) await future.wait();
      return (usedBytes() - before) / futures.length;
    },
    { name: "kept" },
  );
  return measured();
}

/** Seconds from the call of a flow that starts its own cluster until its first task runs. */
async function firstTask(): Promise<number> {
  const now = task(() => Date.now(), { name: "now" });
  const started = flow(() => now.submit(), {
    name: "started",
    taskRunner: new ClusterTaskRunner({ cluster: { workers: WORKERS, dashboard: false } }),
  });
  const start = Date.now();
  return ((await started()) - start) / 1000;
}

async function open(): Promise<Contender> {
  const home = mkdtempSync(join(tmpdir(), "heddle-bench-"));
  process.env["HEDDLE_HOME"] = home;
  const cluster = new LocalCluster({ workers: WORKERS, threadsPerWorker: 1, dashboard: false });
  await cluster.ready;
  return {
    config: { workers: `${WORKERS} processes of 1 thread`, history: "on" },
    measure: async (): Promise<Sample> => ({
      "us/task on workers": await several(() => submits(new ClusterTaskRunner({ cluster }))),
      "us/task in process": await several(() => submits(new ConcurrentTaskRunner())),
      "B/task run": await memory(),
      "first task s": await firstTask(),
    }),
    close: async () => {
      await cluster.close();
      rmSync(home, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

export const flows: Program = {
  name: "flows",
  what: "Flows of 10,000 no-op submits with run history, from the call to its end, on two local workers that are there already and in the flow's process (medians of three in a row each time); the memory of 100,000 task runs in the flow's process, every future kept; and a flow that starts a cluster of its own, from the call until its first task runs.",
  reps: 5,
  warmups: 2,
  contenders: { heddle: open },
  targets: [
    { metric: "us/task on workers", reach: 120, aim: 35 },
    { metric: "us/task in process", reach: 40, aim: 20 },
    { metric: "B/task run", reach: 1_500, aim: 600 },
    { metric: "first task s", reach: 1.3, aim: 0.9 },
  ],
};
