/** A stretch of bytes that nobody writes to. */
export interface InlineResult {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
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

  keep(task: number, bytes: Uint8Array, start: number, end: number): void {
    this.#places.set(task, { bytes, start, end });
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
