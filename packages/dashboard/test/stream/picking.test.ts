/** What is under the pointer, what is next to it, and what a selection comes to: held against the rows themselves. */
import { describe, expect, it } from "vitest";
import {
  FRAME_HEADER,
  FrameType,
  ROW_BYTES,
  RowField,
  RowState,
  readFrameHeader,
  writeFrameHeader,
} from "@heddle/protocol/dashboard";
import { TaskStore } from "../../src/data/task-store.js";
import { laneAt, laneTops } from "../../src/stream/lane-places.js";
import { pick, selectionOf, step, taskOf } from "../../src/stream/picking.js";

interface Row {
  readonly lane: number;
  readonly group: number;
  readonly start: number;
  readonly end: number;
  readonly state?: number;
}

const BASE = 1_700_000_000_000;

/** Rows in the order in which they ended, as a server records them. */
function storeOf(rows: readonly Row[], first = 0): TaskStore {
  const store = new TaskStore();
  add(store, rows, first);
  return store;
}

function add(store: TaskStore, rows: readonly Row[], first: number): void {
  const view = new DataView(new ArrayBuffer(FRAME_HEADER + rows.length * ROW_BYTES));
  writeFrameHeader(view, { type: FrameType.tasks, flags: 0, seq: first, base: BASE });
  for (const [index, row] of rows.entries()) {
    const at = FRAME_HEADER + index * ROW_BYTES;
    view.setUint32(at + RowField.seq, first + index, true);
    view.setUint16(at + RowField.lane, row.lane, true);
    view.setUint16(at + RowField.group, row.group, true);
    view.setInt32(at + RowField.end, row.end * 1000, true);
    view.setUint32(at + RowField.duration, (row.end - row.start) * 1000, true);
    view.setUint8(at + RowField.stateAttempt, (row.state ?? RowState.memory) | (1 << 4));
  }
  store.add(readFrameHeader(view), view);
}

const ROWS: readonly Row[] = [
  { lane: 0, group: 0, start: 0, end: 10 },
  { lane: 1, group: 1, start: 5, end: 15 },
  { lane: 0, group: 1, start: 12, end: 20, state: RowState.erred },
  { lane: 0, group: 0, start: 20, end: 21 },
  { lane: 1, group: 0, start: 16, end: 40 },
];

describe("picking", () => {
  it("finds the run at a place, with all that is recorded of it", () => {
    const found = pick(storeOf(ROWS), 0, BASE + 15, 0.1, "run");
    expect(found).toMatchObject({
      kind: "task",
      seq: 2,
      lane: 0,
      group: 1,
      start: BASE + 12,
      duration: 8,
      state: RowState.erred,
      attempt: 1,
    });
  });
  it("finds nothing where nothing ran", () => {
    expect(pick(storeOf(ROWS), 0, BASE + 11, 0.1, "run")).toBeUndefined();
    expect(pick(storeOf(ROWS), 7, BASE + 5, 0.1, "run")).toBeUndefined();
  });
  it("counts what shares a pixel", () => {
    expect(pick(storeOf(ROWS), 0, BASE + 20, 60, "run")).toEqual({
      kind: "many",
      lane: 0,
      from: BASE - 10,
      to: BASE + 50,
      count: 3,
      failed: 1,
      cancelled: 0,
      lost: 0,
      groups: [
        [0, 2],
        [1, 1],
      ],
      longest: 10,
    });
  });
  it("steps through a lane and no further", () => {
    const store = storeOf(ROWS);
    expect(step(store, 0, 1)?.seq).toBe(2);
    expect(step(store, 2, 1)?.seq).toBe(3);
    expect(step(store, 3, 1)).toBeUndefined();
    expect(step(store, 3, -1)?.seq).toBe(2);
    expect(step(store, 0, -1)).toBeUndefined();
    expect(step(store, 99, 1)).toBeUndefined();
  });
  it("knows a run by its number", () => {
    expect(taskOf(storeOf(ROWS, 1000), 1004)).toMatchObject({ lane: 1, start: BASE + 16 });
    expect(taskOf(storeOf(ROWS), 5)).toBeUndefined();
  });
});

