/**
 * Binary frames between the dashboard's server and its page, little endian, and the rows of the task record. Browser-safe: no Node
 * module, no dependency.
 */

/** Subprotocol of the WebSocket at `ws?v=1`. */
export const DASHBOARD_SUBPROTOCOL = "dash.v1";

/** Type of a frame, its first byte. */
export const FrameType = {
  /** JSON {@link import("./messages.js").DashboardHello}: the first frame. */
  hello: 1,
  /** JSON DictionaryDelta: names of groups, workers and lanes, before the first row that uses them. */
  dictionary: 2,
  /** Rows of finished runs, see {@link RowField}. */
  tasks: 3,
  /** What executes now, lane by lane, see {@link RunningField}: changed lanes only. */
  running: 4,
  /** JSON SummaryDelta: counters of groups and workers that changed; 4 a second. */
  summary: 5,
  /** JSON SeriesPoint: once a second. */
  series: 6,
  /** JSON FlowNews: which flow runs changed; pages that show them ask again. At most 4 a second. */
  flow: 7,
  /** JSON: an array of LogLine. */
  log: 8,
  /** JSON Gap: rows this viewer missed because it read too slowly; to be fetched by HTTP. */
  gap: 9,
  /** JSON Bye: the server ends, or this viewer is sent away. */
  bye: 10,
  /** In place of `tasks` above a rate: per lane and 100 ms the dominant group, see {@link LodField}. Rows are still in chunks. */
  lod: 11,
} as const;
export type FrameTypeCode = (typeof FrameType)[keyof typeof FrameType];

/**
 * u8 type, u8 version (1), u16 flags, u32 seq, f64 base. `seq`: number of the first row in the frame (tasks), else of the newest row
 * recorded; `base`: milliseconds since the epoch that times in the frame count from.
 */
export const FRAME_HEADER = 16;
export const FRAME_VERSION = 1;

/** Frame flag: `duration` and `transfer` of the rows are in units of 64 us. */
export const FRAME_FLAG_COARSE = 1;

/** Bytes of a row of `tasks`, and where its fields are. */
export const ROW_BYTES = 32;
export const RowField = {
  /** u32: counts all rows of the scheduler's life, modulo 2^32. */
  seq: 0,
  /** u16. */
  lane: 4,
  /** u16. */
  group: 6,
  /** i32: microseconds from the frame's base to the end of the run. */
  end: 8,
  /** u32: microseconds from its start to its end, waiting included. */
  duration: 12,
  /** u32: microseconds before its start in which its thread stood idle, and nothing but inputs from other workers was missing. */
  transfer: 16,
  /** f32: bytes of the result. */
  nbytes: 20,
  /** u16: decoding of inputs and function, at the beginning of the run, units of 64 us. */
  deserialise: 24,
  /** u16: waiting without its thread, as a fraction of the duration in 1/65535. */
  waited: 26,
  /** u16: index of the flow run in the dictionary; 0: none. */
  flowRun: 28,
  /** u8: low 4 bits {@link RowState}, high 4 bits the attempt (saturates at 15). */
  stateAttempt: 30,
  /** u8: see {@link RowFlag}. */
  flags: 31,
} as const;

export const RowState = { memory: 0, erred: 1, cancelled: 2, lost: 3 } as const;
/** `estimated`: nobody reported its end, it is the time when the scheduler heard that the worker had gone. */
export const RowFlag = { saturated: 1, retried: 2, stolen: 4, estimated: 8 } as const;

/** u16 lane, u16 group (0xffff: idle), u32 seq of the future row is unknown: 0, f64 start (ms since the epoch). */
export const RUNNING_BYTES = 16;
export const RunningField = { lane: 0, group: 2, task: 4, start: 8 } as const;
export const IDLE = 0xffff;

/**
 * One per lane: u16 lane, u16 dominant group, u8 busy fraction of 255, u8 flags (1: an error among them), u16 count. The header's `base` is
 * the end of the time that is outlined, its flags that time's milliseconds, its `seq` the number after the last row that is outlined.
 */
export const LOD_BYTES = 8;
export const LodField = { lane: 0, group: 2, busy: 4, flags: 5, count: 6 } as const;

/** Rows of a sealed chunk. */
export const CHUNK_ROWS = 65_536;

export interface FrameHeader {
  readonly type: FrameTypeCode;
  readonly flags: number;
  readonly seq: number;
  /** Milliseconds since the epoch. */
  readonly base: number;
}

export function writeFrameHeader(view: DataView, header: FrameHeader): void {
  view.setUint8(0, header.type);
  view.setUint8(1, FRAME_VERSION);
  view.setUint16(2, header.flags, true);
  view.setUint32(4, header.seq, true);
  view.setFloat64(8, header.base, true);
}

/** @throws RangeError when it is no frame of this version */
export function readFrameHeader(view: DataView): FrameHeader {
  const type = view.getUint8(0);
  if (type < 1 || type > FrameType.lod || view.getUint8(1) !== FRAME_VERSION)
    throw new RangeError(`frame type ${type}, version ${view.getUint8(1)}`);
  return {
    type: type as FrameTypeCode,
    flags: view.getUint16(2, true),
    seq: view.getUint32(4, true),
    base: view.getFloat64(8, true),
  };
}
