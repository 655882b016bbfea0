import { describe, expect, it, test } from "vitest";
import { FrameType, type Gap } from "@heddle/protocol/dashboard";
import { startFeed, type Feed } from "../../src/dashboard/feed/index.js";
import { Pace } from "../../src/dashboard/thread/pace.js";
import { TestPage } from "./page.js";

const LATE = 1_000_000;
const TICKS = 100;

/** Ticks at which it has its turn, with so much waiting at each. */
function turns(pace: Pace, from: number, to: number, waiting: number): number[] {
  const had: number[] = [];
  for (let tick = from; tick < to; tick++) {
    if (!pace.hasTurn(tick)) continue;
    had.push(tick);
    pace.observe(waiting);
  }
  return had;
}

describe("a page's pace", () => {
  it("is ten turns a second, and stays so while it keeps up", () => {
    expect(turns(new Pace(), 0, TICKS, 0)).toHaveLength(TICKS);
  });

  it("falls to five and to two a second, no lower", () => {
    const pace = new Pace();
    expect(turns(pace, 0, 21, LATE)).toEqual([0, 2, 5, 10, 15, 20]);
  });

  it("rises again a step at a time, each after ten turns without delay", () => {
    const pace = new Pace();
    turns(pace, 0, 10, LATE);
    const had = turns(pace, 10, 200, 0);
    expect(had.slice(0, 10)).toEqual(Array.from({ length: 10 }, (_, i) => 10 + 5 * i));
    expect(had.slice(10, 20)).toEqual(Array.from({ length: 10 }, (_, i) => 56 + 2 * i));
    expect(had.slice(20)).toEqual(Array.from({ length: 200 - 75 }, (_, i) => 75 + i));
  });

  it("does not rise for a page that falls behind now and then", () => {
    const pace = new Pace();
    turns(pace, 0, 10, LATE);
    for (let round = 0; round < 5; round++) {
      expect(turns(pace, 10 + 50 * round, 55 + 50 * round, 0)).toHaveLength(9);
      expect(turns(pace, 55 + 50 * round, 60 + 50 * round, LATE)).toHaveLength(1);
    }
  });
});

/** Lets a tick pass, and what it sends arrive. */
async function tick(feed: Feed, page: TestPage): Promise<void> {
  feed.advance(100);
  await page.until(() => page.rows().length === feed.truth.length);
}

test("[DASH-28] a page that fell behind is sent rows in fewer messages, each row once; the others theirs at each tick", async () => {
  await using feed = await startFeed({ live: false, rate: 1_000, workers: 4, threads: 4, durations: [1, 2] });
  using slow = await TestPage.open(feed.url);
  using quick = await TestPage.open(feed.url);
  await slow.until(() => slow.of(FrameType.hello).length === 1);
  await quick.until(() => quick.of(FrameType.hello).length === 1);
  quick.say({ sub: ["tasks"] });
  slow.socket.pause();
  // The system takes some megabytes before the server notices: lines of a log, which only the slow one wants, are soon as many.
  const line = { level: "info", source: "worker-1", message: "x".repeat(16_000) } as const;
  while (!/^heddle_frames_skipped_total [1-9]/m.test(await feed.dashboard.metrics())) {
    for (let lines = 0; lines < 64; lines++) feed.log({ ...line, time: feed.now() });
    await tick(feed, quick);
  }
  slow.socket.resume();
  while (slow.of(FrameType.gap).length === 0) {
    await tick(feed, quick);
    await new Promise(setImmediate);
  }
  const gap = slow.json<Gap>(FrameType.gap).at(-1)!;
  const later = (page: TestPage): number[] =>
    page.of(FrameType.tasks).flatMap(({ seq }) => (seq >= gap.to ? [seq] : []));
  // The tick numbers are the server's: twenty of them hold four turns of the slowest pace.
  for (let i = 0; i < 20; i++) await tick(feed, quick);
  await slow.until(() => (slow.rows().at(-1)?.seq ?? 0) >= gap.to);
  expect(later(quick).length).toBeGreaterThanOrEqual(20);
  expect(later(slow).length).toBeLessThan(later(quick).length);

  // Kept up with, it comes back to ten a second, and nothing is left out on the way.
  for (let i = 0; i < 100; i++) await tick(feed, quick);
  await slow.until(() => slow.rows().at(-1)!.seq === feed.truth.length - 1);
  const before = slow.of(FrameType.tasks).length;
  for (let i = 0; i < 10; i++) await tick(feed, quick);
  await slow.until(() => slow.rows().at(-1)!.seq === feed.truth.length - 1);
  expect(slow.of(FrameType.tasks).length - before).toBe(10);
  const got = slow.rows().map(({ seq }) => seq);
  const gaps = slow.json<Gap>(FrameType.gap);
  const expected = Array.from({ length: feed.truth.length }, (_, seq) => seq).filter(
    (seq) => !gaps.some(({ from, to }) => seq >= from && seq < to),
  );
  expect(got).toEqual(expected);
});
