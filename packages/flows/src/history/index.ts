/**
 * The history of flow runs, without the engine that makes it: quick to load for who only reads.
 *
 * @packageDocumentation
 */
export { STATE_TYPES, isFinal, type StateType } from "../state/state-type.js";
export { HistorySink, type HistorySinkOptions } from "./history-sink.js";
export { historyFile } from "./process-history.js";
export { HistoryReader } from "./reader/history-reader.js";
export type { Changes, FlowRunQuery, TaskRunQuery } from "./reader/history-reader.js";
export type { LogCursor, LogPage, LogQuery } from "./reader/log-pages.js";
export type { ArtifactRecord, FlowRunRecord, LogRecord, StateRecord, TaskRunRecord } from "./records.js";
export type { Json, LogLevel, RunEvent, RunEventSink } from "./run-event.js";
export {
  AmbiguousRunError,
  ArtifactError,
  HistoryDamagedError,
  HistoryUnavailableError,
  HistoryVersionError,
  NoHistoryError,
  UnknownFlowRunError,
} from "./errors.js";
