/**
 * What a row shows of its task, written down once when the task is submitted: a report of runs then needs no look at their tasks. A
 * ring by the tasks' ids, which count up.
 */

/** Words of {@link TaskDirectoryMemory.control}; numbers modulo 2^32. */
const DirectoryControl = {
  /** Ids below this may have been written: what lies a ring further back is gone. */
  head: 0,
} as const;

/** Words of a task: where its key begins among all bytes of keys ever written; the bytes of its key, and its group above them. */
const STRIDE = 2;
const GROUP_SHIFT = 16;
const KEY_LENGTH_MASK = 0xffff;

export interface TaskDirectoryMemory {
  /** Tasks that are known: a power of two. */
  readonly capacity: number;
  readonly control: SharedArrayBuffer;
  /** Uint32[task][word]. */
  readonly facts: SharedArrayBuffer;
}

export function allocateTaskDirectory(capacity: number): TaskDirectoryMemory {
  return {
    capacity,
    control: new SharedArrayBuffer(64),
    facts: new SharedArrayBuffer(capacity * STRIDE * 4),
  };
}

/** The scheduler's end. */
export class TaskDirectory {
  readonly #control: Int32Array;
  readonly #facts: Uint32Array;
  readonly #mask: number;
  #head = 0;

  constructor(memory: TaskDirectoryMemory) {
    this.#control = new Int32Array(memory.control);
    this.#facts = new Uint32Array(memory.facts);
    this.#mask = memory.capacity - 1;
  }

  /** Announces that ids below `head` are about to be written: whoever reads what is written over must find out. */
  expect(head: number): void {
    if (head <= this.#head) return;
    this.#head = head;
    Atomics.store(this.#control, DirectoryControl.head, head | 0);
  }

  /** A task below this may be gone by the time that somebody looks for it. */
  get oldest(): number {
    return this.#head - (this.#mask >> 1);
  }

  /** @param task - below what was announced */
  set(task: number, group: number, keyStart: number, keyLength: number): void {
    const at = (task & this.#mask) * STRIDE;
    this.#facts[at] = keyStart;
    this.#facts[at + 1] = keyLength | (group << GROUP_SHIFT);
  }
}

/** The dashboard's end. */
export class TaskFacts {
  readonly #control: Int32Array;
  readonly #facts: Uint32Array;
  readonly #mask: number;
  /** Of the task that was last looked up. */
  group = 0;
  keyStart = 0;
  keyLength = 0;

  constructor(memory: TaskDirectoryMemory) {
    this.#control = new Int32Array(memory.control);
    this.#facts = new Uint32Array(memory.facts);
    this.#mask = memory.capacity - 1;
  }

  /** Ids below this may be there. */
  get head(): number {
    return Atomics.load(this.#control, DirectoryControl.head);
  }

  /** @returns false when it is gone */
  look(task: number): boolean {
    const at = (task & this.#mask) * STRIDE;
    const start = this.#facts[at]!;
    const rest = this.#facts[at + 1]!;
    // Read first, judged then.
    if (((this.head - task) | 0) > this.#mask + 1) return false;
    this.keyStart = start;
    this.keyLength = rest & KEY_LENGTH_MASK;
    this.group = rest >>> GROUP_SHIFT;
    return true;
  }
}
