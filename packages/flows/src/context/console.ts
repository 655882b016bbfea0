/** `console.*` of code inside runs, for the runs' logs. It is printed as ever. */
import { format } from "node:util";
import type { LogLevel } from "../history/run-event.js";
import { currentScope } from "./scope.js";

const LEVELS: Readonly<Record<"debug" | "log" | "info" | "warn" | "error", LogLevel>> = {
  debug: "debug",
  log: "info",
  info: "info",
  warn: "warn",
  error: "error",
};
type Method = keyof typeof LEVELS;

let users = 0;
const replaced = new Map<Method, { readonly original: Console[Method]; readonly ours: Console[Method] }>();

/** Until the function returned is called. Somebody else's replacement of a console method, made meanwhile, is left in place. */
export function captureConsole(): () => void {
  if (users++ === 0) for (const method of Object.keys(LEVELS) as Method[]) replace(method);
  let isOver = false;
  return () => {
    if (isOver) return;
    isOver = true;
    if (--users === 0) restore();
  };
}

function replace(method: Method): void {
  // Called as a method again.
  // eslint-disable-next-line @typescript-eslint/unbound-method
  const original = console[method];
  if (replaced.get(method)?.ours === original) return;
  const level = LEVELS[method];
  const ours = (...parts: unknown[]): void => {
    original.apply(console, parts);
    if (users === 0) return;
    const scope = currentScope();
    if (scope?.logPrints === true) scope.log(level, format(...parts));
  };
  console[method] = ours;
  replaced.set(method, { original, ours });
}

function restore(): void {
  for (const [method, { original, ours }] of replaced) {
    if (console[method] !== ours) continue;
    console[method] = original;
    replaced.delete(method);
  }
}
