/** Results that stay on the thread that made them, because a later run on it takes them as inputs. */

export interface RetainedResult {
  /** The value itself: of a result nobody else takes, or one that cannot be changed. */
  readonly live?: { readonly value: unknown };
  readonly head: Buffer;
  readonly buffers: readonly Uint8Array[];
  /** Its only consumer is a run on this thread: it goes with that. */
  readonly once: boolean;
}

/** An announced result that has not been made yet. */
const EXPECTED = Symbol("expected");

export class RetainedResults<Waiting> {
  readonly #results = new Map<number, RetainedResult | typeof EXPECTED>();
  readonly #waiting = new Map<number, Waiting[]>();

  /** A run that will make this result has arrived. */
  expect(task: number): void {
    this.#results.set(task, EXPECTED);
  }

  isExpected(task: number): boolean {
    return this.#results.get(task) === EXPECTED;
  }

  /** Undefined when the result is not here. One that has a single consumer goes with it. */
  take(task: number): RetainedResult | undefined {
    const result = this.#results.get(task);
    if (result === undefined || result === EXPECTED) return undefined;
    if (result.once) this.#results.delete(task);
    return result;
  }

  /** Keeps `who` until the expected result of `task` is there. */
  wait(task: number, who: Waiting): void {
    const list = this.#waiting.get(task);
    if (list === undefined) this.#waiting.set(task, [who]);
    else list.push(who);
  }

  /** The result is there: who waited for it. */
  provide(task: number, result: RetainedResult): readonly Waiting[] {
    this.#results.set(task, result);
    return this.#takeWaiting(task);
  }

  /** There will be no result, or it is not needed any more: who waited for it in vain. */
  forget(task: number): readonly Waiting[] {
    this.#results.delete(task);
    return this.#takeWaiting(task);
  }

  #takeWaiting(task: number): readonly Waiting[] {
    const list = this.#waiting.get(task);
    if (list === undefined) return [];
    this.#waiting.delete(task);
    return list;
  }
}
