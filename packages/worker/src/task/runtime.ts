/**
 * The door between what tasks call (`currentTask()`, `secede()`, ...) and the executor thread they run on. It hangs on the
 * global object, so that it is found as well by a second copy of this package that a user's module brings along.
 */

/** A worker as its tasks know it. */
export interface WorkerIdentity {
  readonly name: string;
  /** Where peers and clients fetch its results. */
  readonly address: string;
  /** The scheduler it belongs to; absent while it has none. */
  readonly scheduler?: { readonly address: string; readonly token?: string };
}

/** Writes lines to the worker's output, marked with the task that wrote them. */
export interface TaskLog {
  debug(...parts: unknown[]): void;
  info(...parts: unknown[]): void;
  warn(...parts: unknown[]): void;
  error(...parts: unknown[]): void;
}

/** The task that is running. */
export interface TaskContext {
  readonly key: string;
  /** The key without its last part: `inc` of `inc-7f3a9c01`. */
  readonly name: string;
  /** From 1. */
  readonly attempt: number;
  /** Name of the worker. */
  readonly worker: string;
  /**
   * Aborted when the task is cancelled or over its timeout; some time later its thread is ended. `signal.aborted` is up to date
   * even in a loop that never awaits.
   */
  readonly signal: AbortSignal;
  readonly log: TaskLog;
  /** Tells the cluster how far the task is. */
  readonly progress: (done: number, total: number) => void;
}

/** What the runtime needs to know of a task beyond what the task itself may see. */
export interface RunningTask {
  readonly context: TaskContext;
  /** Id by which scheduler and worker know the task. */
  readonly id: number;
  /** Gets what the run prints, in place of the worker's output. */
  output: ((stream: "stdout" | "stderr", text: string) => void) | undefined;
  /** See {@link RunControl}. */
  readonly forcedEnd: ForcedEnd | undefined;
  /** See {@link RunControl}. */
  readonly isAgain: boolean;
}

/** Why an attempt did not end by itself: it was over its timeout, or its thread ended. */
export type ForcedEnd = "timeout" | "death";

export interface TaskRuntime {
  readonly worker: WorkerIdentity;
  /** Undefined between tasks, and for code that no task started. */
  current(): RunningTask | undefined;
  secede(task: RunningTask): Promise<void>;
  /** The task waits for other tasks from now on, and needs no slot meanwhile; the function ends that. */
  vacateSlot(task: RunningTask): () => void;
  /** See {@link RunControl}. */
  limitTime(task: RunningTask, milliseconds: number): void;
  publish(topic: string, events: Uint8Array, mustArrive: boolean): void;
  /** Bytes of events that may be published at once. */
  readonly maxEvents: number;
  /** Position, in the client's source, of the imported file whose top level is running at this moment. */
  evaluating(): string | undefined;
  /** Zeroed memory of exactly this size. */
  allocateShared(bytes: number): SharedArrayBuffer;
}

const RUNTIME = Symbol.for("heddle.task.runtime");
const holder = globalThis as { [RUNTIME]?: TaskRuntime };

/** Undefined outside an executor thread. */
export function taskRuntime(): TaskRuntime | undefined {
  return holder[RUNTIME];
}

/** Called once, when an executor thread starts. */
export function installTaskRuntime(runtime: TaskRuntime): void {
  holder[RUNTIME] = runtime;
}
