import { State } from "./task-state.js";

/** Bits of {@link TaskTable.flags}. */
export const Flag = {
  /** Its graph is still arriving: dependents may come. */
  held: 1,
  /** Scattered data: there is no way to compute it again. */
  data: 2,
  /** Presented by a worker after a restart, not claimed by any client yet: no function is known for it. */
  orphan: 4,
  /** Gave up its slot (secede, or it waits without its thread). */
  away: 8,
  /** `idempotent: false`. */
  once: 16,
  /** Only a wanted dependent starts it. */
  lazy: 32,
  /** Its latest attempt was over its timeout. */
  timedOut: 64,
  /** The thread of its latest attempt ended. */
  died: 128,
} as const;

export const NONE = -1;

/**
 * Every task as one row of dense columns. A row costs about 80 bytes where an object with sets costs 790, and a transition 3 to
 * 7 ns where it costs a microsecond. Rows ("slots") are used again after a task is forgotten; the ids that workers know are not.
 *
 * Columns are replaced when the table grows: read them from the table again after {@link allocate}.
 */
export class TaskTable {
  capacity: number;
  /** Slots in use. */
  size = 0;
  /** Slots below this have been used at least once. */
  highest = 0;
  #free = NONE;

  state!: Uint8Array;
  flags!: Uint8Array;
  /** Workers that died running it. */
  suspicious!: Uint8Array;
  retriesLeft!: Uint16Array;
  attempts!: Uint16Array;
  /** What workers know it by. */
  id!: Int32Array;
  /** Where its key, function and arguments are: a chunk, and a row of it. */
  chunk!: Int32Array;
  row!: Int32Array;
  /** Index of its group. */
  group!: Int32Array;
  /** Hash of its key, kept so that the index grows without reading keys. */
  hash!: Int32Array;
  /** The last dispatch. */
  run!: Int32Array;
  /** User priority: higher first. */
  priority!: Int32Array;
  /** Among equal priorities, lower first. */
  order!: Float64Array;
  /** Inputs that are not in memory. */
  missing!: Int32Array;
  /** Dependents that are unfinished. */
  needers!: Int32Array;
  /** First edge to a dependent. */
  dependents!: Int32Array;
  /** Dispatched: the worker that owns it. Queued: the worker it prefers. Else NONE. */
  worker!: Int32Array;
  /** In memory: one holder; further ones are in the replica map. */
  holder!: Int32Array;
  nbytes!: Float64Array;
  /** What it was counted as in its worker's occupancy, microseconds, and expected output, bytes. */
  charge!: Float32Array;
  chargeBytes!: Float32Array;
  /** One (client, task number) that wants it; further ones are in the want map. */
  wantClient!: Int32Array;
  wantNumber!: Int32Array;

  constructor(capacity = 1024) {
    this.capacity = 0;
    this.#resize(capacity);
    this.capacity = capacity;
  }

  /** A fresh row in state `released`. */
  allocate(): number {
    let slot = this.#free;
    if (slot !== NONE) {
      this.#free = this.dependents[slot]!;
    } else {
      // Half as much again beyond a million: the copy stays within a few milliseconds.
      if (this.highest === this.capacity) {
        const capacity = this.capacity < 1 << 20 ? this.capacity * 2 : Math.ceil(this.capacity * 1.5);
        this.#resize(capacity);
        this.capacity = capacity;
      }
      slot = this.highest++;
    }
    this.size++;
    this.state[slot] = State.released;
    this.flags[slot] = 0;
    this.suspicious[slot] = 0;
    this.retriesLeft[slot] = 0;
    this.attempts[slot] = 0;
    this.run[slot] = 0;
    this.priority[slot] = 0;
    this.missing[slot] = 0;
    this.needers[slot] = 0;
    this.dependents[slot] = NONE;
    this.worker[slot] = NONE;
    this.holder[slot] = NONE;
    this.nbytes[slot] = -1;
    this.charge[slot] = 0;
    this.chargeBytes[slot] = 0;
    this.wantClient[slot] = NONE;
    return slot;
  }

  free(slot: number): void {
    this.state[slot] = State.forgotten;
    this.dependents[slot] = this.#free;
    this.#free = slot;
    this.size--;
  }

  has(slot: number, flag: number): boolean {
    return (this.flags[slot]! & flag) !== 0;
  }

  set(slot: number, flag: number): void {
    this.flags[slot]! |= flag;
  }

  clear(slot: number, flag: number): void {
    this.flags[slot]! &= ~flag;
  }

  /** Whether `a` runs before `b`. */
  before(a: number, b: number): boolean {
    const byPriority = this.priority[b]! - this.priority[a]!;
    return byPriority < 0 || (byPriority === 0 && this.order[a]! < this.order[b]!);
  }

  #resize(capacity: number): void {
    this.state = grown(this.state, Uint8Array, capacity);
    this.flags = grown(this.flags, Uint8Array, capacity);
    this.suspicious = grown(this.suspicious, Uint8Array, capacity);
    this.retriesLeft = grown(this.retriesLeft, Uint16Array, capacity);
    this.attempts = grown(this.attempts, Uint16Array, capacity);
    this.id = grown(this.id, Int32Array, capacity);
    this.chunk = grown(this.chunk, Int32Array, capacity);
    this.row = grown(this.row, Int32Array, capacity);
    this.group = grown(this.group, Int32Array, capacity);
    this.hash = grown(this.hash, Int32Array, capacity);
    this.run = grown(this.run, Int32Array, capacity);
    this.priority = grown(this.priority, Int32Array, capacity);
    this.order = grown(this.order, Float64Array, capacity);
    this.missing = grown(this.missing, Int32Array, capacity);
    this.needers = grown(this.needers, Int32Array, capacity);
    this.dependents = grown(this.dependents, Int32Array, capacity);
    this.worker = grown(this.worker, Int32Array, capacity);
    this.holder = grown(this.holder, Int32Array, capacity);
    this.nbytes = grown(this.nbytes, Float64Array, capacity);
    this.charge = grown(this.charge, Float32Array, capacity);
    this.chargeBytes = grown(this.chargeBytes, Float32Array, capacity);
    this.wantClient = grown(this.wantClient, Int32Array, capacity);
    this.wantNumber = grown(this.wantNumber, Int32Array, capacity);
  }
}

interface Growable<T> {
  new (length: number): T;
}

/** A longer copy of a column (an empty one when there was none). */
export function grown<T extends { set(from: T): void; length: number }>(
  column: T | undefined,
  type: Growable<T>,
  capacity: number,
): T {
  const longer = new type(capacity);
  if (column !== undefined) longer.set(column);
  return longer;
}
