import { setTimeout as delay } from "node:timers/promises";
import type { FeedOptions } from "@heddle/scheduler/dashboard-feed";
import { MadeUpCluster } from "../cluster/made-up-cluster.js";
import { WatchedPage } from "../cluster/watched-page.js";
import type { Contender, Program, Sample } from "../harness/contender.js";
import { median, quantile } from "../harness/statistics.js";

/** 64 lanes. */
const LANES = { workers: 16, threads: 4 } as const;
const ROAM = 5_000;
const LIVE = { rate: 10_000, seconds: 60, settle: 20_000 } as const;
const BURST = { rate: 50_000, seconds: 10 } as const;
const SINGLE = 50;
/** Milliseconds between two looks whether rows are there; after so many they will not come any more. */
const LOOK = 50;
const LATEST = 60_000;
const MEBI = 2 ** 20;
/** Rows are recorded at this rate when nobody looks: their number, not their rate, is what is measured. */
const FILL = 15_000;
/** Tasks a second while the page is loaded again. */
const RELOAD_RATE = 3_000;

async function measure(): Promise<Sample> {
  return {
    ...(await machine()),
    ...(await roaming(100_000, "100,000 rows")),
    ...(await roaming(1_000_000, "1,000,000 rows")),
    ...(await single()),
    ...(await reload()),
    ...(await live()),
    ...(await burst()),
  };
}

/** What this machine does at the moment: the rest is to be read beside it. */
async function machine(): Promise<Sample> {
  const page = await WatchedPage.start();
  try {
    const frame = await page.idle();
    const began = performance.now();
    let sum = 0;
    for (let i = 0; i < 2e7; i++) sum = (sum + i * i) | 0;
    if (sum === 1) throw new Error("that cannot be");
    return { "a page with one rectangle, ms between frames": frame, "a fixed loop, ms": performance.now() - began };
  } finally {
    await page.close();
  }
}

async function roaming(rows: number, named: string): Promise<Sample> {
  return looking({ rate: FILL, tasks: rows }, async (cluster, page) => {
    await cluster.record(rows, FILL);
    await page.open(cluster.url);
    await page.arrival(() => Promise.resolve(rows));
    const script = await page.script;
    await page.fit();
    await page.roam(1_000);
    const { paint, frame, longest } = await page.roam(ROAM);
    return {
      ...(rows === 100_000 ? { "script on first load, kB": script / 1000 } : {}),
      [`${named}, ms between pictures`]: paint,
      [`${named}, ms between frames of the page`]: frame,
      [`${named}, longest task of the page, ms`]: longest,
      [`${named}, MiB of the page's process`]: (await page.memory()) / MEBI,
    };
  });
}

/** From the end of a run to the picture that has it. */
async function single(): Promise<Sample> {
  return looking({ rate: 10, tasks: SINGLE }, async (cluster, page) => {
    await page.open(cluster.url);
    await page.page.locator(".stream-labels a").first().waitFor();
    const [seen] = await Promise.all([page.seen(SINGLE), cluster.play()]);
    const { ends } = await cluster.look(0);
    const delays = seen.map((time, seq) => time - ends[seq]!);
    return { "run to picture p50, ms": median(delays), "run to picture p95, ms": quantile(delays, 0.95) };
  });
}

/** The page is loaded again while tasks run. */
async function reload(): Promise<Sample> {
  const rows = 1_000_000;
  return looking({ rate: FILL, historyRows: 2 ** 21 }, async (cluster, page) => {
    await cluster.record(rows, FILL);
    await page.open(cluster.url);
    await page.arrival(() => Promise.resolve(rows));
    await cluster.play(RELOAD_RATE / FILL);
    await delay(2_000);
    const firsts: number[] = [];
    const alls: number[] = [];
    for (let time = 0; time < 3; time++) {
      await page.page.reload({ waitUntil: "commit" });
      const { first, all } = await page.arrival(async () => (await cluster.look()).rows);
      firsts.push(first);
      alls.push(all);
    }
    return { "reload, ms to the first picture": median(firsts), "reload, ms to 1,000,000 rows": median(alls) };
  });
}

/** A steady rate, followed. */
async function live(): Promise<Sample> {
  const { rate, seconds, settle } = LIVE;
  const tasks = rate * seconds;
  return looking({ rate, tasks }, async (cluster, page) => {
    await page.open(cluster.url);
    await page.page.locator(".stream-labels a").first().waitFor();
    const heaps: [seconds: number, bytes: number][] = [];
    const { paint, longShare, longest } = await page.during(async () => {
      const began = performance.now();
      const ends = began + seconds * 1_000;
      await cluster.play();
      await delay(settle);
      while (performance.now() < ends) {
        heaps.push([(performance.now() - began) / 1_000, await page.heap()]);
        await delay(5_000);
      }
    });
    await allThere(cluster, page, tasks);
    return {
      "10,000 tasks/s, ms between pictures": paint,
      "10,000 tasks/s, % of the page in long tasks": longShare,
      "10,000 tasks/s, longest task of the page, ms": longest,
      "10,000 tasks/s, MiB a minute more in the page's heap": (slope(heaps) * 60) / MEBI,
    };
  });
}

