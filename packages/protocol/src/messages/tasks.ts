/** What may be asked of a task beyond its function and arguments. Absent fields have the defaults of docs/api. */
export interface TaskOptions {
  /** Higher runs first. Default 0. */
  readonly priority?: number;
  /** Further attempts after a failed one. Default 0. */
  readonly retries?: number;
  /** Milliseconds from the start of the body, waiting included. Default: no limit. */
  readonly timeout?: number;
  /** Names of the workers that may run it. */
  readonly workers?: readonly string[];
  /** With `workers`: prefer them, but run elsewhere when none of them is there. */
  readonly allowOtherWorkers?: boolean;
  /** Amounts of abstract resources the task occupies while it runs, `{ GPU: 1 }`. */
  readonly resources?: Readonly<Record<string, number>>;
  readonly annotations?: Readonly<Record<string, unknown>>;
  /** Private copies of large typed-array inputs in place of shared views. */
  readonly copyInputs?: boolean;
  /** false: once started it is never started again; a re-run becomes an error. */
  readonly idempotent?: boolean;
  /** Once finished, a run of it only looks up what it has kept itself: with `idempotent: false` too it may be started for that. */
  readonly restores?: boolean;
}

/** Why a task has no result. `error` is the value codec's encoding of the error the user will see, when there is one. */
export interface FailureRecord {
  readonly kind: FailureKind;
  readonly message: string;
  /** A user's own error, or the library's, as encoded by the value codec. */
  readonly error?: Uint8Array;
  /** Key of the task that failed first, when this one only depends on it. */
  readonly origin?: string;
  /** Plain facts for the error class: code, limit, exit code, signal, how each attempt ended. */
  readonly data?: Readonly<Record<string, unknown>>;
}

/**
 * - `error`: the user's code threw.
 * - `timeout`: it ran longer than its `timeout`.
 * - `memory`: its thread's heap was exhausted.
 * - `exited`: its thread ended (process.exit in a task).
 * - `unencodable`: it returned something that cannot travel.
 * - `definition`: its function could not be revived (a package missing on the worker, say).
 * - `inputs`: an input could not be decoded, or was damaged by another task.
 * - `killedWorker`: more workers died running it than `allowedFailures`.
 * - `noWorker`, `lostData`, `conflict`, `internal`, `rerun`: decided by the scheduler.
 */
export type FailureKind =
  | "error"
  | "timeout"
  | "memory"
  | "exited"
  | "unencodable"
  | "definition"
  | "inputs"
  | "killedWorker"
  | "noWorker"
  | "lostData"
  | "conflict"
  | "rerun"
  | "internal";
