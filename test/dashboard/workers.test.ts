/** Many workers, of which some leave: what is in sight is in the document, and can be read. */
import { startFeed, type Feed } from "@heddle/scheduler/dashboard-feed";
import { afterAll, beforeAll, expect, test } from "vitest";
import { useBrowser, type Page } from "./support/browser.js";
import { painted } from "./support/stream.js";

const WORKERS = 200;
const LEAVING = 30;

let feed: Feed;
const looks = useBrowser();

beforeAll(async () => {
  feed = await startFeed({ workers: WORKERS, threads: 4, rate: 400, seed: 18 });
});
afterAll(() => feed?.close());

const elements = (page: Page): Promise<number> => page.evaluate("document.querySelectorAll('*').length");

/** Names beside the lanes, from top to bottom, as far as their words reach. */
async function labels(page: Page): Promise<{ text: string; top: number; bottom: number }[]> {
  return page.evaluate(`[...document.querySelectorAll(".stream-labels a")].flatMap((label) => {
    const range = document.createRange();
    range.selectNodeContents(label);
    const { top, bottom, height } = range.getBoundingClientRect();
    return height === 0 ? [] : [{ text: label.textContent, top, bottom }];
  }).sort((a, b) => a.top - b.top)`);
}

function expectApart(found: readonly { text: string; top: number; bottom: number }[]): void {
  expect(found.length).toBeGreaterThan(3);
  for (const [index, label] of found.entries()) {
    const next = found[index + 1];
    if (next !== undefined)
      expect(label.bottom, `${label.text} reaches into ${next.text}`).toBeLessThanOrEqual(next.top);
  }
}

test("200 workers of 4 threads take few elements, and the names of their lanes lie apart", async () => {
  const page = await looks.at(`${feed.url}?test=1#/tasks`);
  await page.getByRole("application", { name: `${WORKERS * 4} lanes` }).waitFor();
  await painted(page, 100);
  expect(await elements(page)).toBeLessThan(3000);
  const first = await labels(page);
  expectApart(first);
  expect(first[0]!.text).toBe("worker-1");

  await page.evaluate("document.querySelector('.stream-scroll').scrollTop = 1e6");
  await page.locator(".stream-labels a", { hasText: "worker-200" }).waitFor();
  expectApart(await labels(page));
  expect(await elements(page)).toBeLessThan(3000);
});

test.each(["", "workers", "data"])("#/%s of 200 workers takes few elements", async (route) => {
  const page = await looks.at(`${feed.url}#/${route}`);
  await page.locator(".worker-cell, .table-row, .data-list li").nth(10).waitFor();
  expect(await elements(page)).toBeLessThan(3000);
});

test("workers that leave are put away, their lanes with them, until asked for", async () => {
  const page = await looks.at(`${feed.url}#/tasks`);
  await page.getByRole("application", { name: `${WORKERS * 4} lanes` }).waitFor();
  for (const { index } of feed.cluster.workers.slice(0, LEAVING)) feed.cluster.leave(index, "its machine is gone");
  await page.getByRole("application", { name: `${(WORKERS - LEAVING) * 4} lanes` }).waitFor();
  expect((await labels(page))[0]!.text).toBe(`worker-${LEAVING + 1}`);
  await page.getByRole("button", { name: `show ${LEAVING} workers that left` }).click();
  await page.getByRole("application", { name: `${WORKERS * 4} lanes` }).waitFor();
  await page.getByRole("button", { name: "hide workers that left" }).click();
  await page.getByRole("application", { name: `${(WORKERS - LEAVING) * 4} lanes` }).waitFor();
  expect(await elements(page)).toBeLessThan(3000);

  await page.goto(`${feed.url}#/workers`);
  const table = page.getByRole("table", { name: "Workers" });
  await expect.poll(() => table.getAttribute("aria-rowcount")).toBe(String(WORKERS - LEAVING + 1));
  expect(await table.getByText("gone").count()).toBe(0);
  await page.getByRole("button", { name: `show ${LEAVING} workers that left` }).click();
  await expect.poll(() => table.getAttribute("aria-rowcount")).toBe(String(WORKERS + 1));
  await table.getByText("gone").first().waitFor();
  await table.getByText("worker-1", { exact: true }).click();
  await page.getByText("its machine is gone").waitFor();
  expect(await elements(page)).toBeLessThan(3000);
});
