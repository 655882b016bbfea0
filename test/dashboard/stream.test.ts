/** The task stream, held against what really ran: what is under the pointer, in a selection, in sight at any distance. */
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startFeed, type Feed, type TrueRun } from "@heddle/scheduler/dashboard-feed";
import { Client, LocalCluster } from "heddle";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, test } from "vitest";
import { Folder, heddle } from "../support/programs.js";
import { useBrowser, type Page } from "./support/browser.js";
import { painted, shown, streamOf, tokenOf, xOf, type StreamPlace } from "./support/stream.js";

const WORKERS = 4;
const THREADS = 2;
const LANES = WORKERS * THREADS;
const looks = useBrowser();

type Range = readonly [number, number];

/** What is in sight, as the address says. */
async function rangeOf(page: Page): Promise<Range> {
  const { hash } = new URL(page.url());
  const parameters = new URLSearchParams(hash.slice(hash.indexOf("?")));
  return [Number(parameters.get("from")), Number(parameters.get("to"))];
}

async function spanOf(page: Page): Promise<number> {
  const [from, to] = await rangeOf(page);
  return to - from;
}

/** The lane of a run, from the top: lanes are in the order of their workers' names. */
const laneOf = (run: TrueRun): number => (Number(run.worker.split("-")[1]) - 1) * THREADS + run.thread;

/** "1.24 s" in milliseconds. */
function milliseconds(text: string): number {
  const [, number = "", unit = ""] = /^([\d.]+)\s*(\S+)$/.exec(text.trim()) ?? [];
  const factor = { "\u00b5s": 0.001, ms: 1, s: 1000 }[unit];
  expect(factor, `the unit of ${text}`).toBeDefined();
  return Number(number) * factor!;
}

/** Three digits are shown. */
function expectShown(text: string, value: number): void {
  const shown = milliseconds(text);
  expect(Math.abs(shown - value), `${text} for ${value} ms`).toBeLessThanOrEqual(0.0051 * value + 0.002);
}

