/**
 * What goes into a worker's core and what comes out of it. The core has no socket, timer, thread or clock: the shell feeds it
 * events with the time they happened, and performs the instructions it returns, in order.
 */
import type {
  CallFunction,
  Column,
  DefineOnWorker,
  RunFailure,
  SchedulerToWorker,
  WorkerToScheduler,
} from "@heddle/protocol";
import type { ExecuteBatch, FinishedRuns, StoppedTimes } from "../executor/interface.js";

/** Whatever an executor thread reports names its runs by ticket (in `runs`), which the core drew in its `execute` instruction. */
export type WorkerEvent =
  /** The scheduler's welcome. `rejoining`: the hello named an earlier epoch, so the scheduler waits for `present`. */
  | { readonly type: "connected"; readonly index: number; readonly epoch: string; readonly rejoining: boolean }
  | { readonly type: "disconnected" }
  | { readonly type: "message"; readonly message: SchedulerToWorker }
  | { readonly type: "threadsReady" }
  | { readonly type: "finished"; readonly batch: FinishedRuns }
  | { readonly type: "failed"; readonly thread: number; readonly failures: readonly RunFailure[] }
  /** Absent `times`: none had begun. */
  | {
      readonly type: "stopped";
      readonly thread: number;
      readonly tasks: Int32Array;
      readonly runs: Int32Array;
      readonly times?: StoppedTimes;
    }
  | {
      readonly type: "parked" | "seceded";
      readonly thread: number;
      readonly tasks: Int32Array;
      readonly runs: Int32Array;
      readonly away: Uint8Array;
    }
  /** These have been running for a while. */
  | { readonly type: "begun"; readonly tasks: Int32Array; readonly runs: Int32Array; readonly startedAt: Float64Array }
  | { readonly type: "replaced"; readonly thread: number; readonly tasks: Int32Array; readonly runs: Int32Array }
  /** Runs of an `execute` instruction that could not be handed over, because an input could not be read (`lost` came first). */
  | { readonly type: "unsent"; readonly tasks: Int32Array; readonly runs: Int32Array }
  | { readonly type: "revoked"; readonly runs: Int32Array; readonly granted: Uint8Array }
  | { readonly type: "returned"; readonly id: number; readonly ok: boolean; readonly bytes: Uint8Array }
  /** A peer's answer: what it had and what it had not. */
  | {
      readonly type: "fetched";
      readonly gather: number;
      readonly tasks: Int32Array;
      readonly nbytes: Float64Array;
      readonly absent: Int32Array;
    }
  | { readonly type: "fetchBusy"; readonly gather: number; readonly retryAfter: number }
  | { readonly type: "fetchFailed"; readonly gather: number; readonly reason: string }
  /** Values that a client put here; they are in the store already. */
  | {
      readonly type: "put";
      readonly tasks: Int32Array;
      readonly nbytes: Float64Array;
      readonly keyLengths: Column;
      readonly keys: Uint8Array;
    }
  /** Values that the store no longer has: their file cannot be read, say. */
  | { readonly type: "lost"; readonly tasks: Int32Array }
  | { readonly type: "memory"; readonly status: "running" | "paused"; readonly reason: string }
  /** At the time of `WorkerCore.deadline`, or later. */
  | { readonly type: "tick" };

/** An {@link ExecuteBatch} whose inputs are named, not yet taken from the store. */
export type ExecuteColumns = Omit<ExecuteBatch, "inputs"> & { readonly inputs: Int32Array };

export type WorkerInstruction =
  | { readonly to: "scheduler"; readonly message: WorkerToScheduler }
  /** Rows of a thread's report (null: all) under `ids`, a column as long as the batch. */
  | {
      readonly to: "store";
      readonly action: "keep";
      readonly batch: FinishedRuns;
      readonly rows: Int32Array | null;
      readonly ids: Int32Array;
      /** Belongs to what stands aside. */
      readonly aside: boolean;
    }
  /** Buffers of results that are not kept. */
  | { readonly to: "store"; readonly action: "discard"; readonly buffers: readonly Uint8Array[] }
  /** Of what a peer answered, keep these. */
  | { readonly to: "store"; readonly action: "accept"; readonly gather: number; readonly tasks: Int32Array }
  | { readonly to: "store"; readonly action: "drop"; readonly tasks: Int32Array }
  /** Ids belong to the scheduler's epoch: everything held goes out of their way until `adopt`. */
  | { readonly to: "store"; readonly action: "setAside" }
  /** What was set aside and is not named here is dropped. */
  | { readonly to: "store"; readonly action: "adopt"; readonly from: Int32Array; readonly ids: Int32Array }
  | { readonly to: "threads"; readonly action: "define"; readonly definitions: DefineOnWorker["definitions"] }
  | { readonly to: "threads"; readonly action: "undefine"; readonly hashes: readonly string[] }
  | { readonly to: "threads"; readonly action: "execute"; readonly thread: number; readonly batch: ExecuteColumns }
  | {
      readonly to: "threads";
      readonly action: "cancel";
      readonly thread: number;
      readonly tasks: Int32Array;
      readonly runs: Int32Array;
      readonly force: boolean;
    }
  /** Answered by a `revoked` event. */
  | {
      readonly to: "threads";
      readonly action: "revoke";
      readonly thread: number;
      readonly tasks: Int32Array;
      readonly runs: Int32Array;
    }
  | { readonly to: "threads"; readonly action: "forget"; readonly thread: number; readonly tasks: Int32Array }
  | { readonly to: "threads"; readonly action: "call"; readonly call: CallFunction }
  | {
      readonly to: "peers";
      readonly action: "fetch";
      readonly gather: number;
      readonly peer: number;
      readonly address: string;
      readonly tasks: Int32Array;
    }
  /** The peer has left: nobody waits for this any more. */
  | { readonly to: "peers"; readonly action: "abandon"; readonly gather: number }
  | { readonly to: "shell"; readonly action: "watch"; readonly interval: number }
  | { readonly to: "shell"; readonly action: "listen" }
  | { readonly to: "shell"; readonly action: "stop"; readonly restart: boolean; readonly reason: string };

/** Settings of the core; times in milliseconds, sizes in bytes. */
export interface WorkerCoreSettings {
  readonly threads: number;
  readonly resources: Readonly<Record<string, number>>;
  /** Tasks that wait without a thread, per thread. */
  readonly asyncPerThread: number;
  /** Work sent ahead to a thread, in microseconds of expected time. */
  readonly windowMicros: number;
  /** Runs a thread is given at most, whatever they are expected to take. */
  readonly windowRuns: number;
  /** Bytes asked of one peer in one request. */
  readonly gatherBytes: number;
  /** Bytes on their way here from all peers together; a single larger value is fetched alone. */
  readonly incomingBytes: number;
  /** Peers that are asked at the same time. */
  readonly gathers: number;
  /** Transitions remembered for `story`. */
  readonly journal: number;
  /** Checks every invariant after each event, and throws where one does not hold. */
  readonly validate: boolean;
}

export const DEFAULT_CORE_SETTINGS: Omit<WorkerCoreSettings, "threads"> = {
  resources: {},
  asyncPerThread: 256,
  windowMicros: 3_000,
  windowRuns: 256,
  gatherBytes: 50e6,
  incomingBytes: 100e6,
  gathers: 50,
  journal: 16_384,
  validate: false,
};
