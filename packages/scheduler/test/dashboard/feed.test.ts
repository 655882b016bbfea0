import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import {
  FrameType,
  type DashboardHello,
  type DictionaryDelta,
  type Gap,
  type GroupDetail,
  type Minimap,
  type SearchResult,
  type SummaryDelta,
  type TaskDetail,
  type TaskPage,
} from "@heddle/protocol/dashboard";
import { HOSTILE_TEXTS, startFeed, type Feed, type FeedOptions } from "../../src/dashboard/feed/index.js";
import { framesIn, rowsOf, TestPage } from "./page.js";

const START = Date.UTC(2026, 0, 1);

function still(options: FeedOptions = {}): Promise<Feed> {
  return startFeed({ live: false, startAt: START, ...options });
}

async function get<T>(feed: Feed, path: string): Promise<T> {
  const response = await fetch(`${feed.url}api/v1/${path}`);
  expect(response.status, path).toBe(200);
  return (await response.json()) as T;
}

describe("what is shown", () => {
  test("[DASH-1] says the same as the scheduler's tables: rows, groups, numbers, metrics, errors", async () => {
    await using feed = await still({ rate: 2_000, tasks: 10_000, errorRate: 0.0013, seed: 7 });
    feed.advance(30_000);
    const { summary, dictionary, headSeq } = await feed.dashboard.hello("view");
    const failures = feed.truth.filter(({ error }) => error !== undefined);
    expect(feed.truth).toHaveLength(10_000);
    expect(failures.length).toBeGreaterThan(3);

    const { totals, groups } = summary;
    expect(headSeq).toBe(10_000);
    expect(totals).toMatchObject({ tasks: 10_000, done: 10_000 - failures.length, failed: failures.length });
    const { forgotten = 0, ...states } = feed.states();
    expect({ ...totals.states }).toEqual({ ...states, released: states["released"]! + forgotten });

    for (const { id, name } of dictionary.groups!) {
      const mine = feed.truth.filter(({ group }) => group === name);
      const shown = groups.find((group) => group.id === id)!;
      expect(shown.done, name).toBe(mine.filter(({ error }) => error === undefined).length);
      expect(shown.failed, name).toBe(mine.filter(({ error }) => error !== undefined).length);
      const busy = mine.reduce((sum, { start, end }) => sum + end - start, 0) / 1000;
      expect(shown.compute, name).toBeCloseTo(busy, 2);
    }

    const metrics = await (await fetch(`${feed.url}metrics`)).text();
    const sumOf = (pattern: RegExp): number =>
      [...metrics.matchAll(pattern)].reduce((sum, match) => sum + Number(match[1]), 0);
    expect(sumOf(/^heddle_tasks_total\{.*state="memory"\} (\d+)$/gm)).toBe(10_000 - failures.length);
    expect(sumOf(/^heddle_tasks_total\{.*state="erred"\} (\d+)$/gm)).toBe(failures.length);
    expect(sumOf(/^heddle_tasks\{.*\} (\d+)$/gm)).toBe(10_000);
    expect(summary.errors!.reduce((sum, { count }) => sum + count, 0)).toBe(failures.length);
  });

  test("[DASH-2] sends every row once, as it was, in its order, after the names that it uses", async () => {
    await using feed = await still({ rate: 500, errorRate: 0.05, seed: 3, tasks: 2_000 });
    using page = await TestPage.open(feed.url);
    await page.until(() => page.of(FrameType.hello).length === 1);
    for (let i = 0; i < 60; i++) {
      feed.advance(100);
      await new Promise(setImmediate);
    }
    const rows = await page.until(() => page.rows().length === feed.truth.length && page.rows());
    const lanes = new Map<number, { worker: string; thread: number }>();
    const groups = new Map<number, string>();
    const known = [
      page.json<DashboardHello>(FrameType.hello)[0]!.dictionary,
      ...page.json<DictionaryDelta>(FrameType.dictionary),
    ];
    const workers = new Map(known.flatMap((delta) => (delta.workers ?? []).map(({ id, name }) => [id, name])));
    for (const delta of known) {
      for (const { id, worker, thread } of delta.lanes ?? []) lanes.set(id, { worker: workers.get(worker)!, thread });
      for (const { id, name } of delta.groups ?? []) groups.set(id, name);
    }
    rows.forEach((row, i) => {
      const truth = feed.truth[i]!;
      expect(row.seq).toBe(i);
      expect(lanes.get(row.lane)).toEqual({ worker: truth.worker, thread: truth.thread });
      expect(groups.get(row.group)).toBe(truth.group);
      expect(Math.abs(row.end - truth.end)).toBeLessThan(0.01);
      expect(Math.abs(row.duration - (truth.end - truth.start))).toBeLessThan(0.01);
      expect(row.state).toBe(truth.error === undefined ? 0 : 1);
    });
  });

  test("[DASH-3] shows what executes before it has ended, and no longer when it has", async () => {
    await using feed = await still({ rate: 10, durations: [2_000, 2_000], workers: 1, threads: 1, tasks: 1 });
    using page = await TestPage.open(feed.url);
    await page.until(() => page.of(FrameType.hello).length === 1);
    feed.advance(1_000);
    const frame = await page.until(() => page.of(FrameType.running).find(({ bytes }) => bytes.length > 16));
    expect(frame.bytes.readUInt16LE(16)).toBe(0);
    expect(frame.bytes.readUInt16LE(18)).toBe(0);
    expect(frame.bytes.readDoubleLE(24)).toBeGreaterThanOrEqual(START);
    expect(feed.truth).toHaveLength(0);
    feed.advance(3_000);
    expect(feed.truth).toHaveLength(1);
    await page.until(() => page.of(FrameType.running).at(-1)!.bytes.readUInt16LE(18) === 0xffff);
  });

  test("[DASH-4] counts each kind of error once, whatever the numbers in its words", async () => {
    const errors = ["value 17 is out of range", "value 4711 is out of range", "something else"];
    await using feed = await still({ rate: 500, errorRate: 0.5, errors, groups: 1, tasks: 300 });
    feed.advance(5_000);
    const { summary } = await feed.dashboard.hello("view");
    const ofRange = feed.truth.filter(({ error }) => error?.includes("range")).length;
    expect(summary.errors!.map(({ count }) => count).sort((a, b) => b - a)).toEqual(
      [ofRange, feed.truth.filter(({ error }) => error === "something else").length].sort((a, b) => b - a),
    );
    expect(summary.errors![0]).toMatchObject({ name: "TypeError", group: 0 });
    expect(summary.attention!.some(({ text }) => text.includes("has failed"))).toBe(true);
  });

  test("[DASH-5] tells what needs looking at, in words", async () => {
    await using feed = await still({ rate: 0, workers: 2 });
    feed.cluster.status(0, "paused", "92 % of its memory is in use");
    feed.advance(1_000);
    const paused = (await feed.dashboard.hello("view")).summary.attention!;
    expect(paused.map(({ text, link }) => [text, link])).toEqual([
      ["worker-1 is paused: 92 % of its memory is in use", "#/workers/0"],
    ]);
    feed.cluster.status(0, "running", "");
    feed.advance(1_000);
    expect((await feed.dashboard.hello("view")).summary.attention).toEqual([]);
  });

  test("[DASH-6] keeps a group's colour whatever came before it, and gives no two groups one while there are enough", async () => {
    const names = Array.from({ length: 16 }, (_, i) => `group ${i}`);
    await using one = await still({ rate: 0, groups: names });
    await using alone = await still({ rate: 100, tasks: 8, groups: ["group 5"] });
    await using many = await still({ rate: 10_000, tasks: 1_000, groups: names });
    for (const feed of [one, alone, many]) feed.advance(2_000);
    const slots = async (feed: Feed) => (await feed.dashboard.hello("view")).dictionary.groups!;
    const shown = (await slots(many)).filter(({ name }) => names.includes(name));
    expect(new Set(shown.map(({ slot }) => slot)).size).toBe(16);
    expect((await slots(alone)).find(({ name }) => name === "group 5")!.slot).toBeLessThan(8);
  });
});

