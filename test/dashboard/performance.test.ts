/** Many rows in a real browser: none is lost, whatever the rate and however often the page is loaded. How fast that is, the bench says. */
import { chromium, type Browser, type Page } from "playwright-core";
import { startFeed, type Feed, type FeedOptions } from "@heddle/scheduler/dashboard-feed";
import { afterAll, beforeAll, expect, test } from "vitest";
import { chromiumPath } from "./support/chromium.js";

interface Stats {
  readonly rows: number;
  readonly lastSeq: number;
  readonly missing: number;
}

const START = Date.UTC(2026, 0, 1);
/** Pixels of the stream that have a colour, and a digest of all of them: text, because tests know no document. */
const PICTURE = `(() => {
  const from = document.querySelector(".stream-box canvas");
  if (from === null || from.width === 0 || from.height === 0) return { coloured: 0, digest: 0 };
  const to = new OffscreenCanvas(from.width, from.height).getContext("2d");
  to.drawImage(from, 0, 0);
  const { data } = to.getImageData(0, 0, from.width, from.height);
  let coloured = 0, digest = 0;
  for (let at = 0; at < data.length; at += 4) {
    const [red, green, blue] = data.subarray(at, at + 3);
    if (Math.max(red, green, blue) - Math.min(red, green, blue) > 40) coloured++;
    digest = (digest * 31 + red * 65536 + green * 256 + blue) | 0;
  }
  return { coloured, digest };
})()`;

/** Not that of the other tests, which look at each request: where they are looked at, nothing is cached. */
let browser: Browser;
beforeAll(async () => {
  browser = await chromium.launch({
    executablePath: await chromiumPath(),
    args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
  });
});
afterAll(() => browser.close());

function still(options: FeedOptions): Promise<Feed> {
  return startFeed({ live: false, startAt: START, workers: 8, threads: 4, ...options });
}

async function open(url: string): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  await page.goto(url);
  return page;
}

const statsOf = (page: Page): Promise<Stats | undefined> => page.evaluate("window.__dash?.stats()");
const pictureOf = (page: Page): Promise<{ readonly coloured: number; readonly digest: number }> =>
  page.evaluate(PICTURE);

/** Looks again and again; a test that never sees it fails by its time limit. */
async function until<T>(look: () => Promise<T>, isIt: (seen: T) => boolean): Promise<T> {
  for (;;) {
    const seen = await look();
    if (isIt(seen)) return seen;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Rows that have come are drawn at the next frame, and a busy machine takes its time: the picture that stays. */
async function settledPicture(page: Page): Promise<number> {
  let last = 0;
  let same = 0;
  await until(
    () => pictureOf(page),
    ({ coloured, digest }) => {
      same = coloured > 1_000 && digest === last ? same + 1 : 0;
      last = digest;
      return same >= 40;
    },
  );
  return last;
}

const hasRows = (page: Page, rows: number): Promise<Stats | undefined> =>
  until(
    () => statsOf(page),
    (stats) => stats?.rows === rows && stats.lastSeq === rows - 1,
  );

/** Lets time pass as the dashboard's thread sees it, and what it sends leave. */
async function pass(feed: Feed, milliseconds: number): Promise<void> {
  for (let left = milliseconds; left > 0; left -= 100) {
    feed.advance(100);
    await new Promise(setImmediate);
  }
}

test("what runs while the page looks is all there, each row once", async () => {
  await using feed = await still({ rate: 10_000, tasks: 20_000, errorRate: 0.001 });
  await using page = await open(`${feed.url}?test=1#/tasks`);
  await page.locator(".stream-labels a").first().waitFor();
  await pass(feed, 3_000);
  expect(feed.truth).toHaveLength(20_000);
  expect(await hasRows(page, 20_000)).toMatchObject({ missing: 0 });
});

test("a burst is outlined at first, and is there row by row afterwards", async () => {
  await using feed = await still({ rate: 30_000, tasks: 45_000 });
  // A part of the burst when rows are not sent any more.
  const range = `from=${START + 1_000}&to=${START + 1_300}`;
  await using page = await open(`${feed.url}?test=1#/tasks?${range}`);
  const pill = page.getByText("summary mode");
  await page.locator(".stream-labels a").first().waitFor();
  expect((await pictureOf(page)).coloured).toBe(0);

  await pass(feed, 1_400);
  await pill.waitFor({ state: "visible" });
  const outlined = await until(
    () => pictureOf(page),
    ({ coloured }) => coloured > 1_000,
  );
  const { rows } = (await statsOf(page))!;
  expect(rows).toBeLessThan(feed.truth.filter(({ end }) => end < START + 1_000).length);

  await pass(feed, 4_000);
  await pill.waitFor({ state: "hidden" });
  expect(feed.truth).toHaveLength(45_000);
  expect(await hasRows(page, 45_000)).toMatchObject({ missing: 0 });
  const exact = await until(
    () => pictureOf(page),
    ({ digest }) => digest !== outlined.digest,
  );
  expect(exact.coloured).toBeGreaterThan(1_000);
});

test("a page that is loaded again during a run shows the same, and fetches no sealed chunk twice", async () => {
  // Chunks of 8,192 rows.
  await using feed = await still({ rate: 5_000, historyRows: 2 ** 16 });
  const chunks: number[] = [];
  const { dashboard } = feed;
  const chunk = dashboard.chunk.bind(dashboard);
  dashboard.chunk = (runId, id) => {
    chunks.push(id);
    return chunk(runId, id);
  };
  await pass(feed, 6_000);
  const sealed = Math.floor(feed.truth.length / 8_192);
  expect(sealed).toBeGreaterThanOrEqual(3);

  const selected = feed.truth.find(({ start }) => start > START + 2_000)!;
  const parameters = `from=${START + 2_000}&to=${START + 2_400}&sel=${selected.seq}`;
  await using page = await open(`${feed.url}?test=1#/tasks?${parameters}`);
  await hasRows(page, feed.truth.length);
  expect([...chunks].sort()).toEqual(Array.from({ length: sealed }, (_, id) => id));
  const before = await settledPicture(page);

  const reloaded = page.reload();
  await pass(feed, 500);
  await reloaded;
  await pass(feed, 500);
  await hasRows(page, feed.truth.length);
  expect(new URL(page.url()).hash).toBe(`#/tasks?${parameters}`);
  await until(
    () => pictureOf(page),
    ({ digest }) => digest === before,
  );
  // One may have been sealed meanwhile.
  const again = chunks.slice(sealed);
  expect(again.filter((id) => id < sealed)).toEqual([]);
});
