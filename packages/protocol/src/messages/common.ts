/** A function's code or one of its parts, content-addressed: what `@heddle/closures` captures and revives. */
export interface DefinitionRecord {
  /** sha256 of `bytes`, hexadecimal. Every receiver computes it again. */
  readonly hash: string;
  readonly bytes: Uint8Array;
  /** Hashes of the definitions this one refers to. */
  readonly needs: readonly string[];
}

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

/** An error of the library as plain data: in refusals and answers, where no value codec is at work. */
export interface PlainError {
  readonly name: string;
  readonly code: string;
  readonly message: string;
  readonly fields?: Readonly<Record<string, unknown>>;
}

/** JSON-like data that message headers carry. */
export type Plain = null | boolean | number | string | readonly Plain[] | { readonly [key: string]: Plain } | undefined;

/** Definition indices of what every worker knows without being told. Indices from {@link FIRST_DEFINITION} are the scheduler's. */
export const Builtin = {
  /** `(value) => value`: data, and lists of tasks. */
  identity: 0,
  /** `(object, name) => object[name]`. */
  attribute: 1,
  /** `(object, name, ...args) => object[name](...args)`. */
  method: 2,
} as const;
export const FIRST_DEFINITION = 16;

/** How a submission names a builtin in its table of functions. */
export const BUILTIN_PREFIX = "builtin:";
export type BuiltinName = keyof typeof Builtin;
