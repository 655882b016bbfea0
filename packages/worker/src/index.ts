/**
 * A worker of a Heddle cluster: it runs tasks on threads, keeps their results, and serves them to its peers and to clients.
 *
 * ```ts
 * import { WorkerServer } from "@heddle/worker";
 *
 * await using worker = new WorkerServer({ address: "ws://127.0.0.1:8786", threads: 2 });
 * await worker.start();
 * console.log(`${worker.name} serves its results at ${worker.address}`);
 * ```
 *
 * @packageDocumentation
 */
export { WorkerServer } from "./server/worker-server.js";
export { WorkerOptionError, type WorkerEnd, type WorkerServerOptions } from "./server/options.js";
export { WorkerCore, type WorkerCounts } from "./core/worker-core.js";
export {
  DEFAULT_CORE_SETTINGS,
  type ExecuteColumns,
  type WorkerCoreSettings,
  type WorkerEvent,
  type WorkerInstruction,
} from "./core/events.js";
export { InvalidTransitionError, WorkerInvariantError } from "./core/errors.js";
export type { Transition } from "./core/journal.js";
export { ExecuteFlag, type FinishedRuns } from "./executor/interface.js";
