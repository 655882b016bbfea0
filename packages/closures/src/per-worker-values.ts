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
 * @param parts filled in by the time the function is called: a revived initialiser may itself refer to the function
 * @param keyOf gives the initialiser's token
 */
export function markPerWorker(parts: PerWorkerParts, keyOf: () => string): AnyFunction {
  let key: string | undefined;
  const get = (): unknown => {
    key ??= keyOf();
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
