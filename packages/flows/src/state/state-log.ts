/**
 * Every state of every run of one flow run, as columns: 17 bytes a state in place of an object of two hundred. State objects are made
 * when somebody asks.
 */
import type { Json } from "../history/run-event.js";
import type { Code } from "./state-names.js";

/** What only few states carry. */
export interface StateExtras {
  readonly message?: string;
  readonly data?: unknown;
  readonly details?: Readonly<Record<string, Json>>;
  /** Of a state made by hand: its own name. */
  readonly name?: string;
}

const FIRST_CAPACITY = 64;

export class StateLog {
  #codes = new Uint8Array(FIRST_CAPACITY);
  #times = new Float64Array(FIRST_CAPACITY);
  #previous = new Int32Array(FIRST_CAPACITY);
  #count = 0;
  readonly #extras = new Map<number, StateExtras>();

  /**
   * @param previous - row of the run's state before; -1: none
   * @returns the new row
   */
  append(previous: number, code: Code, time: number, extras: StateExtras | undefined): number {
    const row = this.#count++;
    if (row === this.#codes.length) this.#grow(row * 2);
    this.#codes[row] = code;
    this.#times[row] = time;
    this.#previous[row] = previous;
    if (extras !== undefined) this.#extras.set(row, extras);
    return row;
  }

  code(row: number): Code {
    return this.#codes[row] as Code;
  }

  time(row: number): number {
    return this.#times[row]!;
  }

  previous(row: number): number {
    return this.#previous[row]!;
  }

  extras(row: number): StateExtras | undefined {
    return this.#extras.get(row);
  }

  #grow(capacity: number): void {
    const codes = new Uint8Array(capacity);
    const times = new Float64Array(capacity);
    const previous = new Int32Array(capacity);
    codes.set(this.#codes);
    times.set(this.#times);
    previous.set(this.#previous);
    this.#codes = codes;
    this.#times = times;
    this.#previous = previous;
  }
}
