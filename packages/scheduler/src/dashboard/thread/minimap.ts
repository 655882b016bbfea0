import { RowState, type Minimap as MinimapAnswer } from "@heddle/protocol/dashboard";
import type { RowTable } from "./row-table.js";

/** Buckets kept; when time has filled them, two become one. */
const BUCKETS = 2_048;
const FIRST_WIDTH = 100;

/** Over all time since the start, how many threads were busy and how many runs failed: a few kilobytes that a page draws at once. */
export class Minimap {
  readonly #rows: RowTable;
  readonly #from: number;
  /** Milliseconds of a bucket. */
  #width = FIRST_WIDTH;
  readonly #busy = new Float64Array(BUCKETS);
  readonly #threads = new Float64Array(BUCKETS);
  readonly #errors = new Uint32Array(BUCKETS);

  constructor(rows: RowTable, startedAt: number) {
    this.#rows = rows;
    this.#from = startedAt;
  }

  addRow(place: number): void {
    const { ends, words, bytes } = this.#rows;
    const end = ends[place]!;
    const took = words[place * 8 + 3]! / 1000;
    this.#reach(end);
    if ((bytes[place * 32 + 30]! & 15) === RowState.erred) this.#errors[this.#bucket(end)]!++;
    // A run that began before the record did counts from there.
    let at = Math.max(end - took, this.#from);
    while (at < end) {
      const bucket = this.#bucket(at);
      const stop = Math.min(end, this.#from + (bucket + 1) * this.#width);
      this.#busy[bucket]! += stop - at;
      if (stop <= at) break;
      at = stop;
    }
  }

  /** So many threads are there now. */
  addThreads(threads: number, now: number): void {
    this.#reach(now);
    const bucket = this.#bucket(now);
    this.#threads[bucket] = Math.max(this.#threads[bucket]!, threads);
  }

  answer(now: number): MinimapAnswer {
    const count = Math.max(1, Math.min(BUCKETS, this.#bucket(now) + 1));
    const busy: number[] = [];
    let threads = 0;
    for (let bucket = 0; bucket < count; bucket++) {
      threads = this.#threads[bucket]! > 0 ? this.#threads[bucket]! : threads;
      const share = threads === 0 ? 0 : this.#busy[bucket]! / (threads * this.#width);
      busy.push(Math.round(Math.min(1, share) * 1000) / 1000);
    }
    return {
      from: this.#from,
      to: this.#from + count * this.#width,
      busy,
      errors: [...this.#errors.subarray(0, count)],
    };
  }

  #bucket(time: number): number {
    return Math.max(0, Math.min(BUCKETS - 1, Math.floor((time - this.#from) / this.#width)));
  }

  #reach(time: number): void {
    while (time >= this.#from + BUCKETS * this.#width) {
      for (let to = 0; to < BUCKETS; to++) {
        const from = to * 2;
        const isThere = from < BUCKETS;
        this.#busy[to] = isThere ? this.#busy[from]! + this.#busy[from + 1]! : 0;
        this.#threads[to] = isThere ? Math.max(this.#threads[from]!, this.#threads[from + 1]!) : 0;
        this.#errors[to] = isThere ? this.#errors[from]! + this.#errors[from + 1]! : 0;
      }
      this.#width *= 2;
    }
  }
}
