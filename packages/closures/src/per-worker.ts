import { capture } from "./capture/capture.js";
import type { AnyFunction } from "./any-function.js";
/** Marks the function that {@link perWorker} returns, so that capture sends its initialiser instead of its state. */
export const PER_WORKER: unique symbol = Symbol.for("heddle.perWorker") as never;

export interface PerWorkerOptions<T> {
  /** Called with the value when its thread ends in an orderly way. */
  readonly dispose?: (value: T) => void | Promise<void>;
}

export interface PerWorkerValue<T = unknown> {
  (): T;
  readonly [PER_WORKER]: PerWorkerParts;
}

export interface PerWorkerParts {
  readonly init: () => unknown;
  readonly options: { readonly dispose?: (value: never) => void | Promise<void> };
  /** The initialiser's token, where it is known: then the function was made from a definition. */
  readonly key?: string;
}

interface Made {
  readonly value: unknown;
  readonly dispose: ((value: never) => void | Promise<void>) | undefined;
}

/** Values by the token of their initialiser: the same initialiser in two tasks gives one value per thread. */
const made = new Map<string, Made>();

/**
 * A value that every executor thread of a worker makes for itself on first use and then keeps: a database pool, a compiled
 * schema, a loaded model. What counts is the initialiser, its code and what it captures, so a call inside a task gives the
 * same value each time the task runs.
 *
 * @param init captured like any function, and called at most once per thread
 * @returns a function that gives the value; outside of tasks it makes one for this process
 */
export function perWorker<T>(init: () => T, options: PerWorkerOptions<T> = {}): PerWorkerValue<T> {
  return markPerWorker({ init, options }) as PerWorkerValue<T>;
}

/** @param parts filled in by the time the function is called: a revived initialiser may itself refer to the function */
export function markPerWorker(parts: PerWorkerParts): AnyFunction {
  let key: string | undefined;
  const get = (): unknown => {
    key ??= parts.key ?? capture(parts.init).token;
    let value = made.get(key);
    if (value === undefined) {
      value = { value: parts.init(), dispose: parts.options.dispose };
      made.set(key, value);
    }
    return value.value;
  };
  return Object.defineProperty(get, PER_WORKER, { value: parts });
}

/** Disposes of everything this thread made with {@link perWorker}, newest first. For the worker, before a thread ends. */
export async function disposePerWorker(): Promise<void> {
  const values = [...made.values()].reverse();
  made.clear();
  for (const { value, dispose } of values) await dispose?.((await value) as never);
}
