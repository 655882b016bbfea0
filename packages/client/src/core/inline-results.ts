/** An encoded value within bytes that nobody writes to. It knows itself where it ends. */
export interface InlineResult {
  readonly head: Uint8Array;
  readonly offset: number;
}

/**
 * Small results as they came, encoded, until somebody asks for them.
 *
 * @remarks
 * The results of one message share one copy of its column: a view and a copy for each of a hundred thousand results would cost
 * more than they hold. In exchange one future that is kept keeps its neighbours' bytes, a frame's worth at most.
 */
export class InlineResults {
  readonly #places = new Map<number, InlineResult>();

  keep(task: number, head: Uint8Array, offset: number): void {
    this.#places.set(task, { head, offset });
  }

  get(task: number): InlineResult | undefined {
    return this.#places.get(task);
  }

  has(task: number): boolean {
    return this.#places.has(task);
  }

  drop(task: number): void {
    this.#places.delete(task);
  }
}
