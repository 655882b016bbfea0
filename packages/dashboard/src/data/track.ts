import { SegmentForest } from "./segment-forest.js";

const INITIAL = 64;

/** Slices of time that follow each other without overlapping, in columns. Times in milliseconds since the epoch. */
export class Track {
  length = 0;
  starts = new Float64Array(INITIAL);
  durations = new Float32Array(INITIAL);
  groups = new Uint16Array(INITIAL);
  /** Row of each slice in its segment. */
  rows = new Uint32Array(INITIAL);
  /** Milliseconds covered by all slices before each one, and by all. */
  private covered = new Float64Array(INITIAL + 1);
  private readonly forest = new SegmentForest(INITIAL, this.durations);
  /** Of the last slice. */
  end = -Infinity;

  /** @param start not before the end of the last slice, save for rounding, which is cut off */
  push(start: number, end: number, group: number, row: number): void {
    if (this.length === this.starts.length) this.resize(2 * this.length);
    const index = this.length++;
    const from = Math.max(start, this.end);
    const duration = Math.max(0, end - from);
    this.starts[index] = from;
    this.durations[index] = duration;
    this.groups[index] = group;
    this.rows[index] = row;
    this.covered[index + 1] = this.covered[index]! + duration;
    this.forest.append(index);
    this.end = Math.max(end, from);
  }

  /** No more will come: gives back what is not used. */
  trim(): void {
    if (this.length < this.starts.length) this.resize(Math.max(1, this.length));
  }

  private resize(capacity: number): void {
    const { length } = this;
    this.starts = moved(this.starts, new Float64Array(capacity), length);
    this.durations = moved(this.durations, new Float32Array(capacity), length);
    this.groups = moved(this.groups, new Uint16Array(capacity), length);
    this.rows = moved(this.rows, new Uint32Array(capacity), length);
    this.covered = moved(this.covered, new Float64Array(capacity + 1), length + 1);
    this.forest.resize(capacity, this.durations);
  }

  /** First slice at or after `from` that starts at `time` or later. */
  lowerBound(time: number, from = 0): number {
    return bisect(this.starts, time, from, this.length);
  }

  /** As {@link lowerBound}, quick when it is near `from`. */
  gallop(time: number, from: number): number {
    const { starts, length } = this;
    let step = 1;
    let high = from;
    while (high < length && starts[high]! < time) {
      from = high + 1;
      high += step;
      step *= 2;
    }
    return bisect(starts, time, from, Math.min(high, length));
  }

  /** First slice that ends after `time`. */
  firstEndingAfter(time: number): number {
    const index = this.lowerBound(time);
    return index > 0 && this.starts[index - 1]! + this.durations[index - 1]! > time ? index - 1 : index;
  }

  /** Milliseconds that the slices in [from, to) cover. */
  busy(from: number, to: number): number {
    return this.covered[to]! - this.covered[from]!;
  }

  longest(from: number, to: number): number {
    return this.forest.longest(from, to);
  }

  endOf(index: number): number {
    return this.starts[index]! + this.durations[index]!;
  }

  /** The slice of a row, -1: not here. Rows of a track only grow. */
  indexOfRow(row: number): number {
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.rows[middle]! < row) low = middle + 1;
      else high = middle;
    }
    return this.rows[low] === row && low < this.length ? low : -1;
  }
}

function moved<T extends Float64Array | Float32Array | Uint16Array | Uint32Array>(from: T, to: T, length: number): T {
  to.set(from.subarray(0, length));
  return to;
}

function bisect(values: Float64Array, wanted: number, low: number, high: number): number {
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (values[middle]! < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}
