/** A hundred thousand printed lines: the page keeps up with them, and holds no more of them than are in sight. */
import { startFeed, type Feed } from "@heddle/scheduler/dashboard-feed";
import { afterAll, beforeAll, expect, test } from "vitest";
import { useBrowser, type Page } from "./support/browser.js";

const LINES = 100_000;
const BATCH = 2_000;
const LEVELS = ["debug", "info", "warn", "error"] as const;
/** The page's own bound. */
const KEPT = 10_000;

let feed: Feed;
let printed = 0;
const looks = useBrowser();

beforeAll(async () => {
  feed = await startFeed({ workers: 4, rate: 0 });
});
afterAll(() => feed?.close());

/** Prints so many lines more, as fast as the dashboard's ticks carry them. */
async function print(lines: number): Promise<void> {
  for (let left = lines; left > 0; left -= BATCH) {
    for (let count = Math.min(left, BATCH); count > 0; count--) {
      const number = printed++;
      feed.log({
        time: feed.now(),
        level: LEVELS[number % 97 === 0 ? 3 : number % 3]!,
        source: `worker-${(number % 4) + 1}`,
        message: `line ${number} of the program${number % 1000 === 7 ? " with a needle" : ""}`,
      });
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const rows = (page: Page): Promise<number> => page.evaluate("document.querySelectorAll('.log-line').length");
/** Texts of the lines between the box's edges. */
const inSight = (page: Page): Promise<string[]> =>
  page.evaluate(`(() => {
    const box = document.querySelector(".log-box").getBoundingClientRect();
    return [...document.querySelectorAll(".log-line")].filter((line) => {
      const { top, bottom } = line.getBoundingClientRect();
      return top >= box.top && bottom <= box.bottom;
    }).map((line) => line.querySelector(".log-message").textContent).sort();
  })()`);
const lineShown = (page: Page, number: number) => page.locator(".log-message", { hasText: `line ${number} of` });

test("100,000 lines: follow keeps up, scrolling up stops it, filters find, and at most 80 rows are there", async () => {
  await print(100);
  const page = await looks.at(`${feed.url}#/logs`);
  await lineShown(page, 99).waitFor();
  const follow = page.getByRole("button", { name: /^follow/ });
  expect(await follow.getAttribute("aria-pressed")).toBe("true");

  await print(LINES - 100);
  expect(printed).toBe(LINES);
  await lineShown(page, LINES - 1).waitFor();
  expect(await rows(page)).toBeLessThanOrEqual(80);
  await page.locator(".panel-note", { hasText: /lines/ }).waitFor();

  // Away from the end: lines come, and what is in sight stays.
  await page.locator(".log-box").hover();
  await page.mouse.wheel(0, -20_000);
  await page.locator('button[aria-pressed="false"]', { hasText: "follow" }).waitFor();
  const read = await inSight(page);
  expect(read.length).toBeGreaterThan(5);
  await print(BATCH);
  const last = printed - 1;
  await page.getByRole("button", { name: `follow, ${BATCH} new` }).waitFor();
  expect(await inSight(page)).toEqual(read);
  expect(await rows(page)).toBeLessThanOrEqual(80);

  await follow.click();
  await lineShown(page, last).waitFor();

  const filter = page.getByRole("searchbox", { name: "Filter lines by text" });
  await filter.fill("needle");
  await page.locator(".panel-note", { hasText: /^\d+ of / }).waitFor();
  await lineShown(page, LINES - 993).waitFor();
  const found = await page.locator(".log-message").allInnerTexts();
  expect(found.length).toBeGreaterThan(5);
  expect(found.length).toBeLessThanOrEqual(KEPT / 1000 + 12);
  expect(found.every((text) => text.includes("needle"))).toBe(true);

  await filter.fill("");
  await page.getByRole("combobox", { name: "Least level" }).selectOption("error");
  const levels = (): Promise<string[]> =>
    page.evaluate("[...document.querySelectorAll('.log-line .log-level')].map((level) => level.className)");
  await expect.poll(levels).toSatisfy((all: string[]) => all.length > 3 && all.every((each) => /\berror\b/.test(each)));
  await page.getByRole("combobox", { name: "Source" }).selectOption("worker-3");
  const sources = (): Promise<string[]> => page.locator(".log-source").allInnerTexts();
  await expect.poll(sources).toSatisfy((all: string[]) => all.length > 3 && all.every((each) => each === "worker-3"));
  expect(page.url()).toContain("source=worker-3");
  expect(await rows(page)).toBeLessThanOrEqual(80);
});

test("a line that arrives is shown once, also when the page asks for what was there before", async () => {
  await print(50);
  const page = await looks.at(`${feed.url}#/logs?text=line`);
  await lineShown(page, printed - 1).waitFor();
  await print(25);
  await lineShown(page, printed - 1).waitFor();
  const texts = await page.locator(".log-message").allInnerTexts();
  expect(new Set(texts).size).toBe(texts.length);
});
