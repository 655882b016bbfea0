/** Pictures that a page has saved, as a browser reads them. */
import { readFile } from "node:fs/promises";
import type { Page } from "./browser.js";

/** What the page saves when that is pressed. */
export async function saved(
  page: Page,
  press: () => Promise<void>,
): Promise<{ readonly name: string; readonly bytes: Buffer }> {
  const [download] = await Promise.all([page.waitForEvent("download"), press()]);
  const bytes = await readFile(await download.path());
  await download.delete();
  return { name: download.suggestedFilename(), bytes };
}

export interface Pixels {
  readonly width: number;
  readonly height: number;
  /** How many pixels have which colour, "#rrggbb". */
  readonly colours: Readonly<Record<string, number>>;
}

/** @param reader a page without a policy of its own @param type of the picture */
export function pixelsOf(reader: Page, bytes: Buffer, type: string): Promise<Pixels> {
  return reader.evaluate(`(async () => {
    const image = new Image();
    image.src = ${JSON.stringify(`data:${type};base64,${bytes.toString("base64")}`)};
    await image.decode();
    const canvas = new OffscreenCanvas(image.width, image.height);
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0);
    const { data } = context.getImageData(0, 0, image.width, image.height);
    const colours = {};
    for (let at = 0; at < data.length; at += 4) {
      const colour = "#" + [data[at], data[at + 1], data[at + 2]].map((part) => part.toString(16).padStart(2, "0")).join("");
      colours[colour] = (colours[colour] ?? 0) + 1;
    }
    return { width: image.width, height: image.height, colours };
  })()`);
}

export interface Drawing {
  readonly width: number;
  readonly height: number;
  readonly words: readonly string[];
  readonly images: number;
  readonly lines: number;
  /** Names of elements that run something, or refer to something elsewhere. */
  readonly active: readonly string[];
}

/** @throws what the browser says of a document that is no SVG */
export function drawingOf(reader: Page, bytes: Buffer): Promise<Drawing> {
  return reader.evaluate(`(() => {
    const { documentElement: svg } = new DOMParser().parseFromString(${JSON.stringify(bytes.toString())}, "image/svg+xml");
    const wrong = svg.querySelector("parsererror");
    if (wrong !== null || svg.localName !== "svg") throw new Error((wrong ?? svg).textContent);
    const all = [...svg.querySelectorAll("*")];
    return {
      width: Number(svg.getAttribute("width")),
      height: Number(svg.getAttribute("height")),
      words: [...svg.querySelectorAll("text")].map((text) => text.textContent.trim()),
      images: svg.querySelectorAll("image").length,
      lines: svg.querySelectorAll("path").length,
      active: all.filter((each) => each.localName === "script" || each.localName === "foreignObject" ||
        [...each.attributes].some((attribute) => /^on/.test(attribute.name) || (attribute.localName === "href" &&
          each.localName === "image" && !attribute.value.startsWith("data:image/png")))).map((each) => each.localName),
    };
  })()`);
}