describe("of a cluster whose every run is known", () => {
  let feed: Feed;
  let truth: readonly TrueRun[];
  beforeAll(async () => {
    feed = await startFeed({
      workers: WORKERS,
      threads: THREADS,
      rate: 100,
      errorRate: 0.002,
      seed: 13,
      startAt: Date.UTC(2026, 2, 1, 12),
      live: false,
    });
    feed.advance(60_000);
    truth = [...feed.truth];
    expect(truth.length).toBeGreaterThan(5000);
  });
  afterAll(() => feed?.close());

  async function lookAt([from, to]: Range): Promise<{ page: Page; place: StreamPlace }> {
    const page = await looks.at(`${feed.url}?test=1#/tasks?from=${from}&to=${to}`);
    // Measured when the page's own letters have come and taken their width.
    await painted(page, truth.length);
    await page.evaluate("document.fonts.ready.then(() => undefined)");
    const place = await streamOf(page, LANES);
    return { page, place };
  }

  it("tells of each of 30 runs, wherever it is, its key and how long it took", async () => {
    const from = truth[0]!.start + 20_000;
    const range: Range = [from, from + 1_500];
    const { page, place } = await lookAt(range);
    const seen = truth.filter(({ start, end }) => start > range[0] && end < range[1]);
    const step = Math.floor(seen.length / 30);
    expect(step).toBeGreaterThan(0);
    for (let index = 0; index < 30; index++) {
      const run = seen[index * step]!;
      const lane = place.lanes[laneOf(run)]!;
      const x = xOf(place, range, (run.start + run.end) / 2);
      await page.mouse.move(x, lane.top + lane.height / 3);
      const tip = page.locator(`.stream-tip[data-seq="${run.seq}"]`);
      await tip.waitFor();
      await tip.locator(".mono", { hasText: run.key }).waitFor();
      expect(await tip.locator(".mono").innerText()).toBe(run.key);
      await expect.poll(() => tip.locator("strong").innerText()).toBe(run.group);
      expectShown(await tip.locator("dl div", { hasText: "took" }).locator("dd").innerText(), run.end - run.start);
    }
  });

  it("counts the runs that share a pixel, and goes nearer when one presses there", async () => {
    const range: Range = [truth[0]!.start - 200_000, truth[0]!.start + 400_000];
    const { page, place } = await lookAt(range);
    const lane = place.lanes[3]!;
    const x = Math.round(xOf(place, range, truth[0]!.start + 30_000));
    await page.mouse.move(x, lane.top + lane.height / 3);
    const pixel = (range[1] - range[0]) / place.width;
    const middle = range[0] + (x - place.left) * pixel;
    const runs = truth.filter(
      (run) => laneOf(run) === 3 && run.end > middle - pixel / 2 && run.start < middle + pixel / 2,
    );
    expect(runs.length).toBeGreaterThan(3);
    const tip = page.locator(".stream-tip", { hasText: "zoom in to tell them apart" });
    await tip.waitFor();
    expect(await tip.locator("p strong").first().innerText()).toBe(`${runs.length} tasks`);
    expectShown(
      /longest ([^;]+);/.exec(await tip.innerText())![1]!,
      Math.max(...runs.map(({ start, end }) => end - start)),
    );
    await page.mouse.down();
    await page.mouse.up();
    await expect.poll(() => spanOf(page)).toBeLessThan(20_000);
  });

  it("shows each failure at any distance, in its lane and at its time", async () => {
    const failed = truth.filter(({ error }) => error !== undefined);
    expect(failed.length).toBeGreaterThan(3);
    expect(failed.length).toBeLessThan(50);
    const { page, place } = await lookAt([truth[0]!.start, truth[0]!.start + 1_000]);
    await page.locator(".stream-box").focus();
    await page.keyboard.press("f");
    await expect.poll(() => spanOf(page)).toBeGreaterThan(60_000);
    const range = await rangeOf(page);
    const error = await tokenOf(page, "--error");
    const redAt = async (): Promise<boolean[]> => {
      const picture = await shown(page, place);
      return failed.map((run) => {
        const lane = place.lanes[laneOf(run)]!;
        const x = Math.round(xOf(place, range, run.end) - place.left);
        const top = Math.round(lane.top - place.top);
        return picture.has(error, x - 4, top, x + 2, top + Math.round(lane.height));
      });
    };
    await expect.poll(redAt).toEqual(failed.map(() => true));
  });

  it.each(["tasks", "groups", "graph", "workers"])("looks the same whenever #/%s is loaded", async (route) => {
    const [from, to] = [truth[0]!.start, truth[0]!.start + 60_000];
    const load = async () => {
      const page = await looks.at(`${feed.url}?test=1#/${route}?from=${from}&to=${to}`, { reducedMotion: "reduce" });
      await page.locator('.connection[data-state="live"]').waitFor();
      await page
        .locator(route === "graph" ? ".graph-node" : route === "tasks" ? ".stream-labels a" : ".table-row")
        .first()
        .waitFor();
      if (route === "tasks") await painted(page, truth.length);
      await page.evaluate("document.fonts.ready.then(() => undefined)");
      return shown(page, { left: 0, top: 0, width: 1440, height: 900 });
    };
    const before = await load();
    expect(before.colours().length).toBeGreaterThan(8);
    expect((await load()).differenceTo(before)).toBeLessThanOrEqual(0.005);
  });

  it("sums up what was selected", async () => {
    const from = truth[0]!.start + 10_000;
    const range: Range = [from, from + 20_000];
    const { page, place } = await lookAt(range);
    const [left, right] = [place.left + 200, place.left + 700];
    await page.keyboard.down("Shift");
    await page.mouse.move(left, place.top + 20);
    await page.mouse.down();
    await page.mouse.move(left + 100, place.top + 30);
    await page.mouse.move(right, place.top + 40);
    await page.mouse.up();
    await page.keyboard.up("Shift");
    const perPixel = (range[1] - range[0]) / place.width;
    const [start, end] = [range[0] + 200 * perPixel, range[0] + 700 * perPixel];
    const runs = truth.filter((run) => run.end > start && run.start < end);
    expect(runs.length).toBeGreaterThan(500);

    const panel = page.getByRole("region", { name: "Selection" });
    const found = panel.locator(".selection");
    await found.waitFor();
    expect(await found.getAttribute("data-count")).toBe(String(runs.length));
    const fact = (name: string): Promise<string> =>
      found.locator("dl div", { hasText: name }).locator("dd").first().innerText();
    expect(await fact("Failed")).toBe(String(runs.filter(({ error }) => error !== undefined).length));
    const covered = runs.reduce((sum, run) => sum + Math.min(end, run.end) - Math.max(start, run.start), 0);
    expect(Number.parseFloat(await fact("Lanes busy"))).toBeCloseTo((100 * covered) / (LANES * (end - start)), -0.5);
    expectShown(
      (await fact("Computing")).replace(/\s*100\s%$/, ""),
      runs.reduce((sum, run) => sum + run.end - run.start, 0),
    );
    const rows = await found.locator("h3:has-text('By group') + ul > li").allInnerTexts();
    const groups = new Map<string, { count: number; time: number }>();
    for (const run of runs) {
      const sums = groups.get(run.group) ?? { count: 0, time: 0 };
      groups.set(run.group, { count: sums.count + 1, time: sums.time + run.end - run.start });
    }
    expect(rows).toHaveLength(groups.size);
    for (const [name, { count, time }] of groups) {
      const row = rows.find((text) => text.includes(name))!;
      expect(row).toContain(`${count} runs`);
      expectShown(row.split("\n").at(-1)!, time);
    }
    const longest = [...runs].sort((a, b) => b.end - b.start - (a.end - a.start));
    const times = await found.locator("h3:has-text('Longest') + ul strong").allInnerTexts();
    for (const [index, text] of times.entries()) expectShown(text, longest[index]!.end - longest[index]!.start);

    // A copied link, and a reload, show the same.
    const address = page.url();
    expect(address).toContain("select=");
    const before = await found.innerText();
    const other = await looks.at(address);
    for (const look of [page, other]) {
      if (look === page) await page.reload();
      const again = look.getByRole("region", { name: "Selection" }).locator(".selection");
      await expect.poll(() => again.getAttribute("data-count")).toBe(String(runs.length));
      await expect.poll(() => again.innerText()).toBe(before);
    }

    await panel.getByRole("button", { name: "Close" }).click();
    await panel.waitFor({ state: "detached" });
    expect(page.url()).not.toContain("select=");
    await page.reload();
    await streamOf(page, LANES);
    expect(await panel.count()).toBe(0);
  });
});

