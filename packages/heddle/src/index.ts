/**
 * Heddle: task graphs over processes and machines, for Node.js.
 *
 * @example
 * ```ts
 * import { Client, LocalCluster, delayed } from "heddle";
 *
 * await using cluster = new LocalCluster({ workers: 4 });
 * await using client = new Client(cluster);
 *
 * // Any function, run on any worker.
 * const squares = client.map((x: number) => x * x, [1, 2, 3]);
 * console.log(await client.gather(squares)); // [1, 4, 9]
 *
 * // A graph of them: nothing runs before it is asked for.
 * const inc = delayed((x: number) => x + 1);
 * const sum = delayed((xs: number[]) => xs.reduce((a, b) => a + b));
 * console.log(await sum([inc(1), inc(2)]).compute()); // 5
 * ```
 *
 * @packageDocumentation
 */

// Clusters
export { Cluster, LocalCluster, currentCluster } from "@heddle/client/cluster";
export type { ClusterLog, ClusterOptions, LocalClusterOptions } from "@heddle/client/cluster";
export type {
  Ending,
  Part,
  Place,
  SchedulerEvents,
  SchedulerPart,
  SchedulerSpec,
  WorkerEvents,
  WorkerSpec,
} from "@heddle/client/cluster";

// Client and futures
export {
  Client,
  CompletionStream,
  Future,
  Submitter,
  annotate,
  asCompleted,
  currentClient,
  performanceReport,
  progress,
  wait,
} from "@heddle/client";
export type {
  Argument,
  Arguments,
  ClientOptions,
  ClusterLike,
  Explanation,
  GatherOptions,
  PerformanceReportOptions,
  ProgressOptions,
  ProgressStream,
  ResultOptions,
  RunOptions,
  ScatterOptions,
  StoryLine,
  TaskInfo,
  TaskStatus,
  TaskValue,
  Unwrapped,
  VersionPair,
  Versions,
  WaitOptions,
  Waited,
  WithOptions,
  WorkerInfo,
} from "@heddle/client";

// Delayed graphs
export { Delayed, compute, delayed } from "@heddle/client";
export type { DelayedFunction, DelayedOptions, DelayedTupleFunction } from "@heddle/client";

// Flows and tasks
export {
  Cancelled,
  ClusterTaskRunner,
  Completed,
  ConcurrentTaskRunner,
  Crashed,
  Failed,
  RunnerLifecycle,
  STATE_TYPES,
  SequentialTaskRunner,
  State,
  TaskFuture,
  addRunEventSink,
  allowFailure,
  artifact,
  concurrency,
  exponentialBackoff,
  flow,
  isFinal,
  log,
  quote,
  runContext,
  task,
  unmapped,
} from "@heddle/flows";
export type {
  ArtifactOptions,
  CacheContext,
  ClusterTaskRunnerOptions,
  ConcurrencyLimit,
  Slot,
  ConcurrentTaskRunnerOptions,
  Flow,
  FlowHook,
  FlowIdentity,
  FlowOf,
  FlowOptions,
  FlowRunIdentity,
  FlowValue,
  FutureResultOptions,
  FutureWaitOptions,
  HandMade,
  LogLevel,
  ParameterIssue,
  ResultStorage,
  RetryCondition,
  RetryDelay,
  RunContext,
  RunOutcome,
  RunReport,
  RunnerContext,
  RunnerHandle,
  RunnerTask,
  RunEvent,
  RunEventSink,
  RunLog,
  RunParameters,
  StandardSchema,
  StateDetails,
  StateParts,
  StateResultOptions,
  StateType,
  StopReason,
  Task,
  TaskCall,
  TaskCallOptions,
  TaskHook,
  TaskIdentity,
  TaskOf,
  TaskOptions,
  TaskRunIdentity,
  TaskRunner,
} from "@heddle/flows";

// Run history
export { HistoryReader } from "@heddle/flows";
export type {
  ArtifactRecord,
  FlowRunQuery,
  FlowRunRecord,
  LogPage,
  LogQuery,
  LogRecord,
  StateRecord,
  TaskRunQuery,
  TaskRunRecord,
} from "@heddle/flows";

