/**
 * Flows and tasks with swappable task runners.
 *
 * @packageDocumentation
 */
export { STATE_TYPES, isFinal, type StateType } from "./state/state-type.js";
export type {
  RunnerContext,
  RunnerHandle,
  RunnerTask,
  RunOutcome,
  RunReport,
  StopReason,
  TaskRunIdentity,
  TaskRunner,
} from "./runner/task-runner.js";
export type { ResultStore, StoreDescription } from "./results/result-store.js";
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
export type {
  CacheContext,
  CachingPolicy,
  CallPolicy,
  Parameters,
  RetryCondition,
  TaskCall,
  TaskInfo,
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
