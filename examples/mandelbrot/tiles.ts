/** What is done to each tile, as functions that run as tasks. */
import { sharedArray } from "heddle";
import { escapeTime } from "./escape-time.js";
import type { Tile, View } from "./view.js";

/** Steps for each pixel, row by row. The array is made in shared memory: as a result it is not copied at all. */
export function renderTile(view: View, tile: Tile): Uint16Array {
  const steps = sharedArray(Uint16Array, tile.size * tile.size);
  for (let y = 0; y < tile.size; y++)
    for (let x = 0; x < tile.size; x++) steps[y * tile.size + x] = escapeTime(view, tile.left + x, tile.top + y);
  return steps;
}

/** How many pixels took each number of steps. */
export interface Histogram {
  readonly counts: Uint32Array;
  /** Whether the task read the tile where it lies, in memory shared by all threads of its worker. */
  readonly readInPlace: boolean;
}

export function histogramOf(steps: Uint16Array, limit: number): Histogram {
  const counts = new Uint32Array(limit + 1);
  for (const count of steps) counts[count]!++;
  return { counts, readInPlace: steps.buffer instanceof SharedArrayBuffer };
}

/**
 * The colour of each number of steps, so that every colour covers as much of the picture as any other (histogram equalisation): this
 * needs the histograms of all tiles. Members of the set are black, colour 0.
 */
export function coloursOf(histograms: readonly Histogram[], limit: number): Uint8Array {
  const totals = new Uint32Array(limit);
  for (const { counts } of histograms) totals.forEach((_, steps) => (totals[steps]! += counts[steps]!));
  const outside = totals.reduce((sum, amount) => sum + amount, 0);
  const colours = new Uint8Array(limit + 1);
  let below = 0;
  for (let steps = 0; steps < limit; steps++) {
    colours[steps] = 1 + Math.floor((below / Math.max(1, outside)) * 255);
    below += totals[steps]!;
  }
  return colours;
}

/** One byte per pixel: its colour. */
export function paintTile(steps: Uint16Array, colours: Uint8Array): Uint8Array {
  const painted = sharedArray(Uint8Array, steps.length);
  steps.forEach((count, pixel) => (painted[pixel] = colours[count]!));
  return painted;
}

/** Puts tiles into one picture. */
export function assemble(view: View, tiles: readonly Tile[], painted: readonly Uint8Array[]): Uint8Array {
  const picture = sharedArray(Uint8Array, view.pixels * view.pixels);
  tiles.forEach(({ left, top, size }, index) => {
    for (let y = 0; y < size; y++) {
      const row = painted[index]!.subarray(y * size, (y + 1) * size);
      picture.set(row, (top + y) * view.pixels + left);
    }
  });
  return picture;
}
