/** Between the page and the worker, about the task stream's picture. */

/** What of time is shown. follow: the last `span` milliseconds up to now. Times are scheduler time, milliseconds since the epoch. */
export type TimeView =
  | { readonly kind: "follow"; readonly span: number }
  | { readonly kind: "fixed"; readonly from: number; readonly to: number };

/** Colours as 0xRRGGBB. */
export interface StreamPalette {
  readonly background: number;
  readonly idle: number;
  readonly border: number;
  readonly text: number;
  readonly muted: number;
  readonly accent: number;
  readonly error: number;
  readonly noWorker: number;
  readonly cancelled: number;
  readonly spilled: number;
  readonly other: number;
  /** 8 plain slots; 8 to 15 are the same with a texture. */
  readonly categories: readonly number[];
}

/** Lanes in the order drawn, with their place. Device-independent pixels. */
export interface LaneLayout {
  readonly lanes: readonly number[];
  readonly pitch: number;
  /** Of the first lane's top above the viewport's top. */
  readonly scroll: number;
  /** Indices in `lanes` that a worker's first thread has: a wider gap precedes it. */
  readonly firsts: readonly number[];
}

/** What is drawn at full strength; the rest is dimmed. Absent: everything. */
export interface Emphasis {
  readonly groups?: readonly number[];
  /** Only rows that did not end in memory. */
  readonly failed?: boolean;
}

export type StreamCommand =
  | {
      readonly type: "stream.attach";
      readonly stream: number;
      /** Absent where a canvas cannot be handed over: pictures are sent back instead. */
      readonly canvas?: OffscreenCanvas;
    }
  | { readonly type: "stream.detach"; readonly stream: number }
  | {
      readonly type: "stream.size";
      readonly stream: number;
      readonly width: number;
      readonly height: number;
      readonly ratio: number;
    }
  | { readonly type: "stream.view"; readonly stream: number; readonly view: TimeView }
  | { readonly type: "stream.lanes"; readonly stream: number; readonly layout: LaneLayout }
  | {
      readonly type: "stream.palette";
      readonly stream: number;
      readonly palette: StreamPalette;
      readonly calm: boolean;
    }
  | { readonly type: "stream.emphasis"; readonly stream: number; readonly emphasis: Emphasis }
  | { readonly type: "stream.cursor"; readonly stream: number; readonly hover?: Cursor; readonly selected?: number }
  | { readonly type: "stream.range"; readonly stream: number; readonly range?: readonly [number, number] }
  | {
      readonly type: "stream.pick";
      readonly stream: number;
      readonly id: number;
      readonly lane: number;
      readonly time: number;
      readonly pixel: number;
      readonly part: LanePart;
    }
  | { readonly type: "stream.step"; readonly id: number; readonly seq: number; readonly direction: 1 | -1 }
  | {
      readonly type: "stream.select";
      readonly id: number;
      readonly from: number;
      readonly to: number;
      readonly filter: Emphasis;
    };

/** Where in a lane: its runs, or the transfers under them. */
export type LanePart = "run" | "transfer";

export interface Cursor {
  readonly lane: number;
  readonly from: number;
  readonly to: number;
}

export type StreamReport =
  | { readonly type: "stream.picked"; readonly id: number; readonly pick?: Pick }
  | { readonly type: "stream.stepped"; readonly id: number; readonly pick?: TaskPick }
  | { readonly type: "stream.selected"; readonly id: number; readonly statistics: SelectionStatistics }
  | { readonly type: "stream.picture"; readonly stream: number; readonly picture: ImageBitmap };

export type Pick = TaskPick | ManyPick | RunningPick;

/** One finished run, exactly. */
export interface TaskPick {
  readonly kind: "task";
  readonly seq: number;
  readonly lane: number;
  readonly group: number;
  /** Milliseconds since the epoch. */
  readonly start: number;
  /** Milliseconds. */
  readonly duration: number;
  readonly transfer: number;
  readonly deserialise: number;
  readonly waited: number;
  readonly nbytes: number;
  readonly state: number;
  readonly attempt: number;
  readonly flowRun: number;
}

/** So many that they share a pixel. */
export interface ManyPick {
  readonly kind: "many";
  readonly lane: number;
  readonly from: number;
  readonly to: number;
  readonly count: number;
  readonly failed: number;
  readonly cancelled: number;
  /** With their workers. */
  readonly lost: number;
  /** [group, runs], most first, at most 5. */
  readonly groups: readonly (readonly [number, number])[];
  /** Milliseconds. */
  readonly longest: number;
}

interface RunningPick {
  readonly kind: "running";
  readonly lane: number;
  readonly group: number;
  readonly start: number;
}

export interface SelectionStatistics {
  readonly from: number;
  readonly to: number;
  readonly count: number;
  readonly failed: number;
  readonly cancelled: number;
  /** With their workers. */
  readonly lost: number;
  /** Part of the time of the lanes that had a run in it, 0 to 1. */
  readonly busy: number;
  /** Milliseconds, summed over runs. */
  readonly compute: number;
  readonly transfer: number;
  readonly deserialise: number;
  readonly waited: number;
  readonly groups: readonly { readonly group: number; readonly count: number; readonly time: number }[];
  /** At most 10, longest first. */
  readonly longest: readonly TaskPick[];
}