describe("history", () => {
  test("[DASH-7] seals chunks that never change, and gives the rest by number", async () => {
    await using feed = await still({ rate: 5_000, historyRows: 32_768, tasks: 20_000, durations: [1, 2] });
    feed.advance(10_000);
    const hello = await feed.dashboard.hello("view");
    expect(hello.chunks.length).toBeGreaterThan(2);
    let next = 0;
    for (const { id, firstSeq, rows, from, to } of hello.chunks) {
      expect(firstSeq).toBe(next);
      next += rows;
      const response = await fetch(`${feed.url}api/v1/chunks/${hello.runId}/${id}`);
      const chunk = rowsOf(Buffer.from(await response.arrayBuffer()));
      expect(chunk.map(({ seq }) => seq)).toEqual(Array.from({ length: rows }, (_, i) => firstSeq + i));
      for (const { seq, end, duration } of chunk) {
        expect(Math.abs(end - feed.truth[seq]!.end)).toBeLessThan(0.01);
        expect(end - duration).toBeGreaterThanOrEqual(from - 0.01);
        expect(end).toBeLessThanOrEqual(to + 0.01);
      }
      const again = await fetch(`${feed.url}api/v1/chunks/${hello.runId}/${id}`);
      expect(again.headers.get("etag")).toBe(response.headers.get("etag"));
    }
    const tail = await fetch(`${feed.url}api/v1/rows?from=${next}&to=${hello.headSeq}`);
    const rest = framesIn(Buffer.from(await tail.arrayBuffer())).flatMap(rowsOf);
    expect(rest.map(({ seq }) => seq)).toEqual(Array.from({ length: 20_000 - next }, (_, i) => next + i));
    expect((await fetch(`${feed.url}api/v1/chunks/another-run/0`)).status).toBe(404);
    expect((await fetch(`${feed.url}api/v1/chunks/${hello.runId}/999`)).status).toBe(404);
  });

  test("[DASH-8] says which rows are gone, and keeps to those that are there", async () => {
    await using feed = await still({ rate: 5_000, historyRows: 4_096, tasks: 12_000, durations: [1, 2] });
    feed.advance(5_000);
    const hello = await feed.dashboard.hello("view");
    expect(hello).toMatchObject({ headSeq: 12_000 });
    expect(hello.oldestSeq).toBe(12_000 - 4_096);
    const { firstSeq, id } = hello.chunks[0]!;
    expect(firstSeq).toBeGreaterThanOrEqual(hello.oldestSeq);
    const sealed = await feed.dashboard.chunk(hello.runId, id);
    expect(rowsOf(gunzipSync(sealed!.body))[0]!.seq).toBe(firstSeq);
    const rows = framesIn(Buffer.from(await feed.dashboard.rows(0, 12_000))).flatMap(rowsOf);
    expect(rows[0]!.seq).toBe(hello.oldestSeq);
    expect(rows).toHaveLength(12_000 - hello.oldestSeq);
    expect(await feed.dashboard.keys([0, 11_999])).toEqual([null, feed.truth[11_999]!.key]);
    // All of it was counted nevertheless.
    expect(hello.summary.totals.done).toBe(12_000);
  });

  test("[DASH-9] shows all time at a glance", async () => {
    await using feed = await still({ rate: 100, errorRate: 0.1, tasks: 3_000 });
    feed.advance(60_000);
    const { from, to, busy, errors } = await get<Minimap>(feed, "minimap");
    expect(from).toBe(START);
    expect(to).toBeGreaterThanOrEqual(START + 60_000);
    expect(errors.reduce((sum, count) => sum + count, 0)).toBe(
      feed.truth.filter(({ error }) => error !== undefined).length,
    );
    const width = (to - from) / busy.length;
    const threadTime = busy.reduce((sum, share) => sum + share * width * 8, 0);
    const truth = feed.truth.reduce((sum, { start, end }) => sum + end - start, 0);
    expect(threadTime / truth).toBeGreaterThan(0.95);
    expect(threadTime / truth).toBeLessThan(1.05);
  });

  test("[DASH-10] stays in order when clocks jump", async () => {
    await using feed = await still({ rate: 100 });
    using page = await TestPage.open(feed.url);
    await page.until(() => page.of(FrameType.hello).length === 1);
    feed.advance(2_000);
    feed.setClock(feed.now() + 3_600_000);
    feed.advance(2_000);
    feed.setClock(feed.now() - 7_200_000);
    feed.advance(2_000);
    const rows = await page.until(() => page.rows().length === feed.truth.length && page.rows());
    rows.forEach(({ seq, end, duration }) => {
      const truth = feed.truth[seq]!;
      expect(Math.abs(end - truth.end)).toBeLessThan(0.1);
      expect(Math.abs(duration - (truth.end - truth.start))).toBeLessThan(0.1);
    });
    const before = page.of(FrameType.summary).length;
    feed.advance(1_000);
    await page.until(() => page.of(FrameType.summary).length >= before + 3);
  });
});

