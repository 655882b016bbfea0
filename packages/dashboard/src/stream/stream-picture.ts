/** One task stream's picture. */
import { RowState } from "@heddle/protocol/dashboard";
import type { GroupEntry } from "@heddle/protocol/dashboard";
import type { Outline, Piece } from "../data/outline.js";
import type { RunningLanes } from "../data/running-lanes.js";
import type { TaskStore } from "../data/task-store.js";
import { ColourTable, cssOf, mixed, pixelOf } from "./colours.js";
import { laneParts, laneTops } from "./lane-places.js";
import { rasterOutline, rasterTrack, type Scale, type Wide } from "./lane-raster.js";
import { paintCancelled } from "./cancelled-runs.js";
import type { Cursor, Emphasis, LaneLayout, StreamPalette, TimeView } from "./messages.js";
import { taskOf } from "./picking.js";
import { sightOf } from "./sight.js";

/** What pictures are drawn from. */
export interface StreamData {
  readonly store: TaskStore;
  readonly running: RunningLanes;
  /** Of rows that are still to come; absent where all are there from the start. */
  readonly outline?: Outline;
  readonly groups: ReadonlyMap<number, GroupEntry>;
  /** Scheduler time. */
  now(): number;
  /** When the cluster began; absent where nobody follows it. */
  startedAt?(): number | undefined;
}

const LABELS = 300;
const TICK = { width: 2, height: 4 };
const RUNNING_ALPHA = 0.75;

export class StreamPicture {
  view: TimeView = { kind: "follow", span: 60_000 };
  layout: LaneLayout = { lanes: [], pitch: 12, scroll: 0, firsts: [] };
  palette: StreamPalette | undefined;
  calm = false;
  emphasis: Emphasis = {};
  hover: Cursor | undefined;
  selected: number | undefined;
  range: readonly [number, number] | undefined;
  cells = 0;
  private width = 0;
  private height = 0;
  private ratio = 1;
  private strip:
    { readonly canvas: OffscreenCanvas; readonly image: ImageData; readonly pixels: Uint32Array } | undefined;

  constructor(
    readonly canvas: OffscreenCanvas,
    private readonly data: StreamData,
  ) {}

  resize(width: number, height: number, ratio: number): void {
    this.width = width;
    this.height = height;
    this.ratio = ratio;
    this.canvas.width = Math.max(1, Math.round(width * ratio));
    this.canvas.height = Math.max(1, Math.round(height * ratio));
  }

  private get pieces(): readonly Piece[] {
    return this.data.outline?.pieces ?? [];
  }

  /** What is in sight now. Milliseconds since the epoch. */
  sight(): readonly [number, number] {
    return sightOf(this.view, this.data.now(), this.data.startedAt?.());
  }

  paint(): void {
    const { palette, layout, width, height } = this;
    if (palette === undefined || width === 0 || height === 0) return;
    const context = this.canvas.getContext("2d", { alpha: false })!;
    context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    context.fillStyle = cssOf(palette.background);
    context.fillRect(0, 0, width, height);
    const [from, to] = this.sight();
    const columns = Math.max(1, Math.round(width * this.ratio));
    const scale: Scale = { from, perPixel: (to - from) / columns, width: columns };
    const colours = new ColourTable(palette, this.data.groups, this.emphasis);
    const { tops } = laneTops(layout.lanes.length, layout.pitch, layout.firsts);
    const first = Math.max(
      0,
      tops.findIndex((top) => top + layout.pitch > layout.scroll),
    );
    let last = first;
    while (last < tops.length && tops[last]! < layout.scroll + height) last++;
    const lanes = layout.lanes.slice(first, last);
    const places = tops.slice(first, last).map((top) => top - layout.scroll);
    const parts = laneParts(layout.pitch);

    const words = this.strips(context, lanes, places, parts, scale, colours);
    const marked = { lanes, places, height: parts.run, scale, ratio: this.ratio };
    paintCancelled(context, this.data.store.segments, marked, palette);
    this.failures(context, lanes, places, parts.run, scale);
    this.now(context, lanes, places, parts.run, from, to, colours);
    if (layout.pitch >= 15) this.words(context, words, places, parts.run, colours);
    this.marks(context, lanes, places, from, to);
  }

