/** Light, dark, forced colours, less motion: what is shown can be seen in all of them. */
import { startFeed, type Feed } from "@heddle/scheduler/dashboard-feed";
import { afterAll, beforeAll, expect, test } from "vitest";
import { useBrowser, type Page } from "./support/browser.js";
import { painted } from "./support/stream.js";

const PAGES = [
  "",
  "tasks",
  "groups",
  "groups/0",
  "graph",
  "workers",
  "workers/0",
  "data",
  "flows",
  "logs",
  "logs?tab=errors",
  "system",
];
const IS_DARK = "document.documentElement.classList.contains('dark')";
/** Colours change at once. */
const CALM = { reducedMotion: "reduce" } as const;
const LEAST = { text: 4.5, large: 3, graphics: 3 };

const looks = useBrowser();
let feed: Feed;

beforeAll(async () => {
  feed = await startFeed({ workers: 6, rate: 60, errorRate: 0.05, groups: 9, seed: 23 });
  feed.log({ time: feed.now(), level: "warn", source: "worker-1", message: "nearly full" });
  feed.log({ time: feed.now(), level: "error", source: "worker-2", message: "full" });
});
afterAll(() => feed?.close());

/**
 * In the page: words and graphics that stand out too little from what lies behind them. Backgrounds are those of the elements behind,
 * laid over each other; where a picture is behind, nothing is said.
 */
const FAINT = `(() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  canvas.canvas.width = canvas.canvas.height = 1;
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = "#000";
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = (top, below, alpha) => [0, 1, 2].map((at) => top[at] * alpha + below[at] * (1 - alpha));
  const ground = (element) => {
    const layers = [];
    for (let at = element; at !== null; at = at.parentElement) {
      const colour = rgba(getComputedStyle(at).backgroundColor);
      if (colour[3] > 0) layers.push(colour);
      if (colour[3] === 1) break;
    }
    return layers.reduceRight((below, layer) => over(layer, below, layer[3]), [255, 255, 255]);
  };
  const luminance = (colour) => {
    const [r, g, b] = colour.map((part) => (part /= 255) <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (a, b) => {
    const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y);
    return (light + 0.05) / (dark + 0.05);
  };
  const opacity = (element) => {
    let all = 1;
    for (let at = element; at !== null; at = at.parentElement) all *= Number(getComputedStyle(at).opacity);
    return all;
  };
  const inSight = (element) => {
    const { width, height } = element.getBoundingClientRect();
    return width > 1 && height > 1 && getComputedStyle(element).visibility === "visible" && element.closest(".spoken, [disabled]") === null;
  };
  const faint = [];
  let words = 0, graphics = 0;
  const check = (element, colour, least, what) => {
    const behind = ground(element);
    const [r, g, b, a] = rgba(colour);
    const ratio = contrast(over([r, g, b], behind, a * opacity(element)), behind);
    if (ratio < least - 0.005) faint.push(ratio.toFixed(2) + " " + what + " " + element.tagName + "." + element.getAttribute("class") + " " + (element.textContent ?? "").slice(0, 40));
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (walker.currentNode.data.trim() === "" || element === null || !inSight(element) || element.closest("option, script, style") !== null) continue;
    const style = getComputedStyle(element);
    const size = Number.parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    // A glyph beside words that say the same is a graphic.
    const glyph = element.closest('[aria-hidden="true"]') !== null && walker.currentNode.data.trim().length === 1;
    words++;
    check(element, element instanceof SVGElement ? style.fill : style.color, glyph ? ${LEAST.graphics} : large ? ${LEAST.large} : ${LEAST.text}, "text");
  }
  for (const line of document.querySelectorAll(".chart-line, .sparkline .line, .graph-ring.done, .icon path")) {
    if (line.closest("[disabled]") !== null) continue;
    graphics++;
    check(line, getComputedStyle(line).stroke, ${LEAST.graphics}, "line");
  }
  for (const bar of document.querySelectorAll(".swatch")) {
    graphics++;
    const [r, g, b] = rgba(getComputedStyle(bar).backgroundColor);
    const ratio = contrast([r, g, b], ground(bar.parentElement));
    if (ratio < ${LEAST.graphics}) faint.push(ratio.toFixed(2) + " swatch");
  }
  return { faint: [...new Set(faint)], words, graphics };
})()`;

