/**
 * The client: submit functions, build graphs, wait for results.
 *
 * ```ts
 * import { Client, LocalCluster, delayed } from "heddle";
 *
 * await using cluster = new LocalCluster({ workers: 2 });
 * await using client = new Client(cluster);
 *
 * const squares = client.map((x: number) => x * x, [1, 2, 3]);
 * console.log(await client.gather(squares)); // [1, 4, 9]
 *
 * const inc = delayed((x: number) => x + 1);
 * const sum = delayed((xs: number[]) => xs.reduce((a, b) => a + b));
 * console.log(await sum([inc(1), inc(2)]).compute()); // 5
 * ```
 *
 * @packageDocumentation
 */
export { Client, type GatherOptions, type RunOptions } from "./client/client.js";
export { Submitter } from "./client/submitter.js";
export type { ClientOptions, ClusterLike } from "./client/endpoint.js";
export { Future, type ResultOptions } from "./client/future.js";
export { asCompleted, CompletionStream } from "./client/as-completed.js";
export { wait, type WaitOptions, type Waited } from "./client/wait.js";
export { getClient } from "./client/get-client.js";
export { currentClient } from "./client/current-client.js";
export type { ScatterOptions } from "./client/scatter.js";
export type { Explanation, StoryLine, TaskInfo, VersionPair, Versions, WorkerInfo } from "./client/reports.js";

export { Delayed } from "./delayed/delayed.js";
export {
  delayed,
  type DelayedFunction,
  type DelayedOptions,
  type DelayedTupleFunction,
} from "./delayed/delayed-function.js";
export { compute } from "./delayed/compute.js";

export { progress, type ProgressOptions, type ProgressStream } from "./diagnostics/progress.js";

export { performanceReport, type PerformanceReportOptions } from "./diagnostics/performance-report.js";

export { annotate } from "./options/annotate.js";
export type { WithOptions } from "./options/task-options.js";
export type { Argument, Arguments, TaskValue, Unwrapped } from "./types.js";

export {
  ClientClosedError,
  ConnectionLostError,
  DashboardRequestError,
  NoClientError,
  NoClusterError,
  NoDashboardError,
  ReportFileError,
} from "./errors/connection.js";
export {
  DataLostError,
  KeyConflictError,
  KilledWorkerError,
  NoWorkerError,
  RerunRefusedError,
  TaskFailedError,
  UnencodableResultError,
  UnknownKeyError,
  WaitTimeoutError,
} from "./errors/tasks.js";
export {
  ArgumentsTooLargeError,
  CyclicGraphError,
  DelayedUseError,
  ForeignFutureError,
  GraphTooLargeError,
  InvalidArgumentError,
  InvalidOptionError,
  ReleasedFutureError,
} from "./errors/usage.js";

export { ClientCore } from "./core/client-core.js";
export type { ClientEvent, ClientInstruction, DataRows, GraphChunk, TaskStatus } from "./core/events.js";
