import type { Column } from "./columns.js";
import type { DefinitionRecord } from "./definitions.js";
import type { Plain, PlainError } from "./plain.js";
import type { AcquireLease, LeaseGranted, ReleaseLease } from "./leases.js";
import type { FailureRecord, TaskOptions } from "./tasks.js";
import type { EventsPublished, PublishEvents, SubscribeTopics, UnsubscribeTopics } from "./topics.js";

/**
 * A client numbers its tasks itself: task numbers are dense, ascend, and are never used again, also across reconnects. They
 * name tasks on this connection only; the scheduler maps them to its own.
 */
export type ClientToScheduler =
  | DefineFunctions
  | ForgetFunctions
  | SubmitTasks
  | WantTasks
  | UnwantTasks
  | CancelTasks
  | RetryTasks
  | AddData
  | Synced
  | Ask
  | PublishEvents
  | SubscribeTopics
  | UnsubscribeTopics
  | AcquireLease
  | ReleaseLease
  | Goodbye;

/** Definitions, before the first submission that uses them. Sending one twice is harmless. */
export interface DefineFunctions {
  readonly op: "define";
  readonly definitions: readonly DefinitionRecord[];
}

/** This client will not name these again without sending them again. */
export interface ForgetFunctions {
  readonly op: "forget";
  readonly hashes: readonly string[];
}

/**
 * A chunk of a graph as columns. Tasks of a chunk depend only on tasks of lower numbers, in this or an earlier chunk. Chunks of
 * one graph are sent in order; tasks whose dependents have not arrived yet are kept until the last chunk is there.
 */
export interface SubmitTasks {
  readonly op: "submit";
  /** Number of the graph among this client's. */
  readonly graph: number;
  /** Tasks in the whole graph: their places in the order are reserved together. */
  readonly graphSize: number;
  readonly last: boolean;
  /**
   * true: only what a wanted task still needs is run (a client that came back sends its graphs again like this); false: every
   * task is known to be needed and is started at once.
   */
  readonly lazy: boolean;
  /** Number of the first task; the others follow. */
  readonly first: number;
  readonly rows: number;
  /** Definition hashes, or "builtin:<name>". */
  readonly functions: readonly string[];
  readonly functionOf: Column;
  readonly groups: readonly string[];
  readonly groupOf: Column;
  readonly options: readonly TaskOptions[];
  /** Index into `options`, -1 for none. */
  readonly optionsOf: Column;
  readonly keyLengths: Column;
  /** UTF-8. */
  readonly keys: Uint8Array;
  /** The arguments as one array, by the value codec; dependency i of the row stands in it as dependency i. */
  readonly argLengths: Column;
  readonly args: Uint8Array;
  readonly depCounts: Column;
  /** Task numbers of this client. */
  readonly deps: Int32Array;
  /** 1 where the client holds a future on it. */
  readonly wanted: Column;
}

/** The client holds a future on these from now on. */
export interface WantTasks {
  readonly op: "want";
  readonly tasks: Int32Array;
}

export interface UnwantTasks {
  readonly op: "unwant";
  readonly tasks: Int32Array;
}

/** Stop these; `force` disregards other clients' interest and the grace period. */
export interface CancelTasks {
  readonly op: "cancel";
  readonly tasks: Int32Array;
  readonly force: boolean;
}

/** Erred tasks, and the erred tasks they rest on, run again. */
export interface RetryTasks {
  readonly op: "retry";
  readonly tasks: Int32Array;
}

/** Values that the client has put on workers itself (scatter), now to be known by their keys. */
export interface AddData {
  readonly op: "addData";
  readonly first: number;
  readonly rows: number;
  readonly keyLengths: Column;
  readonly keys: Uint8Array;
  /** Ids the scheduler reserved for them: what the workers know them by. -1: reserved by an earlier scheduler; the key tells. */
  readonly ids: Int32Array;
  readonly nbytes: Float64Array;
  readonly holderCounts: Column;
  /** Worker indices. */
  readonly holders: Int32Array;
}

/** After a reconnect: everything this client still holds has been sent again; its earlier wants may go. */
export interface Synced {
  readonly op: "synced";
}

/** A question or command with one answer. */
export interface Ask {
  readonly op: "ask";
  readonly id: number;
  readonly what: Question;
}

