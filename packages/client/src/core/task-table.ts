/**
 * What the client knows of each of its tasks, by number. Numbers ascend for the life of a client and are never used again, so
 * the table is cut into pages, and a page whose tasks have all been forgotten is dropped.
 */
import type { TaskStatus } from "./events.js";

export const Status = { pending: 0, finished: 1, erred: 2, cancelled: 3, lost: 4 } as const;
export type Status = (typeof Status)[keyof typeof Status];

const NAMES: readonly TaskStatus[] = ["pending", "finished", "error", "cancelled", "lost"];

/** The word a Future shows for a status. */
export function statusName(status: Status): TaskStatus {
  return NAMES[status]!;
}

const PAGE_BITS = 12;
const PAGE_ROWS = 1 << PAGE_BITS;
const PAGE_MASK = PAGE_ROWS - 1;

const STATUS_MASK = 7;
const HELD = 8;
const UNSEEN = 16;

/** No journal entry carries this task: it has not been submitted yet. */
export const NO_ENTRY = -1;

interface Page {
  readonly flags: Uint8Array;
  readonly entries: Int32Array;
  /** Tasks of this page that somebody may still ask about. */
  known: number;
}

export class TaskTable {
  readonly #pages: (Page | undefined)[] = [];
  #next = 0;

  /** The number the next task will have. */
  get next(): number {
    return this.#next;
  }

  /** Takes the next `count` numbers; they begin pending. */
  reserve(count: number, held: boolean): void {
    const flags = held ? HELD : 0;
    const end = this.#next + count;
    while (this.#next < end) {
      const offset = this.#next & PAGE_MASK;
      const rows = Math.min(PAGE_ROWS - offset, end - this.#next);
      const page = (this.#pages[this.#next >>> PAGE_BITS] ??= newPage());
      if (held) page.flags.fill(flags, offset, offset + rows);
      page.known += rows;
      this.#next += rows;
    }
  }

  /** False for numbers that were never taken, and for those forgotten. */
  knows(task: number): boolean {
    return task >= 0 && task < this.#next && this.#pages[task >>> PAGE_BITS] !== undefined;
  }

  status(task: number): Status {
    return (this.#page(task).flags[task & PAGE_MASK]! & STATUS_MASK) as Status;
  }

  setStatus(task: number, status: Status): void {
    const { flags } = this.#page(task);
    flags[task & PAGE_MASK] = (flags[task & PAGE_MASK]! & ~STATUS_MASK) | status;
  }

  /** A Future exists for it. */
  held(task: number): boolean {
    const flags = this.#pages[task >>> PAGE_BITS]?.flags;
    return flags !== undefined && (flags[task & PAGE_MASK]! & HELD) !== 0;
  }

  /** False when it was held before. */
  hold(task: number): boolean {
    const { flags } = this.#page(task);
    const index = task & PAGE_MASK;
    if ((flags[index]! & HELD) !== 0) return false;
    flags[index]! |= HELD;
    return true;
  }

  /** False when it was not held. */
  release(task: number): boolean {
    return this.#clear(task, HELD);
  }

  /** Its error has been shown to nobody. */
  markUnseen(task: number): void {
    this.#page(task).flags[task & PAGE_MASK]! |= UNSEEN;
  }

  /** False when its error had been seen, or there is none. */
  markSeen(task: number): boolean {
    return this.#clear(task, UNSEEN);
  }

  /** The journal entry that carries a task, or {@link NO_ENTRY}. */
  entry(task: number): number {
    return this.#page(task).entries[task & PAGE_MASK]!;
  }

  setEntry(first: number, rows: number, entry: number): void {
    for (let task = first; task < first + rows;) {
      const offset = task & PAGE_MASK;
      const end = Math.min(offset + first + rows - task, PAGE_ROWS);
      this.#page(task).entries.fill(entry, offset, end);
      task += end - offset;
    }
  }

  /** Nobody will ask about these again. */
  forget(first: number, rows: number): void {
    for (let task = first; task < first + rows;) {
      const index = task >>> PAGE_BITS;
      const page = this.#pages[index]!;
      const count = Math.min(PAGE_ROWS - (task & PAGE_MASK), first + rows - task);
      page.known -= count;
      // A page that still gives out numbers has to stay.
      if (page.known === 0 && this.#next >= (index + 1) * PAGE_ROWS) this.#pages[index] = undefined;
      task += count;
    }
  }

  /** Pages in memory, for tests of the bound. */
  get pages(): number {
    return this.#pages.reduce((count, page) => count + (page === undefined ? 0 : 1), 0);
  }

  #clear(task: number, flag: number): boolean {
    const flags = this.#pages[task >>> PAGE_BITS]?.flags;
    if (flags === undefined || (flags[task & PAGE_MASK]! & flag) === 0) return false;
    flags[task & PAGE_MASK]! &= ~flag;
    return true;
  }

  #page(task: number): Page {
    const page = this.#pages[task >>> PAGE_BITS];
    if (page === undefined) throw new RangeError(`task ${task} is not known to this client`);
    return page;
  }
}

function newPage(): Page {
  return { flags: new Uint8Array(PAGE_ROWS), entries: new Int32Array(PAGE_ROWS).fill(NO_ENTRY), known: 0 };
}
