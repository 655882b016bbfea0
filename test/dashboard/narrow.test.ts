/** Windows of any width: nothing lies over anything else, and what does not fit can be scrolled to. */
import { startFeed, type Feed } from "@heddle/scheduler/dashboard-feed";
import { afterAll, beforeAll, expect, test } from "vitest";
import { useBrowser, type Page } from "./support/browser.js";

let feed: Feed;
const looks = useBrowser();

beforeAll(async () => {
  feed = await startFeed({ workers: 4, threads: 2, rate: 100, seed: 21 });
});
afterAll(() => feed?.close());

interface Box {
  readonly name: string;
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

async function boxes(page: Page, selector: string): Promise<readonly Box[]> {
  return page.evaluate(`[...document.querySelectorAll(${JSON.stringify(selector)})].map((element) => {
    const { left, top, right, bottom } = element.getBoundingClientRect();
    return { name: element.getAttribute("aria-label") ?? element.textContent, left, top, right, bottom };
  })`);
}

const overlap = (a: Box, b: Box): boolean =>
  a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1;

test.each([
  [1440, 900],
  [1024, 700],
  [390, 844],
])("the parts of the Overview lie apart at %i x %i", async (width, height) => {
  const page = await looks.at(feed.url, { viewport: { width, height } });
  await page.locator(".overview .table-row").first().waitFor();
  await page.locator(".kpi svg").waitFor();
  for (const selector of [".overview .panel, .kpis", ".kpi-number, .kpi-detail"]) {
    const found = await boxes(page, selector);
    expect(found.length).toBeGreaterThan(3);
    for (const [index, box] of found.entries())
      for (const other of found.slice(index + 1))
        expect(overlap(box, other), `${box.name} lies over ${other.name}`).toBe(false);
  }
});

test.each(["groups", "workers"])("every column of #/%s can be reached in a narrow window", async (route) => {
  const page = await looks.at(`${feed.url}#/${route}`, { viewport: { width: 390, height: 844 } });
  await page.locator(".table-row").first().waitFor();
  const last = page.locator(".table-row").first().getByRole("cell").last();
  await last.scrollIntoViewIfNeeded();
  const { right = Infinity } = (await boxes(page, ".table-row:first-child > :last-child"))[0] ?? {};
  const [header] = await boxes(page, ".table-header > :last-child");
  expect(right).toBeLessThanOrEqual(390);
  // The header goes with it.
  expect(Math.abs(header!.right - right)).toBeLessThan(2);
});
