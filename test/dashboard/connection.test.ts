/** The line between page and scheduler: who does not read, who finds no room, and a scheduler that dies and comes back. */
import { once } from "node:events";
import { createServer } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { startFeed, type Feed } from "@heddle/scheduler/dashboard-feed";
import { FrameType, type Bye, type Gap, type LogLine } from "@heddle/protocol/dashboard";
import { Client, LocalCluster } from "heddle";
import { describe, expect, it, test } from "vitest";
import { WebSocket } from "ws";
import { Folder, heddle, type Program } from "../support/programs.js";
import { useBrowser, type Page } from "./support/browser.js";
import { painted } from "./support/stream.js";

const looks = useBrowser();
const LOST = /WebSocket|ERR_CONNECTION|Failed to load|Failed to fetch/;

/** A page's socket without the page. */
class Viewer implements Disposable {
  readonly socket: WebSocket;
  readonly gaps: Gap[] = [];
  readonly byes: Bye[] = [];
  readonly closed: Promise<number>;
  /** Number of the newest row that has come, and of the newest printed line. */
  newest = -1;
  lastLine = -1;

  constructor(url: string) {
    const { host, origin } = new URL(url);
    this.socket = new WebSocket(`ws://${host}/ws?v=1`, "dash.v1", { origin, perMessageDeflate: false });
    this.socket.on("message", (data: Buffer) => {
      const json = <T>(): T => JSON.parse(data.toString("utf8", 16)) as T;
      if (data[0] === FrameType.tasks) this.newest = data.readUInt32LE(4) + (data.length - 16) / 32 - 1;
      if (data[0] === FrameType.log)
        for (const { message } of json<LogLine[]>()) if (/^\d/.test(message)) this.lastLine = Number.parseInt(message);
      if (data[0] === FrameType.gap) this.gaps.push(json<Gap>());
      if (data[0] === FrameType.bye) this.byes.push(json<Bye>());
    });
    this.closed = once(this.socket, "close").then(([code]) => code as number);
    // Refusals end in "close" as well.
    this.socket.on("error", () => {});
  }

  async opened(): Promise<this> {
    await once(this.socket, "message");
    return this;
  }

  [Symbol.dispose](): void {
    this.socket.terminate();
  }
}

