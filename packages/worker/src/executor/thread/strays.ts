/** Errors that nobody caught, and calls of process.exit: they concern the task they come from, and no other. */
import type { RunSlots } from "../run-slots.js";
import type { Runner } from "./runner.js";
import type { TaskRun } from "./task-run.js";
import type { PrintOutput } from "./task-output.js";

export function watchStrays(runner: Runner, slots: RunSlots, print: PrintOutput): void {
  const stray = (what: string, error: unknown): void => {
    const run = runner.current();
    if (run !== undefined && runner.failParked(run, error)) return;
    print(run, "stderr", `${what} ${whose(run)}: ${render(error)}\n`, "error");
  };
  process.on("uncaughtException", (error) => stray("uncaught error", error));
  process.on("unhandledRejection", (reason) => stray("unhandled rejection", reason));

  const exit = process.exit.bind(process);
  process.exit = (code?: number | string | null): never => {
    const number = Number(code ?? process.exitCode ?? 0);
    slots.noteExit(runner.current()?.slot ?? -1, Number.isInteger(number) ? number : 1);
    return exit(code);
  };
}

function whose(run: TaskRun | undefined): string {
  return run === undefined ? "in no task" : `of task ${run.context.key}, which has ended`;
}

function render(error: unknown): string {
  try {
    return error instanceof Error ? (error.stack ?? String(error)) : String(error);
  } catch {
    return "(it cannot be shown)";
  }
}
