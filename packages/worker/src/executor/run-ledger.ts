import { SlotState, type RunSlots } from "./run-slots.js";

/** Why a begun run is to end. */
export const Stop = { no: 0, cancelled: 1, expired: 2 } as const;
export type Stop = (typeof Stop)[keyof typeof Stop];

/** Slots that the thread has to pass over before it is worth looking which it has. */
const RECLAIM = 64;

/** What the control thread knows of the runs it has given to one thread, by slot. */
export class RunLedger {
  readonly #slots: RunSlots;
  readonly #free: Int32Array;
  #freeCount: number;
  #size = 0;
  /**
   * Slots of runs that were taken back, of which the thread still has a row in its queue. It would take that for the row of
   * another run that had got the slot meanwhile.
   */
  #passing: number[] = [];
  /** -1: the slot is free. */
  readonly tasks: Int32Array;
  readonly runs: Int32Array;
  readonly stops: Uint8Array;
  /** Milliseconds that the run may take, 0 without limit. */
  readonly #timeouts: Float64Array;
  /** When the timeout began to count, `performance.now()`; 0: when the run began. */
  readonly #limitedSince: Float64Array;
  /** 1: it has been said that the run is a long one. */
  readonly #named: Uint8Array;
  /** When a run that was asked to stop has to have ended, `performance.now()`. */
  readonly #graceEnds: Float64Array;
  /** Slots of runs that have a timeout, or were asked to stop. */
  readonly #watched = new Set<number>();
  /** No slot from here on has ever been used. */
  #top = 0;

  constructor(slots: RunSlots) {
    const { count } = slots;
    this.#slots = slots;
    this.#free = Int32Array.from({ length: count }, (_, i) => count - 1 - i);
    this.#freeCount = count;
    this.tasks = new Int32Array(count).fill(-1);
    this.runs = new Int32Array(count);
    this.stops = new Uint8Array(count);
    this.#timeouts = new Float64Array(count);
    this.#limitedSince = new Float64Array(count);
    this.#named = new Uint8Array(count);
    this.#graceEnds = new Float64Array(count);
  }

  /** Runs with the thread. */
  get size(): number {
    return this.#size;
  }

  /**
   * @param timeout - milliseconds, 0 without limit
   * @throws RangeError when the thread has as many runs as it can.
   */
  add(task: number, run: number, timeout: number): number {
    if (this.#passing.length >= RECLAIM || this.#freeCount === 0) this.#reclaim();
    if (this.#freeCount === 0)
      throw new RangeError(`an executor thread cannot have more than ${this.#size} runs at once`);
    const slot = this.#free[--this.#freeCount]!;
    if (slot >= this.#top) this.#top = slot + 1;
    this.#size++;
    this.tasks[slot] = task;
    this.runs[slot] = run;
    this.#named[slot] = 0;
    this.#slots.reset(slot);
    if (timeout > 0) {
      this.#timeouts[slot] = timeout;
      this.#watched.add(slot);
    }
    return slot;
  }

  remove(slot: number): void {
    this.#size--;
    this.tasks[slot] = -1;
    if (this.#slots.state(slot) === SlotState.revoked) this.#passing.push(slot);
    else this.#free[this.#freeCount++] = slot;
    if (this.stops[slot] !== Stop.no || this.#timeouts[slot] !== 0) {
      this.stops[slot] = Stop.no;
      this.#timeouts[slot] = 0;
      this.#limitedSince[slot] = 0;
      this.#watched.delete(slot);
    }
  }

  /** The run says itself how many milliseconds it may take from `now` (`performance.now()`) on. */
  limit(slot: number, timeout: number, now: number): void {
    this.#timeouts[slot] = timeout;
    this.#limitedSince[slot] = now;
    this.#watched.add(slot);
  }

  /** Slots of runs that began before `since`, milliseconds since the epoch; each is named once. */
  begunBefore(since: number): number[] {
    const slots: number[] = [];
    for (let slot = 0; slot < this.#top; slot++) {
      if (this.tasks[slot] === -1 || this.#named[slot] === 1) continue;
      const startedAt = this.#slots.startedAt[slot]!;
      if (startedAt === 0 || startedAt > since) continue;
      this.#named[slot] = 1;
      slots.push(slot);
    }
    return slots;
  }

  #reclaim(): void {
    this.#passing = this.#passing.filter((slot) => {
      if (this.#slots.state(slot) !== SlotState.passed) return true;
      this.#free[this.#freeCount++] = slot;
      return false;
    });
  }

  isTaken(slot: number): boolean {
    return this.tasks[slot] !== -1;
  }

  /** -1: this thread has no such run. */
  find(task: number, run: number): number {
    for (let slot = 0; slot < this.#top; slot++) if (this.tasks[slot] === task && this.runs[slot] === run) return slot;
    return -1;
  }

  /** Slots in use. */
  taken(): number[] {
    const slots: number[] = [];
    for (let slot = 0; slot < this.#top; slot++) if (this.tasks[slot] !== -1) slots.push(slot);
    return slots;
  }

  timeout(slot: number): number {
    return this.#timeouts[slot]!;
  }

  /** A begun run should end by itself until `graceEnds`. */
  stop(slot: number, why: Stop, graceEnds: number): void {
    if (this.stops[slot] === Stop.no) {
      this.stops[slot] = why;
      this.#graceEnds[slot] = graceEnds;
      this.#slots.stop(slot, why === Stop.expired ? SlotState.expired : SlotState.cancelled);
    } else {
      this.#graceEnds[slot] = Math.min(this.#graceEnds[slot]!, graceEnds);
    }
    this.#watched.add(slot);
  }

  /** Begun runs that are over their timeout and have not been asked to stop. */
  expired(now: number): number[] {
    const epoch = performance.timeOrigin + now;
    return this.#watchedWhere((slot) => {
      const timeout = this.#timeouts[slot]!;
      if (this.stops[slot] !== Stop.no || timeout === 0) return false;
      const since = this.#limitedSince[slot]!;
      if (since > 0) return now >= since + timeout;
      const startedAt = this.#slots.startedAt[slot]!;
      return startedAt > 0 && epoch >= startedAt + timeout;
    });
  }

  /** Runs that were asked to stop and have not, in their time. */
  overdue(now: number): number[] {
    return this.#watchedWhere((slot) => this.stops[slot] !== Stop.no && now >= this.#graceEnds[slot]!);
  }

  #watchedWhere(holds: (slot: number) => boolean): number[] {
    if (this.#watched.size === 0) return NONE;
    return [...this.#watched].filter(holds);
  }
}

const NONE: number[] = [];
