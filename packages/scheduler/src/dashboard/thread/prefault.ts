import type { RecordMemory } from "../../core/record/memory.js";

/** Runs and tasks that are made ready, at least: what comes at once after a rest. And bytes of the keys of so many. */
const AHEAD = 65_536;
const KEYS_AHEAD = 32 * AHEAD;
/** Bytes of a page of memory, or less. */
const PAGE = 4096;

/** A column: memory for so many entries, which are written one after another. */
interface Column {
  readonly words: Int32Array;
  readonly bytesPerEntry: number;
  readonly capacity: number;
}

/**
 * Touches memory of the record before the scheduler's thread gets there: the first touch of a page takes about a microsecond, as much as
 * several tasks. Nothing is changed, and nothing is touched twice.
 */
export class Prefault {
  readonly #columns: readonly Column[];
  readonly #atLeast: number;
  /** Entries below this are ready. */
  #ready = 0;
  #head = 0;

  private constructor(columns: readonly Column[], atLeast: number) {
    this.#columns = columns;
    this.#atLeast = atLeast;
  }

  /** What is written for every run; other columns are not always. */
  static ofRuns({ runs }: RecordMemory): Prefault {
    const columns = [runs.tasks, runs.startedAt, runs.busy, runs.nbytes];
    return new Prefault(
      columns.map((memory) => column(memory, runs.capacity)),
      AHEAD,
    );
  }

  static ofTasks({ tasks }: RecordMemory): Prefault {
    return new Prefault([column(tasks.facts, tasks.capacity)], AHEAD);
  }

  /** Its entries are bytes. */
  static ofKeys({ keys }: RecordMemory): Prefault {
    return new Prefault([column(keys, keys.byteLength)], KEYS_AHEAD);
  }

  /** @param head - entries written so far */
  advance(head: number): void {
    const to = head + Math.max(this.#atLeast, 4 * (head - this.#head));
    this.#head = head;
    if (to <= this.#ready) return;
    for (const { words, bytesPerEntry, capacity } of this.#columns) {
      const end = (Math.min(to, capacity) * bytesPerEntry) / 4;
      const step = PAGE / 4;
      for (let at = Math.floor((this.#ready * bytesPerEntry) / PAGE) * step; at < end; at += step)
        Atomics.or(words, at, 0);
    }
    this.#ready = to;
  }
}

function column(memory: SharedArrayBuffer, capacity: number): Column {
  return { words: new Int32Array(memory), bytesPerEntry: memory.byteLength / capacity, capacity };
}