/** More than can be shown one by one. */
async function burst(): Promise<Sample> {
  const { rate, seconds } = BURST;
  const tasks = rate * seconds;
  return looking({ rate, tasks }, async (cluster, page) => {
    await page.open(cluster.url);
    await page.page.locator(".stream-labels a").first().waitFor();
    const mode = page.page.getByText("summary mode", { exact: false }).first();
    await cluster.play();
    await mode.waitFor({ state: "visible" });
    const { paint, longest } = await page.roam((seconds - 3) * 1_000);
    const late = await allThere(cluster, page, tasks);
    await mode.waitFor({ state: "hidden" });
    return {
      "50,000 tasks/s, ms between pictures": paint,
      "50,000 tasks/s, longest task of the page, ms": longest,
      "50,000 tasks/s, s from the last run to all rows": late / 1_000,
    };
  });
}

async function looking(
  options: FeedOptions,
  work: (cluster: MadeUpCluster, page: WatchedPage) => Promise<Sample>,
): Promise<Sample> {
  const cluster = await MadeUpCluster.start({ ...LANES, ...options });
  try {
    const page = await WatchedPage.start();
    try {
      return await work(cluster, page);
    } finally {
      await page.close();
    }
  } finally {
    await cluster.close();
  }
}

/** @returns milliseconds from the last run until the page had every row */
async function allThere(cluster: MadeUpCluster, page: WatchedPage, tasks: number): Promise<number> {
  while ((await cluster.look(tasks)).rows < tasks) await delay(LOOK);
  const began = performance.now();
  for (;;) {
    const { rows } = await page.stats();
    if (rows === tasks) return performance.now() - began;
    if (rows > tasks || performance.now() - began > LATEST) throw new Error(`the page has ${rows} rows of ${tasks}`);
    await delay(LOOK);
  }
}

/** Of the line nearest to all points. */
function slope(points: readonly (readonly [number, number])[]): number {
  const mean = (place: 0 | 1): number => points.reduce((sum, point) => sum + point[place], 0) / points.length;
  const [x, y] = [mean(0), mean(1)];
  const above = points.reduce((sum, point) => sum + (point[0] - x) * (point[1] - y), 0);
  return above / points.reduce((sum, point) => sum + (point[0] - x) ** 2, 0);
}

export const dashboardPage: Program = {
  name: "dashboard-page",
  what: "The dashboard's page in a headless Chromium without a GPU, 1600 x 900, over a made-up cluster of 64 threads: wheel and drag over 100,000 and 1,000,000 rows for 5 s; 50 single tasks from the end of their run to the picture that has them; a reload with 1,000,000 rows while tasks run; 10,000 tasks a second for 60 s; 50,000 a second for 10 s while the mouse goes on. Memory is the proportional set size of the page's process, the browser's own part of it included.",
  reps: 3,
  warmups: 0,
  contenders: {
    heddle: (): Promise<Contender> =>
      Promise.resolve({
        config: {
          lanes: `${LANES.workers} workers of ${LANES.threads} threads`,
          "the made-up cluster": "has a process of its own on this machine",
        },
        measure,
        close: () => Promise.resolve(),
      }),
  },
  targets: [
    { metric: "script on first load, kB", reach: 200, aim: 150 },
    { metric: "100,000 rows, ms between pictures", reach: 20, aim: 17.5 },
    { metric: "100,000 rows, longest task of the page, ms", reach: 100, aim: 50 },
    { metric: "1,000,000 rows, ms between pictures", reach: 22.2, aim: 18 },
    { metric: "1,000,000 rows, ms between frames of the page", reach: 18.2, aim: 17 },
    { metric: "1,000,000 rows, MiB of the page's process", reach: 300, aim: 200 },
    { metric: "run to picture p95, ms", reach: 250, aim: 150 },
    { metric: "reload, ms to the first picture", reach: 1_000, aim: 300 },
    { metric: "reload, ms to 1,000,000 rows", reach: 4_000, aim: 2_000 },
    { metric: "10,000 tasks/s, % of the page in long tasks", reach: 2, aim: 0.5 },
    { metric: "10,000 tasks/s, longest task of the page, ms", reach: 150, aim: 75 },
    { metric: "10,000 tasks/s, MiB a minute more in the page's heap", reach: 2, aim: 0.5 },
    { metric: "50,000 tasks/s, ms between pictures", reach: 25, aim: 20 },
  ],
};
