/** From a run to its story: by a click, by an address, after the scheduler has forgotten it, after it failed. */
import { startFeed, type Feed, type TrueRun } from "@heddle/scheduler/dashboard-feed";
import { Client, LocalCluster } from "heddle";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { useBrowser, type Page } from "./support/browser.js";
import { painted, streamOf, xOf } from "./support/stream.js";

const THREADS = 2;
const LANES = 8;
const looks = useBrowser();

/** "1.24 s" in milliseconds, and how far from what it was that may be. */
function milliseconds(text: string): { readonly value: number; readonly within: number } {
  const [, number = "", unit = ""] = /([\d.]+)\s*(\S+)$/.exec(text.trim()) ?? [];
  const value = Number(number) * ({ "\u00b5s": 0.001, ms: 1, s: 1000 }[unit] ?? Number.NaN);
  return { value, within: 0.0051 * value + 0.001 };
}

const workerOf = (page: Page): Promise<string> =>
  page.getByRole("dialog").locator('dl.facts div:has(dt:text-is("Worker")) dd').innerText();

async function partsOf(page: Page): Promise<ReadonlyMap<string, ReturnType<typeof milliseconds>>> {
  const texts = await page.getByRole("dialog").locator(".split-legend li").allInnerTexts();
  return new Map(texts.map((text) => [text.trim().replace(/\s*[\d.]+\s*\S+$/, ""), milliseconds(text)] as const));
}

describe("of a cluster whose every run is known", () => {
  let feed: Feed;
  let truth: readonly TrueRun[];
  beforeAll(async () => {
    feed = await startFeed({
      workers: LANES / THREADS,
      threads: THREADS,
      rate: 100,
      seed: 14,
      kept: 500,
      startAt: Date.UTC(2026, 2, 1, 12),
      live: false,
    });
    feed.advance(20_000);
    truth = [...feed.truth];
  });
  afterAll(() => feed?.close());

  async function open(run: TrueRun): Promise<Page> {
    const range = [run.start - 400, run.end + 400] as const;
    const page = await looks.at(`${feed.url}?test=1#/tasks?from=${range[0]}&to=${range[1]}`);
    const place = await streamOf(page, LANES);
    await painted(page, truth.length);
    const lane = place.lanes[(Number(run.worker.split("-")[1]) - 1) * THREADS + run.thread]!;
    await page.mouse.click(xOf(place, range, (run.start + run.end) / 2), lane.top + lane.height / 3);
    await page.getByRole("dialog", { name: `Task ${run.key}` }).waitFor();
    return page;
  }

  it("opens by a click: states, worker, inputs, where the time went; Back closes it", async () => {
    // One with an input.
    const run = truth.slice(-300).find(({ key }) => feed.cluster.core.inspect.task(key)?.dependencyCount === 1)!;
    const page = await open(run);
    const drawer = page.getByRole("dialog");
    expect(decodeURIComponent(new URL(page.url()).hash)).toBe(`#/task/${run.key}`);
    await expect.poll(() => workerOf(page)).toBe(run.worker);
    const states = await drawer.locator(".task-story tbody tr td:nth-child(3)").allInnerTexts();
    expect(states.join(" ")).toMatch(/waiting.*(running|processing).*(memory|finished|done)/s);

    const parts = await partsOf(page);
    expect(parts.get("computing")!.value).toBeCloseTo(run.end - run.start, -0.3);
    const all = parts.get("in all")!;
    const others = [...parts].filter(([name]) => name !== "in all").map(([, part]) => part);
    const sum = others.reduce((total, { value }) => total + value, 0);
    const within = others.reduce((total, part) => total + part.within, all.within);
    expect(Math.abs(sum - all.value)).toBeLessThanOrEqual(within);

    await drawer.getByRole("heading", { name: "Inputs (1)" }).waitFor();
    const input = drawer.locator(".task-links a").first();
    const key = (await input.innerText()).trim();
    expect(truth.some((each) => each.key === key)).toBe(true);
    await input.click();
    await page.getByRole("dialog", { name: `Task ${key}` }).waitFor();
    await page.goBack();
    await page.getByRole("dialog", { name: `Task ${run.key}` }).waitFor();
    await page.goBack();
    await drawer.waitFor({ state: "detached" });
    await page.goForward();
    await page.getByRole("dialog", { name: `Task ${run.key}` }).waitFor();
    await page.keyboard.press("Escape");
    await drawer.waitFor({ state: "detached" });
    await page.locator(".stream-box").waitFor();
  });

  it("opens when the scheduler has forgotten the task: what was recorded of it", async () => {
    const run = truth[100]!;
    const page = await open(run);
    const drawer = page.getByRole("dialog");
    await drawer.getByText("recorded only").waitFor();
    await expect.poll(() => workerOf(page)).toBe(run.worker);
    const { value, within } = (await partsOf(page)).get("computing")!;
    expect(Math.abs(value - (run.end - run.start))).toBeLessThanOrEqual(within);
    // An address that somebody was sent.
    const other = await looks.at(`${feed.url}#/task/${encodeURIComponent(run.key)}`);
    await other.getByRole("dialog").getByText("recorded only").waitFor();
  });

  it("says so when nothing is known of a task", async () => {
    const page = await looks.at(`${feed.url}#/task/nobody-knows`, { expected: /404/ });
    await page.getByRole("dialog").getByText("Nothing is known of this task").waitFor();
  });
});

