/**
 * Runs that have ended, as workers report them: whole columns at once, in shared memory. What a page is shown of them is made by the
 * dashboard's thread; here a run costs a few stores.
 */
import type { Column } from "@heddle/protocol";

/** Words of {@link RunRingMemory.control}; numbers modulo 2^32. */
export const RingControl = {
  /** Batches that may be read. */
  published: 0,
  /** Batches and runs that are being written or were: what lies a ring further back is gone. */
  batches: 1,
  runs: 2,
} as const;

/** Fields of a batch, in {@link RunRingMemory.batches}. Of those that are columns: the value of all its runs, or PER_RUN. */
export const Batch = {
  /** Number of its first run, and how many there are. */
  first: 0,
  runs: 1,
  /** When it was reported, by the scheduler's clock in milliseconds, and how far the worker's clock is ahead of it. */
  now: 2,
  clockOffset: 3,
  lane: 4,
  thread: 5,
  waited: 6,
  fetched: 7,
  decoded: 8,
  /** Number of its first run among those that are some. */
  row: 9,
  /** 1: its runs have parts. 0: all are plain. */
  hasParts: 10,
} as const;
export const BATCH_STRIDE = 12;
/** Every run has its own: in the column. */
export const PER_RUN = -1;

/** Bits of a run's `parts`: bytes of its key, state, attempt, flags. */
export const RunPart = { keyLength: 0, state: 16, attempt: 20, flags: 24 } as const;
/** Parts of a run that made a result in its first attempt: what else there is to say of its task, the directory of tasks knows. */
export const PLAIN = 0;
/** Parts of a run that is none. */
export const NO_RUN = 0xffffffff;

export interface RunRingMemory {
  /** Runs that are kept, and batches: powers of two. */
  readonly capacity: number;
  readonly batchCapacity: number;
  readonly control: SharedArrayBuffer;
  /** Float64[batch][field]. */
  readonly batches: SharedArrayBuffer;
  /** By run. Int32: id of its task. Float64: its start by the worker's clock, milliseconds. Int32: microseconds on its thread. */
  readonly tasks: SharedArrayBuffer;
  readonly startedAt: SharedArrayBuffer;
  readonly busy: SharedArrayBuffer;
  /** Float64: bytes of its result. */
  readonly nbytes: SharedArrayBuffer;
  /** Int32, where they differ within a batch. */
  readonly threads: SharedArrayBuffer;
  readonly waited: SharedArrayBuffer;
  readonly fetched: SharedArrayBuffer;
  readonly decoded: SharedArrayBuffer;
  /** Where the batch has some, Uint32: {@link RunPart}, PLAIN or NO_RUN. */
  readonly parts: SharedArrayBuffer;
  /** Where there are parts. Uint16: group. Uint32: where its key begins among all bytes of keys ever written. */
  readonly groups: SharedArrayBuffer;
  readonly keyStarts: SharedArrayBuffer;
}

/** @param capacity - runs: a power of two */
export function allocateRunRing(capacity: number): RunRingMemory {
  const batchCapacity = Math.max(1024, capacity >> 2);
  const shared = (bytes: number): SharedArrayBuffer => new SharedArrayBuffer(bytes);
  return {
    capacity,
    batchCapacity,
    control: shared(64),
    batches: shared(batchCapacity * BATCH_STRIDE * 8),
    tasks: shared(capacity * 4),
    startedAt: shared(capacity * 8),
    busy: shared(capacity * 4),
    nbytes: shared(capacity * 8),
    threads: shared(capacity * 4),
    waited: shared(capacity * 4),
    fetched: shared(capacity * 4),
    decoded: shared(capacity * 4),
    groups: shared(capacity * 2),
    keyStarts: shared(capacity * 4),
    parts: shared(capacity * 4),
  };
}

/** The same memory as columns. */
export class RunRing {
  readonly capacity: number;
  readonly batchCapacity: number;
  readonly control: Int32Array;
  readonly batches: Float64Array;
  readonly tasks: Int32Array;
  readonly startedAt: Float64Array;
  readonly busy: Int32Array;
  readonly nbytes: Float64Array;
  readonly threads: Int32Array;
  readonly waited: Int32Array;
  readonly fetched: Int32Array;
  readonly decoded: Int32Array;
  readonly groups: Uint16Array;
  readonly keyStarts: Uint32Array;
  readonly parts: Uint32Array;

  constructor(memory: RunRingMemory) {
    this.capacity = memory.capacity;
    this.batchCapacity = memory.batchCapacity;
    this.control = new Int32Array(memory.control);
    this.batches = new Float64Array(memory.batches);
    this.tasks = new Int32Array(memory.tasks);
    this.startedAt = new Float64Array(memory.startedAt);
    this.busy = new Int32Array(memory.busy);
    this.nbytes = new Float64Array(memory.nbytes);
    this.threads = new Int32Array(memory.threads);
    this.waited = new Int32Array(memory.waited);
    this.fetched = new Int32Array(memory.fetched);
    this.decoded = new Int32Array(memory.decoded);
    this.groups = new Uint16Array(memory.groups);
    this.keyStarts = new Uint32Array(memory.keyStarts);
    this.parts = new Uint32Array(memory.parts);
  }
}

