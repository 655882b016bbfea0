import type { AnyFunction } from "./any-function.js";
/** Marks the function that {@link perWorker} returns, so that capture sends its initialiser instead of its state. */
export const PER_WORKER: unique symbol = Symbol.for("heddle.perWorker") as never;

export interface PerWorkerOptions<T> {
  /** Called with the value when its thread ends in an orderly way. */
  readonly dispose?: (value: T) => void | Promise<void>;
}

export interface PerWorkerValue<T = unknown> {
  (): T;
  readonly [PER_WORKER]: PerWorkerParts<T>;
}

export interface PerWorkerParts<T = unknown> {
  readonly init: () => T;
  readonly options: PerWorkerOptions<T>;
}

interface Made {
  readonly value: unknown;
  readonly dispose: ((value: never) => void | Promise<void>) | undefined;
}

/** Values by the token of their initialiser: the same initialiser in two tasks gives one value per thread. */
const made = new Map<string, Made>();

/**
 * A value that every executor thread of a worker makes for itself on first use and then keeps: a database pool, a compiled
 * schema, a loaded model.
 *
 * @param init captured like any function, and called at most once per thread
 * @returns a function to call inside tasks; outside of tasks it makes a value for this process
 */
export function perWorker<T>(init: () => T, options: PerWorkerOptions<T> = {}): PerWorkerValue<T> {
  let local: { readonly value: T } | undefined;
  const get = (): T => {
    if (local === undefined) {
      local = { value: init() };
      made.set(`local-${made.size}`, { value: local.value, dispose: options.dispose });
    }
    return local.value;
  };
  return Object.defineProperty(get, PER_WORKER, { value: { init, options } }) as PerWorkerValue<T>;
}

/**
 * The revived form: the value is looked up by the initialiser's token.
 *
 * @param parts filled in by the time the function is called: the initialiser may itself refer to the function
 */
export function revivedPerWorker(key: string, parts: PerWorkerParts): AnyFunction {
  const get = (): unknown => {
    let value = made.get(key);
    if (value === undefined) {
      value = { value: parts.init(), dispose: parts.options.dispose as Made["dispose"] };
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