describe("a viewer that does not read", () => {
  const MESSAGE = "x".repeat(16_000);
  const LINES = 64;
  let printed = 0;

  /** Lets time pass, with a megabyte of printed lines, so that lines to pages fill soon; who reads is waited for. */
  async function passTime(feed: Feed, reader: Viewer): Promise<void> {
    for (let line = 0; line < LINES; line++)
      feed.log({ time: feed.now(), level: "info", source: "worker-1", message: `${printed++} ${MESSAGE}` });
    feed.advance(500);
    await expect
      .poll(() => [reader.newest, reader.lastLine], { interval: 5 })
      .toEqual([feed.truth.length - 1, printed - 1]);
  }

  const still = (): Promise<Feed> => startFeed({ live: false, rate: 500, seed: 10, durations: [1, 2], workers: 8 });

  it("is passed over, told what it missed when it reads again, and costs the others nothing", async () => {
    await using feed = await still();
    using slow = await new Viewer(feed.url).opened();
    using quick = await new Viewer(feed.url).opened();
    feed.advance(200);
    slow.socket.pause();
    while ((await metric(feed.url, "heddle_frames_skipped_total")) < 3) await passTime(feed, quick);
    const before = slow.newest;
    slow.socket.resume();
    while (!(slow.gaps.length > 0 && slow.newest > slow.gaps[0]!.to)) {
      feed.advance(500);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(slow.gaps[0]!.from).toBeGreaterThan(before);
    expect(slow.gaps[0]!.to).toBeGreaterThan(slow.gaps[0]!.from);
    const rows = await fetch(new URL(`api/v1/rows?from=${slow.gaps[0]!.from}&to=${slow.gaps[0]!.to}`, feed.url));
    expect(rows.status).toBe(200);
    expect((await rows.arrayBuffer()).byteLength).toBeGreaterThan((slow.gaps[0]!.to - slow.gaps[0]!.from) * 32);
  });

  it("is sent away when it never does, and memory does not grow by what it did not read", async () => {
    await using feed = await still();
    using stuck = await new Viewer(feed.url).opened();
    using quick = await new Viewer(feed.url).opened();
    stuck.socket.pause();
    const sent = (): Promise<number> => metric(feed.url, "heddle_dashboard_bytes_total");
    const [bytes, lines] = [await sent(), printed];
    while ((await metric(feed.url, "heddle_dashboard_viewers")) > 1) {
      await passTime(feed, quick);
      // Ten seconds of the dashboard's clock after the first megabytes at the latest.
      expect(printed - lines).toBeLessThan(100 * LINES);
    }
    // The one that reads was sent all of it; the other what its line holds, which is less than what it missed.
    const all = (printed - lines) * MESSAGE.length;
    expect(all).toBeGreaterThan(20 * 1024 * 1024);
    const toStuck = (await sent()) - bytes - all;
    expect(toStuck).toBeGreaterThan(0);
    expect(toStuck).toBeLessThan(0.75 * all);
    stuck.socket.resume();
    expect([1006, 1013]).toContain(await stuck.closed);
  });
});

test("the 65th page is told that there is no room, and comes in when there is", async () => {
  await using feed = await startFeed({ rate: 20, seed: 65 });
  const viewers = await Promise.all(Array.from({ length: 64 }, () => new Viewer(feed.url).opened()));
  try {
    using late = new Viewer(feed.url);
    expect(await late.closed).toBe(1013);
    expect(late.byes).toMatchObject([{ reason: "full", message: expect.stringContaining("64 pages") as string }]);

    await using page = await looks.at(feed.url);
    await page.locator('.connection[data-state="full"]').waitFor();
    await page.getByText("64 pages look at this cluster already").waitFor();
    viewers.pop()![Symbol.dispose]();
    await expect.poll(() => metric(feed.url, "heddle_dashboard_viewers")).toBeLessThan(64);
    await page.getByRole("button", { name: "Try now" }).click();
    await page.locator('.connection[data-state="live"]').waitFor();
  } finally {
    for (const viewer of viewers) viewer[Symbol.dispose]();
  }
});

/** The time range that follows the present does not go on where there is none: how it ended stays in sight. */
async function expectStanding(page: Page): Promise<void> {
  const axis = page.locator(".stream-axis");
  await expect.poll(() => axis.innerText()).toMatch(/\d\d:\d\d:\d\d/);
  const stood = await axis.innerHTML();
  await delay(1_500);
  expect(await axis.innerHTML()).toBe(stood);
}

test("a cluster is closed: the page says so, and shows how it ended", async () => {
  await using cluster = new LocalCluster({ workers: 1, dashboard: { port: 0 } });
  await cluster.ready;
  await using client = new Client(cluster);
  await client.gather(
    client.map(
      (x: number) => x + 1,
      Array.from({ length: 20 }, (_, i) => i),
    ),
  );
  const page = await looks.at(`${cluster.dashboardUrl!}?test=1#/tasks`, { expected: LOST });
  await painted(page, 20);
  await client.close();
  await cluster.close();
  await page.locator('.connection[data-state="ended"]').waitFor();
  await page.getByText("What you see is how it ended").waitFor();
  expect(await rowsOf(page)).toBe(20);
  await expectStanding(page);
});

test("a scheduler is killed and another started: the page says so, keeps what it had, and goes on", async () => {
  using folder = new Folder();
  const [port, dashboardPort] = [await freePort(), await freePort()];
  const url = `ws://127.0.0.1:${port}`;
  const scheduler = async (): Promise<Program> => {
    const program = heddle(folder, ["scheduler", "--port", `${port}`, "--dashboard-port", `${dashboardPort}`]);
    await program.prints(/dashboard: http/);
    return program;
  };
  const first = await scheduler();
  let page: Page;
  {
    await using worker = heddle(folder, ["worker", url, "--no-nanny"]);
    await using client = new Client(url);
    await client.gather(
      client.map(
        (x: number) => x + 1,
        Array.from({ length: 50 }, (_, i) => i),
      ),
    );
    page = await looks.at(`http://127.0.0.1:${dashboardPort}/?test=1#/tasks`, { expected: LOST });
    await painted(page, 50);
    expect(worker.pid).toBeGreaterThan(0);
    await first[Symbol.asyncDispose]();
    await page.locator('.connection[data-state="disconnected"]').waitFor();
  }
  await page.getByText(/What you see is from \d\d:\d\d:\d\d/).waitFor();
  await page
    .locator(".panel-ribbon", { hasText: /last update \d\d:\d\d:\d\d/ })
    .first()
    .waitFor();
  expect(await rowsOf(page)).toBe(50);
  await expectStanding(page);
  // It can be explored as before.
  await page.locator(".stream-box").focus();
  await page.keyboard.press("f");
  await page.keyboard.press("a");
  await expect.poll(() => new URL(page.url()).hash).toContain("from=");

  await using second = await scheduler();
  expect(second.pid).not.toBe(first.pid);
  await page.locator('.connection[data-state="live"]').waitFor();
  await page.getByText("What you see is the previous run").waitFor();
  expect(await rowsOf(page)).toBe(50);

  await using worker = heddle(folder, ["worker", url, "--no-nanny"]);
  await using client = new Client(url);
  expect(await client.submit((x: number) => x, 7).result()).toBe(7);
  expect(worker.pid).toBeGreaterThan(0);
  await page.getByText("This is the new run").waitFor();
  await expect.poll(() => rowsOf(page)).toBe(1);
  await page.getByRole("button", { name: "Dismiss" }).click();
  await page.getByText("This is the new run").waitFor({ state: "detached" });
});

const rowsOf = async (page: Page): Promise<number> =>
  (await page.evaluate<{ rows: number }>("window.__dash.stats()")).rows;

/** A sample of a metric that has no labels. */
async function metric(url: string, name: string): Promise<number> {
  const text = await (await fetch(new URL("metrics", url))).text();
  return Number(new RegExp(`^${name} (\\S+)$`, "m").exec(text)![1]);
}

/** Free a moment ago: a scheduler that comes back is looked for where it was. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}