test("a failure shows what was thrown and where, and is run again only by who may", async () => {
  await using cluster = new LocalCluster({ workers: 2, dashboard: { port: 0 } });
  await cluster.ready;
  await using client = new Client(cluster);
  const failing = client.submit(function parseRow(text: string) {
    function fieldOf(line: string): string {
      if (!line.includes(",")) throw new RangeError(`no comma in ${line}`, { cause: new TypeError("torn line") });
      return line;
    }
    return fieldOf(text);
  }, "broken");
  await expect(failing.result()).rejects.toThrow("no comma in broken");

  await using page = await looks.at(`${cluster.dashboardUrl!}#/task/${encodeURIComponent(failing.key)}`);
  const drawer = page.getByRole("dialog");
  await drawer.locator(".error-view", { hasText: "no comma in broken" }).waitFor();
  const error = await drawer.locator(".error-view").innerText();
  expect(error).toContain("RangeError");
  expect(error).toContain("fieldOf");
  expect(error).toMatch(/caused by\s+TypeError\s+torn line/);
  await drawer.getByRole("button", { name: "Retry" }).click();
  await drawer.getByText("it runs again").waitFor();
  await expect.poll(() => drawer.locator(".task-story tr", { hasText: /failed|erred/ }).count()).toBe(2);

  await page.goto(`${cluster.dashboardUrl!}#/groups`);
  const row = page.getByRole("table", { name: "Groups" }).getByRole("row", { name: /parseRow/ });
  // One task, however often it failed; metrics count each time.
  await expect.poll(() => row.getByRole("cell").nth(4).innerText()).toBe("1");
  const metrics = (): Promise<string> => page.evaluate("fetch('metrics').then((answer) => answer.text())");
  await expect.poll(metrics).toContain('heddle_tasks_total{group="parseRow",state="erred"} 2\n');
});

test("who may only look sees the failure, and nothing to press", async () => {
  await using feed = await startFeed({
    rate: 50,
    errorRate: 1,
    errors: ["torn line"],
    seed: 15,
    tasks: 20,
    http: { actionsWithoutToken: false },
  });
  await using page = await looks.at(`${feed.url}#/logs?tab=errors`);
  await page.getByText("torn line").first().waitFor();
  expect(await page.getByRole("button", { name: /retry/i }).count()).toBe(0);
  await page.getByText("look at one").first().click();
  const drawer = page.getByRole("dialog");
  await drawer.locator(".error-view", { hasText: "torn line" }).waitFor();
  expect(await drawer.getByRole("button", { name: /retry|cancel/i }).count()).toBe(0);
});