describe("questions", () => {
  test("[DASH-11] tells a task's whole story, and of a forgotten one what was recorded", async () => {
    await using feed = await still({ rate: 200, tasks: 400, kept: 50, groups: ["load", "merge"], errorRate: 0.02 });
    feed.advance(10_000);
    const forgotten = feed.truth[0]!;
    const old = await get<TaskDetail>(feed, `task?key=${encodeURIComponent(forgotten.key)}`);
    expect(old).toMatchObject({ key: forgotten.key, live: false, state: "finished", worker: forgotten.worker });
    expect(old.endedAt! - old.startedAt!).toBeCloseTo(forgotten.end - forgotten.start, 1);
    const last = feed.truth.findLast(({ error, group }) => error === undefined && group === "load")!;
    const live = await get<TaskDetail>(feed, `task?seq=${last.seq}`);
    expect(live).toMatchObject({ key: last.key, live: true, state: "memory", worker: last.worker });
    expect(live.story.at(-1)).toMatchObject({ from: "processing", to: "memory", cause: "finished" });
    const { queued, compute, transfer, deserialise, waited } = live.split!;
    const ready = live.story.find(({ to }) => to === "queued")!.time;
    expect(queued + compute + transfer + deserialise + waited).toBeCloseTo(live.endedAt! - ready, 0);
    const missing = await fetch(`${feed.url}api/v1/task?key=nothing`);
    expect(missing.status).toBe(404);
  });

  test("[DASH-12] finds tasks by the beginning of their keys, groups and workers by their names", async () => {
    await using feed = await still({ rate: 200, tasks: 100, kept: 10, groups: ["load", "merge"] });
    feed.advance(5_000);
    const wanted = feed.truth[3]!.key;
    const found = await get<SearchResult[]>(feed, `search?q=${wanted.slice(0, 12)}`);
    expect(found).toContainEqual({ kind: "task", label: wanted, link: `#/task/${encodeURIComponent(wanted)}` });
    expect(await get<SearchResult[]>(feed, "search?q=mer")).toContainEqual(
      expect.objectContaining({ kind: "group", label: "merge" }),
    );
    expect(await get<SearchResult[]>(feed, "search?q=worker-2")).toContainEqual(
      expect.objectContaining({ kind: "worker", label: "worker-2" }),
    );
  });

  test("[DASH-13] pages through tasks, each once", async () => {
    await using feed = await still({ rate: 500, tasks: 250, groups: 1 });
    feed.advance(3_000);
    const seen: string[] = [];
    for (let after = ""; ;) {
      const page = await get<TaskPage>(feed, `tasks?state=memory&limit=100${after}`);
      expect(page.total).toBe(250);
      seen.push(...page.tasks.map(({ key }) => key));
      if (page.next === undefined) break;
      after = `&after=${page.next}`;
    }
    expect([...seen].sort()).toEqual(feed.truth.map(({ key }) => key).sort());
  });

  test("[DASH-14] knows how long runs of a group took", async () => {
    await using feed = await still({ rate: 500, tasks: 1_000, groups: 1, durations: [10, 20] });
    feed.advance(10_000);
    const { histogram, quantiles, slowest } = await get<GroupDetail>(feed, "groups/0");
    expect(histogram.counts.reduce((sum, count) => sum + count, 0)).toBe(1_000);
    expect(quantiles[0]!).toBeGreaterThan(8);
    expect(quantiles.at(-1)!).toBeLessThan(23);
    const longest = [...feed.truth].sort((a, b) => b.end - b.start - (a.end - a.start))[0]!;
    expect(slowest[0]).toMatchObject({ key: longest.key, worker: longest.worker });
  });

  test("[DASH-15] retries what failed alike", async () => {
    await using feed = await still({ rate: 500, tasks: 100, groups: 1, errorRate: 0.3, errors: ["no luck"] });
    feed.advance(3_000);
    const failed = feed.truth.filter(({ error }) => error !== undefined).length;
    const [error] = (await feed.dashboard.hello("view")).summary.errors!;
    expect(feed.states()["erred"]).toBe(failed);
    expect(await feed.dashboard.retry({ error: error!.id })).toBe(failed);
    expect(feed.states()["erred"]).toBe(0);
    feed.advance(3_000);
    expect(feed.truth).toHaveLength(100 + failed);
    expect(feed.states()["erred"]).toBe(failed);
  });

  test("[DASH-16] draws what rests on what", async () => {
    await using feed = await still({ rate: 500, tasks: 64, groups: ["a", "b"] });
    feed.advance(3_000);
    const groups = await feed.dashboard.groupGraph();
    const ids = new Map((await feed.dashboard.hello("view")).dictionary.groups!.map(({ id, name }) => [name, id]));
    expect(groups.edges.map(([from, to]) => [from, to])).toEqual([[ids.get("a"), ids.get("b")]]);
    const graph = Buffer.from(await feed.dashboard.taskGraph({ limit: 1_000 }));
    const header = JSON.parse(graph.subarray(4, 4 + graph.readUInt32LE(0)).toString()) as {
      nodes: number;
      edges: number;
    };
    expect(header).toMatchObject({ nodes: 64, edges: groups.edges[0]![2], truncated: 0 });
  });
});