/** What workers report of runs, of which {@link RunWriter} copies columns. */
export interface ReportedRuns {
  readonly tasks: Int32Array;
  readonly startedAt: Float64Array;
  readonly busy: Int32Array;
  readonly nbytes: Float64Array;
  readonly threads: Column;
  readonly waited: Column;
  readonly fetched: Column;
  readonly decoded: Column;
}

/** Runs up to which a loop is faster than a copy. */
const FEW = 32;

/** The scheduler's end of a {@link RunRing}. */
export class RunWriter {
  readonly #ring: RunRing;
  readonly #mask: number;
  #next = 0;
  #nextBatch = 0;
  /** The batch that is being written: where its fields are, number of its first run, and how many it has. */
  #batchAt = 0;
  #first = 0;
  #count = 0;
  #skipped = 0;
  /** Runs so far that are some. */
  #rows = 0;

  constructor(memory: RunRingMemory) {
    this.#ring = new RunRing(memory);
    this.#mask = memory.capacity - 1;
  }

  /**
   * Begins a batch: copies what is known of all its runs, as such that made a result in their first attempt. What is different of some
   * of them is said by {@link tell} and {@link skip}; then {@link end} is called. No other batch may begin meanwhile.
   */
  begin(runs: ReportedRuns, lane: number, clockOffset: number, now: number): void {
    const { batches, batchCapacity, control } = this.#ring;
    // More than this is in no single message; should it be, the rest is not shown.
    const count = Math.min(runs.tasks.length, this.#ring.capacity >> 2);
    this.#first = this.#next;
    this.#count = count;
    this.#skipped = 0;
    this.#next += count;
    // Said before it is done: whoever reads what is written over must find out.
    Atomics.store(control, RingControl.runs, this.#next | 0);
    Atomics.store(control, RingControl.batches, (this.#nextBatch + 1) | 0);
    const at = (this.#nextBatch & (batchCapacity - 1)) * BATCH_STRIDE;
    this.#batchAt = at;
    batches[at + Batch.first] = this.#first;
    batches[at + Batch.runs] = count;
    batches[at + Batch.row] = this.#rows;
    batches[at + Batch.hasParts] = 0;
    batches[at + Batch.now] = now;
    batches[at + Batch.clockOffset] = clockOffset;
    batches[at + Batch.lane] = lane;
    batches[at + Batch.thread] = this.#column(this.#ring.threads, runs.threads, count);
    batches[at + Batch.waited] = this.#column(this.#ring.waited, runs.waited, count);
    batches[at + Batch.fetched] = this.#column(this.#ring.fetched, runs.fetched, count);
    batches[at + Batch.decoded] = this.#column(this.#ring.decoded, runs.decoded, count);
    this.#copy(this.#ring.tasks, runs.tasks, count);
    this.#copy(this.#ring.startedAt, runs.startedAt, count);
    this.#copy(this.#ring.busy, runs.busy, count);
    this.#copy(this.#ring.nbytes, runs.nbytes, count);
  }

  /** @param row - of the batch; @param parts - see {@link RunPart} */
  tell(row: number, group: number, keyStart: number, parts: number): void {
    if (row >= this.#count) return;
    const at = (this.#first + row) & this.#mask;
    this.#ring.groups[at] = group;
    this.#ring.keyStarts[at] = keyStart;
    this.#parts()[at] = parts;
  }

  /** The run of that row is none. */
  skip(row: number): void {
    if (row >= this.#count) return;
    this.#parts()[(this.#first + row) & this.#mask] = NO_RUN;
    this.#skipped++;
  }

  end(): void {
    if (this.#count === 0) return;
    this.#rows += this.#count - this.#skipped;
    this.#nextBatch++;
  }

  /** Lets the batches so far be read. */
  publish(): void {
    Atomics.store(this.#ring.control, RingControl.published, this.#nextBatch | 0);
  }

  /** @returns the value of all, or PER_RUN */
  #column(column: Int32Array, from: Column, count: number): number {
    if (typeof from === "number") return from;
    this.#copy(column, from, count);
    return PER_RUN;
  }

  #copy<T extends Int32Array | Float64Array>(column: T, from: T, count: number): void {
    const mask = this.#mask;
    const start = this.#first & mask;
    if (count < FEW) {
      for (let n = 0; n < count; n++) column[(start + n) & mask] = from[n]!;
      return;
    }
    const before = Math.min(count, mask + 1 - start);
    column.set(before === from.length ? from : from.subarray(0, before), start);
    if (before < count) column.set(from.subarray(before, count), 0);
  }

  /** Those of all runs of the batch are plain when the first that is not is told of. */
  #parts(): Uint32Array {
    const { batches, parts } = this.#ring;
    if (batches[this.#batchAt + Batch.hasParts] === 0) {
      batches[this.#batchAt + Batch.hasParts] = 1;
      for (let n = this.#first; n < this.#first + this.#count; n++) parts[n & this.#mask] = PLAIN;
    }
    return parts;
  }
}
