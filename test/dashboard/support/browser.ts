/** A browser that looks at dashboards, and fails the test when a page does what it must not. */
import { chromium, type Browser, type BrowserContext, type BrowserContextOptions, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, vi } from "vitest";
import { chromiumPath } from "./chromium.js";

export type { Page } from "playwright-core";

export interface LookOptions extends BrowserContextOptions {
  /** Messages of the console that the test provokes: a lost connection, a refused request. */
  readonly expected?: RegExp;
  /** An origin that the page may show in a frame. */
  readonly framed?: string;
}

/** Milliseconds. Guards against waiting for ever, which a slow machine does not reach. */
const LOOK_TIMEOUT = 45_000;
const TEST_TIMEOUT = 180_000;

async function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: await chromiumPath(),
    args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--force-color-profile=srgb"],
  });
}

/** Pages of one test file: one browser, and of each look a context of its own. */
export class Looks {
  #browser: Browser | undefined;
  readonly #contexts: BrowserContext[] = [];
  readonly #complaints: string[] = [];

  async open(): Promise<void> {
    this.#browser = await launchBrowser();
  }

  async close(): Promise<void> {
    await this.#browser?.close();
  }

  /**
   * Opens a page at an address.
   *
   * A page that outlives its cluster complains of the lost connection: in a test that has a cluster of its own, take it by `await using`
   * after the cluster, so that it is closed before.
   */
  async at(url: string, options: LookOptions = {}): Promise<Page> {
    const page = await this.blank(new URL(url).origin, options);
    await page.goto(url);
    return page;
  }

  /** A page that has gone nowhere yet, and may go to one origin. */
  async blank(origin: string, options: LookOptions = {}): Promise<Page> {
    const { expected, framed, ...rest } = options;
    const context = await this.#browser!.newContext({ viewport: { width: 1440, height: 900 }, ...rest });
    context.setDefaultTimeout(LOOK_TIMEOUT);
    this.#contexts.push(context);
    await context.addInitScript(
      "addEventListener('securitypolicyviolation', (e) => console.error('policy violated: ' + e.violatedDirective + ' ' + e.blockedURI))",
    );
    await context.route("**/*", (route) => {
      const url = new URL(route.request().url());
      if (url.origin === origin || url.origin === framed || url.protocol === "blob:" || url.protocol === "data:")
        return route.continue();
      this.#complaints.push(`a request to ${url.href}`);
      return route.abort();
    });
    const page = await context.newPage();
    page.on("console", (message) => {
      if (message.type() === "error" && expected?.test(message.text()) !== true)
        this.#complaints.push(`console: ${message.text()} (${message.location().url})`);
    });
    page.on("pageerror", (error) => this.#complaints.push(`uncaught: ${error.stack ?? error.message}`));
    return page;
  }

  /** Closes what a test has opened. @returns what its pages did that they must not */
  async settle(): Promise<readonly string[]> {
    for (const context of this.#contexts.splice(0)) await context.close();
    return this.#complaints.splice(0);
  }
}

/** The browser of a test file; after each test, its pages must have been quiet. Call it before the tests: they get time for a browser. */
export function useBrowser(): Looks {
  vi.setConfig({ testTimeout: TEST_TIMEOUT, hookTimeout: TEST_TIMEOUT });
  const looks = new Looks();
  beforeAll(() => looks.open());
  afterEach(async () => expect(await looks.settle()).toEqual([]));
  afterAll(() => looks.close());
  return looks;
}
