/** What leaves the dashboard: pictures of panels, metrics; and the dashboard behind a reverse proxy. */
import { startFeed, type Feed } from "@heddle/scheduler/dashboard-feed";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { useBrowser, type Page } from "./support/browser.js";
import { drawingOf, pixelsOf, saved } from "./support/pictures.js";

const looks = useBrowser();
let feed: Feed;

beforeAll(async () => {
  feed = await startFeed({
    workers: 3,
    threads: 2,
    rate: 40,
    groups: ["load", "clean", "<join>"],
    errorRate: 0.05,
    seed: 25,
  });
});
afterAll(() => feed?.close());

/** Saves a picture of a panel by its menu. */
function picture(page: Page, panel: string, format: "PNG" | "SVG") {
  return saved(page, async () => {
    await page.getByRole("button", { name: `Save a picture: ${panel}` }).click();
    await page.getByRole("button", { name: format }).click();
  });
}

const token = (page: Page, name: string): Promise<string> =>
  page.evaluate(`getComputedStyle(document.documentElement).getPropertyValue("${name}").trim()`);

const sizeOf = async (page: Page, panel: string): Promise<{ width: number; height: number }> =>
  (await page.getByRole("region", { name: panel }).boundingBox())!;

describe("pictures", () => {
  test("of the task stream hold its runs, lanes, axis and legend", async () => {
    const page = await looks.at(`${feed.url}?test=1#/tasks`, { deviceScaleFactor: 2 });
    await page.waitForFunction("window.__dash.stats().then((s) => s.rows > 60 && s.paints > 2)");
    await page.locator(".stream-legend").getByText("clean").waitFor();
    const size = await sizeOf(page, "Task stream");
    const png = await picture(page, "Task stream", "PNG");
    const svg = await picture(page, "Task stream", "SVG");
    expect([png.name, svg.name]).toEqual(["heddle-task-stream.png", "heddle-task-stream.svg"]);
    const colours = await Promise.all(Array.from({ length: 8 }, (_, slot) => token(page, `--category-${slot}`)));
    const ground = await token(page, "--raised");

    const reader = await looks.blank("null");
    const pixels = await pixelsOf(reader, png.bytes, "image/png");
    expect(pixels.width).toBeGreaterThanOrEqual(2 * size.width);
    expect(pixels.width).toBeLessThan(2 * (size.width + 20));
    expect(pixels.height).toBeGreaterThanOrEqual(2 * size.height);
    expect(Object.keys(pixels.colours)).toContain(ground === "#fff" ? "#ffffff" : ground);
    // Swatches of the legend are some hundred pixels; runs are more.
    const shown = colours.filter((colour) => (pixels.colours[colour] ?? 0) > 1000);
    expect(shown.length).toBeGreaterThanOrEqual(2);

    const drawing = await drawingOf(reader, svg.bytes);
    expect(drawing.active).toEqual([]);
    expect(drawing.images).toBe(1);
    expect(drawing.words).toEqual(
      expect.arrayContaining(["Task stream", "worker-1", "worker-3", "load", "<join>", "idle"]),
    );
    expect(drawing.words.filter((word) => /^\d\d:\d\d:\d\d/.test(word)).length).toBeGreaterThan(2);
    // A viewer of its own shows the same.
    const again = await pixelsOf(reader, svg.bytes, "image/svg+xml");
    for (const colour of shown) expect(again.colours[colour]).toBeGreaterThan(200);
  });

  test.each([
    ["system", "Scheduler: event loop", /^busy/],
    ["data", "Memory of all workers", /^results/],
    ["graph", "Graph", /of/],
  ] as const)("of #/%s hold its lines and its words", async (route, panel, word) => {
    const page = await looks.at(`${feed.url}#/${route}`, { colorScheme: "dark" });
    await page.getByRole("region", { name: panel }).locator("svg path").nth(1).waitFor({ state: "attached" });
    const svg = await picture(page, panel, "SVG");
    const png = await picture(page, panel, "PNG");
    const ground = await token(page, "--raised");
    const reader = await looks.blank("null");
    const drawing = await drawingOf(reader, svg.bytes);
    expect(drawing.active).toEqual([]);
    expect(drawing.lines).toBeGreaterThan(0);
    expect(drawing.words).toContain(panel);
    expect(drawing.words.some((each) => word.test(each))).toBe(true);
    // It has the theme's colours without its style sheet.
    const pixels = await pixelsOf(reader, png.bytes, "image/png");
    const all = pixels.width * pixels.height;
    expect(pixels.colours[ground]).toBeGreaterThan(all / 2);
    expect(Object.keys(pixels.colours).length).toBeGreaterThan(20);
  });
});
