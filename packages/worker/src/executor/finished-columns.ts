import { ByteSink } from "@heddle/protocol/values";
import type { FinishedRuns } from "./interface.js";

/** Rows that finish before anybody looks; more makes room. */
const INITIAL_ROWS = 256;

/** Collects finished runs as columns. */
export class FinishedColumns {
  #rows = 0;
  #tasks = new Int32Array(INITIAL_ROWS);
  #runs = new Int32Array(INITIAL_ROWS);
  #startedAt = new Float64Array(INITIAL_ROWS);
  #busy = new Int32Array(INITIAL_ROWS);
  #waited = new Int32Array(INITIAL_ROWS);
  #hasWaited = false;
  #decoded = new Int32Array(INITIAL_ROWS);
  #hasDecoded = false;
  #headLengths = new Int32Array(INITIAL_ROWS);
  #bufferCounts = new Int32Array(INITIAL_ROWS);
  #heads = new ByteSink(INITIAL_ROWS * 16);
  #buffers: Uint8Array[] = [];

  get rows(): number {
    return this.#rows;
  }

  add(
    task: number,
    run: number,
    startedAt: number,
    busy: number,
    waited: number,
    decoded: number,
    heads: Uint8Array,
    start: number,
    end: number,
    buffers: readonly Uint8Array[],
  ): void {
    if (this.#rows === this.#tasks.length) this.#grow();
    const row = this.#rows++;
    this.#tasks[row] = task;
    this.#runs[row] = run;
    this.#startedAt[row] = startedAt;
    this.#busy[row] = busy;
    this.#waited[row] = waited;
    if (waited !== 0) this.#hasWaited = true;
    this.#decoded[row] = decoded;
    if (decoded !== 0) this.#hasDecoded = true;
    this.#headLengths[row] = end - start;
    this.#bufferCounts[row] = buffers.length;
    const sink = this.#heads;
    const length = end - start;
    sink.ensure(length);
    if (length <= 32) {
      const at = sink.length;
      for (let i = 0; i < length; i++) sink.bytes[at + i] = heads[start + i]!;
      sink.length = at + length;
    } else {
      sink.append(heads, start, end);
    }
    for (const buffer of buffers) this.#buffers.push(buffer);
  }

  /** Hands over the rows, and starts anew. */
  take(thread: number): FinishedRuns {
    const rows = this.#rows;
    const taken: FinishedRuns = {
      thread,
      rows,
      tasks: this.#tasks.slice(0, rows),
      runs: this.#runs.slice(0, rows),
      startedAt: this.#startedAt.slice(0, rows),
      busy: this.#busy.slice(0, rows),
      waited: this.#hasWaited ? this.#waited.slice(0, rows) : 0,
      decoded: this.#hasDecoded ? this.#decoded.slice(0, rows) : 0,
      headLengths: this.#headLengths.slice(0, rows),
      heads: this.#heads.take(),
      bufferCounts: this.#buffers.length === 0 ? 0 : this.#bufferCounts.slice(0, rows),
      buffers: this.#buffers,
    };
    this.#rows = 0;
    this.#hasWaited = false;
    this.#hasDecoded = false;
    this.#buffers = [];
    return taken;
  }

  #grow(): void {
    const length = this.#tasks.length * 2;
    this.#tasks = widened(this.#tasks, new Int32Array(length));
    this.#runs = widened(this.#runs, new Int32Array(length));
    this.#startedAt = widened(this.#startedAt, new Float64Array(length));
    this.#busy = widened(this.#busy, new Int32Array(length));
    this.#waited = widened(this.#waited, new Int32Array(length));
    this.#decoded = widened(this.#decoded, new Int32Array(length));
    this.#headLengths = widened(this.#headLengths, new Int32Array(length));
    this.#bufferCounts = widened(this.#bufferCounts, new Int32Array(length));
  }
}

function widened<A extends Int32Array | Float64Array>(from: A, to: A): A {
  to.set(from);
  return to;
}
