/** Errors of tasks that the scheduler decides on. Those that happen while a task runs come from the worker, as they are. */
import { HeddleError, registerError } from "@heddle/protocol";

/** More workers ended while they ran the task than `allowedFailures`. `deaths` says how each of them did. */
export class KilledWorkerError extends HeddleError {
  constructor(
    message: string,
    readonly deaths: readonly string[],
  ) {
    super("HEDDLE_KILLED_WORKER", message);
  }
}

/** No worker that may run it, or hold the data, is there. */
export class NoWorkerError extends HeddleError {
  constructor(message: string) {
    super("HEDDLE_NO_WORKER", message);
  }
}

/** Data that cannot be computed again is gone: a scattered value whose last holder died, or an input that was released. */
export class DataLostError extends HeddleError {
  constructor(message: string) {
    super("HEDDLE_DATA_LOST", message);
  }
}

/** The key is in use for another function or other arguments. */
export class KeyConflictError extends HeddleError {
  constructor(message: string) {
    super("HEDDLE_KEY_CONFLICT", message);
  }
}

/** A task with `idempotent: false` would have to run a second time. */
export class RerunRefusedError extends HeddleError {
  constructor(message: string) {
    super("HEDDLE_RERUN_REFUSED", message);
  }
}

/** A task returned something that cannot travel. */
export class UnencodableResultError extends HeddleError {
  constructor(message: string) {
    super("HEDDLE_RESULT_NOT_ENCODABLE", message);
  }
}

/** A failure of the task that has no class of its own. `kind` is what the worker or scheduler called it. */
export class TaskFailedError extends HeddleError {
  constructor(
    readonly kind: string,
    message: string,
  ) {
    super("HEDDLE_TASK_FAILED", message);
  }
}

/** A result was not there within the `timeout` of the call. The task goes on. */
export class WaitTimeoutError extends HeddleError {
  constructor(
    what: string,
    /** Milliseconds. */
    readonly timeout: number,
  ) {
    super("HEDDLE_WAIT_TIMEOUT", `${what} did not happen within ${timeout} ms; the tasks go on`);
  }
}

/** The scheduler knows no task of this key. */
export class UnknownKeyError extends HeddleError {
  constructor(message: string) {
    super("HEDDLE_UNKNOWN_KEY", message);
  }
}

for (const type of [
  KilledWorkerError,
  NoWorkerError,
  DataLostError,
  KeyConflictError,
  RerunRefusedError,
  UnencodableResultError,
  TaskFailedError,
  WaitTimeoutError,
  UnknownKeyError,
])
  registerError(type);