  /** Two rows of pixels for each lane, its runs and its transfers, stretched over the lane's height. */
  private strips(
    context: OffscreenCanvasRenderingContext2D,
    lanes: readonly number[],
    places: readonly number[],
    parts: { readonly run: number; readonly transfer: number },
    scale: Scale,
    colours: ColourTable,
  ): Wide[][] {
    const rows = parts.transfer > 0 ? 2 : 1;
    const strip = this.stripOf(scale.width, Math.max(1, lanes.length * rows));
    const words: Wide[][] = [];
    const to = scale.from + scale.perPixel * scale.width;
    this.cells = 0;
    strip.pixels.fill(colours.idle);
    const hatch = new ColourTable(
      { ...this.palette!, categories: Array<number>(8).fill(this.palette!.muted), other: this.palette!.muted },
      this.data.groups,
      {},
    );
    for (const [index, lane] of lanes.entries()) {
      const row = strip.pixels.subarray(index * rows * scale.width, (index * rows + 1) * scale.width);
      const under =
        rows === 2
          ? strip.pixels.subarray((index * rows + 1) * scale.width, (index * rows + 2) * scale.width)
          : undefined;
      const wide: Wide[] = [];
      words.push(wide);
      // Below the rows that it stands for: some of them may be here.
      this.cells += rasterOutline(row, this.pieces, lane, scale, colours);
      for (const segment of this.data.store.segments) {
        if (segment.to < scale.from || segment.from > to) continue;
        const runs = segment.lanes.get(lane);
        if (runs === undefined) continue;
        // The first track last: it has the most, and what overlaps it is drawn under it.
        const named = wide.length;
        for (let depth = runs.runs.length - 1; depth >= 0; depth--)
          this.cells += rasterTrack(row, runs.runs[depth]!, scale, colours, depth === 0 ? wide : undefined);
        // Slashes leave no room for words.
        if (runs.cancelled.length > 0)
          wide.push(
            ...wide.splice(named).filter(({ row }) => (segment.stateAttempt[row]! & 15) !== RowState.cancelled),
          );
        if (under !== undefined && runs.transfers !== undefined)
          this.cells += rasterTrack(under, runs.transfers, scale, hatch, undefined);
      }
      // Stripes: told from runs without colour.
      if (under !== undefined) for (let x = 0; x < under.length; x++) if (x % 4 > 1) under[x] = colours.idle;
    }
    const image = strip.canvas.getContext("2d")!;
    image.putImageData(strip.image, 0, 0);
    context.imageSmoothingEnabled = false;
    for (const [index, y] of places.entries()) {
      context.drawImage(strip.canvas, 0, index * rows, scale.width, 1, 0, y, this.width, parts.run);
      if (rows === 2)
        context.drawImage(
          strip.canvas,
          0,
          index * rows + 1,
          scale.width,
          1,
          0,
          y + parts.run,
          this.width,
          parts.transfer,
        );
    }
    return words;
  }

  private stripOf(width: number, height: number): NonNullable<StreamPicture["strip"]> {
    if (this.strip?.canvas.width === width && this.strip.canvas.height === height) return this.strip;
    const image = new ImageData(width, height);
    const canvas = new OffscreenCanvas(width, height);
    return (this.strip = { canvas, image, pixels: new Uint32Array(image.data.buffer) });
  }

  /** One failure or lost run among ten thousand in a pixel stays in sight. */
  private failures(
    context: OffscreenCanvasRenderingContext2D,
    lanes: readonly number[],
    places: readonly number[],
    height: number,
    scale: Scale,
  ): void {
    const to = scale.from + scale.perPixel * scale.width;
    const perPixel = scale.perPixel * this.ratio;
    const { error, noWorker } = this.palette!;
    context.fillStyle = cssOf(error);
    for (const { from, to: end, lanes: outlined } of this.pieces) {
      if (end < scale.from || from > to) continue;
      const x = Math.round((end - scale.from) / perPixel);
      for (const [index, lane] of lanes.entries())
        if (outlined.get(lane)?.failed === true)
          context.fillRect(x - TICK.width, places[index]!, TICK.width, Math.min(height, TICK.height));
    }
    for (const segment of this.data.store.segments) {
      if (segment.to < scale.from || segment.from > to) continue;
      for (const [index, lane] of lanes.entries()) {
        const runs = segment.lanes.get(lane);
        if (runs === undefined) continue;
        // What failed lies over what was lost.
        for (const [times, colour] of [[runs.lostAt, noWorker] as const, [runs.failedAt, error] as const]) {
          context.fillStyle = cssOf(colour);
          let painted = -Infinity;
          for (const time of times) {
            if (time < scale.from || time > to) continue;
            const x = Math.round((time - scale.from) / perPixel);
            if (x === painted) continue;
            painted = x;
            context.fillRect(x - TICK.width, places[index]!, TICK.width, Math.min(height, TICK.height));
            context.fillRect(x - 1, places[index]!, 1, height);
          }
        }
      }
    }
  }

