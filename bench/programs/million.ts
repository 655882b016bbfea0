import { Client, delayed, type Delayed } from "heddle";
import { spawnWorkerProcess, type WorkerProcess } from "@heddle/worker/process";
import { settled } from "../cluster/settled.js";
import { WatchedScheduler } from "../cluster/watched-scheduler.js";
import type { Contender, Program, Sample } from "../harness/contender.js";

const LEAVES = 2 ** 19;
const TASKS = 2 * LEAVES - 1;
const WORKERS = 2;

/**
 * Every task's value is a number of leaves, times this, plus the earliest start of any of them in milliseconds after `origin`:
 * so that one tree both proves that every task ran and tells when the first one did.
 */
const COUNT = 2 ** 24;

const leaf = delayed((origin: number) => COUNT + (Date.now() - origin));
const join = delayed((a: number, b: number) => {
  const [startA, startB] = [a % COUNT, b % COUNT];
  return a - startA + (b - startB) + Math.min(startA, startB);
});

async function open(): Promise<Contender> {
  const scheduler = await WatchedScheduler.start();
  const workers = Array.from({ length: WORKERS }, () => spawnWorker(scheduler.address));
  await Promise.all(workers.map((worker) => worker.ready));
  const client = new Client(scheduler.address);
  await client.ready;
  // Once, because what the first graph made it grow by is there for the next ones.
  const rssBefore = scheduler.rss;
  return {
    config: { workers: `${WORKERS} processes of 1 thread` },
    measure: () => measure(scheduler, client, rssBefore),
    close: async () => {
      await client.close();
      await Promise.all(workers.map((worker) => worker.close(5_000)));
      await scheduler.close();
    },
  };
}

function spawnWorker(address: string): WorkerProcess {
  return spawnWorkerProcess({
    address,
    threads: 1,
    onOutput: (_, text) => console.error(text),
    onLog: (line) => console.error(line),
  });
}

async function measure(scheduler: WatchedScheduler, client: Client, rssBefore: number): Promise<Sample> {
  scheduler.forgetPeak();
  await scheduler.startWatch();

  const origin = Date.now();
  const root = plant(origin);
  const planting = Date.now() - origin;
  const start = performance.now();
  const computing = root.compute();
  // Answered in its turn, so when the whole graph has been taken in.
  await client.workers();
  const accepted = performance.now() - start;
  const value = await computing;
  const elapsed = performance.now() - start;

  await settled(client);
  const longestTurn = await scheduler.endWatch();
  const leaves = Math.floor(value / COUNT);
  if (leaves !== LEAVES) throw new Error(`${leaves} leaves were counted instead of ${LEAVES}`);
  return {
    "accepted s": accepted / 1000,
    "first task s": ((value % COUNT) - planting) / 1000,
    "scheduler B/task": (scheduler.peakRss - rssBefore) / TASKS,
    "longest turn ms": longestTurn,
    "done s": elapsed / 1000,
    "us/task": (elapsed * 1000) / TASKS,
  };
}

function plant(origin: number): Delayed<number> {
  let level = Array.from({ length: LEAVES }, () => leaf(origin));
  while (level.length > 1) {
    level = Array.from({ length: level.length / 2 }, (_, i) => join(level[2 * i]!, level[2 * i + 1]!));
  }
  return level[0]!;
}

export const million: Program = {
  name: "million",
  what: "A binary tree of 1,048,575 tasks in one compute() on two workers. Accepted: the scheduler has taken in all of it. Memory: the scheduler's peak over what it had before the first task, per task. A turn: of the scheduler's event loop, until the last task is forgotten. Times are from the compute() call.",
  reps: 3,
  warmups: 2,
  contenders: { heddle: open },
  targets: [
    { metric: "accepted s", reach: 5, aim: 1.5 },
    { metric: "first task s", reach: 0.3, aim: 0.1 },
    { metric: "scheduler B/task", reach: 600, aim: 250 },
    { metric: "longest turn ms", reach: 100, aim: 50 },
  ],
};
