/** Why a task has no result, as the error its user sees. */
import { restoreErrorClasses, type ErrorClass } from "@heddle/closures";
import { ValueDecoder, type FailureRecord } from "@heddle/protocol";
import { TaskExitedError, TaskOutOfMemoryError, TaskTimeoutError, ThrownValueError } from "@heddle/worker/task";
import {
  DataLostError,
  KeyConflictError,
  KilledWorkerError,
  NoWorkerError,
  RerunRefusedError,
  TaskFailedError,
  UnencodableResultError,
} from "../errors/tasks.js";

/** Errors travel as what every process knows; whose class is known here are made instances of it. */
const decoder = new ValueDecoder();

/** The error of a failed task: what was thrown, where it travelled; else an error of ours for what happened. */
export function errorOf(failure: FailureRecord): Error {
  if (failure.error === undefined) return errorOfKind(failure);
  let error: unknown;
  try {
    error = decoder.decode(failure.error);
  } catch (cause) {
    // Of a class this process does not have, say: what it said is known all the same.
    return Object.assign(errorOfKind(failure), { cause });
  }
  if (!(error instanceof Error)) return new ThrownValueError(error);
  const classes = failure.data?.["classes"];
  if (Array.isArray(classes)) restoreErrorClasses(error, classes as readonly ErrorClass[]);
  return error;
}

function errorOfKind(failure: FailureRecord): Error {
  const { kind, message } = failure;
  const data = failure.data ?? {};
  switch (kind) {
    case "timeout":
      return new TaskTimeoutError(numberIn(data, "timeout"));
    case "memory":
      return new TaskOutOfMemoryError(numberIn(data, "suspects"));
    case "exited":
      return new TaskExitedError(numberIn(data, "exitCode"));
    case "unencodable":
      return new UnencodableResultError(message);
    case "killedWorker":
      return new KilledWorkerError(message, Array.isArray(data["deaths"]) ? data["deaths"].map(String) : []);
    case "noWorker":
      return new NoWorkerError(message);
    case "lostData":
      return new DataLostError(message);
    case "conflict":
      return new KeyConflictError(message);
    case "rerun":
      return new RerunRefusedError(message);
    case "error":
    case "definition":
    case "inputs":
    case "internal":
      return new TaskFailedError(kind, message);
  }
}

function numberIn(data: Readonly<Record<string, unknown>>, field: string): number {
  const value = data[field];
  return typeof value === "number" ? value : 0;
}
