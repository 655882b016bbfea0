import { NONE, type TaskTable } from "./task-table.js";

const SMALLEST = 64;
/** Entries whose memory is kept when there are none. */
const KEPT = 65_536;

/**
 * Slots by (priority, order). Most tasks become ready in that order: those go to the end of a list, in constant time. Whatever comes
 * before the end of it goes to a binary heap beside it.
 *
 * Entries are not removed when a task leaves otherwise, and the slot may be another task's by then. An entry therefore keeps what it
 * was put in by, and is dropped when its task has another place in the order; whoever takes one checks that the task still belongs
 * here. `live` counts the tasks that do.
 */
export class TaskQueue {
  live = 0;
  readonly #tasks: TaskTable;
  readonly #list = new Entries();
  /** Where the list begins. */
  #first = 0;
  readonly #heap = new Entries();

  constructor(tasks: TaskTable) {
    this.#tasks = tasks;
  }

  push(slot: number): void {
    const priority = this.#tasks.priority[slot]!;
    const order = this.#tasks.order[slot]!;
    const list = this.#list;
    if (this.#first === list.length) this.#dropFirst();
    else if (isBefore(priority, order, list, list.length - 1)) return this.#pushHeap(slot, priority, order);
    else if (list.isFull && this.#first > list.length >> 1) this.#dropFirst();
    list.add(slot, priority, order);
  }

  /** The first task, -1 when there is none. */
  peek(): number {
    const list = this.#list;
    const heap = this.#heap;
    while (this.#first < list.length && this.#isMoved(list, this.#first)) this.#first++;
    while (heap.length > 0 && this.#isMoved(heap, 0)) this.#popHeap();
    if (heap.length === 0) return this.#first < list.length ? list.slots[this.#first]! : NONE;
    return this.#isHeapFirst ? heap.slots[0]! : list.slots[this.#first]!;
  }

  /** Drops what {@link peek} gives. */
  pop(): void {
    if (this.peek() === NONE) return;
    if (this.#isHeapFirst) this.#popHeap();
    else this.#first++;
  }

  /** In no order; a task that left and came back may be visited twice. */
  forEach(visit: (slot: number) => void): void {
    const list = this.#list;
    const heap = this.#heap;
    for (let at = this.#first; at < list.length; at++) if (!this.#isMoved(list, at)) visit(list.slots[at]!);
    for (let at = 0; at < heap.length; at++) if (!this.#isMoved(heap, at)) visit(heap.slots[at]!);
  }

  get #isHeapFirst(): boolean {
    const { length, priorities, orders } = this.#heap;
    if (length === 0) return false;
    return this.#first === this.#list.length || isBefore(priorities[0]!, orders[0]!, this.#list, this.#first);
  }

  /** Whether its task has another place by now, or the slot another task. */
  #isMoved({ slots, priorities, orders }: Entries, at: number): boolean {
    const { order, priority } = this.#tasks;
    const slot = slots[at]!;
    return order[slot] !== orders[at] || priority[slot] !== priorities[at];
  }

  /** Gives back the room of what has left the list. */
  #dropFirst(): void {
    this.#list.dropFirst(this.#first);
    this.#first = 0;
  }

  #pushHeap(slot: number, priority: number, order: number): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.add(slot, priority, order);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(priority, order, heap, parent)) break;
      heap.copy(parent, at);
      at = parent;
    }
    heap.set(at, slot, priority, order);
  }

  #popHeap(): void {
    const heap = this.#heap;
    const { priorities, orders } = heap;
    const last = --heap.length;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= last) break;
      if (child + 1 < last && isBefore(priorities[child + 1]!, orders[child + 1]!, heap, child)) child++;
      if (!isBefore(priorities[child]!, orders[child]!, heap, last)) break;
      heap.copy(child, at);
      at = child;
    }
    if (last === 0) heap.clear();
    else heap.copy(last, at);
  }
}

function isBefore(priority: number, order: number, { priorities, orders }: Entries, at: number): boolean {
  const other = priorities[at]!;
  return priority > other || (priority === other && order < orders[at]!);
}

/** Three columns that grow. */
class Entries {
  length = 0;
  slots = new Int32Array(SMALLEST);
  priorities = new Int32Array(SMALLEST);
  orders = new Float64Array(SMALLEST);

  get isFull(): boolean {
    return this.length === this.slots.length;
  }

  add(slot: number, priority: number, order: number): void {
    if (this.isFull) this.#resize(this.length * 2);
    this.set(this.length++, slot, priority, order);
  }

  set(at: number, slot: number, priority: number, order: number): void {
    this.slots[at] = slot;
    this.priorities[at] = priority;
    this.orders[at] = order;
  }

  copy(from: number, to: number): void {
    this.set(to, this.slots[from]!, this.priorities[from]!, this.orders[from]!);
  }

  dropFirst(count: number): void {
    if (count === this.length) return this.clear();
    for (const column of [this.slots, this.priorities, this.orders]) column.copyWithin(0, count, this.length);
    this.length -= count;
  }

  clear(): void {
    this.length = 0;
    if (this.slots.length > KEPT) this.#resize(SMALLEST);
  }

  #resize(capacity: number): void {
    this.slots = resized(this.slots, new Int32Array(capacity), this.length);
    this.priorities = resized(this.priorities, new Int32Array(capacity), this.length);
    this.orders = resized(this.orders, new Float64Array(capacity), this.length);
  }
}

function resized<T extends Int32Array | Float64Array>(column: T, to: T, length: number): T {
  to.set(column.subarray(0, length));
  return to;
}
