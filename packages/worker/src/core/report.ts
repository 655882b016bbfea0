import { at, RunFlag, type RunsFinished } from "@heddle/protocol";
import type { FinishedRuns } from "../executor/interface.js";
import type { Task } from "./task.js";

/** Bytes of a result that goes along with its report, when a client waits for it. */
const INLINE_BYTES = 4096;

/** The rows of a thread's report that the scheduler is told of: all of them, nearly always, and then no column is copied. */
export class Report {
  readonly #batch: FinishedRuns;
  readonly #nbytes: Float64Array;
  readonly #rows: Int32Array;
  readonly #tasks: Int32Array;
  readonly #runs: Int32Array;
  readonly #inlineLengths: Int32Array;
  /** Most runs find their inputs here: null for as long as all did. */
  #fetched: Int32Array | null = null;
  #inlineBytes = 0;
  #inlined = 0;
  rows = 0;

  constructor(batch: FinishedRuns, nbytes: Float64Array) {
    this.#batch = batch;
    this.#nbytes = nbytes;
    this.#rows = new Int32Array(batch.rows);
    this.#tasks = new Int32Array(batch.rows);
    this.#runs = new Int32Array(batch.rows);
    this.#inlineLengths = new Int32Array(batch.rows);
  }

  /** Rows come in the order of the batch, while their assignment is still at hand. */
  add(run: Task, row: number): void {
    const at_ = this.rows++;
    this.#rows[at_] = row;
    this.#tasks[at_] = run.id;
    this.#runs[at_] = run.run;
    if (run.fetched > 0) (this.#fetched ??= new Int32Array(this.#rows.length))[at_] = run.fetched;
    const bytes = at(this.#batch.headLengths, row);
    // A client waits for it, it is small, and its head is all of it.
    const goes =
      bytes <= INLINE_BYTES &&
      (run.assignment!.flags(run.row) & RunFlag.inline) !== 0 &&
      at(this.#batch.bufferCounts, row) === 0;
    this.#inlineLengths[at_] = goes ? bytes : -1;
    if (goes) {
      this.#inlineBytes += bytes;
      this.#inlined++;
    }
  }

  message(): RunsFinished {
    const batch = this.#batch;
    return {
      op: "finished",
      tasks: this.#tasks.subarray(0, this.rows),
      runs: this.#runs.subarray(0, this.rows),
      nbytes: this.#pick(this.#nbytes, Float64Array),
      startedAt: this.#pick(batch.startedAt, Float64Array),
      busy: this.#pick(batch.busy, Int32Array),
      waited: typeof batch.waited === "number" ? batch.waited : this.#pick(batch.waited, Int32Array),
      fetched: this.#fetched?.subarray(0, this.rows) ?? 0,
      decoded: typeof batch.decoded === "number" ? batch.decoded : this.#pick(batch.decoded, Int32Array),
      threads: batch.thread,
      inlineLengths: this.#inlined === 0 ? -1 : this.#inlineLengths.subarray(0, this.rows),
      inline: this.#inline(),
    };
  }

  #pick<T extends Int32Array | Float64Array>(column: T, type: new (length: number) => T): T {
    if (this.rows === this.#batch.rows) return column;
    const picked = new type(this.rows);
    for (let at_ = 0; at_ < this.rows; at_++) picked[at_] = column[this.#rows[at_]!]!;
    return picked;
  }

  #inline(): Uint8Array {
    const { heads, headLengths, rows } = this.#batch;
    if (this.#inlined === rows) return heads;
    const inline = new Uint8Array(this.#inlineBytes);
    let from = 0;
    let to = 0;
    for (let row = 0, at_ = 0; row < rows && at_ < this.rows; row++) {
      const bytes = at(headLengths, row);
      if (this.#rows[at_] === row && this.#inlineLengths[at_++]! >= 0) {
        inline.set(heads.subarray(from, from + bytes), to);
        to += bytes;
      }
      from += bytes;
    }
    return inline;
  }
}
