import { setTimeout as delay } from "node:timers/promises";
import { Client } from "heddle";
import { settled } from "../cluster/settled.js";
import { WatchedScheduler } from "../cluster/watched-scheduler.js";
import { ZeroWorkers } from "../cluster/zero-workers.js";
import { Child } from "../harness/child.js";
import type { Contender, Program, Sample } from "../harness/contender.js";

const TASKS = 100_000;
const WORKERS = 2;
/** Tasks a second, in portions, for so many seconds. */
const RATE = 10_000;
const PORTIONS = 50;
const SECONDS = 3;

/** One cluster for each number of pages; undefined: there is no dashboard. */
class Watched {
  #repetition = 0;

  private constructor(
    readonly scheduler: WatchedScheduler,
    readonly workers: ZeroWorkers,
    readonly client: Client,
    readonly viewers: Child<"count", number> | undefined,
  ) {}

  static async open(viewers: number | undefined): Promise<Watched> {
    const scheduler = await WatchedScheduler.start(viewers !== undefined);
    const workers = await ZeroWorkers.join(scheduler.address, WORKERS);
    const client = new Client(scheduler.address);
    await client.ready;
    if (viewers === undefined || viewers === 0) return new Watched(scheduler, workers, client, undefined);
    const script = new URL("../cluster/viewer-process.ts", import.meta.url);
    const pages = new Child<"count", number>(script, [scheduler.dashboardUrl, String(viewers)]);
    await pages.receive();
    return new Watched(scheduler, workers, client, pages);
  }

  /** Microseconds of the scheduler's thread for a task of a map. */
  async perTask(): Promise<number> {
    const before = this.scheduler.threadSeconds;
    const futures = this.client.map((x: number) => x, this.#numbers(TASKS));
    const results = await this.client.gather(futures);
    for (const future of futures) future.release();
    await settled(this.client);
    if (results.length !== TASKS || results.some((result) => result !== 0)) throw new Error("a result is wrong");
    await this.#checkViewers();
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
    await this.#checkViewers();
    return (used / seconds) * 100;
  }

  async close(): Promise<void> {
    await this.client.close();
    await this.viewers?.close();
    await this.workers.close();
    await this.scheduler.close();
  }

  /** New in each map: the key of a task is made of its function and argument. */
  #numbers(count: number): number[] {
    const first = this.#repetition;
    this.#repetition += count;
    return Array.from({ length: count }, (_, i) => first + i);
  }

  async #checkViewers(): Promise<void> {
    if (this.viewers === undefined) return;
    this.viewers.send("count");
    if ((await this.viewers.receive()) === 0) throw new Error("the pages were sent nothing");
  }
}

async function open(): Promise<Contender> {
  const clusters = {
    none: await Watched.open(undefined),
    zero: await Watched.open(0),
    one: await Watched.open(1),
    five: await Watched.open(5),
    twenty: await Watched.open(20),
  };
  return {
    config: {
      workers: `${WORKERS} processes that answer without running anything`,
      pages: "raw WebSockets that read everything",
    },
    measure: () => measure(clusters),
    close: async () => {
      for (const cluster of Object.values(clusters)) await cluster.close();
    },
  };
}

async function measure(
  clusters: Readonly<Record<"none" | "zero" | "one" | "five" | "twenty", Watched>>,
): Promise<Sample> {
  const none = await clusters.none.perTask();
  const zero = await clusters.zero.perTask();
  const one = await clusters.one.perTask();
  const five = await clusters.five.perTask();
  // The same once more in the other order: whatever drifts meanwhile goes into both.
  const fiveAgain = await clusters.five.perTask();
  const oneAgain = await clusters.one.perTask();
  const zeroAgain = await clusters.zero.perTask();
  const noneAgain = await clusters.none.perTask();
  const base = none + noneAgain;
  const more = (first: number, again: number): number => ((first + again) / base - 1) * 100;
  const unwatched = await clusters.zero.load();
  const watched = await clusters.twenty.load();
  return {
    "no dashboard, us/task": base / 2,
    "0 pages, % more": more(zero, zeroAgain),
    "1 page, % more": more(one, oneAgain),
    "5 pages, % more": more(five, fiveAgain),
    "10,000 tasks/s, 0 pages, % of a core": unwatched,
    "10,000 tasks/s, 20 pages, % of a core": watched,
    "20 pages, points more": watched - unwatched,
  };
}

export const dashboard: Program = {
  name: "dashboard",
  what: "CPU of the scheduler's own thread (its dashboard has another) for a task of a map of 100,000, on two workers that answer without running anything: without a dashboard, and with 0, 1 and 5 pages that look; and its load at 10,000 tasks a second with 0 and 20 pages.",
  reps: 9,
  warmups: 3,
  contenders: { heddle: open },
  targets: [
    { metric: "1 page, % more", reach: 2, aim: 1 },
    { metric: "5 pages, % more", reach: 5, aim: 2 },
    { metric: "20 pages, points more", reach: 0.5, aim: 0.2 },
  ],
};
