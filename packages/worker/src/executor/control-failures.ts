/** Failures that the control thread states itself, because the thread of the run cannot. */
import { ValueEncoder, type FailureKind, type RunFailure } from "@heddle/protocol/values";
import { TaskExitedError, ThreadBrokenError, TaskOutOfMemoryError, TaskTimeoutError } from "../task/errors.js";

/** Where and when it happened. */
export interface RunFacts {
  readonly task: number;
  readonly run: number;
  /** Milliseconds since the epoch, 0 when the body had not begun. */
  readonly startedAt: number;
  /** Microseconds. */
  readonly busy: number;
}

const encoder = new ValueEncoder({ outOfBandBytes: Infinity });

export function timeoutFailure(facts: RunFacts, timeout: number): RunFailure {
  return failure("timeout", facts, new TaskTimeoutError(timeout), { timeout });
}

/** @param suspects - ids of the tasks that were on the thread */
export function memoryFailure(facts: RunFacts, suspects: readonly number[]): RunFailure {
  return failure("memory", facts, new TaskOutOfMemoryError(suspects.length), { suspects: [...suspects] });
}

export function exitFailure(facts: RunFacts, exitCode: number, cause: Error | undefined): RunFailure {
  return failure("exited", facts, new TaskExitedError(exitCode, cause === undefined ? undefined : { cause }), {
    exitCode,
  });
}

export function brokenFailure(facts: RunFacts, message: string): RunFailure {
  return failure("internal", facts, new ThreadBrokenError(message), {});
}

function failure(kind: FailureKind, facts: RunFacts, error: Error, data: Record<string, unknown>): RunFailure {
  const message = `${error.name}: ${error.message}`;
  // Where the control thread was when it stated this tells nobody anything.
  error.stack = message;
  return {
    ...facts,
    kind,
    message,
    error: encoded(error),
    data,
    started: facts.startedAt > 0,
  };
}

function encoded(error: Error): Uint8Array {
  try {
    return encoder.encode(error).head;
  } catch {
    // The cause is what a task threw, and need not be able to travel.
    error.cause = undefined;
    return encoder.encode(error).head;
  }
}
