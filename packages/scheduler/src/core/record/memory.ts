/**
 * The record of what the scheduler does, in shared memory: its thread writes, the dashboard's reads, and neither waits for the
 * other. Pages that are never touched cost nothing, so that bounds are generous and nothing ever has to grow.
 */

import { allocateRunRing, type RunRingMemory } from "./run-ring.js";
import { allocateTaskDirectory, type TaskDirectoryMemory } from "./task-directory.js";

/** Groups beyond this share the last index; as many lanes. */
export const MAX_INDEX = 0xffff;
/** Index of everything that found no place of its own. */
export const OTHER = MAX_INDEX - 1;
/** Counters of a group, one for each state, `forgotten` included. */
export const STATE_STRIDE = 16;

/** Words of {@link RecordMemory.control}. */
export const Control = {
  /** Bytes of keys written, modulo 2^32. */
  keyHead: 0,
} as const;

/** Numbers of {@link RecordMemory.gauges}, written a few times a second. */
export const Gauge = {
  /** Of the scheduler's thread: share of the time its loop was busy, 0 to 1; delay of its loop, milliseconds. */
  utilisation: 0,
  delayP50: 1,
  delayP99: 2,
  /** Bytes. */
  heap: 3,
  rss: 4,
  /** Transitions since it started. */
  transitions: 5,
  clients: 6,
  /** Longest delay of the loop since it was last read by whoever collects metrics, milliseconds. */
  delayMax: 7,
  /** Milliseconds since the epoch, when these were written. */
  time: 8,
} as const;
const GAUGES = 16;

/** All of it; plain, so that it crosses to another thread. */
export interface RecordMemory {
  /** Rows that the dashboard keeps: a power of two. */
  readonly rows: number;
  readonly control: SharedArrayBuffer;
  /** The last runs that have ended. */
  readonly runs: RunRingMemory;
  /** What rows show of the last tasks. */
  readonly tasks: TaskDirectoryMemory;
  /** The last bytes of keys. */
  readonly keys: SharedArrayBuffer;
  /** Int32[group][state]. */
  readonly counts: SharedArrayBuffer;
  /** Int32[group]: runs that made a result; tasks that failed. */
  readonly finished: SharedArrayBuffer;
  readonly failed: SharedArrayBuffer;
  /** Float64[group]: bytes of results in memory. */
  readonly nbytes: SharedArrayBuffer;
  /** By lane, what runs there. Uint16: group, or IDLE. Int32: id of the task. Float64: since when. */
  readonly laneGroups: SharedArrayBuffer;
  readonly laneTasks: SharedArrayBuffer;
  readonly laneStarts: SharedArrayBuffer;
  readonly gauges: SharedArrayBuffer;
}

/** Bytes of keys kept, per row; with longer ones the oldest rows lose theirs. */
const KEY_BYTES = 64;
const MIN_ROWS = 1024;
/** Runs that may end before the dashboard's thread must have looked, at least and at most. */
const MIN_RUNS = 2 ** 16;
const MAX_RUNS = 2 ** 19;
/** Tasks whose rows cost the scheduler least: half as many may have come between a task and its end. */
const MAX_TASKS = 2 ** 21;

/** @param rows - rows to keep; rounded up to a power of two */
export function allocateRecord(rows: number): RecordMemory {
  const capacity = 2 ** Math.ceil(Math.log2(Math.min(Math.max(rows, MIN_ROWS), 2 ** 26)));
  const indices = MAX_INDEX + 1;
  const shared = (bytes: number): SharedArrayBuffer => new SharedArrayBuffer(bytes);
  return {
    rows: capacity,
    control: shared(64),
    runs: allocateRunRing(Math.min(Math.max(capacity, MIN_RUNS), MAX_RUNS)),
    tasks: allocateTaskDirectory(Math.min(2 * Math.max(capacity, MIN_RUNS), MAX_TASKS)),
    keys: shared(capacity * KEY_BYTES),
    counts: shared(indices * STATE_STRIDE * 4),
    finished: shared(indices * 4),
    failed: shared(indices * 4),
    nbytes: shared(indices * 8),
    laneGroups: shared(indices * 2),
    laneTasks: shared(indices * 4),
    laneStarts: shared(indices * 8),
    gauges: shared(GAUGES * 8),
  };
}

/** The same memory as columns. */
export class RecordColumns {
  readonly control: Int32Array;
  readonly keys: Uint8Array;
  readonly counts: Int32Array;
  readonly finished: Int32Array;
  readonly failed: Int32Array;
  readonly nbytes: Float64Array;
  readonly laneGroups: Uint16Array;
  readonly laneTasks: Int32Array;
  readonly laneStarts: Float64Array;
  readonly gauges: Float64Array;

  constructor(readonly memory: RecordMemory) {
    this.control = new Int32Array(memory.control);
    this.keys = new Uint8Array(memory.keys);
    this.counts = new Int32Array(memory.counts);
    this.finished = new Int32Array(memory.finished);
    this.failed = new Int32Array(memory.failed);
    this.nbytes = new Float64Array(memory.nbytes);
    this.laneGroups = new Uint16Array(memory.laneGroups);
    this.laneTasks = new Int32Array(memory.laneTasks);
    this.laneStarts = new Float64Array(memory.laneStarts);
    this.gauges = new Float64Array(memory.gauges);
  }
}
