/** Options for everything submitted inside a function, also after its awaits. */
import { AsyncLocalStorage } from "node:async_hooks";
import { NO_OPTIONS, mergeOptions, resolveOptions, type ResolvedOptions, type WithOptions } from "./task-options.js";

/** Made on first use: a program that never annotates does not pay for context tracking in each await. */
let storage: AsyncLocalStorage<ResolvedOptions> | undefined;

/**
 * Runs `body`; what it submits, before and after its awaits, has these options, as far as neither it nor an inner `annotate`
 * says otherwise.
 *
 * @returns what `body` returns.
 * @throws InvalidOptionError for options that do not exist; `key` is among them, as keys are for one task.
 *
 * @example
 * await annotate({ priority: 5 }, async () => { ... });
 */
export function annotate<R>(options: Omit<WithOptions, "key">, body: () => R): R {
  const resolved = mergeOptions(annotated(), resolveOptions("annotate", options));
  storage ??= new AsyncLocalStorage();
  return storage.run(resolved, body);
}

/** The options of the enclosing `annotate` calls. */
export function annotated(): ResolvedOptions {
  return storage?.getStore() ?? NO_OPTIONS;
}