describe("pages", () => {
  test("[DASH-17] that come later get everything there is", async () => {
    await using feed = await still({ rate: 200, tasks: 500 });
    feed.advance(2_000);
    using page = await TestPage.open(feed.url);
    const [hello] = await page.until(
      () => page.of(FrameType.hello).length > 0 && page.json<DashboardHello>(FrameType.hello),
    );
    expect(hello).toMatchObject({ runId: "feed-1", cluster: "feed", role: "operate", headSeq: feed.truth.length });
    expect(hello!.summary.totals.tasks).toBe(400);
    feed.advance(200);
    const rows = await page.until(() => page.rows().length > 0 && page.rows());
    expect(rows[0]!.seq).toBe(hello!.headSeq);
  });

  test("[DASH-18] get nothing while they are paused, and are told what they missed", async () => {
    await using feed = await still({ rate: 500 });
    using page = await TestPage.open(feed.url);
    await page.until(() => page.of(FrameType.hello).length === 1);
    page.say({ pause: true });
    page.say({ ping: 1 });
    // The answer to the ping: the pause has arrived.
    await page.until(() => page.of(FrameType.log).length === 1);
    feed.advance(2_000);
    page.say({ ping: 2 });
    await page.until(() => page.of(FrameType.log).length === 2);
    expect(page.of(FrameType.tasks)).toEqual([]);
    expect(page.of(FrameType.summary)).toEqual([]);
    page.say({ pause: false });
    page.say({ ping: 3 });
    await page.until(() => page.of(FrameType.log).length === 3);
    feed.advance(100);
    const [gap] = await page.until(() => page.of(FrameType.gap).length > 0 && page.json<Gap>(FrameType.gap));
    expect(gap!.from).toBe(0);
    const missed = framesIn(Buffer.from(await feed.dashboard.rows(gap!.from, gap!.to))).flatMap(rowsOf);
    expect(missed.map(({ seq }) => seq)).toEqual(Array.from({ length: gap!.to }, (_, i) => i));
    const whole = await page.until(() => page.json<SummaryDelta>(FrameType.summary)[0]);
    expect(whole.groups.length).toBeGreaterThan(0);
  });

  test("[DASH-19] get only what they ask for", async () => {
    await using feed = await still({ rate: 500 });
    using page = await TestPage.open(feed.url);
    page.say({ sub: ["series"] });
    page.say({ ping: 1 });
    await page.until(() => page.of(FrameType.log).length === 1);
    page.frames.length = 0;
    feed.advance(3_000);
    await page.until(() => page.of(FrameType.series).length >= 2);
    expect(page.of(FrameType.tasks)).toEqual([]);
    expect(page.of(FrameType.running).length).toBeLessThan(2);
  });

  test("[DASH-20] of which there are too many are turned away, and the others stay", async () => {
    await using feed = await still({ rate: 100 });
    const pages = await Promise.all(Array.from({ length: 64 }, () => TestPage.open(feed.url)));
    try {
      await Promise.all(pages.map((page) => page.until(() => page.of(FrameType.hello).length === 1)));
      using extra = await TestPage.open(feed.url);
      const { code, reason } = await extra.closed;
      expect(code).toBe(1013);
      expect(reason).toContain("64 pages");
      expect(extra.json(FrameType.bye)).toEqual([{ reason: "full", message: reason }]);
      expect(feed.dashboard.viewers).toBe(64);
      feed.advance(1_000);
      await Promise.all(pages.map((page) => page.until(() => page.rows().length > 0)));
    } finally {
      for (const page of pages) page.socket.terminate();
    }
  });

  test.each([
    ["no JSON", "{", 1003],
    ["a message that there is none of", { subscribe: ["tasks"] }, 1003],
    ["a topic that there is none of", { sub: ["everything"] }, 1003],
    ["two things at once", { sub: [], pause: true }, 1003],
    ["a list", [], 1003],
    ["bytes", new Uint8Array(16), 1003],
    ["more than a page may", "x".repeat(1024 * 1024 + 1), 1009],
  ])("[DASH-21] that say %s are sent away, alone", async (_name, message, code) => {
    await using feed = await still({ rate: 100 });
    using other = await TestPage.open(feed.url);
    using page = await TestPage.open(feed.url);
    await page.until(() => page.of(FrameType.hello).length === 1);
    page.say(message);
    expect((await page.closed).code).toBe(code);
    feed.advance(1_000);
    await other.until(() => other.rows().length > 0);
  });

  test("[DASH-22] that say too much are sent away", async () => {
    await using feed = await still();
    using page = await TestPage.open(feed.url);
    await page.until(() => page.of(FrameType.hello).length === 1);
    for (let i = 0; i < 30; i++) page.say({ ping: i });
    expect((await page.closed).code).toBe(1008);
  });

  test("[DASH-23] that do not read cost the others nothing, and learn what they missed when they read again", async () => {
    await using feed = await still({ rate: 10_000, workers: 16, threads: 4, durations: [1, 2] });
    using slow = await TestPage.open(feed.url);
    using quick = await TestPage.open(feed.url);
    await slow.until(() => slow.of(FrameType.hello).length === 1);
    await quick.until(() => quick.of(FrameType.hello).length === 1);
    slow.socket.pause();
    // The system takes some megabytes before the server notices.
    while (!/^heddle_frames_skipped_total [5-9]/m.test(await feed.dashboard.metrics())) {
      feed.advance(100);
      await new Promise(setImmediate);
    }
    await quick.until(() => quick.rows().length === feed.truth.length);
    slow.socket.resume();
    while (slow.of(FrameType.gap).length === 0) {
      feed.advance(10);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const [gap] = slow.json<Gap>(FrameType.gap);
    const got = slow.rows().map(({ seq }) => seq);
    expect(got.filter((seq) => seq < gap!.from)).toEqual(Array.from({ length: gap!.from }, (_, i) => i));
    expect(got.filter((seq) => seq >= gap!.from && seq < gap!.to)).toEqual([]);
  });

  test("[DASH-27] that never read are sent away", async () => {
    await using feed = await still({ rate: 10_000, workers: 16, threads: 4, durations: [1, 2] });
    using slow = await TestPage.open(feed.url);
    await slow.until(() => slow.of(FrameType.hello).length === 1);
    slow.socket.pause();
    while (feed.dashboard.viewers > 0) {
      feed.advance(500);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    slow.socket.resume();
    // It may have been cut before it could read why.
    expect([1013, 1006]).toContain((await slow.closed).code);
  });

  test("[DASH-24] are shown the outline in place of rows while there are too many, and can have the rows later", async () => {
    await using feed = await still({ rate: 40_000, workers: 8, threads: 8, durations: [0.5, 1.5], tasks: 80_000 });
    using page = await TestPage.open(feed.url);
    await page.until(() => page.of(FrameType.hello).length === 1);
    feed.advance(1_500);
    await page.until(() => page.of(FrameType.lod).length > 0);
    feed.advance(10_000);
    const gap = await page.until(() => page.json<Gap>(FrameType.gap)[0]);
    const sent = page.rows().length;
    expect(gap.from).toBe(sent);
    expect(page.json<SummaryDelta>(FrameType.summary).some(({ summaryMode }) => summaryMode)).toBe(true);
    const { bytes } = page.of(FrameType.lod)[0]!;
    expect((bytes.length - 16) % 8).toBe(0);
    let missed = 0;
    for (let from = gap.from; from < gap.to; from += 65_536)
      missed += framesIn(Buffer.from(await feed.dashboard.rows(from, gap.to))).flatMap(rowsOf).length;
    expect(missed).toBe(gap.to - gap.from);
  });

  test("[DASH-25] are told apart from those of an earlier run of the cluster", async () => {
    const ids: string[] = [];
    for (const runId of ["first", "second"]) {
      await using feed = await still({ runId });
      using page = await TestPage.open(feed.url);
      const hello = await page.until(() => page.json<DashboardHello>(FrameType.hello)[0]);
      ids.push(hello.runId);
      await feed.close();
      expect((await page.closed).code).toBe(1001);
      expect(page.json(FrameType.bye)).toMatchObject([{ reason: "closing" }]);
    }
    expect(ids).toEqual(["first", "second"]);
  });
});

test("[DASH-26] texts that nobody should use come through as they are", async () => {
  const names = HOSTILE_TEXTS.map((text) => text.slice(0, 500));
  await using feed = await still({
    rate: 500,
    workers: names.slice(0, 8),
    groups: names.slice(8, 16),
    keys: names,
    errors: names,
    errorRate: 0.2,
    tasks: 200,
  });
  feed.advance(5_000);
  feed.log({ time: feed.now(), level: "info", source: names[0]!, message: names[1]! });
  expect(feed.truth).toHaveLength(200);
  const { dictionary } = await feed.dashboard.hello("view");
  expect(dictionary.workers!.map(({ name }) => name)).toEqual(names.slice(0, 8));
  expect(dictionary.groups!.map(({ name }) => name)).toEqual(expect.arrayContaining(names.slice(8, 16)));
  const keys = await feed.dashboard.keys(feed.truth.map(({ seq }) => seq));
  expect(keys).toEqual(feed.truth.map(({ key }) => key));
  for (const { key } of feed.truth.slice(0, 20)) expect((await feed.dashboard.task({ key }))?.key).toBe(key);
  const text = await (await fetch(`${feed.url}metrics`)).text();
  for (const line of text.trimEnd().split("\n"))
    expect(line).toMatch(/^(# (HELP|TYPE) \w+ .*|\w+(\{(\w+="([^"\\]|\\["\\n])*",?)+\})? -?[\d.e+-]+)$/);
});
