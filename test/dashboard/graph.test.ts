/** The graph of ten tasks, of thousands, of a hundred thousand: it never stands still, and states change in place. */
import { startFeed } from "@heddle/scheduler/dashboard-feed";
import { expect, test } from "vitest";
import { useBrowser, type Page } from "./support/browser.js";

const looks = useBrowser();

/**
 * In the page, before it: turns that it has while a graph is laid out. What the layout's worker answers is held back until
 * `window.deliver()`, so that there is time to look meanwhile.
 */
const HOLD_LAYOUTS = `(() => {
  const held = [];
  window.turns = 0;
  window.deliver = () => held.splice(0).map((give) => give()).length;
  window.Worker = class extends Worker {
    #count;
    constructor(address, options) {
      super(address, options);
      if (!String(address).includes("layout-worker")) return;
      this.addEventListener("message", (event) => {
        clearInterval(this.#count);
        // The one that it is given again later.
        if (event.isTrusted) event.stopImmediatePropagation();
        if (event.isTrusted) held.push(() => this.dispatchEvent(new MessageEvent("message", { data: event.data })));
      });
    }
    postMessage(...message) {
      this.#count = setInterval(() => window.turns++);
      super.postMessage(...message);
    }
  };
})()`;

/** Workers that lay graphs out, as they are started. */
function layoutsOf(page: Page): readonly string[] {
  const started: string[] = [];
  page.on("worker", (worker) => {
    if (worker.url().includes("layout-worker")) started.push(worker.url());
  });
  return started;
}

/** Pixels of the drawing that have a token's colour. */
const painted = (page: Page, token: string): Promise<number> =>
  page.evaluate(`(() => {
    const canvas = document.querySelector(".graph-canvas canvas");
    const colour = getComputedStyle(canvas).getPropertyValue("${token}").trim();
    const [red, green, blue] = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    let count = 0;
    for (let at = 0; at < data.length; at += 4)
      if (data[at] === red && data[at + 1] === green && data[at + 2] === blue && data[at + 3] === 255) count++;
    return count;
  })()`);

test("ten tasks are shown as groups at first, and a group opens into its tasks", async () => {
  await using feed = await startFeed({ workers: 2, rate: 100, tasks: 10, groups: ["load", "clean"], seed: 19 });
  await using page = await looks.at(`${feed.url}#/graph`);
  const groups = page.getByRole("group", { name: "Graph of groups" });
  await groups.getByText("load").waitFor();
  await groups.getByText("clean").waitFor();
  await groups.getByText("8 of 8").waitFor();
  expect(await page.locator(".graph-canvas").count()).toBe(0);
  await groups.getByRole("link").filter({ hasText: "clean" }).click();
  await page.getByRole("img", { name: /^Graph of \d+ tasks/ }).waitFor();
  await page.locator(".graph-status").getByText("in memory").waitFor();
  await expect.poll(() => painted(page, "--state-memory")).toBeGreaterThan(100);
});

test("2000 tasks are laid out once, beside the page, and take the colours of their states as they change", async () => {
  await using feed = await startFeed({
    workers: 4,
    rate: 20_000,
    tasks: 2000,
    durations: [60, 90],
    seed: 19,
    live: false,
  });
  feed.advance(200);
  expect(Object.values(feed.states()).reduce((sum, count) => sum + count, 0)).toBe(2000);
  await using page = await looks.blank(new URL(feed.url).origin);
  const layouts = layoutsOf(page);
  await page.goto(`${feed.url}#/graph?level=task`);
  await page.getByRole("img", { name: "Graph of 2000 tasks" }).waitFor();
  await page.locator(".panel-note", { hasText: "2000 tasks" }).waitFor();
  await expect.poll(() => painted(page, "--state-memory")).toBeGreaterThan(0);
  const before = await painted(page, "--state-memory");
  const laidOut = layouts.length;
  expect(laidOut).toBeGreaterThan(0);
  // From here on only states change.
  for (const times of [2, 3]) {
    const memory = feed.states()["memory"]!;
    while (feed.states()["memory"]! < 3 * memory) feed.advance(100);
    await expect.poll(() => painted(page, "--state-memory")).toBeGreaterThan(times * before);
  }
  expect(layouts).toHaveLength(laidOut);
});

test("100,000 tasks: groups at first, all tasks when asked for, and the page answers meanwhile", async () => {
  await using feed = await startFeed({
    workers: 4,
    threads: 4,
    rate: 400_000,
    tasks: 100_000,
    durations: [400, 900],
    seed: 19,
  });
  await using page = await looks.blank(new URL(feed.url).origin);
  await page.addInitScript(HOLD_LAYOUTS);
  await page.goto(`${feed.url}#/graph`);
  const groups = page.getByRole("group", { name: "Graph of groups" });
  await groups.getByRole("link").nth(3).waitFor();
  await groups
    .getByText(/ of 25\D*k/)
    .nth(3)
    .waitFor();

  await page.goto(`${feed.url}#/graph?level=task&limit=100000`);
  // While it is laid out, the page goes on: it does what it is told to, and has turns before the answer comes.
  await expect.poll(() => page.evaluate("window.turns")).toBeGreaterThan(0);
  await page.getByRole("button", { name: /^Theme/ }).click();
  await page.getByRole("button", { name: "Theme: light" }).waitFor();
  expect(await page.getByRole("img", { name: "Graph of 100000 tasks" }).count()).toBe(0);
  await expect.poll(() => page.evaluate("window.deliver()")).toBeGreaterThan(0);
  expect(await page.evaluate("window.turns")).toBeGreaterThan(10);
  await page.getByRole("img", { name: "Graph of 100000 tasks" }).waitFor();
  await page.locator(".panel-note", { hasText: "100\u2009000 tasks" }).waitFor();
  const drawn = (): Promise<string> => page.evaluate("document.querySelector('.graph-canvas canvas').toDataURL()");
  const whole = await drawn();
  await page.locator(".graph-canvas canvas").hover();
  await page.mouse.wheel(0, -600);
  await expect.poll(async () => (await drawn()) === whole).toBe(false);
  await page.getByRole("button", { name: "fit", exact: true }).click();
  await page.getByRole("link", { name: "Graph" }).last().click();
  await groups.getByRole("link").first().waitFor();
});
