import type { RecordMemory } from "../../core/record/memory.js";

/** Rows that are made ready, at least: what comes at once after a rest. */
const AHEAD = 65_536;
/** Bytes of a page of memory, or less. */
const PAGE = 4096;

interface Stretch {
  readonly words: Int32Array;
  readonly bytesPerRow: number;
}

/**
 * Touches memory of the record before the scheduler's thread gets there: the first touch of a page takes about a microsecond, as much as
 * several tasks. Nothing is changed, and nothing is touched twice.
 */
export class Prefault {
  readonly #stretches: readonly Stretch[];
  readonly #capacity: number;
  /** Rows below this are ready. */
  #ready = 0;

  constructor(memory: RecordMemory) {
    const { capacity } = memory;
    this.#capacity = capacity;
    this.#stretches = (["rows", "ends", "tasks", "keyStarts", "keyLengths", "keys"] as const).map((column) => ({
      words: new Int32Array(memory[column]),
      bytesPerRow: memory[column].byteLength / capacity,
    }));
  }

  /** @param head - rows written so far; @param recent - of these, since the last call */
  advance(head: number, recent: number): void {
    const to = Math.min(this.#capacity, head + Math.max(AHEAD, 4 * recent));
    if (to <= this.#ready) return;
    for (const { words, bytesPerRow } of this.#stretches) {
      const end = (to * bytesPerRow) / 4;
      const step = PAGE / 4;
      for (let at = Math.floor((this.#ready * bytesPerRow) / PAGE) * step; at < end; at += step)
        Atomics.or(words, at, 0);
    }
    this.#ready = to;
  }
}
