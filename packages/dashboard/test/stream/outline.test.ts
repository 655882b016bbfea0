/** What stands in for rows that were too many to be sent: drawn until they are there, and no longer. */
import { describe, expect, it } from "vitest";
import {
  FRAME_HEADER,
  FrameType,
  LOD_BYTES,
  LodField,
  ROW_BYTES,
  readFrameHeader,
  writeFrameHeader,
} from "@heddle/protocol/dashboard";
import { Outline } from "../../src/data/outline.js";
import { TaskStore } from "../../src/data/task-store.js";
import { ColourTable, LEVELS } from "../../src/stream/colours.js";
import { rasterOutline } from "../../src/stream/lane-raster.js";

const BASE = 1_700_000_000_000;
const GROUPS = new Map([0, 1].map((id) => [id, { id, name: `group ${id}`, slot: id, upstream: [] }]));
const colours = new ColourTable(
  {
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
  },
  GROUPS,
  {},
);

interface Lane {
  readonly lane: number;
  readonly group: number;
  /** Of 255. */
  readonly busy: number;
  readonly failed?: boolean;
}

/** A frame that outlines the 100 ms before `end`, up to row `nextSeq`. */
function take(outline: Outline, end: number, nextSeq: number, known: number, lanes: readonly Lane[]): void {
  const view = new DataView(new ArrayBuffer(FRAME_HEADER + lanes.length * LOD_BYTES));
  writeFrameHeader(view, { type: FrameType.lod, flags: 100, seq: nextSeq, base: BASE + end });
  for (const [index, { lane, group, busy, failed = false }] of lanes.entries()) {
    const at = FRAME_HEADER + index * LOD_BYTES;
    view.setUint16(at + LodField.lane, lane, true);
    view.setUint16(at + LodField.group, group, true);
    view.setUint8(at + LodField.busy, busy);
    view.setUint8(at + LodField.flags, failed ? 1 : 0);
  }
  outline.take(readFrameHeader(view), view, known);
}

function addRows(store: TaskStore, from: number, to: number): void {
  const view = new DataView(new ArrayBuffer(FRAME_HEADER + (to - from) * ROW_BYTES));
  writeFrameHeader(view, { type: FrameType.tasks, flags: 0, seq: from, base: BASE });
  store.add(readFrameHeader(view), view);
}

describe("an outline", () => {
  it("knows of each time what each lane did, and for which rows it stands", () => {
    const outline = new Outline();
    take(outline, 100, 50, 10, [{ lane: 3, group: 1, busy: 255, failed: true }]);
    take(outline, 200, 80, 10, [{ lane: 4, group: 0, busy: 51 }]);
    expect(outline.pieces).toEqual([
      {
        from: BASE,
        to: BASE + 100,
        firstSeq: 10,
        nextSeq: 50,
        lanes: new Map([[3, { group: 1, busy: 1, failed: true }]]),
      },
      {
        from: BASE + 100,
        to: BASE + 200,
        firstSeq: 50,
        nextSeq: 80,
        lanes: new Map([[4, { group: 0, busy: 0.2, failed: false }]]),
      },
    ]);
  });

  it("goes piece by piece when the rows are there, whatever their order", () => {
    const outline = new Outline();
    const store = new TaskStore();
    addRows(store, 0, 10);
    take(outline, 100, 50, 10, [{ lane: 0, group: 0, busy: 255 }]);
    take(outline, 200, 80, 10, [{ lane: 0, group: 0, busy: 255 }]);
    outline.prune(store);
    expect(outline.pieces).toHaveLength(2);
    addRows(store, 40, 80);
    outline.prune(store);
    expect(outline.pieces.map(({ firstSeq }) => firstSeq)).toEqual([10]);
    addRows(store, 10, 40);
    outline.prune(store);
    expect(outline.pieces).toEqual([]);
  });

  it("says nothing of rows that were told of before", () => {
    const outline = new Outline();
    take(outline, 100, 50, 50, [{ lane: 0, group: 0, busy: 255 }]);
    expect(outline.pieces).toEqual([]);
  });

  it("colours its time of its lane, as strong as that was busy, and nothing else", () => {
    const outline = new Outline();
    take(outline, 100, 50, 0, [{ lane: 3, group: 1, busy: 255 }]);
    take(outline, 200, 80, 0, [{ lane: 3, group: 0, busy: 128 }]);
    const row = new Uint32Array(40).fill(colours.idle);
    const scale = { from: BASE - 100, perPixel: 10, width: 40 };
    expect(rasterOutline(row, outline.pieces, 3, scale, colours)).toBe(2);
    const half = colours.of(0)[Math.round((128 / 255) * (LEVELS - 1))];
    expect([...row]).toEqual([
      ...Array<number>(10).fill(colours.idle),
      ...Array<number>(10).fill(colours.of(1)[LEVELS - 1]!),
      ...Array<number | undefined>(10).fill(half),
      ...Array<number>(10).fill(colours.idle),
    ]);
    expect(rasterOutline(row, outline.pieces, 4, scale, colours)).toBe(0);
  });
});
