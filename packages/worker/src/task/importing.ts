import { ImportedProgramError } from "./errors.js";
import { taskRuntime } from "./runtime.js";

/**
 * For what only a program, or code inside a task, may do. A file that defines tasks is imported by workers, and what it does at its
 * top level happens there again: a second cluster for each thread, a flow that starts itself.
 *
 * @param what - for the message: "new LocalCluster()"
 * @throws ImportedProgramError on a worker's thread, at the top level of an imported file or outside any task
 */
export function assertNotImporting(what: string): void {
  const runtime = taskRuntime();
  if (runtime === undefined) return;
  const location = runtime.evaluating();
  if (location !== undefined || runtime.current() === undefined) throw new ImportedProgramError(what, location);
}
