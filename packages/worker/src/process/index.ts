/**
 * Starting workers as processes, for those who look after them. Loads nothing of the worker itself.
 *
 * @packageDocumentation
 */
export { Nanny, type NannyOptions } from "./nanny.js";
export {
  WorkerProcess,
  WorkerStartError,
  spawnWorkerProcess,
  type SpawnWorkerOptions,
  type WorkerProcessEnd,
} from "./worker-process.js";
export type { WorkerStartOptions } from "./messages.js";
