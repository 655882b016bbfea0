/**
 * Clusters: a scheduler and its workers, started and looked after from a program.
 *
 * @example
 * ```ts
 * import { LocalCluster } from "heddle";
 *
 * await using cluster = new LocalCluster({ workers: 4 });
 * await cluster.ready;
 * ```
 *
 * @packageDocumentation
 */
export { Cluster, type ClusterLog, type ClusterOptions } from "./cluster.js";
export { LocalCluster, type LocalClusterOptions } from "./local-cluster.js";
export { currentCluster } from "./current.js";
export { askScheduler, type AskOptions } from "./ask-scheduler.js";
export { ClusterClosedError, ClusterFailedError, ClusterNotReadyError, ClusterStartError } from "./errors.js";
export { WorkerThreadError } from "./worker-thread.js";
export type {
  Ending,
  Part,
  Place,
  SchedulerEvents,
  SchedulerPart,
  SchedulerSpec,
  WorkerEvents,
  WorkerSpec,
} from "./spec.js";
