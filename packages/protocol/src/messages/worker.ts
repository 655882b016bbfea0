import type { Column } from "./columns.js";
import type { DefinitionRecord } from "./definitions.js";
import type { LinesPrinted } from "./printed.js";
import type { FailureRecord, TaskOptions } from "./tasks.js";
import type { PublishEvents } from "./topics.js";

/**
 * Between scheduler and worker a task is its id: an integer the scheduler never uses again in its epoch. A run id counts
 * dispatches; a report that carries an older one than the task's is refused.
 */
export type SchedulerToWorker =
  | DefineOnWorker
  | UndefineOnWorker
  | ComputeTasks
  | FreeTasks
  | CancelRuns
  | RevokeRuns
  | DataHolders
  | Peers
  | Replicate
  | Adopt
  | CallFunction
  | WatchRuns
  | Listen
  | StopWorker;

export interface DefineOnWorker {
  readonly op: "define";
  /** `index` is what `functionOf` names; -1 for a part that only other definitions refer to. */
  readonly definitions: readonly (DefinitionRecord & { readonly index: number })[];
}

/** No task needs these definitions any more. Should one come that does, they are sent again. */
export interface UndefineOnWorker {
  readonly op: "undefine";
  readonly hashes: readonly string[];
  readonly indices: Int32Array;
}

/** Flags of a row of {@link ComputeTasks}. */
export const RunFlag = {
  /** A client waits for it: a result of at most 4 KiB goes with the report. */
  inline: 1,
  copyInputs: 2,
  notIdempotent: 4,
  /** The attempt before this one was over its timeout. */
  afterTimeout: 8,
  /** The thread of the attempt before this one ended. */
  afterDeath: 16,
  /** It finished before, and its result was lost. */
  again: 32,
} as const;

/**
 * Tasks to run here, best first. Inputs that this worker holds, or that an earlier row (of this or an earlier message) produces
 * here, have holder -1: such a row is in state `assigned` at the scheduler and runs as soon as its inputs are there, without
 * asking.
 */
export interface ComputeTasks {
  readonly op: "compute";
  readonly rows: number;
  readonly tasks: Int32Array;
  readonly runs: Int32Array;
  /** Definition index; below FIRST_DEFINITION a builtin. */
  readonly functionOf: Column;
  readonly flags: Column;
  /** Attempt number, from 1. */
  readonly attempts: Column;
  /** User priority: higher first. */
  readonly priorities: Column;
  /** Place in the order among equal priorities: lower first. */
  readonly orders: Float64Array;
  readonly options: readonly TaskOptions[];
  readonly optionsOf: Column;
  readonly keyLengths: Column;
  readonly keys: Uint8Array;
  readonly argLengths: Column;
  readonly args: Uint8Array;
  readonly depCounts: Column;
  readonly deps: Int32Array;
  /** Worker index of a holder of each input; -1: it is, or will be, here. */
  readonly depHolders: Int32Array;
  readonly depBytes: Float64Array;
}

/** Drop results and forget these tasks. A run still going on is disowned: its result is dropped. */
export interface FreeTasks {
  readonly op: "free";
  readonly tasks: Int32Array;
}

/** Stop these runs: first the signal, after the grace period the thread. Answered by `stopped`. */
export interface CancelRuns {
  readonly op: "cancel";
  readonly tasks: Int32Array;
  readonly runs: Int32Array;
  /** Skip the grace period. */
  readonly force: boolean;
}

/** Give these back unless they have started. Answered by `revoked`; until then the worker owns them. */
export interface RevokeRuns {
  readonly op: "revoke";
  readonly tasks: Int32Array;
  readonly runs: Int32Array;
}

/** Where else to look for inputs reported missing. A task without rows here will be revoked or provided later. */
export interface DataHolders {
  readonly op: "holders";
  readonly tasks: Int32Array;
  readonly holders: Int32Array;
}

export interface PeerRecord {
  readonly index: number;
  readonly name: string;
  readonly host: string;
  readonly address: string;
}

/** The other workers: who came, who left. The first message after the welcome lists them all. */
export interface Peers {
  readonly op: "peers";
  readonly joined: readonly PeerRecord[];
  readonly left: readonly number[];
}

/** Fetch copies of these; each is reported by `added`. */
export interface Replicate {
  readonly op: "replicate";
  readonly tasks: Int32Array;
  readonly holders: Int32Array;
  readonly nbytes: Float64Array;
}

/** Answer to `present`, row by row: the ids these results and runs have from now on. -1: drop it. */
export interface Adopt {
  readonly op: "adopt";
  readonly tasks: Int32Array;
  /** Run ids for the running ones. */
  readonly runs: Int32Array;
}

/** client.run: on a spare thread, beside the tasks. Answered by `returned`. */
export interface CallFunction {
  readonly op: "call";
  readonly id: number;
  /** Hash of a definition that was sent before. */
  readonly function: string;
  readonly args: Uint8Array;
}

/** Somebody looks, or (`interval` 0) nobody does any more: say what executes, in `executing`. */
export interface WatchRuns {
  readonly op: "watch";
  /** Milliseconds between two looks. */
  readonly interval: number;
}

/** Somebody shows what tasks print: send it, in `printed`, for as long as this connection lasts. */
export interface Listen {
  readonly op: "listen";
}

export interface StopWorker {
  readonly op: "stop";
  readonly reason: string;
  /** true: drop everything, begin with fresh threads and join again. */
  readonly restart: boolean;
}

