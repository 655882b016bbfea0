import {
  FRAME_FLAG_COARSE,
  FRAME_HEADER,
  FrameType,
  ROW_BYTES,
  writeFrameHeader,
  type FrameTypeCode,
} from "@heddle/protocol/dashboard";
import { Control, type RecordColumns } from "../../core/record/memory.js";
import { RowTable } from "./row-table.js";
import { Transcriber } from "./transcriber.js";

/** Microseconds that an `end` may be away from its frame's base, coarse ones aside. */
const NEAR = 2 ** 31 - 1;
const COARSE = 64;

const decoder = new TextDecoder();

/** The rows that are still there, numbered from 0 over the life of the scheduler. */
export class RowReader {
  readonly rows: RowTable;
  readonly #columns: RecordColumns;
  readonly #transcriber: Transcriber;
  readonly #mask: number;

  constructor(columns: RecordColumns) {
    const { memory } = columns;
    this.#columns = columns;
    this.rows = new RowTable(memory.rows);
    this.#transcriber = new Transcriber(memory.runs, memory.tasks, this.rows);
    this.#mask = memory.rows - 1;
  }

  /** Looks how far the scheduler has come. */
  advance(): void {
    this.#transcriber.advance();
  }

  /** Number of the next row. */
  get head(): number {
    return this.#transcriber.head;
  }

  get oldest(): number {
    return Math.max(this.#transcriber.first, this.head - this.rows.capacity);
  }

  /** The last bytes of keys: a ring. */
  get keys(): Uint8Array {
    return this.#columns.keys;
  }

  /** Bytes of keys that have come. */
  get keyBytes(): number {
    return Atomics.load(this.#columns.control, Control.keyHead) >>> 0;
  }

  /** Number of the next task. */
  get nextTask(): number {
    return this.#transcriber.nextTask;
  }

  /** Runs that ended faster than they could be read, and are in no row. */
  get lost(): number {
    return this.#transcriber.lost;
  }

  /** Whether row `seq` is there. */
  has(seq: number): boolean {
    return seq >= this.oldest && seq < this.head;
  }

  place(seq: number): number {
    return seq & this.#mask;
  }

  /** A `tasks` frame of rows `from` to `to`, which are there. */
  frame(from: number, to: number): Buffer {
    const rows = to - from;
    const frame = Buffer.allocUnsafeSlow(FRAME_HEADER + rows * ROW_BYTES);
    const { bytes, ends, capacity } = this.rows;
    for (let seq = from, at = FRAME_HEADER; seq < to;) {
      const place = this.place(seq);
      const stretch = Math.min(to - seq, capacity - place);
      frame.set(bytes.subarray(place * ROW_BYTES, (place + stretch) * ROW_BYTES), at);
      seq += stretch;
      at += stretch * ROW_BYTES;
    }
    const base = rows === 0 ? 0 : ends[this.place(to - 1)]!;
    const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
    let isCoarse = false;
    for (let seq = from; seq < to && !isCoarse; seq++) isCoarse = Math.abs(ends[this.place(seq)]! - base) * 1000 > NEAR;
    const unit = isCoarse ? COARSE : 1;
    for (let seq = from, at = FRAME_HEADER; seq < to; seq++, at += ROW_BYTES) {
      const micros = (ends[this.place(seq)]! - base) * 1000;
      view.setInt32(at + 8, Math.max(-NEAR, Math.min(NEAR, Math.round(micros / unit))), true);
      if (!isCoarse) continue;
      view.setUint32(at + 12, view.getUint32(at + 12, true) / COARSE, true);
      view.setUint32(at + 16, view.getUint32(at + 16, true) / COARSE, true);
    }
    writeFrameHeader(view, {
      type: FrameType.tasks,
      flags: isCoarse ? FRAME_FLAG_COARSE : 0,
      seq: from >>> 0,
      base,
    });
    return frame;
  }

  /** The key of a row's task; undefined when its bytes have been written over. */
  key(seq: number): string | undefined {
    if (!this.has(seq)) return undefined;
    const { keyStarts, keyLengths } = this.rows;
    const { keys, control } = this.#columns;
    const place = this.place(seq);
    const start = keyStarts[place]!;
    const length = keyLengths[place]!;
    const mask = keys.length - 1;
    if (length === 0) return undefined;
    const bytes = new Uint8Array(length);
    for (let i = 0; i < length; i++) bytes[i] = keys[(start + i) & mask]!;
    // Read first, judged then: what was written over meanwhile is no key.
    const written = Atomics.load(control, Control.keyHead);
    if ((written - start) >>> 0 > keys.length) return undefined;
    return decoder.decode(bytes);
  }
}

/** A frame of JSON. @param seq - number of the newest row */
export function jsonFrame(type: FrameTypeCode, body: unknown, seq: number, now: number): Buffer {
  const text = JSON.stringify(body);
  const frame = Buffer.allocUnsafeSlow(FRAME_HEADER + Buffer.byteLength(text));
  writeFrameHeader(new DataView(frame.buffer), { type, flags: 0, seq: seq >>> 0, base: now });
  frame.write(text, FRAME_HEADER);
  return frame;
}
