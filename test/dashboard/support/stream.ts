/** The task stream as somebody sees it: where its lanes are on the screen, and what colour a place of it has. */
import { expect } from "vitest";
import type { Page } from "./browser.js";

interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** The stream's picture with its lanes from top to bottom, in pixels of the page. */
export interface StreamPlace extends Box {
  readonly lanes: readonly { readonly top: number; readonly height: number }[];
}

const BOX = ".stream-box";

/** Waits until the stream has so many lanes. */
export async function streamOf(page: Page, lanes: number): Promise<StreamPlace> {
  await expect.poll(() => page.locator(".stream-labels a").count()).toBe(lanes);
  return page.evaluate<StreamPlace>(`(() => {
    const rect = (element) => {
      const { left, top, width, height } = element.getBoundingClientRect();
      return { left, top, width, height };
    };
    const lanes = [...document.querySelectorAll(".stream-labels a")].map(rect).sort((a, b) => a.top - b.top);
    return { ...rect(document.querySelector("${BOX}")), lanes };
  })()`);
}

/**
 * Waits until these rows have come and been painted, on a page opened with `?test=1`. Not by page.waitForFunction: what it calls later
 * than at once, the page's policy takes for eval.
 */
export async function painted(page: Page, rows: number): Promise<void> {
  const stats = (): Promise<{ rows: number; lastSeq: number; paints: number } | undefined> =>
    page.evaluate("window.__dash?.stats()");
  await expect.poll(async () => (await stats())?.rows ?? 0).toBeGreaterThanOrEqual(rows);
  await expect.poll(async () => (await stats())?.lastSeq ?? -1).toBeGreaterThanOrEqual(rows - 1);
  await expect.poll(async () => (await stats())?.paints ?? 0).toBeGreaterThan(0);
}

/** Where a moment is, from the page's left. */
export function xOf(place: StreamPlace, [from, to]: readonly [number, number], time: number): number {
  return place.left + ((time - from) / (to - from)) * place.width;
}

/** What a design token's colour is now, "#rrggbb". */
export async function tokenOf(page: Page, token: string): Promise<string> {
  return page.evaluate<string>(`(() => {
    const probe = document.createElement("span");
    probe.style.color = "var(${token})";
    document.body.append(probe);
    const parts = getComputedStyle(probe).color.match(/\\d+/g).slice(0, 3);
    probe.remove();
    return "#" + parts.map((part) => Number(part).toString(16).padStart(2, "0")).join("");
  })()`);
}

/** Colours of a part of the screen as it is shown, row by row, each "#rrggbb". */
export async function coloursOf(page: Page, { left, top, width, height }: Box): Promise<string[][]> {
  const clip = { x: Math.round(left), y: Math.round(top), width: Math.round(width), height: Math.round(height) };
  const png = (await page.screenshot({ clip })).toString("base64");
  return page.evaluate<string[][]>(`(async () => {
    const bytes = Uint8Array.from(atob("${png}"), (c) => c.charCodeAt(0));
    const image = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
    const context = new OffscreenCanvas(image.width, image.height).getContext("2d");
    context.drawImage(image, 0, 0);
    const { data } = context.getImageData(0, 0, image.width, image.height);
    const colour = (at) => "#" + [data[at], data[at + 1], data[at + 2]].map((c) => c.toString(16).padStart(2, "0")).join("");
    return Array.from({ length: image.height }, (_, y) =>
      Array.from({ length: image.width }, (_, x) => colour(4 * (y * image.width + x))));
  })()`);
}
