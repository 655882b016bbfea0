/** What users want called when runs change: in order, each whatever the ones before it did. */
import { inScope, type RunScope } from "../context/scope.js";
import { inWords } from "../errors/words.js";
import type { LogLevel } from "../history/run-event.js";

type Hook = (...args: never[]) => unknown;

/**
 * Calls hooks one after the other, as code of the run. One that throws is logged. Without a wait when none of them waits.
 */
export function callHooks(
  hooks: readonly Hook[],
  args: readonly unknown[],
  scope: RunScope,
  log: (level: LogLevel, message: string) => void,
): void | Promise<void> {
  for (const [i, hook] of hooks.entries()) {
    const result = callHook(hook, args, scope, log);
    if (result !== undefined) return result.then(() => callHooks(hooks.slice(i + 1), args, scope, log));
  }
}

function callHook(
  hook: Hook,
  args: readonly unknown[],
  scope: RunScope,
  log: (level: LogLevel, message: string) => void,
): undefined | Promise<void> {
  const failed = (error: unknown): void => {
    const what = hook.name === "" ? "a hook" : `the hook ${hook.name}`;
    log("error", `${what} failed: ${error instanceof Error ? (error.stack ?? error.message) : inWords(error)}`);
  };
  try {
    const result: unknown = inScope(scope, () => hook(...(args as never[])));
    if (!(result instanceof Promise)) return undefined;
    return result.then(() => undefined, failed);
  } catch (error) {
    failed(error);
    return undefined;
  }
}
