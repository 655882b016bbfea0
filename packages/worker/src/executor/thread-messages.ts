/**
 * What crosses between the control thread and an executor thread beside the rings: whatever is rare, or cannot be bytes (shared
 * buffers). Posted on a port of their own, so that either side can also take them at once, without returning to its event
 * loop.
 */
import type { DefinitionRecord, FailureRecord } from "@heddle/protocol/values";
import type { MessagePort } from "node:worker_threads";
import type { WorkerIdentity } from "../task/runtime.js";

/** Kinds of the records in the ring to a thread. */
export const ToThread = {
  /** Payload: a batch frame whose inputs have no buffers. */
  batch: 1,
  /** Payload: a batch frame; the buffers are in the next {@link BatchMessage}. */
  sharingBatch: 2,
  /** The frame is too long for the ring: it is in the next {@link BatchMessage} too. */
  longBatch: 3,
  /** i32 tasks whose results need not be retained. In the ring, because the same tasks may run again in a batch after it. */
  forget: 4,
} as const;

/** Kinds of the records in the ring from a thread. */
export const FromThread = {
  /** {@link FINISHED_BYTES} of fields, then the head of the encoded result. */
  finished: 1,
  /** i32 slot. */
  parked: 2,
  /** i32 slot, i32 one of {@link Left}. */
  seceded: 3,
  /** i32 task, i32 stream (1 stdout, 2 stderr), UTF-8. */
  output: 4,
  /** f64 milliseconds, i32 slot: the run may take no longer, from now. */
  limit: 5,
  /** i32 bytes of the topic, i32 one if it must not be left out, the topic as UTF-8, the events. */
  publish: 6,
  /** {@link PRINTED_BYTES} of fields, the task's key as UTF-8, the line as UTF-8. */
  printed: 7,
} as const;

/** How a run stands to its slot. */
export const Left = {
  /** It waits for other tasks, or has stopped waiting. */
  back: 0,
  vacated: 1,
  /** It asks for a thread of its own; answered by `alone`. */
  forGood: 2,
} as const;

/**
 * Fields of a finished record. Doubles: 0 startedAt. Int32: 2 slot, 3 microseconds busy, 4 microseconds waited, 5 length of the
 * head, 6 number of buffers, 7 one if the head is in the {@link ResultMessage}, 8 microseconds of decoding.
 */
export const FINISHED_BYTES = 40;

/** Fields of a printed record: f64 milliseconds since the epoch, i32 index of the level, i32 bytes of the key (0: of no task). */
export const PRINTED_BYTES = 16;

export type MessageToThread =
  | typeof WAKE
  | BatchMessage
  | { readonly op: "define"; readonly definitions: readonly (DefinitionRecord & { readonly index: number })[] }
  | { readonly op: "undefine"; readonly hashes: readonly string[] }
  /** Abort the signal of the run in `slot`; answered by the number of the probe in shared memory. */
  | { readonly op: "stop"; readonly slot: number; readonly expired: boolean; readonly probe: number }
  | { readonly op: "collect"; readonly major: boolean }
  | { readonly op: "call"; readonly id: number; readonly hash: string; readonly args: Uint8Array }
  | { readonly op: "identify"; readonly worker: WorkerIdentity }
  /** Somebody shows what is printed. @param perSecond - lines, of this thread */
  | { readonly op: "listen"; readonly perSecond: number }
  /** The run in `slot` has the thread for itself from now on. */
  | { readonly op: "alone"; readonly slot: number }
  /** Shared memory that nobody uses any more: results of exactly its size may be made in it. */
  | { readonly op: "recycle"; readonly buffers: readonly SharedArrayBuffer[] }
  /** Run the disposers of perWorker values; answered by `closed`. */
  | { readonly op: "close" };

export interface BatchMessage {
  readonly op: "batch";
  readonly frame?: Uint8Array;
  readonly buffers: readonly Uint8Array[];
  /** Numbers by which `released` will name the buffers. */
  readonly leases: readonly number[];
}

export interface ResultMessage {
  readonly op: "result";
  readonly head?: Uint8Array;
  readonly buffers: readonly Uint8Array[];
  /** Numbers by which `released` will name the buffers: negative, to tell them from those of the control thread. */
  readonly leases: readonly number[];
}

/** How a run failed: a failure record, in a slot. */
export interface SlotFailure extends FailureRecord {
  readonly slot: number;
  readonly startedAt: number;
  readonly busy: number;
  readonly waited?: number;
  readonly decoded?: number;
  readonly started: boolean;
  readonly reschedule?: boolean;
  readonly isFinal?: boolean;
}

export type MessageFromThread =
  | typeof WAKE
  /** The thread has started, and may be given work. */
  | { readonly op: "ready" }
  /** It has loaded what it needs, and can work. */
  | { readonly op: "loaded" }
  | ResultMessage
  | { readonly op: "failed"; readonly failure: SlotFailure }
  | { readonly op: "returned"; readonly id: number; readonly ok: boolean; readonly bytes: Uint8Array }
  | { readonly op: "progress"; readonly task: number; readonly done: number; readonly total: number }
  /** The thread has no reference to these buffers any more. */
  | { readonly op: "released"; readonly leases: readonly number[] }
  /** It has failed, not a task, and ends. @param slot - of the run it was about; -1: none */
  | { readonly op: "broken"; readonly slot: number; readonly message: string }
  | { readonly op: "closed" };

/** Nothing but: look at your ring. */
export const WAKE = 0;

/** What a thread is started with. */
export interface ThreadData {
  readonly port: MessagePort;
  readonly inbox: SharedArrayBuffer;
  readonly outbox: SharedArrayBuffer;
  readonly slots: SharedArrayBuffer;
  readonly worker: WorkerIdentity;
  /** Where bare imports of tasks are resolved from. */
  readonly baseDir: string;
  /** Where files that travel with functions go. Default: a temporary folder of the thread's own. */
  readonly worldDir?: string;
  /** Where packages that travel with functions go, for all threads of the worker. Default: in `worldDir`. */
  readonly packagesDir?: string;
  /** File descriptor for the output of tasks, in frames of output-frames.ts; absent: through the ring. */
  readonly outputFd?: number;
  /** Compare the whole of every shared input after each run, not a sample. */
  readonly validate: boolean;
}
