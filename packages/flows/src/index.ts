/**
 * Flows and tasks with swappable task runners.
 *
 * @packageDocumentation
 */
export { STATE_TYPES, isFinal, type StateType } from "./state/state-type.js";
export type {
  AcquireLease,
  RunnerContext,
  RunnerHandle,
  RunnerTask,
  RunOutcome,
  RunReport,
  StopReason,
  TaskRunIdentity,
  TaskRunner,
} from "./runner/task-runner.js";
export type { EnvironmentReference, ResultStore, StoreDescription } from "./results/result-store.js";
export { ResultKeeper, deleteResult, keeperFor, loadResult, readResult } from "./results/result-keeper.js";
export { localStoreWarning } from "./results/reachability.js";
export {
  homeStore,
  openStore,
  registerStore,
  storeFromText,
  type StoreFactory,
} from "./results/stores/store-registry.js";
export { HttpStorage, type HttpStorageOptions } from "./results/stores/http-storage.js";
export { LocalStorage, type LocalStorageOptions } from "./results/stores/local-storage.js";
export { MemoryStorage } from "./results/stores/memory-storage.js";
export { RedisStorage, type RedisStorageOptions } from "./results/stores/redis-storage.js";
export { S3Storage, type S3Credentials, type S3StorageOptions } from "./results/stores/s3-storage.js";
export { compressed } from "./results/serializers/compressed.js";
export { registerSerializer } from "./results/serializers/serializer-registry.js";
export { CachePolicy, INPUTS, RUN_ID, SOURCE, type CacheKeyFunction } from "./results/caching/cache-policy.js";
export {
  CacheKeyError,
  CompressionUnavailableError,
  CorruptResultError,
  InvalidStorageKeyError,
  InvalidStoreError,
  PeerMissingError,
  ResultNotFoundError,
  ResultNotSerializableError,
  StorageError,
  StorageKeyTemplateError,
  UnknownSerializerError,
  type StorageErrorCode,
} from "./results/errors.js";
export type {
  CacheHit,
  InlineResult,
  KeeperDescription,
  LoadedResult,
  ResultOrigin,
  StoredBlob,
  StoredResult,
} from "./results/stored-result.js";
export type {
  CompressedDescription,
  CompressionMethod,
  Serializer,
  SerializerDescription,
} from "./results/serializers/serializer.js";
export type { Json, LogLevel, RunEvent, RunEventSink } from "./history/run-event.js";
export { HistorySink, type HistorySinkOptions } from "./history/history-sink.js";
export { historyFile, processHistory } from "./history/process-history.js";
export { HistoryReader } from "./history/reader/history-reader.js";
export type { Changes, FlowRunQuery, TaskRunQuery } from "./history/reader/history-reader.js";
export type { LogCursor, LogPage, LogQuery } from "./history/reader/log-pages.js";
export type { ArtifactRecord, FlowRunRecord, LogRecord, StateRecord, TaskRunRecord } from "./history/records.js";
export {
  AmbiguousRunError,
  ArtifactError,
  HistoryDamagedError,
  HistoryUnavailableError,
  HistoryVersionError,
  NoHistoryError,
  UnknownFlowRunError,
} from "./history/errors.js";
export type {
  CacheContext,
  CachingPolicy,
  CallPolicy,
  RunParameters,
  RetryCondition,
  TaskCall,
  TaskIdentity,
} from "./task/task-call.js";
export { executeAttempt, type AttemptResult, type AttemptResults, type AttemptScope } from "./task/attempt.js";
export { Cancelled, Completed, Crashed, Failed, State } from "./state/state.js";
export type { HandMade, StateDetails, StateParts, StateResultOptions } from "./state/state.js";
export {
  CancelledRunError,
  CrashedRunError,
  FailedRunError,
  MissingResultError,
  UnfinishedRunError,
} from "./errors/runs.js";
export { FutureReturnedError } from "./errors/tasks.js";
export {
  FlowDepthError,
  FlowRunEndedError,
  MapLengthError,
  NotInRunError,
  RunnerStateError,
  UnnamedFunctionError,
} from "./errors/usage.js";
export { FlowParametersError, FlowTimeoutError, type ParameterIssue } from "./errors/flows.js";
export { concurrency, type ConcurrencyLimit, type Slot } from "./concurrency/concurrency.js";
export { callTask, mapTask, redefineTask, submitTask, task, type Task, type TaskOf } from "./task/task.js";
export type { TaskCallOptions, TaskHook, TaskOptions } from "./task/task-options.js";
export { callFlow, flow, redefineFlow, submitFlow, type Flow, type FlowOf } from "./flow/flow.js";
export type { FlowHook, FlowIdentity, FlowOptions, FlowRunIdentity } from "./flow/flow-options.js";
export type { SchemaIssue, SchemaResult, StandardSchema } from "./flow/standard-schema.js";
export { TaskFuture, type FutureResultOptions, type FutureWaitOptions } from "./future/task-future.js";
export { FailureAllowed, Quoted, Unmapped, allowFailure, quote, unmapped } from "./arguments/marks.js";
export { exponentialBackoff, type RetryDelay, type RetryDelays } from "./options/retry-options.js";
export type { ResultStorage } from "./options/result-options.js";
export { artifact, type ArtifactOptions } from "./context/artifact.js";
export { log, type RunLog } from "./context/log.js";
export { runContext, type RunContext } from "./context/run-context.js";
export { addRunEventSink } from "./engine/event-stream.js";
export { ConcurrentTaskRunner, type ConcurrentTaskRunnerOptions } from "./runner/in-process/concurrent-task-runner.js";
export { ClusterTaskRunner } from "./runner/cluster/cluster-task-runner.js";
export type { ClusterTaskRunnerOptions } from "./runner/cluster/options.js";
export { SequentialTaskRunner } from "./runner/in-process/sequential-task-runner.js";
export { RunnerLifecycle } from "./runner/lifecycle.js";
export type { FlowValue, MapArgument, MapArguments, RunArgument, RunArguments } from "./types.js";