async function settled(page: Page): Promise<void> {
  await page.locator("main h2, main h1").first().waitFor();
  await page.locator(".skeleton").first().waitFor({ state: "detached" });
  await page.getByText("Live").first().waitFor();
}

test.each(PAGES)("#/%s has words of 4.5:1 and graphics of 3:1, light and dark", async (route) => {
  const page = await looks.at(`${feed.url}#/${route}`, { ...CALM, colorScheme: "light" });
  await settled(page);
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    await expect.poll(() => page.evaluate(IS_DARK)).toBe(colorScheme === "dark");
    const { faint, words, graphics } = await page.evaluate<{ faint: string[]; words: number; graphics: number }>(FAINT);
    expect(words).toBeGreaterThan(15);
    expect(graphics).toBeGreaterThan(5);
    expect(faint).toEqual([]);
  }
});

test("the theme follows the system until one is chosen, and the choice outlives the page", async () => {
  const page = await looks.at(`${feed.url}#/`, { colorScheme: "dark" });
  await settled(page);
  const ground = (): Promise<string> => page.evaluate("getComputedStyle(document.body).backgroundColor");
  const dark = await ground();
  await page.emulateMedia({ colorScheme: "light" });
  await expect.poll(ground).not.toBe(dark);
  const light = await ground();
  await page.getByRole("button", { name: "Theme: as the system" }).click();
  await page.getByRole("button", { name: "Theme: light" }).click();
  await page.getByRole("button", { name: "Theme: dark" }).waitFor();
  expect(await ground()).toBe(dark);
  await page.reload();
  await settled(page);
  expect(await ground()).toBe(dark);
  expect(light).not.toBe(dark);
});

test("the stream is painted again in the colours of the theme that is chosen", async () => {
  const page = await looks.at(`${feed.url}?test=1#/tasks`, { colorScheme: "light" });
  await painted(page, 20);
  await page.locator(".stream-box canvas").waitFor();
  const corner = (): Promise<string> =>
    page.evaluate(`(() => {
      const copy = document.createElement("canvas").getContext("2d");
      const canvas = document.querySelector(".stream-box canvas");
      copy.drawImage(canvas, 0, 0);
      return [...copy.getImageData(1, 1, 1, 1).data].join();
    })()`);
  const light = await corner();
  await page.emulateMedia({ colorScheme: "dark" });
  await expect.poll(corner).not.toBe(light);
});

test.each(["", "tasks", "groups", "workers", "logs"])(
  "with forced colours #/%s keeps its words and its data's colours",
  async (route) => {
    const page = await looks.at(`${feed.url}#/${route}`, { forcedColors: "active" });
    await settled(page);
    expect(await page.evaluate("matchMedia('(forced-colors: active)').matches")).toBe(true);
    const { faint } = await page.evaluate<{ faint: string[] }>(FAINT);
    expect(faint.filter((each) => each.includes(" text "))).toEqual([]);
    // Colours that are data are not replaced by the system's.
    const swatches = await page.evaluate<string[]>(
      "[...new Set([...document.querySelectorAll('.swatch')].map((swatch) => getComputedStyle(swatch).backgroundColor))]",
    );
    if (["", "tasks", "groups"].includes(route)) expect(swatches.length).toBeGreaterThan(4);
  },
);

test("with less motion nothing moves by itself, and the page goes on", async () => {
  const page = await looks.at(`${feed.url}#/`, { reducedMotion: "reduce" });
  await settled(page);
  const moving = await page.evaluate<string[]>(
    `[...document.querySelectorAll("*")].flatMap((each) => {
      const style = getComputedStyle(each);
      const times = (style.transitionDuration + "," + style.animationDuration).split(",").map(Number.parseFloat);
      return times.some((time) => time > 0) ? [each.tagName + "." + each.getAttribute("class")] : [];
    })`,
  );
  expect(moving).toEqual([]);
  const before = feed.truth.length;
  await expect.poll(() => feed.truth.length).toBeGreaterThan(before);
  await page.getByRole("application", { name: /Task stream/ }).waitFor();
});
