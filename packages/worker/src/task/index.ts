/**
 * What code inside a task may use.
 *
 * @example
 * client.submit(async (urls: string[]) => {
 *   const { signal, log, progress } = currentTask();
 *   for (const [i, url] of urls.entries()) {
 *     await fetch(url, { signal });
 *     progress(i + 1, urls.length);
 *   }
 *   log.info("fetched", urls.length);
 * }, urls);
 *
 * @packageDocumentation
 */
export { currentTask, currentWorker, reschedule, secede } from "./current-task.js";
export { taskConnection, vacateSlot, type TaskConnection } from "./connection.js";
export { runControl, type RunControl } from "./run-control.js";
export type { ForcedEnd } from "./runtime.js";
export { perWorker, type PerWorkerOptions, type PerWorkerValue } from "@heddle/closures";
export { assertNotImporting } from "./importing.js";
export { sharedArray, type TypedArrayClass } from "./shared-array.js";
export {
  FinalFailure,
  ImportedProgramError,
  InputMutatedError,
  NativeAddonError,
  NotInTaskError,
  RescheduleRequest,
  TaskCancelledError,
  TaskExitedError,
  TaskOutOfMemoryError,
  TaskTimeoutError,
  ThreadBrokenError,
  ThrownValueError,
} from "./errors.js";
export type { TaskContext, TaskLog, WorkerIdentity } from "./runtime.js";