describe("a selection", () => {
  it("is the sum of the runs in it, however little of them", () => {
    const found = selectionOf(storeOf(ROWS), BASE + 8, BASE + 18, {});
    expect(found).toMatchObject({ count: 4, failed: 1, compute: 10 + 10 + 8 + 24 });
    // Two lanes of 10 ms: 2 + 6 and 7 + 2 of them were covered.
    expect(found.busy).toBeCloseTo(17 / 20);
    expect(found.groups).toEqual([
      { group: 0, count: 2, time: 34 },
      { group: 1, count: 2, time: 18 },
    ]);
    expect(found.longest.map(({ seq }) => seq)).toEqual([4, 0, 1, 2]);
  });
  it("counts only what is asked for", () => {
    expect(selectionOf(storeOf(ROWS), BASE, BASE + 100, { failed: true }).count).toBe(1);
    expect(selectionOf(storeOf(ROWS), BASE, BASE + 100, { groups: [1] }).count).toBe(2);
  });
  it("tells what failed from what was cancelled or lost", () => {
    const store = storeOf([
      ...ROWS,
      { lane: 0, group: 0, start: 41, end: 42, state: RowState.cancelled },
      { lane: 0, group: 0, start: 43, end: 45, state: RowState.lost },
    ]);
    const ends = { failed: 1, cancelled: 1, lost: 1 };
    expect(selectionOf(store, BASE, BASE + 100, {})).toMatchObject({ count: 7, ...ends });
    expect(selectionOf(store, BASE, BASE + 100, { failed: true }).count).toBe(1);
    expect(pick(store, 0, BASE + 30, 80, "run")).toMatchObject({ kind: "many", count: 5, ...ends });
    const [segment] = store.segments;
    expect(segment!.lanes.get(0)).toMatchObject({ failedAt: [BASE + 20], lostAt: [BASE + 45] });
  });
  it("lists the ten longest of many", () => {
    const rows = Array.from({ length: 100 }, (_, index) => ({
      lane: 0,
      group: 0,
      start: index * 100,
      end: index * 100 + 1 + ((index * 37) % 99),
    }));
    const { longest } = selectionOf(storeOf(rows), BASE, BASE + 20_000, {});
    const durations = rows.map(({ start, end }) => end - start).sort((a, b) => b - a);
    expect(longest.map(({ duration }) => Math.round(duration))).toEqual(durations.slice(0, 10));
  });
});

describe("the store", () => {
  it("takes rows in any order, once", () => {
    const store = new TaskStore();
    add(store, ROWS.slice(3), 3);
    expect(store.missing(0, 5)).toEqual([[0, 3]]);
    add(store, ROWS.slice(0, 4), 0);
    expect(store.rows).toBe(5);
    expect(store.missing(0, 5)).toEqual([]);
    expect(taskOf(store, 2)).toMatchObject({ lane: 0, start: BASE + 12 });
  });
  it("lets the oldest go beyond its limit, and says so", () => {
    const store = new TaskStore();
    store.maxRows = 65_536;
    const rows = Array.from({ length: 65_536 }, (_, index) => ({ lane: 0, group: 0, start: index, end: index + 1 }));
    add(store, rows, 0);
    add(store, rows, 65_536);
    expect([store.rows, store.evicted, store.floor]).toEqual([65_536, 65_536, 65_536]);
  });
});

it("finds lanes where they are drawn", () => {
  const layout = { lanes: [4, 5, 6], pitch: 20, scroll: 0, firsts: [0, 2] };
  const { tops, height } = laneTops(3, 20, layout.firsts);
  expect([tops, height]).toEqual([[0, 20, 45], 65]);
  expect(laneAt(layout, 3)).toEqual({ index: 0, part: "run" });
  expect(laneAt(layout, 18)).toEqual({ index: 0, part: "transfer" });
  expect(laneAt(layout, 42)).toBeUndefined();
  expect(laneAt({ ...layout, scroll: 40 }, 8)).toEqual({ index: 2, part: "run" });
});
