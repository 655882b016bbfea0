import { SLOTS, SlotState, type RunSlots } from "./run-slots.js";

/** Why a begun run is to end. */
export const Stop = { no: 0, cancelled: 1, expired: 2 } as const;
export type Stop = (typeof Stop)[keyof typeof Stop];

/** Slots that the thread has to pass over before it is worth looking which it has. */
const RECLAIM = 64;

/** What the control thread knows of the runs it has given to one thread, by slot. */
export class RunLedger {
  readonly #slots: RunSlots;
  readonly #free = new Int32Array(SLOTS);
  #freeCount = SLOTS;
  /**
   * Slots of runs that were taken back, of which the thread still has a row in its queue. It would take that for the row of
   * another run that had got the slot meanwhile.
   */
  #passing: number[] = [];
  /** -1: the slot is free. */
  readonly tasks = new Int32Array(SLOTS).fill(-1);
  readonly runs = new Int32Array(SLOTS);
  readonly stops = new Uint8Array(SLOTS);
  /** Milliseconds that the run may take, 0 without limit. */
  readonly #timeouts = new Float64Array(SLOTS);
  /** When a run that was asked to stop has to have ended, `performance.now()`. */
  readonly #graceEnds = new Float64Array(SLOTS);
  /** Slots of runs that have a timeout, or were asked to stop. */
  readonly #watched = new Set<number>();
  /** Slots in use, highest first unknown: scans stop here. */
  #top = 0;

  constructor(slots: RunSlots) {
    this.#slots = slots;
    for (let slot = 0; slot < SLOTS; slot++) this.#free[slot] = SLOTS - 1 - slot;
  }

  /** Runs with the thread. */
  get size(): number {
    return SLOTS - this.#freeCount - this.#passing.length;
  }

  has(rows: number): boolean {
    if (this.#freeCount < rows) this.#reclaim();
    return this.#freeCount >= rows;
  }

  /** @param timeout - milliseconds, 0 without limit */
  add(task: number, run: number, timeout: number): number {
    if (this.#passing.length >= RECLAIM || this.#freeCount === 0) this.#reclaim();
    const slot = this.#free[--this.#freeCount]!;
    if (slot >= this.#top) this.#top = slot + 1;
    this.tasks[slot] = task;
    this.runs[slot] = run;
    this.#slots.reset(slot);
    if (timeout > 0) {
      this.#timeouts[slot] = timeout;
      this.#watched.add(slot);
    }
    return slot;
  }

  remove(slot: number): void {
    this.tasks[slot] = -1;
    if (this.#slots.state(slot) === SlotState.revoked) this.#passing.push(slot);
    else this.#free[this.#freeCount++] = slot;
    if (this.stops[slot] !== Stop.no || this.#timeouts[slot] !== 0) {
      this.stops[slot] = Stop.no;
      this.#timeouts[slot] = 0;
      this.#watched.delete(slot);
    }
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

  /** Somebody cancels a run that is over its timeout: it counts as cancelled. */
  cancelled(slot: number): void {
    this.stops[slot] = Stop.cancelled;
  }

  /** Begun runs that are over their timeout and have not been asked to stop. */
  expired(now: number): number[] {
    const epoch = performance.timeOrigin + now;
    return this.#watchedWhere((slot) => {
      const timeout = this.#timeouts[slot]!;
      const startedAt = this.#slots.startedAt[slot]!;
      return this.stops[slot] === Stop.no && timeout > 0 && startedAt > 0 && epoch >= startedAt + timeout;
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
