/**
 * A lane's runs as a row of pixels, at a cost that depends on the pixels and not on the runs. Runs shorter than a bucket are summed: the
 * pixel has the colour of the longest and is as strong as the bucket is busy. Buckets are powers of two of a millisecond, anchored in
 * absolute time: anchored at the view they would shimmer while it moves.
 */
import type { Piece } from "../data/outline.js";
import type { Track } from "../data/track.js";
import { LEVELS, type ColourTable } from "./colours.js";

/** What of time the row shows. Milliseconds; pixels. */
export interface Scale {
  readonly from: number;
  readonly perPixel: number;
  readonly width: number;
}

/** A run that is wide enough for words. */
export interface Wide {
  readonly left: number;
  readonly right: number;
  readonly group: number;
  /** Of its segment. */
  readonly row: number;
}

/** Slices at least so wide keep a pixel of background after them, so that equal neighbours stay two. */
const GAP_FROM = 3;
const WORDS_FROM = 56;

/** @returns cells drawn */
export function rasterTrack(
  row: Uint32Array,
  track: Track,
  scale: Scale,
  colours: ColourTable,
  wide: Wide[] | undefined,
): number {
  const { from, perPixel, width } = scale;
  const to = from + perPixel * width;
  const bucket = 2 ** Math.ceil(Math.log2(perPixel));
  const { starts, durations, groups } = track;
  let cells = 0;
  let index = track.firstEndingAfter(from);
  while (index < track.length && starts[index]! < to) {
    const start = starts[index]!;
    if (durations[index]! >= bucket) {
      const group = groups[index]!;
      const left = Math.max(0, Math.round((start - from) / perPixel));
      let right = Math.round((start + durations[index]! - from) / perPixel);
      if (wide !== undefined && right - left >= WORDS_FROM)
        wide.push({ left, right: Math.min(width, right), group, row: track.rows[index]! });
      if (right - left >= GAP_FROM) right--;
      row.fill(colours.of(group)[LEVELS - 1]!, left, Math.min(width, Math.max(left + 1, right)));
      index++;
    } else {
      const begin = Math.floor(start / bucket) * bucket;
      let next = track.gallop(begin + bucket, index + 1);
      // One that begins here and reaches beyond the bucket can only be the last: it is drawn by itself.
      if (durations[next - 1]! >= bucket) next--;
      const busy = Math.min(1, track.busy(index, next) / bucket);
      const group = groups[next - index === 1 ? index : track.longest(index, next)]!;
      const left = Math.max(0, Math.floor((begin - from) / perPixel));
      const right = Math.max(left + 1, Math.floor((begin + bucket - from) / perPixel));
      row.fill(colours.of(group)[Math.round(busy * (LEVELS - 1))]!, left, Math.min(width, right));
      index = next;
    }
    cells++;
  }
  return cells;
}

/** What is known of a lane whose rows are still to come. @returns cells drawn */
export function rasterOutline(
  row: Uint32Array,
  pieces: readonly Piece[],
  lane: number,
  scale: Scale,
  colours: ColourTable,
): number {
  const { from, perPixel, width } = scale;
  const to = from + perPixel * width;
  let cells = 0;
  for (const piece of pieces) {
    if (piece.to <= from || piece.from >= to) continue;
    const known = piece.lanes.get(lane);
    if (known === undefined) continue;
    const left = Math.max(0, Math.floor((piece.from - from) / perPixel));
    const right = Math.max(left + 1, Math.floor((piece.to - from) / perPixel));
    row.fill(colours.of(known.group)[Math.round(known.busy * (LEVELS - 1))]!, left, Math.min(width, right));
    cells++;
  }
  return cells;
}
