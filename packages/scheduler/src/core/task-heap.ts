import type { TaskTable } from "./task-table.js";

/**
 * A binary heap of slots by (priority, order). Entries are not removed when a task leaves otherwise: whoever pops checks that the
 * task still belongs here. `live` counts the tasks that do.
 */
export class TaskHeap {
  live = 0;
  readonly #tasks: TaskTable;
  #slots = new Int32Array(64);
  #length = 0;

  constructor(tasks: TaskTable) {
    this.#tasks = tasks;
  }

  push(slot: number): void {
    if (this.#length === this.#slots.length) {
      const longer = new Int32Array(this.#length * 2);
      longer.set(this.#slots);
      this.#slots = longer;
    }
    const slots = this.#slots;
    let at = this.#length++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#tasks.before(slot, slots[parent]!)) break;
      slots[at] = slots[parent]!;
      at = parent;
    }
    slots[at] = slot;
  }

  /** The first entry, -1 when empty. */
  peek(): number {
    return this.#length === 0 ? -1 : this.#slots[0]!;
  }

  pop(): number {
    if (this.#length === 0) return -1;
    const slots = this.#slots;
    const first = slots[0]!;
    const last = slots[--this.#length]!;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= this.#length) break;
      if (child + 1 < this.#length && this.#tasks.before(slots[child + 1]!, slots[child]!)) child++;
      if (!this.#tasks.before(slots[child]!, last)) break;
      slots[at] = slots[child]!;
      at = child;
    }
    slots[at] = last;
    return first;
  }

  forEach(visit: (slot: number) => void): void {
    for (let at = 0; at < this.#length; at++) visit(this.#slots[at]!);
  }

  /** The heap's order, without changing it: for `explain`. O(n log n). */
  sorted(): number[] {
    return Array.from(this.#slots.subarray(0, this.#length)).sort((a, b) => (this.#tasks.before(a, b) ? -1 : 1));
  }
}
