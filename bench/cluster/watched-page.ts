import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { chromium, type Browser, type CDPSession, type Page } from "playwright-core";
import { chromiumPath } from "../../test/dashboard/support/chromium.js";
import { IN_PAGE } from "./in-page.js";

/** As the page says it. */
interface PageStats {
  readonly paints: number;
  readonly rows: number;
  readonly lastSeq: number;
}

/** What the page did over some time. */
interface Motion {
  /** Milliseconds from one picture of the drawing worker to the next, in the mean; the same of the main thread's frames. */
  readonly paint: number;
  readonly frame: number;
  /** Part of the time that tasks of more than 50 ms took of the main thread, and the longest. Percent; milliseconds. */
  readonly longShare: number;
  readonly longest: number;
}

/** As {@link IN_PAGE} counts it. */
interface Tally {
  readonly frames: number;
  readonly tasks: readonly number[];
  readonly milliseconds: number;
}

const SIZE = { width: 1600, height: 900 };
/** Milliseconds between two events of the mouse: more often than the screen is drawn. */
const MOUSE = 8;
/** Turns of the wheel in one direction; steps of a drag. */
const TURNS = 6;
const STEPS = 40;

/** The dashboard's page in a real browser, without a window. */
export class WatchedPage {
  readonly #browser: Browser;
  readonly #cdp: CDPSession;
  readonly page: Page;
  #script = Promise.resolve(0);

  private constructor(browser: Browser, page: Page, cdp: CDPSession) {
    this.#browser = browser;
    this.page = page;
    this.#cdp = cdp;
    page.on("response", (response) => {
      if (!response.url().endsWith(".js")) return;
      const sizes = response.request().sizes();
      this.#script = this.#script.then(async (sum) => sum + (await sizes).responseBodySize);
    });
  }

  static async start(): Promise<WatchedPage> {
    const browser = await chromium.launch({
      executablePath: await chromiumPath(),
      args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
    });
    const page = await browser.newPage({ viewport: SIZE });
    await page.addInitScript(IN_PAGE);
    return new WatchedPage(browser, page, await page.context().newCDPSession(page));
  }

  async open(url: string, route = "#/tasks"): Promise<void> {
    await this.page.goto(`${url}?test=1${route}`);
    await this.page.waitForFunction("__bench.ready()");
  }

  /** Bytes of script that came over the wire so far. */
  get script(): Promise<number> {
    return this.#script;
  }

  stats(): Promise<PageStats> {
    return this.page.evaluate("__bench.stats()");
  }

  /** Milliseconds since the page was asked for, when it shows its first row, and when it has so many. */
  async arrival(rows: () => Promise<number>): Promise<{ readonly first: number; readonly all: number }> {
    const first = await this.#reaches(1);
    return { first, all: await this.#reaches(await rows()) };
  }

  #reaches(rows: number): Promise<number> {
    return this.page.evaluate(`__bench.reaches(${rows})`);
  }

  /** When each row was in a picture for the first time, as far as they are told apart. Milliseconds since the epoch. */
  seen(rows: number): Promise<number[]> {
    return this.page.evaluate(`__bench.seen(${rows})`);
  }

  /** Milliseconds between two frames of an empty page: what the machine gives at this moment. */
  async idle(): Promise<number> {
    await this.page.goto("data:text/html,<p>");
    return this.page.evaluate("__bench.idle()");
  }

  /** Bytes that the page's process holds by itself: its two threads, the pictures, and what is the browser's own. */
  async memory(): Promise<number> {
    const session = await this.#browser.newBrowserCDPSession();
    const { processInfo } = (await session.send("SystemInfo.getProcessInfo")) as {
      processInfo: readonly { readonly type: string; readonly id: number }[];
    };
    await session.detach();
    const sizes = processInfo.filter(({ type }) => type === "renderer").map(({ id }) => proportional(id));
    return Math.max(...sizes);
  }

  /** Bytes in the main thread's heap that are in use. */
  async heap(): Promise<number> {
    await this.#cdp.send("HeapProfiler.collectGarbage");
    const { usedSize } = await this.#cdp.send("Runtime.getHeapUsage");
    return usedSize;
  }

  /** Everything in sight. */
  async fit(): Promise<void> {
    await this.page.locator(".stream-box").focus();
    await this.page.keyboard.press("f");
  }

  /** Turns the wheel in and out and drags to and fro, with a mouse, for so long. Milliseconds. */
  async roam(milliseconds: number): Promise<Motion> {
    const box = (await this.page.locator(".stream-box").boundingBox())!;
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    return this.during(async () => {
      const { mouse } = this.page;
      const until = performance.now() + milliseconds;
      const sent: Promise<void>[] = [];
      const say = async (event: () => Promise<void>): Promise<void> => {
        if (performance.now() >= until) return;
        sent.push(event());
        await delay(MOUSE);
      };
      await mouse.move(x, y);
      while (performance.now() < until) {
        for (const turn of [-120, 120]) {
          for (let i = 0; i < TURNS; i++) await say(() => mouse.wheel(0, turn));
          await Promise.all(sent.splice(0));
          await mouse.down();
          for (let i = 1; i <= STEPS; i++)
            await say(() => mouse.move(x + 4 * turn * Math.sin((Math.PI * i) / STEPS), y));
          await Promise.all(sent.splice(0));
          await mouse.up();
        }
      }
    });
  }

  async during(work: () => Promise<void>): Promise<Motion> {
    const before = await this.stats();
    await this.page.evaluate("__bench.begin()");
    await work();
    const { frames, tasks, milliseconds }: Tally = await this.page.evaluate("__bench.end()");
    const { paints } = await this.stats();
    return {
      paint: milliseconds / Math.max(1, paints - before.paints),
      frame: milliseconds / Math.max(1, frames),
      longShare: (tasks.reduce((sum, duration) => sum + duration, 0) / milliseconds) * 100,
      longest: Math.max(0, ...tasks),
    };
  }

  close(): Promise<void> {
    return this.#browser.close();
  }
}

/** Bytes of a process; of what it shares with others, its part. */
function proportional(pid: number): number {
  const found = /^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"));
  return Number(found![1]) * 1024;
}
