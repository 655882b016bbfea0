import { describe, expect, test } from "vitest";
import { HEDDLE_VERSION, PROTOCOL_VERSION, connect } from "@heddle/protocol";
import { FrameType, type DashboardHello, type LogLine } from "@heddle/protocol/dashboard";
import { DEFAULT_SETTINGS, type SchedulerEvent } from "../../src/core/events.js";
import { allocateRecord } from "../../src/core/record/memory.js";
import type { RecordNews } from "../../src/core/record/news.js";
import { Recorder } from "../../src/core/record/recorder.js";
import { SchedulerCore } from "../../src/core/scheduler-core.js";
import { DashboardLink } from "../../src/dashboard/link.js";
import { SchedulerServer } from "../../src/server/scheduler-server.js";
import { TestPage } from "./page.js";

/** News that no scheduler sends, which end the thread that takes them. */
const POISON = {
  groups: [],
  joined: [],
  left: [],
  failures: [null],
  moreFailures: 0,
  edges: [],
} as unknown as RecordNews;

class PoisonedRecorder extends Recorder {
  isPoisoned = false;

  override takeNews(): RecordNews | undefined {
    if (!this.isPoisoned) return super.takeNews();
    this.isPoisoned = false;
    return POISON;
  }
}

function newLink(log: (line: string) => void) {
  const recorder = new PoisonedRecorder(allocateRecord(1024));
  const core = new SchedulerCore({ ...DEFAULT_SETTINGS, epoch: "link" }, recorder);
  const link: DashboardLink = new DashboardLink({
    core,
    recorder,
    maxViewers: 2,
    identity: { runId: "link", cluster: "test", startedAt: Date.now() },
    http: {
      host: "127.0.0.1",
      port: 0,
      nextFree: false,
      token: undefined,
      actionsWithoutToken: false,
      trustOwnUser: false,
      allowedHosts: [],
      allowedOrigins: [],
    },
    feed: (event) => void watched.handle(event, Date.now()),
    log,
  });
  const watched = {
    handle: (event: SchedulerEvent, now: number): void => {
      core.handle(event, now);
      link.handled();
    },
  };
  return { link, recorder, core: watched };
}

describe("the dashboard's thread", () => {
  test("[DASH-30] serves where it says, and is gone when it is closed", async () => {
    const { link } = newLink(() => {});
    const { url, port } = await link.start("heddle worker ws://here");
    expect(url).toBe(`http://127.0.0.1:${port}/`);
    const session = await (await fetch(`${url}api/v1/session`)).json();
    expect(session).toMatchObject({ cluster: "test", mode: "cluster", workerCommand: "heddle worker ws://here" });
    using page = await TestPage.open(url);
    await page.until(() => page.of(FrameType.hello).length === 1);
    await link.close();
    expect((await page.closed).code).toBe(1001);
    await expect(fetch(url)).rejects.toThrow();
    await link.close();
  });

  test("[DASH-31] is started again where it was when it dies, and knows what it knew", async () => {
    const lines: string[] = [];
    const { link, recorder, core } = newLink((line) => lines.push(line));
    const { url } = await link.start("");
    try {
      core.handle(
        {
          type: "workerJoined",
          worker: 0,
          name: "first",
          hello: {
            op: "hello",
            protocol: 1,
            role: "worker",
            id: "w",
            heddle: "",
            node: "",
            pid: 1,
            host: "here",
            dataAddress: "ws://here",
            threads: 3,
            memoryLimit: 1e9,
            resources: {},
            asyncPerThread: 1,
          },
        },
        Date.now(),
      );
      using before = await TestPage.open(url);
      await before.until(() => before.of(FrameType.hello).length === 1);
      recorder.isPoisoned = true;
      await before.closed;
      const page = await untilItServes(url);
      const hello = await page.until(() => page.json<DashboardHello>(FrameType.hello)[0]);
      page.socket.terminate();
      expect(hello.runId).toBe("link");
      expect(hello.dictionary.workers).toMatchObject([{ name: "first", threads: 3 }]);
      expect(lines.some((line) => line.includes("started again"))).toBe(true);
    } finally {
      await link.close();
    }
  });

  test("[DASH-32] asks workers what they execute only while somebody looks", async () => {
    const { link, core } = newLink(() => {});
    const events: unknown[] = [];
    const handle = core.handle.bind(core);
    core.handle = (event, now) => {
      if (event.type === "watch") events.push(event.watched);
      return handle(event, now);
    };
    const { url } = await link.start("");
    const page = await TestPage.open(url);
    await page.until(() => page.of(FrameType.series).length === 1);
    expect(events).toEqual([true]);
    page.socket.close();
    await page.closed;
    while (events.length < 2) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(events).toEqual([true, false]);
    await link.close();
  });
});

describe("a scheduler", () => {
  test("[DASH-33] shows its log", async () => {
    await using server = new SchedulerServer({ port: 0, dashboard: { port: 0 }, log: () => {} });
    await server.start();
    using page = await TestPage.open(server.dashboardUrl!);
    await page.until(() => page.of(FrameType.hello).length === 1);
    const connection = await connect(server.address, {
      op: "hello",
      protocol: PROTOCOL_VERSION,
      role: "client",
      id: "one",
      name: "one",
      heddle: HEDDLE_VERSION,
      node: process.version,
      pid: 1,
    });
    const channel = connection.open<{ op: string }, never>({ onMessages: () => {}, onClose: () => {} });
    channel.send({ op: "nonsense" });
    const line = await page.until(() => page.json<LogLine[]>(FrameType.log).flat()[0]);
    expect(line).toMatchObject({ source: "scheduler", level: "warn" });
    expect(line.message).toContain("client one is disconnected");
  });

  test("[DASH-34] without a dashboard has no thread and no record", async () => {
    await using server = new SchedulerServer({ port: 0, dashboard: false, log: () => {} });
    await server.start();
    expect(server.dashboardUrl).toBeUndefined();
  });
});

/** Nothing tells from outside when a thread is there again. */
async function untilItServes(url: string): Promise<TestPage> {
  for (;;) {
    try {
      return await TestPage.open(url);
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
