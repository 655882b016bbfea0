import type { Assignment, KeyColumn } from "./assignment.js";
import { State } from "./states.js";
import { Seat } from "./seat.js";

/** Bits of {@link Task.marks}. */
export const Mark = {
  /** The scheduler asked for it to be stopped: whatever its thread reports, `stopped` is the answer. */
  cancelling: 1,
  /** Its claims on results retained by a thread are settled. */
  settled: 2,
  /** Its copy was asked for by the scheduler (`replicate`), whether or not a task here needs it. */
  replica: 4,
  /** It holds resources of the worker. */
  resources: 8,
  /** It has been presented to a scheduler that has not said yet under which ids it takes it over. */
  presented: 16,
  /** It was assigned in an earlier epoch: the ids in its assignment name nothing any more. */
  foreign: 32,
} as const;

/**
 * One run of a task, or one value, on this worker. Fields that only some states use say which; all are small integers or
 * references, so that records are of one shape and allocate nothing beside themselves.
 */
export class Task {
  /** The scheduler's id. Changes only when a restarted scheduler adopts the record. */
  id: number;
  state: State = State.released;
  /** The scheduler's run id; -1: a value that was not computed here. */
  run = -1;
  /** On a thread: what the thread knows this run by, unlike `run` never used twice in the life of the process. */
  ticket = -1;
  /** On a thread: the id it had when it was handed over. */
  threadId = -1;
  thread = -1;
  seat: Seat = Seat.none;
  /** Until it has ended: what to run. */
  assignment: Assignment | null = null;
  /** Its row in `assignment` and in `keys`. */
  row = 0;
  /** Kept with the value: a restarted scheduler knows it by its key only. */
  keys: KeyColumn | null = null;
  /** Urgency of the run: higher priority first, then lower order, then lower `seq` (the order in which runs arrived here). */
  priority = 0;
  order = 0;
  seq = 0;
  /** Inputs that are not in memory. */
  waitingOn = 0;
  /** Waiting: the thread that runs its outstanding inputs, -1 none, -2 several; and how many of them run there. */
  followThread = -1;
  followCount = 0;
  /** Runs here that wait for it; may contain dead ones. */
  waiters: Task[] | null = null;
  /** Bytes of the value: exact in memory, announced before. */
  nbytes = 0;
  /** On a thread: microseconds it was expected to take. */
  estimate = 0;
  /** Sought: the peer to ask. In flight: number of the request. */
  holder = -1;
  gather = -1;
  /** Thread that keeps the value for later runs, -1 none; runs that may still take it; those with a smaller `seq` may. */
  retainedOn = -1;
  retainRest = 0;
  retainSeq = 0;
  marks = 0;
  /** Scratch of the batch under construction: which batch, and the value's place among its inputs. */
  batch = -1;
  input = -1;

  constructor(id: number) {
    this.id = id;
  }

  has(mark: number): boolean {
    return (this.marks & mark) !== 0;
  }
}

const PAGE_BITS = 8;
const PAGE = 1 << PAGE_BITS;

interface Page {
  readonly tasks: (Task | undefined)[];
  count: number;
}

/**
 * Records by task id, in pages.
 *
 * @remarks
 * Ids ascend, and a worker gets long stretches of them, so most look-ups hit the page of the last one. A single Map costs ten
 * times as much and stops the world when it grows.
 */
export class TaskTable implements Iterable<Task> {
  readonly #pages = new Map<number, Page>();
  #lastNumber = -1;
  #last: Page | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(id: number): Task | undefined {
    return this.#page(id >> PAGE_BITS)?.tasks[id & (PAGE - 1)];
  }

  set(task: Task): void {
    const number = task.id >> PAGE_BITS;
    let page = this.#page(number);
    if (page === undefined) {
      page = { tasks: new Array<Task | undefined>(PAGE).fill(undefined), count: 0 };
      this.#pages.set(number, page);
      this.#lastNumber = number;
      this.#last = page;
    }
    const slot = task.id & (PAGE - 1);
    if (page.tasks[slot] === undefined) {
      page.count++;
      this.#size++;
    }
    page.tasks[slot] = task;
  }

  delete(id: number): void {
    const number = id >> PAGE_BITS;
    const page = this.#page(number);
    const slot = id & (PAGE - 1);
    if (page?.tasks[slot] === undefined) return;
    page.tasks[slot] = undefined;
    this.#size--;
    if (--page.count === 0) {
      this.#pages.delete(number);
      this.#lastNumber = -1;
      this.#last = undefined;
    }
  }

  clear(): void {
    this.#pages.clear();
    this.#lastNumber = -1;
    this.#last = undefined;
    this.#size = 0;
  }

  *[Symbol.iterator](): Iterator<Task> {
    for (const page of this.#pages.values()) {
      for (const task of page.tasks) if (task !== undefined) yield task;
    }
  }

  #page(number: number): Page | undefined {
    if (number !== this.#lastNumber) {
      const page = this.#pages.get(number);
      if (page === undefined) return undefined;
      this.#lastNumber = number;
      this.#last = page;
    }
    return this.#last;
  }
}
