/**
 * What control thread and executor thread both have to know at once about the runs of a thread, in shared memory: a thread that
 * computes answers no message.
 *
 * Words (int32): 0 the slot that occupies the thread, plus one; 1 exit code noted before process.exit; 2 whether there is one;
 * from 16 on, the state of each slot.
 */
const OCCUPANT = 0;
const EXIT_CODE = 1;
const EXIT_NOTED = 2;
const EXIT_SLOT = 3;
const ALIVE = 4;
const STATES = 16;

export const SlotState = {
  /** With the thread, not begun. */
  queued: 0,
  /** The thread has begun it. */
  begun: 1,
  /** The control thread has taken it back before it began. */
  revoked: 2,
  /** Begun, and asked to stop: its signal is aborted. */
  cancelled: 3,
  /** Begun, and over its timeout: its signal is aborted. */
  expired: 4,
  /** Taken back, and the thread has come to it and passed over it: only now may another run have the slot. */
  passed: 5,
} as const;

/** @param count - runs that a thread can have at once: what waits in its queue, and what is parked on it; even */
export function allocateSlots(count: number): SharedArrayBuffer {
  return new SharedArrayBuffer(STATES * 4 + count * 12);
}

export class RunSlots {
  readonly #words: Int32Array;
  readonly #states: Int32Array;
  /** When each run began, milliseconds since the epoch; 0 before. */
  readonly startedAt: Float64Array;

  constructor(memory: SharedArrayBuffer) {
    const count = (memory.byteLength - STATES * 4) / 12;
    this.#words = new Int32Array(memory, 0, STATES);
    this.#states = new Int32Array(memory, STATES * 4, count);
    this.startedAt = new Float64Array(memory, (STATES + count) * 4, count);
  }

  /** Control: a slot is given to a new run. */
  reset(slot: number): void {
    this.startedAt[slot] = 0;
    Atomics.store(this.#states, slot, SlotState.queued);
  }

  /** Thread: takes a queued run to run it. False: the control thread took it back first. */
  begin(slot: number): boolean {
    if (Atomics.compareExchange(this.#states, slot, SlotState.queued, SlotState.begun) === SlotState.queued)
      return true;
    Atomics.store(this.#states, slot, SlotState.passed);
    return false;
  }

  /** Control: takes a queued run back. False: it has begun. */
  revoke(slot: number): boolean {
    return Atomics.compareExchange(this.#states, slot, SlotState.queued, SlotState.revoked) === SlotState.queued;
  }

  /** Control: a begun run should stop, as its signal tells it from now on. */
  stop(slot: number, state: typeof SlotState.cancelled | typeof SlotState.expired): void {
    Atomics.compareExchange(this.#states, slot, SlotState.begun, state);
  }

  get count(): number {
    return this.#states.length;
  }

  state(slot: number): number {
    return Atomics.load(this.#states, slot);
  }

  /** Thread: this run has the thread from now on; -1: none. */
  occupy(slot: number): void {
    Atomics.store(this.#words, OCCUPANT, slot + 1);
  }

  /** Slot of the run that has the thread, -1 when the thread waits for events or runs what follows from parked runs. */
  get occupant(): number {
    return Atomics.load(this.#words, OCCUPANT) - 1;
  }

  /** Thread: answers a probe. It can only do so between two turns of its event loop. */
  answerProbe(probe: number): void {
    Atomics.store(this.#words, ALIVE, probe);
  }

  get answeredProbe(): number {
    return Atomics.load(this.#words, ALIVE);
  }

  /** Thread: process.exit was called, by the run in `slot` (-1 where that is unknown). */
  noteExit(slot: number, code: number): void {
    this.#words[EXIT_CODE] = code;
    this.#words[EXIT_SLOT] = slot;
    Atomics.store(this.#words, EXIT_NOTED, 1);
  }

  /** What {@link noteExit} noted. */
  get exit(): { readonly slot: number; readonly code: number } | undefined {
    if (Atomics.load(this.#words, EXIT_NOTED) === 0) return undefined;
    return { slot: this.#words[EXIT_SLOT]!, code: this.#words[EXIT_CODE]! };
  }
}
