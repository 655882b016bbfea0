import { capture } from "./capture/capture.js";
import { markPerWorker, type PerWorkerOptions, type PerWorkerValue } from "./per-worker-values.js";

/**
 * A value that every executor thread of a worker makes for itself on first use and then keeps: a database pool, a compiled
 * schema, a loaded model. What counts is the initialiser, its code and what it captures, so a call inside a task gives the
 * same value each time the task runs.
 *
 * @param init captured like any function, and called at most once per thread
 * @returns a function that gives the value; outside of tasks it makes one for this process
 */
export function perWorker<T>(init: () => T, options: PerWorkerOptions<T> = {}): PerWorkerValue<T> {
  return markPerWorker({ init, options }, () => capture(init).token) as PerWorkerValue<T>;
}
