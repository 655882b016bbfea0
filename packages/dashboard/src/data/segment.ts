import { CHUNK_ROWS, FRAME_FLAG_COARSE, FRAME_HEADER, ROW_BYTES, RowField, RowState } from "@heddle/protocol/dashboard";
import type { FrameHeader } from "@heddle/protocol/dashboard";
import { Track } from "./track.js";

/** Runs that overlap in one lane lie on tracks of their own, so many at most; the rest is cut to fit the last one. */
const DEEPEST = 64;

/** What one lane did, in one segment. */
export class LaneRuns {
  /** Runs; more than one track where asynchronous tasks shared the thread. */
  readonly runs: Track[] = [new Track()];
  /** Transfers of inputs before the runs, if there were any. */
  transfers: Track | undefined;
  /** Ends of those that failed, and of those lost with their worker, in the order they ended. */
  readonly failedAt: number[] = [];
  readonly lostAt: number[] = [];
  /** Start and end of those that were cancelled, one after the other. */
  readonly cancelled: number[] = [];

  place(start: number, end: number, group: number, row: number, tolerance: number): void {
    for (const track of this.runs) if (start >= track.end - tolerance) return track.push(start, end, group, row);
    if (this.runs.length < DEEPEST) this.runs.push(new Track());
    this.runs.at(-1)!.push(start, end, group, row);
  }

  transfer(start: number, end: number, group: number, row: number): void {
    this.transfers ??= new Track();
    this.transfers.push(start, end, group, row);
  }

  trim(): void {
    for (const track of this.runs) track.trim();
    this.transfers?.trim();
  }
}

/** Rows that follow each other without a hole: a sealed chunk, a part fetched later, or what arrives now. */
export class Segment {
  readonly lanes = new Map<number, LaneRuns>();
  rows = 0;
  /** Milliseconds since the epoch: earliest start and latest end. */
  from = Infinity;
  to = -Infinity;

  readonly lane: Uint16Array;
  /** Milliseconds. */
  readonly transfer: Float32Array;
  readonly nbytes: Float32Array;
  /** Units of 64 us. */
  readonly deserialise: Uint16Array;
  /** Parts of 65,535 of the duration. */
  readonly waited: Uint16Array;
  readonly flowRun: Uint16Array;
  readonly stateAttempt: Uint8Array;

  constructor(
    readonly firstSeq: number,
    readonly capacity = CHUNK_ROWS,
  ) {
    this.lane = new Uint16Array(capacity);
    this.transfer = new Float32Array(capacity);
    this.nbytes = new Float32Array(capacity);
    this.deserialise = new Uint16Array(capacity);
    this.waited = new Uint16Array(capacity);
    this.flowRun = new Uint16Array(capacity);
    this.stateAttempt = new Uint8Array(capacity);
  }

  /** Number of the row after its last. */
  get nextSeq(): number {
    return this.firstSeq + this.rows;
  }

  get full(): boolean {
    return this.rows === this.capacity;
  }

  /** Takes rows [from, to) of a `tasks` frame; the first must be the segment's next, and all must fit. */
  append(header: FrameHeader, view: DataView, from: number, to: number): void {
    const coarse = (header.flags & FRAME_FLAG_COARSE) !== 0;
    const unit = coarse ? 0.064 : 0.001;
    // Ends and durations were rounded one by one.
    const tolerance = 2 * unit;
    for (let index = from; index < to; index++) {
      const at = FRAME_HEADER + index * ROW_BYTES;
      const row = this.rows++;
      const lane = view.getUint16(at + RowField.lane, true);
      const group = view.getUint16(at + RowField.group, true);
      const end = header.base + view.getInt32(at + RowField.end, true) / 1000;
      const start = end - view.getUint32(at + RowField.duration, true) * unit;
      const transfer = view.getUint32(at + RowField.transfer, true) * unit;
      const stateAttempt = view.getUint8(at + RowField.stateAttempt);
      this.lane[row] = lane;
      this.transfer[row] = transfer;
      this.nbytes[row] = view.getFloat32(at + RowField.nbytes, true);
      this.deserialise[row] = view.getUint16(at + RowField.deserialise, true);
      this.waited[row] = view.getUint16(at + RowField.waited, true);
      this.flowRun[row] = view.getUint16(at + RowField.flowRun, true);
      this.stateAttempt[row] = stateAttempt;

      let runs = this.lanes.get(lane);
      if (!runs) this.lanes.set(lane, (runs = new LaneRuns()));
      runs.place(start, end, group, row, tolerance);
      if (transfer > 0) runs.transfer(start - transfer, start, group, row);
      const state = stateAttempt & 15;
      if (state === RowState.erred) runs.failedAt.push(end);
      else if (state === RowState.lost) runs.lostAt.push(end);
      else if (state === RowState.cancelled) runs.cancelled.push(start, end);
      if (start - transfer < this.from) this.from = start - transfer;
      if (end > this.to) this.to = end;
    }
  }

  seal(): void {
    for (const runs of this.lanes.values()) runs.trim();
  }
}

/** Rows a `tasks` frame holds. */
export const rowsOf = (view: DataView): number => Math.floor((view.byteLength - FRAME_HEADER) / ROW_BYTES);
