import { STATE_NAMES, type StateCode, type StateName } from "./task-state.js";

/** What caused a transition. */
export const Cause = {
  submit: 0,
  want: 1,
  unwant: 2,
  cancel: 3,
  retry: 4,
  place: 5,
  finished: 6,
  failed: 7,
  inputs: 8,
  workerLeft: 9,
  workerJoined: 10,
  missing: 11,
  dropped: 12,
  revoked: 13,
  clientLeft: 14,
  adopted: 15,
  scatter: 16,
  restart: 17,
  workerStatus: 18,
} as const;
export type CauseCode = (typeof Cause)[keyof typeof Cause];
const CAUSE_NAMES = Object.keys(Cause) as (keyof typeof Cause)[];

export interface StoryEntry {
  /** Milliseconds since the epoch, by the scheduler's clock. */
  readonly time: number;
  readonly from: StateName;
  readonly to: StateName;
  readonly cause: keyof typeof Cause;
  /** Number of the event that caused it: transitions of one event belong together. */
  readonly event: number;
  /** Worker or client the event came from, -1 for none. */
  readonly peer: number;
  readonly worker: number;
}

/**
 * The last transitions of all tasks in a ring: 34 bytes each, no object until somebody asks. By default the last 131,072, some
 * thirty thousand tasks.
 */
export class StoryLog {
  readonly #mask: number;
  readonly #task: Int32Array;
  readonly #from: Uint8Array;
  readonly #to: Uint8Array;
  readonly #cause: Uint8Array;
  readonly #event: Float64Array;
  readonly #peer: Int32Array;
  readonly #worker: Int32Array;
  readonly #time: Float64Array;
  #next = 0;

  constructor(bits = 17) {
    const capacity = 1 << bits;
    this.#mask = capacity - 1;
    this.#task = new Int32Array(capacity).fill(-1);
    this.#from = new Uint8Array(capacity);
    this.#to = new Uint8Array(capacity);
    this.#cause = new Uint8Array(capacity);
    this.#event = new Float64Array(capacity);
    this.#peer = new Int32Array(capacity);
    this.#worker = new Int32Array(capacity);
    this.#time = new Float64Array(capacity);
  }

  /** Transitions since the start. */
  get total(): number {
    return this.#next;
  }

  record(
    task: number,
    from: number,
    to: number,
    cause: CauseCode,
    event: number,
    peer: number,
    worker: number,
    time: number,
  ): void {
    const at = this.#next++ & this.#mask;
    this.#task[at] = task;
    this.#from[at] = from;
    this.#to[at] = to;
    this.#cause[at] = cause;
    this.#event[at] = event;
    this.#peer[at] = peer;
    this.#worker[at] = worker;
    this.#time[at] = time;
  }

  /** The last transition ended in another state than the one it was recorded with. */
  amend(to: number): void {
    this.#to[(this.#next - 1) & this.#mask] = to;
  }

  /** Transitions of a task that are still in the ring, oldest first. */
  of(task: number): StoryEntry[] {
    const entries: StoryEntry[] = [];
    const start = Math.max(0, this.#next - this.#mask - 1);
    for (let n = start; n < this.#next; n++) {
      const at = n & this.#mask;
      if (this.#task[at] !== task) continue;
      entries.push({
        time: this.#time[at]!,
        from: STATE_NAMES[this.#from[at]! as StateCode]!,
        to: STATE_NAMES[this.#to[at]! as StateCode]!,
        cause: CAUSE_NAMES[this.#cause[at]!]!,
        event: this.#event[at]!,
        peer: this.#peer[at]!,
        worker: this.#worker[at]!,
      });
    }
    return entries;
  }
}