// Results that are kept, and found again
export {
  CachePolicy,
  HttpStorage,
  INPUTS,
  LocalStorage,
  MemoryStorage,
  RUN_ID,
  RedisStorage,
  S3Storage,
  SOURCE,
  compressed,
  loadResult,
  openStore,
  registerSerializer,
  registerStore,
} from "@heddle/flows";
export type {
  CacheKeyFunction,
  CompressedDescription,
  CompressionMethod,
  EnvironmentReference,
  HttpStorageOptions,
  LocalStorageOptions,
  RedisStorageOptions,
  ResultStore,
  S3Credentials,
  S3StorageOptions,
  Serializer,
  SerializerDescription,
  StorageErrorCode,
  StoreDescription,
  StoreFactory,
  StoredResult,
} from "@heddle/flows";

// Inside a task
export { getClient } from "@heddle/client";
export { currentTask, perWorker, reschedule, secede, sharedArray } from "@heddle/worker/task";
export type { PerWorkerOptions, PerWorkerValue, TaskContext, TaskLog, TypedArrayClass } from "@heddle/worker/task";

// Settings, durations and sizes
export { CATALOGUE, Settings, loadSettings, parseDuration, parseSize } from "@heddle/protocol";
export type {
  Duration,
  SettingPath,
  SettingSource,
  SettingValue,
  SettingsInput,
  Size,
  TlsOptions,
} from "@heddle/protocol";

// Errors; docs/errors.md lists them by code
export {
  AmbiguousRunError,
  ArtifactError,
  CacheKeyError,
  CancelledRunError,
  CompressionUnavailableError,
  CorruptResultError,
  CrashedRunError,
  FailedRunError,
  FlowDepthError,
  FlowParametersError,
  FlowRunEndedError,
  FlowTimeoutError,
  FutureReturnedError,
  HistoryDamagedError,
  HistoryUnavailableError,
  HistoryVersionError,
  InvalidStorageKeyError,
  InvalidStoreError,
  MapLengthError,
  MissingResultError,
  NoHistoryError,
  NotInRunError,
  PeerMissingError,
  ResultNotFoundError,
  ResultNotSerializableError,
  RunnerStateError,
  StorageError,
  StorageKeyTemplateError,
  UnfinishedRunError,
  UnknownFlowRunError,
  UnknownSerializerError,
  UnnamedFunctionError,
} from "@heddle/flows";
export {
  CodecError,
  HeddleError,
  InvalidSettingError,
  ProtocolVersionError,
  QuantityError,
  RefusedError,
  SchedulerUnreachableError,
  UnauthorizedError,
  UnknownSettingError,
} from "@heddle/protocol";
export {
  ClusterClosedError,
  ClusterFailedError,
  ClusterNotReadyError,
  ClusterStartError,
  WorkerThreadError,
} from "@heddle/client/cluster";
export {
  ArgumentsTooLargeError,
  ClientClosedError,
  ConnectionLostError,
  CyclicGraphError,
  DataLostError,
  DelayedUseError,
  ForeignFutureError,
  GraphTooLargeError,
  InvalidArgumentError,
  InvalidOptionError,
  KeyConflictError,
  KilledWorkerError,
  NoClientError,
  NoClusterError,
  NoDashboardError,
  ReportFileError,
  DashboardRequestError,
  NoWorkerError,
  ReleasedFutureError,
  RerunRefusedError,
  TaskFailedError,
  UnencodableResultError,
  UnknownKeyError,
  WaitTimeoutError,
} from "@heddle/client";
export {
  ImportedProgramError,
  InputMutatedError,
  NativeAddonError,
  NotInTaskError,
  TaskCancelledError,
  TaskExitedError,
  TaskOutOfMemoryError,
  TaskTimeoutError,
  ThreadBrokenError,
  ThrownValueError,
} from "@heddle/worker/task";
export {
  DefinitionCorruptError,
  DefinitionMissingError,
  ExportMissingError,
  FunctionNotSerializableError,
  InspectorUnavailableError,
  ModuleNotPortableError,
  PackageNotInstalledError,
  PackageNotShippableError,
  RequiredFileNotSentError,
} from "@heddle/closures";
export { ListenError, PortInUseError, SchedulerStartError } from "@heddle/scheduler/process";
export { WorkerStartError } from "@heddle/worker/process";
