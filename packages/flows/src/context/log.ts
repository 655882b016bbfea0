import { format } from "node:util";
import { NotInRunError } from "../errors/usage.js";
import type { LogLevel } from "../history/run-event.js";
import { currentScope, type RunScope } from "./scope.js";
import { printLine } from "./terminal.js";

/** Lines for the log of the run that the code calling belongs to, formatted as `console.log` does. */
export interface RunLog {
  debug(...parts: unknown[]): void;
  info(...parts: unknown[]): void;
  warn(...parts: unknown[]): void;
  error(...parts: unknown[]): void;
}

/**
 * Writes to the log of the current flow run or task run: to the terminal (`debug` not), the run history and the dashboard. Each method
 * throws NotInRunError outside a run.
 *
 * @example
 * log.info("read", rows.length, "rows");
 */
export const log: RunLog = {
  debug: (...parts) => write("debug", parts),
  info: (...parts) => write("info", parts),
  warn: (...parts) => write("warn", parts),
  error: (...parts) => write("error", parts),
};

function write(level: LogLevel, parts: readonly unknown[]): void {
  const scope = currentScope();
  if (scope === undefined) throw new NotInRunError(`log.${level}()`, "a run: call it in a flow or task");
  const message = format(...parts);
  // On a worker whoever carries the line to the flow's process has it printed there.
  if (level !== "debug" && (scope.kind === "flow" || scope.worker === undefined))
    printLine(level, nameOf(scope), message);
  scope.log(level, message);
}

function nameOf(scope: RunScope): string {
  return scope.kind === "flow" ? `${scope.flow}, ${scope.name}` : scope.run.name;
}
