import type { Task } from "./task.js";

/** True when `a` should run before `b`: user priority, then the scheduler's order, then first come. */
export function runsBefore(a: Task, b: Task): boolean {
  if (a.priority !== b.priority) return a.priority > b.priority;
  return a.order !== b.order ? a.order < b.order : a.seq < b.seq;
}

/**
 * Runs by urgency.
 *
 * @remarks
 * The scheduler sends runs best first, so nearly all arrive in order: those go to the end of a list, the others into a binary
 * heap, and the better of the two heads is next. Entries that have moved on stay until they come up: `isCurrent` tells them.
 */
export class RunQueue {
  #list: Task[] = [];
  #head = 0;
  readonly #heap: Task[] = [];
  readonly #isCurrent: (task: Task) => boolean;

  constructor(isCurrent: (task: Task) => boolean) {
    this.#isCurrent = isCurrent;
  }

  push(task: Task): void {
    const last = this.#list.at(-1);
    if (this.#head === this.#list.length) {
      this.#list = [task];
      this.#head = 0;
    } else if (!runsBefore(task, last!)) {
      this.#list.push(task);
    } else {
      this.#siftUp(task);
    }
  }

  peek(): Task | undefined {
    this.#dropStale();
    const first = this.#list[this.#head];
    const top = this.#heap[0];
    if (first === undefined) return top;
    return top !== undefined && runsBefore(top, first) ? top : first;
  }

  pop(): Task | undefined {
    const best = this.peek();
    if (best === undefined) return undefined;
    if (best === this.#list[this.#head]) this.#head++;
    else this.#popHeap();
    if (this.#head > 1024 && this.#head * 2 > this.#list.length) {
      this.#list = this.#list.slice(this.#head);
      this.#head = 0;
    }
    return best;
  }

  /** Entries, those that have moved on included. */
  get size(): number {
    return this.#list.length - this.#head + this.#heap.length;
  }

  /** Every current entry, in no order. */
  *entries(): Iterable<Task> {
    for (let at = this.#head; at < this.#list.length; at++) if (this.#isCurrent(this.#list[at]!)) yield this.#list[at]!;
    for (const task of this.#heap) if (this.#isCurrent(task)) yield task;
  }

  clear(): void {
    this.#list = [];
    this.#head = 0;
    this.#heap.length = 0;
  }

  #dropStale(): void {
    while (this.#head < this.#list.length && !this.#isCurrent(this.#list[this.#head]!)) this.#head++;
    while (this.#heap.length > 0 && !this.#isCurrent(this.#heap[0]!)) this.#popHeap();
  }

  #siftUp(task: Task): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(task);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent]!;
      if (!runsBefore(task, above)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = task;
  }

  #popHeap(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      const right = heap[child + 1];
      if (right !== undefined && runsBefore(right, heap[child]!)) child++;
      if (!runsBefore(heap[child]!, last)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
  }
}
