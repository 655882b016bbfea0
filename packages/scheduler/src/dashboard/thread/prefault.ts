import type { RecordMemory } from "../../core/record/memory.js";

/** Runs that are made ready, at least: what comes at once after a rest. */
const AHEAD = 65_536;
/** Bytes of a page of memory, or less. */
const PAGE = 4096;

interface Stretch {
  readonly words: Int32Array;
  readonly bytesPerRun: number;
  /** Runs that it is for. */
  readonly capacity: number;
}

/**
 * Touches memory of the record before the scheduler's thread gets there: the first touch of a page takes about a microsecond, as much as
 * several tasks. Nothing is changed, and nothing is touched twice.
 */
export class Prefault {
  readonly #stretches: readonly Stretch[];
  /** Runs below this are ready. */
  #ready = 0;

  constructor(memory: RecordMemory) {
    const { runs, keys, rows } = memory;
    // What is written for every run; the other columns are not always.
    const columns = [runs.tasks, runs.startedAt, runs.busy, runs.nbytes, runs.groups, runs.keyStarts, runs.parts];
    this.#stretches = [...columns.map((column) => stretch(column, runs.capacity)), stretch(keys, rows)];
  }

  /** @param head - runs written so far; @param recent - of these, since the last call */
  advance(head: number, recent: number): void {
    const to = head + Math.max(AHEAD, 4 * recent);
    if (to <= this.#ready) return;
    for (const { words, bytesPerRun, capacity } of this.#stretches) {
      const end = (Math.min(to, capacity) * bytesPerRun) / 4;
      const step = PAGE / 4;
      for (let at = Math.floor((this.#ready * bytesPerRun) / PAGE) * step; at < end; at += step)
        Atomics.or(words, at, 0);
    }
    this.#ready = to;
  }
}

function stretch(memory: SharedArrayBuffer, capacity: number): Stretch {
  return { words: new Int32Array(memory), bytesPerRun: memory.byteLength / capacity, capacity };
}
