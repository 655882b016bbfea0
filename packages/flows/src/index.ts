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
export type { CallPolicy, CachingPolicy, TaskCall } from "./task/task-call.js";
