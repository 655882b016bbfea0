import { Client, delayed } from "heddle";
import { WatchedScheduler } from "../cluster/watched-scheduler.js";
import { ZeroWorkers } from "../cluster/zero-workers.js";
import { settled } from "../cluster/settled.js";
import type { Contender, Program, Sample } from "../harness/contender.js";

const TASKS = 100_000;
const WORKERS = 2;

/** What the workers do not run; they answer 0 in its place. */
const leaf = delayed((x: number) => x);
const sum = delayed((xs: readonly number[]) => xs.length);

async function open(): Promise<Contender> {
  const scheduler = await WatchedScheduler.start();
  const workers = await ZeroWorkers.join(scheduler.address, WORKERS);
  const client = new Client(scheduler.address);
  await client.ready;
  return {
    config: { workers: `${WORKERS} processes that answer without running anything` },
    measure: () => measure(scheduler, workers, client),
    close: async () => {
      await client.close();
      await workers.close();
      await scheduler.close();
    },
  };
}

async function measure(scheduler: WatchedScheduler, workers: ZeroWorkers, client: Client): Promise<Sample> {
  const answeredBefore = await workers.answered();
  const cpuBefore = scheduler.cpuSeconds;
  const start = performance.now();
  const value = await sum(Array.from({ length: TASKS }, (_, i) => leaf(i))).compute();
  const elapsed = performance.now() - start;
  await settled(client);
  const cpu = scheduler.cpuSeconds - cpuBefore;
  const answered = (await workers.answered()) - answeredBefore;
  if (value !== 0 || answered !== TASKS + 1)
    throw new Error(`${answered} tasks were answered, and the value is ${value}`);
  return { "us/task": (elapsed * 1000) / TASKS, "scheduler CPU us/task": (cpu * 1e6) / TASKS };
}

export const zero: Program = {
  name: "zero",
  what: "merge of 100,000 tasks with string keys on two workers that answer without running anything: what client, scheduler and wire cost, from the first delayed() call to the value.",
  reps: 9,
  warmups: 3,
  contenders: { heddle: open },
  targets: [{ metric: "scheduler CPU us/task", reach: 3, aim: 1.5 }],
};
