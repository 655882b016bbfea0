/** Where lanes are, the same for who draws them and who points at them. Pixels. */
import type { LaneLayout } from "./messages.js";

/** Before the first thread of a worker. */
const WORKER_GAP = 5;
/** Between two lanes. */
const LANE_GAP = 1;
/** A lane at least so high has its transfers under its runs. */
const SPLIT_FROM = 9;
const TRANSFER_PART = 0.3;
/** Enough to tell transfers apart; the rest of a high lane is its runs'. */
const TRANSFER_MOST = 14;

/** Tops of the lanes, from the first one's, and the height of all. */
export function laneTops(count: number, pitch: number, firsts: readonly number[]): { tops: number[]; height: number } {
  const gaps = new Set(firsts);
  const tops: number[] = [];
  let y = 0;
  for (let index = 0; index < count; index++) {
    if (index > 0 && gaps.has(index)) y += WORKER_GAP;
    tops.push(y);
    y += pitch;
  }
  return { tops, height: y };
}

/** Heights of a lane's parts. */
export function laneParts(pitch: number): { readonly run: number; readonly transfer: number } {
  const height = Math.max(1, pitch - LANE_GAP);
  if (height < SPLIT_FROM) return { run: height, transfer: 0 };
  const transfer = Math.min(TRANSFER_MOST, Math.max(2, Math.round(height * TRANSFER_PART)));
  return { run: height - transfer, transfer };
}

/** The lane under a place in the viewport; undefined: none. */
export function laneAt(
  layout: LaneLayout,
  y: number,
): { readonly index: number; readonly part: "run" | "transfer" } | undefined {
  const { tops } = laneTops(layout.lanes.length, layout.pitch, layout.firsts);
  const wanted = y + layout.scroll;
  let low = 0;
  let high = tops.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (tops[middle]! <= wanted) low = middle + 1;
    else high = middle;
  }
  const index = low - 1;
  if (index < 0 || wanted > tops[index]! + layout.pitch) return undefined;
  const parts = laneParts(layout.pitch);
  return { index, part: parts.transfer > 0 && wanted - tops[index]! > parts.run ? "transfer" : "run" };
}
