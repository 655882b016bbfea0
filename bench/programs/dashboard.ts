import { setTimeout as delay } from "node:timers/promises";
import { Client } from "heddle";
import { settled } from "../cluster/settled.js";
import { WatchedScheduler, type SchedulerPlace } from "../cluster/watched-scheduler.js";
import { ZeroWorkers } from "../cluster/zero-workers.js";
import { Child } from "../harness/child.js";
import type { Contender, Program, Sample } from "../harness/contender.js";

const TASKS = 100_000;
const WORKERS = 2;
/** Maps of each cluster of a new process that do not count, until all is compiled; and that do, for each number of pages. */
const WARM_UPS = 10;
const ROUNDS = 8;
/** Tasks a second, in portions, for so many seconds. */
const RATE = 10_000;
const PORTIONS = 50;
const SECONDS = 3;

/** Two workers and a client of one of the schedulers in a process. */
class Cluster {
  #repetition = 0;

  private constructor(
    readonly scheduler: WatchedScheduler,
    readonly workers: ZeroWorkers,
    readonly client: Client,
  ) {}

  static async join(scheduler: WatchedScheduler, address: string): Promise<Cluster> {
    const workers = await ZeroWorkers.join(address, WORKERS);
    const client = new Client(address);
    await client.ready;
    return new Cluster(scheduler, workers, client);
  }

  /** Microseconds of the scheduler's thread for a task of a map. */
  async perTask(): Promise<number> {
    const before = this.scheduler.threadSeconds;
    const futures = this.client.map((x: number) => x, this.#numbers(TASKS));
    const results = await this.client.gather(futures);
    for (const future of futures) future.release();
    await settled(this.client);
    if (results.length !== TASKS || results.some((result) => result !== 0)) throw new Error("a result is wrong");
    return ((this.scheduler.threadSeconds - before) * 1e6) / TASKS;
  }

  /** Percent of a core that the scheduler's thread takes at a steady rate. */
  async load(): Promise<number> {
    const before = this.scheduler.threadSeconds;
    const start = performance.now();
    for (let portion = 1; portion <= SECONDS * PORTIONS; portion++) {
      const futures = this.client.map((x: number) => x, this.#numbers(RATE / PORTIONS));
      void this.client.gather(futures).then(() => {
        for (const future of futures) future.release();
      });
      await delay(Math.max(0, start + (portion * 1000) / PORTIONS - performance.now()));
    }
    const seconds = (performance.now() - start) / 1000;
    const used = this.scheduler.threadSeconds - before;
    await settled(this.client);
    return (used / seconds) * 100;
  }

  async close(): Promise<void> {
    await this.client.close();
    await this.workers.close();
  }

  /** New in each map: the key of a task is made of its function and argument. */
  #numbers(count: number): number[] {
    const first = this.#repetition;
    this.#repetition += count;
    return Array.from({ length: count }, (_, i) => first + i);
  }
}

/** Pages that look at a dashboard while something is measured. */
async function watchedBy<T>(pages: number, url: string, body: () => Promise<T>): Promise<T> {
  if (pages === 0) return await body();
  const script = new URL("../cluster/viewer-process.ts", import.meta.url);
  const viewers = new Child<"count", number>(script, [url, String(pages)]);
  try {
    await viewers.receive();
    const result = await body();
    viewers.send("count");
    if ((await viewers.receive()) === 0) throw new Error("the pages were sent nothing");
    return result;
  } finally {
    await viewers.close();
  }
}

async function open(): Promise<Contender> {
  return {
    config: {
      workers: `${WORKERS} processes that answer without running anything`,
      pages: "raw WebSockets that read everything",
    },
    measure,
    close: () => Promise.resolve(),
  };
}

/**
 * Two processes of one program differ by five percent for as long as they live, by what V8 chose to inline: what is compared are two
 * schedulers in one process, which run the same code, one with a dashboard and one without. Each repetition has a process of its own.
 */
async function measure(): Promise<Sample> {
  const scheduler = await WatchedScheduler.start("plain", "dashboard");
  const [plain, shown] = scheduler.places as [SchedulerPlace, SchedulerPlace];
  const none = await Cluster.join(scheduler, plain.address);
  const watched = await Cluster.join(scheduler, shown.address);
  try {
    return await compare(none, watched, shown.dashboardUrl);
  } finally {
    await none.close();
    await watched.close();
    await scheduler.close();
  }
}

async function compare(none: Cluster, watched: Cluster, url: string): Promise<Sample> {
  for (let round = 0; round < WARM_UPS; round++) for (const cluster of [none, watched]) await cluster.perTask();
  const percentMore = (pages: number): Promise<readonly [number, number]> =>
    watchedBy(pages, url, async () => {
      // Pages compile their code while the first map runs, on the cores that the scheduler wants.
      if (pages > 0) await watched.perTask();
      const [without, looked] = await inTurn(
        () => none.perTask(),
        () => watched.perTask(),
      );
      return [without, (looked / without - 1) * 100];
    });
  const [bare, zero] = await percentMore(0);
  const [, one] = await percentMore(1);
  const [, five] = await percentMore(5);
  const unwatched = await watched.load();
  const loaded = await watchedBy(20, url, () => watched.load());
  return {
    "no dashboard, us/task": bare,
    "0 pages, % more": zero,
    "1 page, % more": one,
    "5 pages, % more": five,
    "10,000 tasks/s, 0 pages, % of a core": unwatched,
    "10,000 tasks/s, 20 pages, % of a core": loaded,
    "20 pages, points more": loaded - unwatched,
  };
}

/** Means of both, each as often first as second: whatever drifts meanwhile goes into both. */
async function inTurn(a: () => Promise<number>, b: () => Promise<number>): Promise<[number, number]> {
  const sums: [number, number] = [0, 0];
  for (let round = 0; round < ROUNDS; round++) {
    if (round % 2 === 0) sums[0] += await a();
    sums[1] += await b();
    if (round % 2 === 1) sums[0] += await a();
  }
  return [sums[0] / ROUNDS, sums[1] / ROUNDS];
}

export const dashboard: Program = {
  name: "dashboard",
  what: "CPU of the scheduler's own thread (its dashboard has another) for a task of a map of 100,000, on two workers that answer without running anything: two schedulers in one process, without a dashboard and with one at which 0, 1 and 5 pages look, a new process for each repetition; and the load at 10,000 tasks a second with 0 and 20 pages.",
  reps: 15,
  warmups: 0,
  contenders: { heddle: open },
  targets: [
    { metric: "1 page, % more", reach: 2, aim: 1 },
    { metric: "5 pages, % more", reach: 5, aim: 2 },
    { metric: "20 pages, points more", reach: 0.5, aim: 0.2 },
  ],
};