export type WorkerToScheduler =
  | RunsFinished
  | RunsFailed
  | RunsStopped
  | RunsRevoked
  | RunsSeceded
  | RunsBegun
  | RunsExecuting
  | PublishEvents
  | LinesPrinted
  | DataMissing
  | DataAdded
  | DataDropped
  | Present
  | Heartbeat
  | WorkerStatus
  | Returned;

export interface RunsFinished {
  readonly op: "finished";
  readonly tasks: Int32Array;
  readonly runs: Int32Array;
  readonly nbytes: Float64Array;
  /** Milliseconds since the epoch, by this worker's clock. */
  readonly startedAt: Float64Array;
  /** Microseconds on the thread. */
  readonly busy: Int32Array;
  /** Microseconds of waiting without the thread. */
  readonly waited: Column;
  /** Microseconds before the start in which its thread stood idle and nothing but inputs from other workers was missing. */
  readonly fetched: Column;
  /** Microseconds of `busy`, at its beginning, that went into decoding inputs and large arguments, and into reviving the function. */
  readonly decoded: Column;
  readonly threads: Column;
  /** -1: not inline. */
  readonly inlineLengths: Column;
  readonly inline: Uint8Array;
}

export interface RunFailure extends FailureRecord {
  readonly task: number;
  readonly run: number;
  readonly startedAt: number;
  readonly busy: number;
  /** As in {@link RunsFinished}; absent: 0. */
  readonly waited?: number;
  readonly fetched?: number;
  readonly decoded?: number;
  /** false: it never began (an input could not be decoded, its function not revived). */
  readonly started: boolean;
  /** Which of the worker's threads it was on. */
  readonly thread?: number;
  /** true: the task asked to be run somewhere else (`reschedule()`); not a failure. */
  readonly reschedule?: boolean;
  /** true: the task said that no further attempt may follow, however many are left. */
  readonly isFinal?: boolean;
}

export interface RunsFailed {
  readonly op: "failed";
  readonly failures: readonly RunFailure[];
}

/** Cancelled runs have ended, or are disowned: their slots are free. So have runs that were freed after they had begun. */
export interface RunsStopped {
  readonly op: "stopped";
  readonly tasks: Int32Array;
  readonly runs: Int32Array;
  /** As in {@link RunsFinished}; 0: it had not begun. */
  readonly startedAt: Float64Array;
  readonly busy: Int32Array;
  readonly waited: Int32Array;
  readonly threads: Int32Array;
}

export interface RunsRevoked {
  readonly op: "revoked";
  readonly tasks: Int32Array;
  readonly runs: Int32Array;
  /** 1: given back; 0: started, finished or unknown. */
  readonly granted: Uint8Array;
}

/** These gave up their slot (secede, or waiting for their own futures) or took it again. */
export interface RunsSeceded {
  readonly op: "seceded";
  readonly tasks: Int32Array;
  readonly runs: Int32Array;
  /** 1: left its slot; 0: is back in one. */
  readonly left: Uint8Array;
}

/** These have been running for a while. Runs that take less are never mentioned, so that short ones cost nothing. */
export interface RunsBegun {
  readonly op: "begun";
  readonly tasks: Int32Array;
  readonly runs: Int32Array;
  readonly threads: Column;
  /** Milliseconds since the epoch, by this worker's clock. */
  readonly startedAt: Float64Array;
}

/** What each thread executes that began a moment ago or longer: one row a thread. Sent while it is watched, when it has changed. */
export interface RunsExecuting {
  readonly op: "executing";
  /** -1: nothing. */
  readonly tasks: Int32Array;
  /** Milliseconds since the epoch, by this worker's clock; 0 for nothing. */
  readonly startedAt: Float64Array;
}

/** Inputs that `holders` did not have or could not be reached for. */
export interface DataMissing {
  readonly op: "missing";
  readonly tasks: Int32Array;
  readonly holders: Int32Array;
}

/** Copies that this worker holds now. */
export interface DataAdded {
  readonly op: "added";
  readonly tasks: Int32Array;
  readonly nbytes: Float64Array;
}

/** Results that this worker no longer holds (damaged, or lost with their file). */
export interface DataDropped {
  readonly op: "dropped";
  readonly tasks: Int32Array;
}

/** After joining a scheduler again: what this worker holds, then what it is running. */
export interface Present {
  readonly op: "present";
  readonly held: number;
  readonly running: number;
  readonly keyLengths: Column;
  readonly keys: Uint8Array;
  /** Ids they had; meaningful when the epoch is still the same. */
  readonly tasks: Int32Array;
  readonly runs: Int32Array;
  readonly nbytes: Float64Array;
}

export interface Heartbeat {
  readonly op: "heartbeat";
  /** Milliseconds since the epoch, by this worker's clock. */
  readonly time: number;
  /** Resident set of the process, bytes. */
  readonly rss: number;
  /** Bytes of results held in memory, and on disk. */
  readonly managed: number;
  readonly spilled: number;
  /** Fraction of one core, since the last. */
  readonly cpu: number;
  readonly executing: number;
  readonly ready: number;
  readonly fetching: number;
  readonly sentBytes: number;
  readonly receivedBytes: number;
  /** Bytes a second from each peer measured since the last: [worker index, bytes/s]. */
  readonly bandwidth: readonly (readonly [number, number])[];
  /** Bytes fetched from each peer since the last: [worker index, bytes]. */
  readonly fetched: readonly (readonly [number, number])[];
}

export interface WorkerStatus {
  readonly op: "status";
  readonly status: "running" | "paused" | "closing";
  readonly reason: string;
}

export interface Returned {
  readonly op: "returned";
  readonly id: number;
  readonly ok: boolean;
  /** The value, or the error, by the value codec. */
  readonly bytes: Uint8Array;
}
