import { setTimeout as delay } from "node:timers/promises";
import { Client } from "heddle";
import { settled } from "../cluster/settled.js";
import { WatchedScheduler } from "../cluster/watched-scheduler.js";
import { ZeroWorkers } from "../cluster/zero-workers.js";
import { Child } from "../harness/child.js";
import type { Contender, Program, Sample } from "../harness/contender.js";

const TASKS = 100_000;
const WORKERS = 2;
/** Maps of a new cluster that do not count, and that do. */
const WARM_UPS = 4;
const ROUNDS = 4;
/** Tasks a second, in portions, for so many seconds. */
const RATE = 10_000;
const PORTIONS = 50;
const SECONDS = 3;

/** A cluster with a dashboard or without, and a number of pages that look at it. */
class Watched {
  #repetition = 0;
  #pages: Child<"count", number> | undefined;

  private constructor(
    readonly scheduler: WatchedScheduler,
    readonly workers: ZeroWorkers,
    readonly client: Client,
  ) {}

  static async open(withDashboard: boolean): Promise<Watched> {
    const scheduler = await WatchedScheduler.start(withDashboard);
    const workers = await ZeroWorkers.join(scheduler.address, WORKERS);
    const client = new Client(scheduler.address);
    await client.ready;
    return new Watched(scheduler, workers, client);
  }

  /** From now on so many pages look. */
  async look(pages: number): Promise<void> {
    await this.#pages?.close();
    this.#pages = undefined;
    if (pages === 0) return;
    const script = new URL("../cluster/viewer-process.ts", import.meta.url);
    this.#pages = new Child<"count", number>(script, [this.scheduler.dashboardUrl, String(pages)]);
    await this.#pages.receive();
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
    await this.#pages?.close();
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
    if (this.#pages === undefined) return;
    this.#pages.send("count");
    if ((await this.#pages.receive()) === 0) throw new Error("the pages were sent nothing");
  }
}

async function open(): Promise<Contender> {
  return {
    config: {
      workers: `${WORKERS} processes that answer without running anything`,
      pages: "raw WebSockets that read everything, come and go at one scheduler",
    },
    measure,
    close: () => Promise.resolve(),
  };
}

/**
 * Two processes of the same program differ by several percent for as long as they live, so that every repetition has processes of its own.
 * What pages cost is the difference between rounds of one process, to which they come and from which they go.
 */
async function measure(): Promise<Sample> {
  const none = await Watched.open(false);
  const watched = await Watched.open(true);
  try {
    return await compare(none, watched);
  } finally {
    await none.close();
    await watched.close();
  }
}

async function compare(none: Watched, watched: Watched): Promise<Sample> {
  for (const cluster of [none, watched]) for (let round = 0; round < WARM_UPS; round++) await cluster.perTask();
  const [bare, zero] = await inTurn(
    () => none.perTask(),
    () => watched.perTask(),
  );
  const perTaskWith = async (pages: number): Promise<number> => {
    await watched.look(pages);
    // Pages compile their code while the first map runs, on the cores that the scheduler wants.
    await watched.perTask();
    return await watched.perTask();
  };
  const more = async (pages: number): Promise<number> => {
    const [without, looked] = await inTurn(
      () => perTaskWith(0),
      () => perTaskWith(pages),
    );
    return looked / without;
  };
  const [one, five] = [await more(1), await more(5)];
  await watched.look(0);
  const unwatched = await watched.load();
  await watched.look(20);
  const loaded = await watched.load();
  const percent = (ratio: number): number => (ratio - 1) * 100;
  return {
    "no dashboard, us/task": bare,
    "0 pages, % more": percent(zero / bare),
    "1 page, % more than 0": percent(one),
    "5 pages, % more than 0": percent(five),
    "1 page, % more": percent((zero / bare) * one),
    "5 pages, % more": percent((zero / bare) * five),
    "10,000 tasks/s, 0 pages, % of a core": unwatched,
    "10,000 tasks/s, 20 pages, % of a core": loaded,
    "20 pages, points more": loaded - unwatched,
  };
}

/** Means of both, each as often first as second: whatever drifts meanwhile goes into both. */
async function inTurn(a: () => Promise<number>, b: () => Promise<number>): Promise<[number, number]> {
  const sums: [number, number] = [0, 0];
  for (let round = 0; round < ROUNDS; round++)
    for (const [index, body] of round % 2 === 0
      ? ([
          [0, a],
          [1, b],
        ] as const)
      : ([
          [1, b],
          [0, a],
        ] as const))
      sums[index] += await body();
  return [sums[0] / ROUNDS, sums[1] / ROUNDS];
}

export const dashboard: Program = {
  name: "dashboard",
  what: "CPU of the scheduler's own thread (its dashboard has another) for a task of a map of 100,000, on two workers that answer without running anything: without a dashboard, and with 0, 1 and 5 pages that look, in new processes for each repetition; and its load at 10,000 tasks a second with 0 and 20 pages.",
  reps: 15,
  warmups: 0,
  contenders: { heddle: open },
  targets: [
    { metric: "1 page, % more", reach: 2, aim: 1 },
    { metric: "5 pages, % more", reach: 5, aim: 2 },
    { metric: "20 pages, points more", reach: 0.5, aim: 0.2 },
  ],
};
