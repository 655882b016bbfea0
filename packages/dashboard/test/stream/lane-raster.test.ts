/** A lane's pixels, held against looking at every run for every pixel. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SegmentForest } from "../../src/data/segment-forest.js";
import { Track } from "../../src/data/track.js";
import { ColourTable, LEVELS, mixed, pixelOf } from "../../src/stream/colours.js";
import { rasterTrack, type Wide } from "../../src/stream/lane-raster.js";
import type { StreamPalette } from "../../src/stream/messages.js";

const PALETTE: StreamPalette = {
  background: 0xffffff,
  idle: 0xeeeeee,
  border: 0xcccccc,
  text: 0x000000,
  muted: 0x666666,
  accent: 0x0000ff,
  noWorker: 0x0000ff,
  cancelled: 0x800080,
  error: 0xff0000,
  spilled: 0xffff00,
  other: 0x888888,
  categories: [0x110000, 0x220000, 0x330000, 0x440000, 0x550000, 0x660000, 0x770000, 0x880000],
};
const GROUPS = new Map([0, 1, 2].map((id) => [id, { id, name: `group ${id}`, slot: id, upstream: [] }]));
const colours = new ColourTable(PALETTE, GROUPS, {});
const FULL = [0, 1, 2].map((group) => colours.of(group)[LEVELS - 1]!);

/** Runs one after another: [pause before, duration, group]. */
const lanes = fc.array(
  fc.tuple(fc.double({ min: 0, max: 5, noNaN: true }), fc.double({ min: 0.001, max: 20, noNaN: true }), fc.nat(2)),
  { maxLength: 200 },
);

function trackOf(runs: readonly (readonly [number, number, number])[]): Track {
  const track = new Track();
  let time = 1000;
  for (const [index, [pause, duration, group]] of runs.entries()) {
    time += pause;
    track.push(time, time + duration, group, index);
    time += duration;
  }
  return track;
}

function raster(track: Track, from: number, perPixel: number, width: number, wide?: Wide[]): Uint32Array {
  const row = new Uint32Array(width).fill(colours.idle);
  rasterTrack(row, track, { from, perPixel, width }, colours, wide);
  return row;
}

describe("a lane's pixels", () => {
  it("are those of the run that covers them, where runs are wide", () =>
    fc.assert(
      fc.property(lanes, (runs) => {
        const track = trackOf(runs);
        const perPixel = 0.01;
        const row = raster(track, 1000, perPixel, 4000);
        for (let index = 0; index < track.length; index++) {
          const middle = Math.floor((track.starts[index]! + track.durations[index]! / 2 - 1000) / perPixel);
          // Rounding to pixels and the gap between neighbours are a pixel each.
          if (track.durations[index]! < 6 * perPixel || middle >= row.length) continue;
          expect(row[middle]).toBe(FULL[track.groups[index]!]);
        }
      }),
    ));
  it("are as strong as their time is busy, with the colour of the longest, where runs are narrow", () => {
    const track = trackOf([
      [0, 10, 0],
      [0, 30, 1],
      [88, 64, 2],
    ]);
    const row = raster(track, 0, 128, 16);
    // 1000 to 1040 lies in the bucket [896, 1024) and [1024, 1152); 1128 to 1192 in [1024, 1152) and beyond.
    const lit = [...row.entries()].filter(([, pixel]) => pixel !== colours.idle).map(([x]) => x);
    expect(lit).toEqual([7, 8]);
    expect(row[7]).toBe(colours.of(1)[Math.round((40 / 128) * (LEVELS - 1))]);
    expect(row[8]).toBe(colours.of(2)[Math.round((64 / 128) * (LEVELS - 1))]);
  });
  it("do not shimmer: the same buckets whatever the view begins with", () =>
    fc.assert(
      fc.property(lanes, fc.nat(50), (runs, shift) => {
        const track = trackOf(runs.map(([pause, duration, group]) => [pause, duration / 100, group] as const));
        const whole = raster(track, 960, 8, 200);
        const moved = raster(track, 960 + 8 * shift, 8, 200 - shift);
        expect([...moved]).toEqual([...whole.subarray(shift)]);
      }),
    ));
  it("cost what there is to see and not what there is", () => {
    const many = trackOf(Array.from({ length: 100_000 }, (_, index) => [0.001, 0.009, index % 3] as const));
    const row = new Uint32Array(500);
    expect(rasterTrack(row, many, { from: 1000, perPixel: 2, width: 500 }, colours, undefined)).toBeLessThanOrEqual(
      502,
    );
  });
  it("name runs that are wide enough for words", () => {
    const wide: Wide[] = [];
    raster(
      trackOf([
        [0, 10, 1],
        [0, 1, 2],
      ]),
      1000,
      0.1,
      400,
      wide,
    );
    expect(wide).toEqual([{ left: 0, right: 100, group: 1, row: 0 }]);
  });
});

describe("colours", () => {
  it("are bytes in the order of an image", () => {
    const bytes = new Uint8ClampedArray(Uint32Array.of(pixelOf(0x102030)).buffer);
    expect([...bytes]).toEqual([0x10, 0x20, 0x30, 0xff]);
  });
  it("of half way are between", () => {
    expect(mixed(pixelOf(0x000000), pixelOf(0xffffff), 128)).toBe(pixelOf(0x808080));
  });
  it("dim what is not emphasised", () => {
    const table = new ColourTable(PALETTE, GROUPS, { groups: [1] });
    expect([table.dim(0), table.dim(1)]).toEqual([true, false]);
    expect(table.of(1)[LEVELS - 1]).toBe(FULL[1]);
    expect(table.of(0)[LEVELS - 1]).not.toBe(FULL[0]);
  });
});

it("finds the longest of any stretch as looking at each does", () =>
  fc.assert(
    fc.property(fc.array(fc.nat(1000), { minLength: 1, maxLength: 300 }), fc.nat(), fc.nat(), (durations, a, b) => {
      const column = Float32Array.from(durations);
      const forest = new SegmentForest(column.length, column);
      for (let index = 0; index < column.length; index++) forest.append(index);
      const [from, to] = [a % column.length, b % column.length].sort((x, y) => x - y) as [number, number];
      expect(column[forest.longest(from, to + 1)]).toBe(Math.max(...durations.slice(from, to + 1)));
    }),
  ));