test("stays where one has looked back to while runs go on, and L returns to the present", async () => {
  await using feed = await startFeed({ workers: WORKERS, threads: THREADS, rate: 200, seed: 17 });
  await using page = await looks.at(`${feed.url}?test=1#/tasks?span=10000`);
  const place = await streamOf(page, LANES);
  await painted(page, 50);
  const follow = page.getByRole("button", { name: /^Follow/ });
  expect(await follow.getAttribute("aria-pressed")).toBe("true");

  await page.mouse.move(place.left + 300, place.top + 40);
  await page.mouse.wheel(-300, 0);
  await expect.poll(() => follow.getAttribute("aria-pressed")).toBe("false");
  await expect.poll(() => spanOf(page)).toBeGreaterThan(0);
  const range = await rangeOf(page);
  expect(range[1]).toBeLessThan(feed.now());
  const axis = await page.locator(".stream-axis").innerText();
  await painted(page, feed.truth.length + 600);
  expect(await rangeOf(page)).toEqual(range);
  expect(await page.locator(".stream-axis").innerText()).toBe(axis);

  await page.locator(".stream-box").focus();
  await page.keyboard.press("l");
  await expect.poll(() => follow.getAttribute("aria-pressed")).toBe("true");
  await expect.poll(() => new URL(page.url()).hash).not.toContain("from=");
  await expect.poll(() => page.locator(".stream-axis").innerText()).not.toBe(axis);
});

