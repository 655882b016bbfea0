import { inflateSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { escapeTime } from "./escape-time.js";
import { blueAndGold, encodePng } from "./png.js";
import { pictureInOneProcess } from "./single-process.js";
import { assemble, coloursOf, histogramOf, paintTile, renderTile } from "./tiles.js";
import { SEAHORSE_VALLEY, tilesOf, type View } from "./view.js";

const view: View = { ...SEAHORSE_VALLEY, pixels: 64, limit: 200 };

it("never lets the middle of the set escape, and lets a far point escape at once", () => {
  const around: View = { re: 0, im: 0, span: 8, pixels: 8, limit: 50 };
  expect(escapeTime(around, 4, 4)).toBe(50);
  expect(escapeTime(around, 0, 0)).toBe(1);
});

describe("tiles", () => {
  it.each([8, 32, 64])("of %i pixels make the picture that is drawn in one piece", (size) => {
    const tiles = tilesOf(view, size);
    const steps = tiles.map((tile) => renderTile(view, tile));
    const colours = coloursOf(
      steps.map((tile) => histogramOf(tile, view.limit)),
      view.limit,
    );
    const painted = steps.map((tile) => paintTile(tile, colours));
    const picture = assemble(view, tiles, painted);
    expect(picture).toEqual(pictureInOneProcess(view));
    expect(new Set(picture).size).toBeGreaterThan(20);
  });
});

describe("png", () => {
  it("has the chunks, checksums and rows of the standard", () => {
    const pixels = Uint8Array.from({ length: 6 }, (_, index) => index * 40);
    const png = encodePng(pixels, 3, blueAndGold());
    const chunks = chunksOf(png);
    expect(chunks.map((chunk) => chunk.type)).toEqual(["IHDR", "PLTE", "IDAT", "IEND"]);
    expect([...chunks[0]!.data]).toEqual([0, 0, 0, 3, 0, 0, 0, 2, 8, 3, 0, 0, 0]);
    expect(chunks[1]!.data.length).toBe(768);
    expect([...inflateSync(chunks[2]!.data)]).toEqual([0, 0, 40, 80, 0, 120, 160, 200]);
    // The checksum of an empty IEND chunk is the same in every PNG there is.
    expect(png.subarray(-4).toString("hex")).toBe("ae426082");
  });
});

function chunksOf(png: Buffer): { type: string; data: Buffer }[] {
  const chunks = [];
  for (let at = 8; at < png.length;) {
    const length = png.readUInt32BE(at);
    chunks.push({ type: png.toString("latin1", at + 4, at + 8), data: png.subarray(at + 8, at + 8 + length) });
    at += length + 12;
  }
  return chunks;
}
