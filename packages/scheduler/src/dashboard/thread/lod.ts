import { FRAME_HEADER, FrameType, IDLE, LOD_BYTES, RowState, writeFrameHeader } from "@heddle/protocol/dashboard";
import type { RowReader } from "./reader.js";
import type { RowTable } from "./row-table.js";

/** Rows a second above which rows are not sent one by one, and below which they are again. */
const ENTER = 20_000;
const LEAVE = 12_000;
/** Ticks that it has to stay below. */
const CALM_TICKS = 20;
/** Ticks over which the rate is taken: a burst of some thousand rows is no reason. */
const RATE_TICKS = 5;

/** Whether there is too much to show every row. */
export class SummaryMode {
  #calm = 0;
  readonly #ticks: { readonly rows: number; readonly milliseconds: number }[] = [];
  active = false;

  /** @param rows - of this tick @param milliseconds - since the last */
  observe(rows: number, milliseconds: number): void {
    this.#ticks.push({ rows, milliseconds: Math.max(1, milliseconds) });
    if (this.#ticks.length > RATE_TICKS) this.#ticks.shift();
    const span = this.#ticks.reduce((sum, tick) => sum + tick.milliseconds, 0);
    const rate = (this.#ticks.reduce((sum, tick) => sum + tick.rows, 0) / Math.max(span, RATE_TICKS * 100)) * 1000;
    if (!this.active) {
      this.active = rate > ENTER;
      this.#calm = 0;
      return;
    }
    this.#calm = rate < LEAVE ? this.#calm + 1 : 0;
    if (this.#calm >= CALM_TICKS) this.active = false;
  }
}

/** In place of rows `from` to `to`: for each lane its dominant group, how busy it was, how many runs, and whether one failed. */
export function lodFrame(reader: RowReader, from: number, to: number, since: number, now: number): Buffer {
  const { rows } = reader;
  const lanes = new Map<number, Lane>();
  for (let seq = from; seq < to; seq++) addRow(lanes, rows, reader.place(seq));
  const frame = Buffer.alloc(FRAME_HEADER + lanes.size * LOD_BYTES);
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const milliseconds = Math.min(0xffff, Math.max(1, Math.round(now - since)));
  writeFrameHeader(view, { type: FrameType.lod, flags: milliseconds, seq: to >>> 0, base: now });
  const span = Math.max(1, now - since) * 1000;
  let at = FRAME_HEADER;
  for (const [lane, { micros, count, hasErrors }] of lanes) {
    let group = IDLE;
    let most = -1;
    let sum = 0;
    for (const [candidate, time] of micros) {
      sum += time;
      if (time <= most) continue;
      most = time;
      group = candidate;
    }
    view.setUint16(at, lane, true);
    view.setUint16(at + 2, group, true);
    view.setUint8(at + 4, Math.min(255, Math.round((sum / span) * 255)));
    view.setUint8(at + 5, hasErrors ? 1 : 0);
    view.setUint16(at + 6, Math.min(count, 0xffff), true);
    at += LOD_BYTES;
  }
  return frame;
}

interface Lane {
  readonly micros: Map<number, number>;
  count: number;
  hasErrors: boolean;
}

function addRow(lanes: Map<number, Lane>, { words, shorts, bytes }: RowTable, place: number): void {
  const id = shorts[place * 16 + 2]!;
  let lane = lanes.get(id);
  if (lane === undefined) lanes.set(id, (lane = { micros: new Map(), count: 0, hasErrors: false }));
  const group = shorts[place * 16 + 3]!;
  lane.micros.set(group, (lane.micros.get(group) ?? 0) + words[place * 8 + 3]!);
  lane.count++;
  if ((bytes[place * 32 + 30]! & 15) === RowState.erred) lane.hasErrors = true;
}