  /** What runs now: begun, not ended, so its end fades. */
  private now(
    context: OffscreenCanvasRenderingContext2D,
    lanes: readonly number[],
    places: readonly number[],
    height: number,
    from: number,
    to: number,
    colours: ColourTable,
  ): void {
    const now = this.data.now();
    const x = (time: number): number => ((time - from) / (to - from)) * this.width;
    for (const [index, lane] of lanes.entries()) {
      const running = this.data.running.of(lane);
      if (running === undefined || running.start > to || now < from) continue;
      const left = Math.max(0, x(running.start));
      const right = Math.max(left + 1, Math.min(this.width, x(now)));
      context.globalAlpha = colours.dim(running.group) ? 0.2 : RUNNING_ALPHA;
      context.fillStyle = colours.css(running.group);
      context.fillRect(left, places[index]!, right - left, height);
      context.globalAlpha = 1;
      context.fillStyle = cssOf(this.palette!.text);
      context.fillRect(right - 1, places[index]!, 1, height);
    }
  }

  private words(
    context: OffscreenCanvasRenderingContext2D,
    words: readonly (readonly Wide[])[],
    places: readonly number[],
    height: number,
    colours: ColourTable,
  ): void {
    context.font = "10px system-ui, sans-serif";
    context.textBaseline = "middle";
    let labels = 0;
    for (const [index, wides] of words.entries()) {
      for (const { left, right, group } of wides) {
        if (++labels > LABELS) return;
        const name = this.data.groups.get(group)?.name;
        if (name === undefined || colours.dim(group)) continue;
        const [x, width] = [left / this.ratio, (right - left) / this.ratio];
        context.save();
        context.beginPath();
        context.rect(x, places[index]!, width - 3, height);
        context.clip();
        context.fillStyle = readableOn(pixelOf(Number.parseInt(colours.css(group).slice(1), 16)));
        context.fillText(name.slice(0, 40), x + 4, places[index]! + height / 2 + 0.5);
        context.restore();
      }
    }
  }

  private marks(
    context: OffscreenCanvasRenderingContext2D,
    lanes: readonly number[],
    places: readonly number[],
    from: number,
    to: number,
  ): void {
    const { palette, layout } = this;
    const x = (time: number): number => ((time - from) / (to - from)) * this.width;
    if (this.range !== undefined) {
      const [left, right] = this.range.map(x) as [number, number];
      context.globalAlpha = 0.14;
      context.fillStyle = cssOf(palette!.accent);
      context.fillRect(left, 0, right - left, this.height);
      context.globalAlpha = 1;
      context.fillRect(left, 0, 1, this.height);
      context.fillRect(right - 1, 0, 1, this.height);
    }
    const outline = (lane: number, start: number, end: number, colour: number, line: number): void => {
      const index = lanes.indexOf(lane);
      if (index < 0) return;
      context.strokeStyle = cssOf(colour);
      context.lineWidth = line;
      const left = Math.max(-2, x(start));
      const width = Math.max(3, Math.min(this.width + 2, x(end)) - left);
      context.strokeRect(left - 0.5, places[index]! - 0.5, width + 1, layout.pitch);
    };
    if (this.hover !== undefined) outline(this.hover.lane, this.hover.from, this.hover.to, palette!.text, 1);
    const chosen = this.selected === undefined ? undefined : taskOf(this.data.store, this.selected);
    if (chosen !== undefined) outline(chosen.lane, chosen.start, chosen.start + chosen.duration, palette!.accent, 2);
  }
}

/** Black or white, whichever is told from the pixel better. */
function readableOn(pixel: number): string {
  const grey = mixed(0xff000000, pixel, 255);
  const luminance = 0.299 * (grey & 0xff) + 0.587 * ((grey >>> 8) & 0xff) + 0.114 * ((grey >>> 16) & 0xff);
  return luminance > 140 ? "#10151c" : "#ffffff";
}
