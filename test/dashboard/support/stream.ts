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

/** A part of the screen as it is shown. */
export class Shown {
  constructor(
    readonly width: number,
    readonly height: number,
    private readonly rgba: Buffer,
  ) {}

  /** "#rrggbb" */
  at(x: number, y: number): string {
    return `#${this.rgba.toString("hex", 4 * (y * this.width + x), 4 * (y * this.width + x) + 3)}`;
  }

  /** All of them, each once. */
  colours(): string[] {
    const all = Array.from({ length: this.width * this.height }, (_, at) =>
      this.at(at % this.width, Math.floor(at / this.width)),
    );
    return [...new Set(all)];
  }

  /** Whether a colour is in a part of it. */
  has(colour: string, left: number, top: number, right: number, bottom: number): boolean {
    for (let y = Math.max(0, top); y < Math.min(this.height, bottom); y++)
      for (let x = Math.max(0, left); x < Math.min(this.width, right); x++) if (this.at(x, y) === colour) return true;
    return false;
  }

  /** Share of pixels that are not the same in another one of this size, 0 to 1. */
  differenceTo(other: Shown): number {
    expect([other.width, other.height]).toEqual([this.width, this.height]);
    let different = 0;
    for (let at = 0; at < this.rgba.length; at += 4)
      if (this.rgba.readUInt32LE(at) !== other.rgba.readUInt32LE(at)) different++;
    return different / (this.width * this.height);
  }
}

export async function shown(page: Page, { left, top, width, height }: Box): Promise<Shown> {
  const clip = { x: Math.round(left), y: Math.round(top), width: Math.round(width), height: Math.round(height) };
  const png = (await page.screenshot({ clip })).toString("base64");
  const pixels = await page.evaluate<{ width: number; height: number; rgba: string }>(`(async () => {
    const bytes = Uint8Array.from(atob("${png}"), (c) => c.charCodeAt(0));
    const image = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
    const context = new OffscreenCanvas(image.width, image.height).getContext("2d");
    context.drawImage(image, 0, 0);
    const { data } = context.getImageData(0, 0, image.width, image.height);
    let binary = "";
    for (let at = 0; at < data.length; at += 32768) binary += String.fromCharCode(...data.subarray(at, at + 32768));
    return { width: image.width, height: image.height, rgba: btoa(binary) };
  })()`);
  return new Shown(pixels.width, pixels.height, Buffer.from(pixels.rgba, "base64"));
}
