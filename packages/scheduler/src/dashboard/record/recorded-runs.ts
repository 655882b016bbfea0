/** The record of a time, to be kept or handed on: what a page is greeted with, and the rows, oldest first. */
import { inflateSync, gunzipSync } from "node:zlib";
import {
  CHUNK_ROWS,
  FRAME_FLAG_COARSE,
  FRAME_HEADER,
  ROW_BYTES,
  RowField,
  readFrameHeader,
} from "@heddle/protocol/dashboard";
import type { DashboardSource, SealedChunk } from "../source.js";

/** Milliseconds since the epoch; runs that ended within are meant. */
export interface TimeRange {
  readonly from: number;
  readonly to: number;
}

/** A row of the record, decoded. */
export interface RecordedRun {
  /** Place of the row in its frame. */
  readonly place: number;
  readonly seq: number;
  readonly lane: number;
  readonly group: number;
  /** Milliseconds since the epoch. */
  readonly end: number;
  /** Milliseconds. */
  readonly duration: number;
  readonly transfer: number;
  readonly deserialise: number;
  readonly waited: number;
  /** Bytes of the result. */
  readonly nbytes: number;
  readonly state: number;
  readonly attempt: number;
}

/** All `tasks` frames that may hold runs of the time, oldest first. */
export async function* frames(source: DashboardSource, range: TimeRange): AsyncGenerator<Uint8Array> {
  const { runId, chunks, headSeq, oldestSeq } = await source.hello("view");
  let next = oldestSeq;
  for (const { id, firstSeq, rows, from, to } of chunks) {
    next = Math.max(next, firstSeq + rows);
    if (to < range.from || from > range.to) continue;
    const chunk = await source.chunk(runId, id);
    if (chunk !== undefined) yield unpacked(chunk);
  }
  for (; next < headSeq; next += CHUNK_ROWS) {
    const bytes = await source.rows(next, Math.min(next + CHUNK_ROWS, headSeq));
    yield* framesOf(bytes);
  }
}

/** Frames that stand one after another, each preceded by its length as u32. */
function* framesOf(bytes: Uint8Array): Generator<Uint8Array> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at + 4 <= bytes.length;) {
    const length = view.getUint32(at, true);
    yield bytes.subarray(at + 4, at + 4 + length);
    at += 4 + length;
  }
}

/** The rows of a frame that ended within the time. */
export function* runsOf(frame: Uint8Array, range: TimeRange): Generator<RecordedRun> {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const { base, flags } = readFrameHeader(view);
  const unit = (flags & FRAME_FLAG_COARSE) === 0 ? 1e-3 : 64e-3;
  for (let at = FRAME_HEADER; at + ROW_BYTES <= frame.length; at += ROW_BYTES) {
    const end = base + view.getInt32(at + RowField.end, true) / 1000;
    if (end < range.from || end > range.to) continue;
    const duration = view.getUint32(at + RowField.duration, true) * unit;
    const stateAttempt = view.getUint8(at + RowField.stateAttempt);
    yield {
      place: (at - FRAME_HEADER) / ROW_BYTES,
      seq: view.getUint32(at + RowField.seq, true),
      lane: view.getUint16(at + RowField.lane, true),
      group: view.getUint16(at + RowField.group, true),
      end,
      duration,
      transfer: view.getUint32(at + RowField.transfer, true) * unit,
      deserialise: view.getUint16(at + RowField.deserialise, true) * 64e-3,
      waited: (view.getUint16(at + RowField.waited, true) / 0xffff) * duration,
      nbytes: view.getFloat32(at + RowField.nbytes, true),
      state: stateAttempt & 15,
      attempt: stateAttempt >> 4,
    };
  }
}

function unpacked({ body, encoding }: SealedChunk): Uint8Array {
  return encoding === "gzip" ? gunzipSync(body) : inflateSync(body);
}
