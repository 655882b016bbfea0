/**
 * Between a worker's control thread and its executor threads. The control thread decides what runs on which thread (the pure
 * core); the pool is the mechanism: it moves batches of columns, ends threads, and reports in batches.
 */
import type { Column, DefinitionRecord, EncodedValue, PrintedLine, RunFailure, TaskOptions } from "@heddle/protocol";
import type { WorkerIdentity } from "../task/runtime.js";

/** Runs for one thread, in the order they should start. */
export interface ExecuteBatch {
  readonly rows: number;
  readonly tasks: Int32Array;
  readonly runs: Int32Array;
  /** Definition index; below FIRST_DEFINITION a builtin. */
  readonly functionOf: Column;
  /** RunFlag bits, plus {@link ExecuteFlag}. */
  readonly flags: Column;
  readonly attempts: Column;
  readonly options: readonly TaskOptions[];
  readonly optionsOf: Column;
  readonly keyLengths: Column;
  readonly keys: Uint8Array;
  readonly argLengths: Column;
  readonly args: Uint8Array;
  readonly depCounts: Column;
  /** Task id of each input. */
  readonly deps: Int32Array;
  /** Row of each input in `inputs`; -1: the result of an earlier run on the same thread, retained there. */
  readonly depInputs: Int32Array;
  readonly inputs: readonly EncodedValue[];
}

/** Flags of a row beyond those of the wire. */
export const ExecuteFlag = {
  /** A later run on this thread takes the result as an input: retain it until {@link ExecutorPool.forget}. */
  retain: 256,
  /** The only consumer of the result is a later row on this thread: it is handed on live, and goes with that row, unless forgotten. */
  handOn: 512,
} as const;

/** Results of one thread, in the order they were made. Buffers are shared memory. */
export interface FinishedRuns {
  readonly thread: number;
  readonly rows: number;
  readonly tasks: Int32Array;
  readonly runs: Int32Array;
  readonly startedAt: Float64Array;
  /** Microseconds on the thread. */
  readonly busy: Int32Array;
  /** Microseconds of waiting without the thread. */
  readonly waited: Column;
  /** Microseconds of `busy` that went into decoding. */
  readonly decoded: Column;
  readonly headLengths: Column;
  readonly heads: Uint8Array;
  readonly bufferCounts: Column;
  readonly buffers: readonly Uint8Array[];
}

/** Of runs that ended without a result: when each began (0: it had not), and microseconds on its thread and without it. */
export interface StoppedTimes {
  readonly startedAt: Float64Array;
  readonly busy: Int32Array;
  readonly waited: Int32Array;
}

export interface ExecutorEvents {
  finished(batch: FinishedRuns): void;
  failed(thread: number, failures: readonly RunFailure[]): void;
  /** Cancelled runs that have ended, or are disowned: their slots are free. */
  stopped(thread: number, tasks: Int32Array, runs: Int32Array, times: StoppedTimes): void;
  /** Runs that began on this thread and now wait without it (1), or hold it again (0); counts against asyncPerThread. */
  parked(thread: number, tasks: Int32Array, runs: Int32Array, away: Uint8Array): void;
  /** Runs that gave up their slot for good (`secede`) or for as long as they wait for futures (1), or took it again (0). */
  seceded(thread: number, tasks: Int32Array, runs: Int32Array, left: Uint8Array): void;
  /**
   * A thread was ended (for a cancelled or timed-out run, or by a crash) and its replacement is ready. Runs that were queued on
   * it or parked on it, through no fault of theirs, have to be placed again on the same attempt. What was retained there is gone.
   */
  replaced(thread: number, tasks: Int32Array, runs: Int32Array): void;
  /** A line, or part of one, that a task wrote to the console. */
  output(task: number, stream: "stdout" | "stderr", text: string): void;
  /** A line that was printed, for whoever shows it; after `listen`. */
  printed?(line: PrintedLine): void;
  /** Answer to `call`. `bytes` is the value or the error, encoded. */
  returned(id: number, ok: boolean, bytes: Uint8Array): void;
  /** These have been running for a while. @param startedAt - milliseconds since the epoch */
  begun?(tasks: Int32Array, runs: Int32Array, startedAt: Float64Array): void;
  /** A task has something to say to whoever listens to the topic. It comes before the report of the task's end. */
  published?(topic: string, events: Uint8Array, mustArrive: boolean): void;
  /** A task says how far it is. */
  progress?(task: number, done: number, total: number): void;
}

export interface ExecutorPool {
  /** Resolves when every thread is ready. */
  start(): Promise<void>;
  readonly threads: number;
  /** By thread: the task of the run that began at least `age` milliseconds ago and is not over, -1 for none, and when it began. */
  executing(age: number): { readonly tasks: Int32Array; readonly startedAt: Float64Array };
  /** The worker has joined a scheduler, and is known by this name from now on. */
  identify(worker: WorkerIdentity): void;
  /** From now on what is printed is also told by `printed`, as far as it is not too much. */
  listen(): void;
  define(definitions: readonly (DefinitionRecord & { readonly index: number })[]): void;
  /** No run needs these any more, nor will before they are defined again. */
  undefine(hashes: readonly string[]): void;
  execute(thread: number, batch: ExecuteBatch): void;
  /** Signal, then after the grace period (`cancelGrace`) the thread; `force`: the thread at once. */
  cancel(thread: number, tasks: Int32Array, runs: Int32Array, force: boolean): void;
  /** Take back runs of a thread's queue that have not begun; synchronous through shared memory where possible, else by `revoked` rows. */
  revoke(thread: number, tasks: Int32Array, runs: Int32Array, answer: (granted: Uint8Array) => void): void;
  /** Results retained on a thread are no longer needed there. */
  forget(thread: number, tasks: Int32Array): void;
  /** client.run: on a spare thread, beside the tasks. */
  call(id: number, functionHash: string, args: Uint8Array): void;
  /** Ask this thread, and those that may hold shared buffers that are gone, for a collection, the threads when they are idle. */
  collect(major: boolean): void;
  /**
   * No value needs these shared buffers any more (they were dropped, or written to disk). Whoever still reads them may finish:
   * they come free, and are used again, when the last reference to them has been collected, on whatever thread.
   */
  retire(buffers: readonly Uint8Array[]): void;
  /** Shared memory of exactly this size, not zeroed: for values that come from peers and clients. */
  allocate(bytes: number): Uint8Array;
  /** Bytes of shared memory that no value needs, but that are not free yet or are kept for reuse: they count as managed. */
  readonly heldBytes: number;
  /** Ends every thread; resolves when done, never waits for a native call. */
  close(): Promise<void>;
}
