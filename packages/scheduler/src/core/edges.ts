import { grown, NONE } from "./task-table.js";

/**
 * The edges of the graph, each in the list of dependents of the task it leaves. Doubly linked, so that forgetting one of a
 * hundred thousand dependents of one task costs the same as forgetting its only one.
 */
export class EdgePool {
  /** The task whose result is the input. */
  source = new Int32Array(1024);
  /** The task that takes it. */
  target = new Int32Array(1024);
  next = new Int32Array(1024);
  previous = new Int32Array(1024);
  #highest = 0;
  #free = NONE;

  /** Puts an edge in front of the list that begins with `head`. The edge is the list's new head. */
  add(source: number, target: number, head: number): number {
    let edge = this.#free;
    if (edge !== NONE) {
      this.#free = this.next[edge]!;
    } else {
      if (this.#highest === this.source.length) this.#grow();
      edge = this.#highest++;
    }
    this.source[edge] = source;
    this.target[edge] = target;
    this.next[edge] = head;
    this.previous[edge] = NONE;
    if (head !== NONE) this.previous[head] = edge;
    return edge;
  }

  /** Takes an edge out of its list. Returns the list's new head when the edge was it, else undefined. */
  remove(edge: number): number | undefined {
    const next = this.next[edge]!;
    const previous = this.previous[edge]!;
    if (next !== NONE) this.previous[next] = previous;
    if (previous !== NONE) this.next[previous] = next;
    this.next[edge] = this.#free;
    this.#free = edge;
    return previous === NONE ? next : undefined;
  }

  #grow(): void {
    const length = this.source.length;
    const capacity = length < 1 << 20 ? length * 2 : Math.ceil(length * 1.5);
    this.source = grown(this.source, Int32Array, capacity);
    this.target = grown(this.target, Int32Array, capacity);
    this.next = grown(this.next, Int32Array, capacity);
    this.previous = grown(this.previous, Int32Array, capacity);
  }
}
