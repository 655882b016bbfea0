/** Futures in the order in which they are done. */
import type { Future } from "./future.js";
import { keepAlive } from "./keep-alive.js";
import { futureList } from "./wait.js";

/**
 * Gives futures as they are done, failed ones too. More can be added while it runs; it ends when all it was given have been given
 * back.
 */
export class CompletionStream<T> implements AsyncIterableIterator<Future<T>> {
  readonly #done: Future<T>[] = [];
  #taken = 0;
  #outstanding = 0;
  #waiting: ((result: IteratorResult<Future<T>>) => void)[] = [];

  /** @internal Use {@link asCompleted}. */
  constructor(futures: Iterable<Future<T>>) {
    this.add(...futureList("asCompleted", futures));
  }

  /** Adds futures, also while iterating. */
  add(...futures: Future<T>[]): this {
    for (const future of futures) {
      this.#outstanding++;
      future.onDone(() => this.#completed(future));
    }
    return this;
  }

  /** How many are still to come. */
  get size(): number {
    return this.#outstanding;
  }

  next(): Promise<IteratorResult<Future<T>>> {
    const future = this.#done[this.#taken];
    if (future !== undefined) {
      this.#taken++;
      this.#outstanding--;
      if (this.#taken === this.#done.length) {
        this.#done.length = 0;
        this.#taken = 0;
      }
      return Promise.resolve({ done: false, value: future });
    }
    if (this.#outstanding <= this.#waiting.length) return Promise.resolve({ done: true, value: undefined });
    return keepAlive.during(new Promise((resolve) => this.#waiting.push(resolve)));
  }

  return(): Promise<IteratorResult<Future<T>>> {
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #completed(future: Future<T>): void {
    const resolve = this.#waiting.shift();
    if (resolve === undefined) this.#done.push(future);
    else {
      this.#outstanding--;
      resolve({ done: false, value: future });
    }
  }
}

/**
 * Iterates over futures in the order in which they are done.
 *
 * @example
 * const stream = asCompleted(futures);
 * for await (const future of stream) {
 *   if (await isPromising(future)) stream.add(client.submit(refine, future));
 * }
 */
export function asCompleted<T>(futures: Iterable<Future<T>>): CompletionStream<T> {
  return new CompletionStream(futures);
}
