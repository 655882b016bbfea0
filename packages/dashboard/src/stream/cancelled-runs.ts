/** How runs that were cancelled look: pale, with slashes; from far away a mark, as those that failed have. */
import type { Segment } from "../data/segment.js";
import { cssOf } from "./colours.js";
import type { Scale } from "./lane-raster.js";
import type { StreamPalette } from "./messages.js";

/** Where lanes are. Pixels of the page; the scale's are the picture's, `ratio` to one of the page's. */
export interface LanesInSight {
  readonly lanes: readonly number[];
  readonly places: readonly number[];
  readonly height: number;
  readonly scale: Scale;
  readonly ratio: number;
}

/** Pixels of the page from which slashes can be told. */
const SLASHES_FROM = 3;
const SPACING = 5;
const TICK = { width: 2, height: 4 };

export function paintCancelled(
  context: OffscreenCanvasRenderingContext2D,
  segments: Iterable<Segment>,
  { lanes, places, height, scale, ratio }: LanesInSight,
  palette: StreamPalette,
): void {
  const to = scale.from + scale.perPixel * scale.width;
  const perPixel = scale.perPixel * ratio;
  for (const segment of segments) {
    if (segment.to < scale.from || segment.from > to) continue;
    for (const [index, lane] of lanes.entries()) {
      const spans = segment.lanes.get(lane)?.cancelled;
      if (spans === undefined) continue;
      let painted = -Infinity;
      for (let at = 0; at < spans.length; at += 2) {
        const [start, end] = [spans[at]!, spans[at + 1]!];
        if (end < scale.from || start > to) continue;
        const begin = Math.round((start - scale.from) / perPixel);
        const left = Math.max(0, begin);
        const right = Math.min(Math.ceil(scale.width / ratio), Math.round((end - scale.from) / perPixel));
        if (right - left >= SLASHES_FROM)
          slashes(context, { begin, left, top: places[index]!, width: right - left - 1, height }, palette);
        else if (right !== painted) {
          painted = right;
          context.fillStyle = cssOf(palette.cancelled);
          context.fillRect(right - TICK.width, places[index]!, TICK.width, Math.min(height, TICK.height));
        }
      }
    }
  }
}

function slashes(
  context: OffscreenCanvasRenderingContext2D,
  { begin, left, top, width, height }: Record<"begin" | "left" | "top" | "width" | "height", number>,
  palette: StreamPalette,
): void {
  context.save();
  context.beginPath();
  context.rect(left, top, width, height);
  context.clip();
  context.globalAlpha = 0.6;
  context.fillStyle = cssOf(palette.idle);
  context.fillRect(left, top, width, height);
  context.globalAlpha = 1;
  context.strokeStyle = cssOf(palette.cancelled);
  context.lineWidth = 1.5;
  context.beginPath();
  // Counted from where the run begins, in sight or not: they move with it.
  for (let x = left - height - ((left - begin) % SPACING); x < left + width; x += SPACING) {
    context.moveTo(x, top + height);
    context.lineTo(x + height / 2, top);
  }
  context.stroke();
  context.restore();
}
