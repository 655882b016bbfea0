/**
 * Which bytes of which buffers a value uses.
 *
 * @remarks
 * An extent is a range of one ArrayBuffer that views of the value cover. Views that overlap or touch share an extent, and so share
 * memory when decoded; what no view covers does not travel, be it the rest of a Buffer pool with other people's secrets, or of a
 * WebAssembly memory. (So `byteOffset` is not kept, unless the buffer itself is part of the value: then all of it travels.)
 *
 * An extent is written where its first view is. A later view may then turn out to widen it. This is rare, so it is not planned
 * for: `changed` tells that what was written is wrong, and the value is written again, now with all extents known.
 */
export interface Extent {
  readonly buffer: ArrayBufferLike;
  /** The range is `[start, end)`. */
  start: number;
  end: number;
  /** Widest element of its views as a power of two (3: 8 bytes). */
  width: number;
  /** The buffer itself is part of the value. */
  whole: boolean;
  /** Index in this pass, -1 before it is written. */
  index: number;
}

export class Extents {
  /** Per buffer, sorted, neither overlapping nor touching. */
  private readonly byBuffer = new Map<ArrayBufferLike, Extent[]>();
  private written = 0;
  /** An extent that was written in this pass has changed since. */
  changed = false;

  /** The extent that has this range, with an index of -1 if it is still to be written. */
  locate(buffer: ArrayBufferLike, start: number, end: number, width: number, whole: boolean): Extent {
    let list = this.byBuffer.get(buffer);
    if (list === undefined) this.byBuffer.set(buffer, (list = []));
    const from = firstEndingAtOrAfter(list, start);
    let to = from;
    while (to < list.length && list[to]!.start <= end) to++;

    const first = list[from];
    if (to === from + 1 && first!.start <= start && first!.end >= end) {
      if (first!.width < width || (whole && !first!.whole)) {
        if (first!.index >= 0) this.changed = true;
        first!.width = Math.max(first!.width, width);
        first!.whole ||= whole;
      }
      return first!;
    }
    const merged: Extent = { buffer, start, end, width, whole, index: -1 };
    for (let i = from; i < to; i++) {
      const part = list[i]!;
      merged.start = Math.min(merged.start, part.start);
      merged.end = Math.max(merged.end, part.end);
      merged.width = Math.max(merged.width, part.width);
      merged.whole ||= part.whole;
      if (part.index >= 0) this.changed = true;
    }
    list.splice(from, to - from, merged);
    return merged;
  }

  /** Gives the extent its index: it is being written. */
  number(extent: Extent): void {
    extent.index = this.written++;
  }

  /** Keeps the ranges and forgets that they were written. */
  nextPass(): void {
    for (const list of this.byBuffer.values()) for (const extent of list) extent.index = -1;
    this.written = 0;
    this.changed = false;
  }
}

function firstEndingAtOrAfter(list: readonly Extent[], start: number): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (list[middle]!.end < start) low = middle + 1;
    else high = middle;
  }
  return low;
}