export type Question =
  | { readonly what: "identity" }
  | { readonly what: "workers" }
  | { readonly what: "versions" }
  /** Ids, worker indices and data addresses of the holders: how to fetch results. */
  | { readonly what: "locate"; readonly tasks: readonly number[] }
  | { readonly what: "whoHas"; readonly keys: readonly string[] | null }
  | { readonly what: "nbytes"; readonly keys: readonly string[] | null }
  | { readonly what: "tasks"; readonly state: string | null; readonly limit: number }
  | { readonly what: "story"; readonly key: string }
  | { readonly what: "explain"; readonly key: string }
  /** n fresh task ids for scattered data, and the workers to put them on. */
  | { readonly what: "reserve"; readonly count: number; readonly workers: readonly string[] | null }
  /** Run a function on every worker (or those named), beside their tasks. */
  | {
      readonly what: "run";
      readonly function: string;
      readonly args: Uint8Array;
      readonly workers: readonly string[] | null;
    }
  /** Every worker process drops everything and starts its threads afresh; all tasks are cancelled. */
  | { readonly what: "restart" }
  | { readonly what: "cancelKeys"; readonly keys: readonly string[]; readonly force: boolean }
  | { readonly what: "retireWorkers"; readonly workers: readonly string[] }
  | { readonly what: "fireAndForget"; readonly tasks: readonly number[] }
  | { readonly what: "shutdown" };

/** An orderly end: what only this client wants goes at once, without the grace period. */
export interface Goodbye {
  readonly op: "goodbye";
}

export type SchedulerToClient =
  | TasksFinished
  | TasksErred
  | TasksPending
  | TasksCancelled
  | TasksLost
  | TasksBegun
  | GraphAccepted
  | Answer
  | EventsPublished
  | LeaseGranted
  | ClusterEvent;

/** Results are in memory. Small ones come along. */
export interface TasksFinished {
  readonly op: "finished";
  readonly tasks: Int32Array;
  readonly nbytes: Float64Array;
  /** When the run that made the result began, milliseconds since the epoch by its worker's clock; 0: not known any more. */
  readonly startedAt: Float64Array;
  /** Microseconds from there to its end, waiting included. */
  readonly took: Float64Array;
  /** Index of a worker that holds the result. */
  readonly workers: Column;
  /** -1: not inline. */
  readonly inlineLengths: Column;
  readonly inline: Uint8Array;
}

export interface TasksErred {
  readonly op: "erred";
  readonly tasks: Int32Array;
  readonly failures: readonly FailureRecord[];
  readonly failureOf: Column;
}

/** No longer finished or erred: their results were lost and are computed again, or they are retried. */
export interface TasksPending {
  readonly op: "pending";
  readonly tasks: Int32Array;
}

export interface TasksCancelled {
  readonly op: "cancelled";
  readonly tasks: Int32Array;
}

/** These have been running for a while: short ones are never mentioned. */
export interface TasksBegun {
  readonly op: "begun";
  readonly tasks: Int32Array;
  /** Milliseconds since the epoch, by the worker's clock. */
  readonly startedAt: Float64Array;
  /** Worker indices. */
  readonly workers: Column;
}

/** Scattered data whose last holder is gone: it cannot be computed again. */
export interface TasksLost {
  readonly op: "lost";
  readonly tasks: Int32Array;
}

/** The last chunk of a graph of several is there. */
export interface GraphAccepted {
  readonly op: "accepted";
  readonly graph: number;
}

export interface Answer {
  readonly op: "answer";
  readonly id: number;
  readonly error?: PlainError;
  readonly value?: Plain;
  /** Results of `run`: encoded values by worker name. */
  readonly values?: Readonly<Record<string, { ok: boolean; bytes: Uint8Array }>>;
}

/** Workers that came or went, and messages of the cluster for a person to read. */
export interface ClusterEvent {
  readonly op: "event";
  readonly topic: "workers" | "warning" | "restarted" | "closing";
  readonly data: Plain;
}

/** What `locate` answers, task by task in the order asked; null where the task is not in memory. */
export type Location = {
  readonly id: number;
  readonly nbytes: number;
  readonly holders: readonly { index: number; address: string }[];
} | null;