describe("of a real cluster", () => {
  let folder: Folder;
  let cluster: LocalCluster;
  let client: Client;
  beforeAll(async () => {
    folder = new Folder();
    cluster = new LocalCluster({ workers: 1, threadsPerWorker: 1, dashboard: { port: 0 } });
    await cluster.ready;
    client = new Client(cluster);
  });
  afterAll(async () => {
    await client?.close();
    await cluster?.close();
    folder?.[Symbol.dispose]();
  });

  const stream = (from: number, to: number): Promise<Page> =>
    looks.at(`${cluster.dashboardUrl!}?test=1#/tasks?from=${from}&to=${to}`);

  it("shows what a worker does while it does it", async () => {
    const gate = join(folder.path, "open");
    const page = await looks.at(`${cluster.dashboardUrl!}?test=1#/tasks?span=10000`);
    const place = await streamOf(page, 1);
    const held = client.submit(keepThreadUntil, gate);
    // Whatever fails here, the thread is free for the next.
    onTestFinished(() => writeFileSync(gate, ""));
    // The names of groups come by themselves, a moment before or after what runs.
    const tip = page.locator(".stream-tip", { hasText: "runs for" }).filter({ hasText: "keepThreadUntil" });
    // At the present, which is the picture's right edge.
    const lane = { ...place, top: place.lanes[0]!.top + 3, height: 1, left: place.left + place.width - 6, width: 3 };
    const idle = await tokenOf(page, "--hover");
    const colours = async (): Promise<string[]> => (await shown(page, lane)).colours();
    await expect.poll(colours).not.toContain(idle);
    await page.mouse.move(lane.left, lane.top);
    await tip.waitFor();
    expect(held.status).toBe("pending");
    writeFileSync(gate, "");
    await held.result();
    await painted(page, 1);
    await expect.poll(colours).toEqual([idle]);
  });

  it("draws slashes through a run that was cancelled, and a mark where it is too narrow for them", async () => {
    const from = Date.now();
    const begun = join(folder.path, "begun");
    const cancelled = client.submit(holdThread, begun);
    await expect.poll(() => existsSync(begun)).toBe(true);
    await cancelled.cancel();
    // Its thread is free again when its time of grace is over.
    await client.submit((x: number) => x, 1).result();
    const to = Date.now();
    const page = await stream(from, to);
    const place = await streamOf(page, 1);
    await painted(page, 3);
    const slash = await tokenOf(page, "--state-cancelled");
    const lane = { ...place, top: place.lanes[0]!.top, height: place.lanes[0]!.height };
    const middle = Math.round(place.width / 2);
    await expect.poll(async () => (await shown(page, lane)).has(slash, middle - 10, 2, middle + 10, 20)).toBe(true);
    await page.mouse.move(place.left + middle, lane.top + 3);
    await page.locator(".stream-tip", { hasText: "cancelled" }).waitFor();
    await expect.poll(() => page.locator(".stream-legend").innerText()).toContain("cancelled");

    const far = await stream(from - 2_000_000, to + 2_000_000);
    await streamOf(far, 1);
    await painted(far, 3);
    await expect.poll(async () => (await shown(far, lane)).has(slash, middle - 4, 0, middle + 4, 4)).toBe(true);
  });

  it("shows runs of a worker whose clock is three seconds ahead when they ran", async () => {
    const preload = folder.write("wrong-clock.cjs", `(${String(setClock)})(${AHEAD})`);
    const name = "z-wrong";
    await using wrong = heddle(folder, ["worker", cluster.address, "--no-nanny", "--name", name, "--threads", "1"], {
      HEDDLE_TOKEN: cluster.token,
      NODE_OPTIONS: `--require=${JSON.stringify(preload)}`,
    });
    await client.waitForWorkers(2);
    expect(wrong.child.exitCode).toBeNull();
    const right = (await client.workers()).find((worker) => worker.name !== name)!.name;
    const runs = (milliseconds: number): Promise<number[]> =>
      client.gather(
        [right, name].map((worker) => client.with({ workers: [worker] }).submit(keepThreadFor, milliseconds, worker)),
      );
    // Threads of a worker do not take over what its process was started with.
    await client
      .with({ workers: [name] })
      .submit(setClock, AHEAD)
      .result();
    const [here, there] = (await runs(0)) as [number, number];
    expect(there - here).toBeGreaterThan(AHEAD / 2);

    const page = await looks.at(`${cluster.dashboardUrl!}#/workers`);
    await page.getByRole("table", { name: "Workers" }).getByText(name, { exact: true }).click();
    // How far, the scheduler finds out by what it hears.
    await page
      .locator(".facts div", { hasText: "Clock" })
      .getByText(/^(2\.9\d*|3|3\.0\d*)\s+s ahead$/)
      .waitFor();

    const from = Date.now();
    await runs(400);
    const to = Date.now();
    // In sight: from just before they were submitted until just after they were there.
    const range = [from - 100, to + 100] as const;
    const streamed = await stream(...range);
    const place = await streamOf(streamed, 2);
    await painted(streamed, 8);
    const idle = await tokenOf(streamed, "--hover");
    for (const lane of place.lanes) {
      const row = { ...place, top: lane.top + lane.height / 3, height: 1 };
      const busy = async (): Promise<number[]> => {
        const picture = await shown(streamed, row);
        return Array.from({ length: picture.width }, (_, x) => x).filter((x) => picture.at(x, 0) !== idle);
      };
      await expect.poll(async () => (await busy()).length).toBeGreaterThan(0);
      const pixels = await busy();
      const [first, last] = [place.left + pixels[0]!, place.left + pixels.at(-1)!];
      expect(last - first).toBeGreaterThan(xOf(place, range, from + 300) - xOf(place, range, from));
      expect(first).toBeGreaterThanOrEqual(xOf(place, range, from) - 2);
      expect(last).toBeLessThanOrEqual(xOf(place, range, to) + 2);
    }
  });
});

/** Milliseconds. */
const AHEAD = 3_000;
/** Sets the clock of the thread that runs it. */
function setClock(ahead: number): void {
  const { now } = Date;
  Date.now = () => now() + ahead;
  Object.defineProperty(performance, "timeOrigin", { value: performance.timeOrigin + ahead });
}

/** @param _on tells tasks apart @returns what time it is where it runs */
function keepThreadFor(milliseconds: number, _on: string): number {
  for (const end = performance.now() + milliseconds; performance.now() < end;);
  return Date.now();
}

/** Keeps its thread until that is taken from it. */
function holdThread(file: string): never {
  process.getBuiltinModule("node:fs").writeFileSync(file, "");
  for (;;);
}

/** Keeps its thread: a task that waits leaves it free. */
async function keepThreadUntil(file: string): Promise<void> {
  const { existsSync } = await import("node:fs");
  const pause = new Int32Array(new SharedArrayBuffer(4));
  while (!existsSync(file)) Atomics.wait(pause, 0, 0, 20);
}
