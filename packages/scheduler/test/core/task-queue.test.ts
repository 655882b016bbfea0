/** Tasks wait in the order of their priorities, whatever becomes of them and of their slots meanwhile. */
import { describe, expect, it } from "vitest";
import { TaskQueue } from "../../src/core/task-queue.js";
import { TaskTable } from "../../src/core/task-table.js";

/** A table in which tasks are made with a priority and a place in the order. */
class Tasks {
  readonly table = new TaskTable();

  add(order: number, priority = 0): number {
    const slot = this.table.allocate();
    this.table.order[slot] = order;
    this.table.priority[slot] = priority;
    return slot;
  }
}

/** All that is left, in order: places in the order. */
function drain(queue: TaskQueue, table: TaskTable): number[] {
  const orders: number[] = [];
  for (let slot = queue.peek(); slot >= 0; slot = queue.peek()) {
    orders.push(table.order[slot]!);
    queue.pop();
  }
  return orders;
}

/** Deterministic numbers in [0, 1). */
function numbers(seed: number): () => number {
  return () => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return (seed >>> 8) / 2 ** 24;
  };
}

describe("a queue of tasks", () => {
  it("gives them by priority, then in their order, however they came", () => {
    const tasks = new Tasks();
    const queue = new TaskQueue(tasks.table);
    for (const [order, priority] of [
      [5, 0],
      [6, 0],
      [1, 0],
      [9, 2],
      [7, 0],
      [2, -1],
      [8, 2],
      [3, 0],
    ] as const)
      queue.push(tasks.add(order, priority));
    expect(drain(queue, tasks.table)).toEqual([8, 9, 1, 3, 5, 6, 7, 2]);
    expect(queue.peek()).toBe(-1);
    queue.pop();
    expect(queue.peek()).toBe(-1);
  });

  it("does not give a slot's next task the place of its last one", () => {
    const tasks = new Tasks();
    const queue = new TaskQueue(tasks.table);
    const early = tasks.add(1);
    queue.push(early);
    queue.push(tasks.add(2));
    queue.push(tasks.add(3));
    // Cancelled while it waited, forgotten, and its slot taken by a task that is submitted now.
    tasks.table.free(early);
    expect(tasks.add(4)).toBe(early);
    queue.push(early);
    expect(drain(queue, tasks.table)).toEqual([2, 3, 4]);
  });

  it("lets a task go before others when its priority is raised and it is put in again", () => {
    const tasks = new Tasks();
    const queue = new TaskQueue(tasks.table);
    const slots = [1, 2, 3].map((order) => tasks.add(order));
    slots.forEach((slot) => queue.push(slot));
    tasks.table.priority[slots[2]!] = 7;
    queue.push(slots[2]!);
    expect(drain(queue, tasks.table)).toEqual([3, 1, 2]);
  });

  it("visits every task that waits", () => {
    const tasks = new Tasks();
    const queue = new TaskQueue(tasks.table);
    for (const order of [3, 4, 1, 2, 5]) queue.push(tasks.add(order));
    queue.pop();
    const visited: number[] = [];
    queue.forEach((slot) => visited.push(tasks.table.order[slot]!));
    expect(visited.sort()).toEqual([2, 3, 4, 5]);
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])("agrees with a sorted list over thousands of changes (%i)", (seed) => {
    const next = numbers(seed);
    const tasks = new Tasks();
    const { table } = tasks;
    const queue = new TaskQueue(table);
    const waiting: number[] = [];
    let newest = 0;
    /** Mostly in order, as tasks of one graph are; some far from it. */
    const place = (): number => (next() < 0.9 ? newest++ : Math.floor(next() * newest) + next());
    for (let step = 0; step < 20_000; step++) {
      // Long stretches of filling and of emptying.
      const filling = step % 4_000 < 2_200;
      const choice = next();
      if (choice < (filling ? 0.7 : 0.25)) {
        const slot = tasks.add(place(), next() < 0.95 ? 0 : Math.floor(next() * 3) - 1);
        queue.push(slot);
        waiting.push(slot);
      } else if (choice < 0.75 && waiting.length > 0) {
        // Somebody gives it up: its entry stays.
        const [slot] = waiting.splice(Math.floor(next() * waiting.length), 1);
        table.free(slot!);
        table.order[slot!] = Number.NaN;
      } else {
        const first = waiting.reduce((best, slot) => (best < 0 || table.before(slot, best) ? slot : best), -1);
        expect(queue.peek()).toBe(first);
        if (first < 0) continue;
        queue.pop();
        waiting.splice(waiting.indexOf(first), 1);
        table.free(first);
      }
    }
    const rest = [...waiting].sort((a, b) => (table.before(a, b) ? -1 : 1)).map((slot) => table.order[slot]!);
    expect(drain(queue, table)).toEqual(rest);
  });
});
