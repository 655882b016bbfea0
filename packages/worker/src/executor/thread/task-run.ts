import { TaskCancelledError, TaskTimeoutError } from "../../task/errors.js";
import { RunFlag } from "@heddle/protocol/values";
import type { ForcedEnd, RunningTask, TaskContext, TaskLog } from "../../task/runtime.js";
import type { Batch } from "../batch-frame.js";
import { SlotState, type RunSlots } from "../run-slots.js";
import type { InputGuard } from "./input-guard.js";

/** What runs need of their thread. */
export interface RunHost {
  readonly slots: RunSlots;
  readonly log: TaskLog;
  workerName(): string;
  progress(task: number, done: number, total: number): void;
}

/**
 * A run that may need an identity: it is asynchronous, or asked for `currentTask()`. (Most are neither, and never become an
 * object.)
 */
export class TaskRun implements RunningTask {
  readonly id: number;
  readonly slot: number;
  readonly #host: RunHost;
  #context: Context | undefined;
  /** Milliseconds, `performance.now()`. */
  startedAt = 0;
  /** Milliseconds on the thread before it was parked. */
  busy = 0;
  /** Milliseconds of that which went into decoding. */
  decoded = 0;
  /** Milliseconds that the event loop had been at work when it was parked, without those of runs. */
  parkedAt = 0;
  /** It has ended, or was disowned: what its promise still gives is dropped. */
  isOver = false;
  guard: InputGuard | undefined;
  /** Times it waits for other tasks at this moment. */
  waits = 0;
  /** Milliseconds that it said itself it may take. */
  limit: number | undefined;
  output: RunningTask["output"];

  constructor(
    host: RunHost,
    readonly batch: Batch,
    readonly row: number,
  ) {
    this.#host = host;
    this.id = batch.task(row);
    this.slot = batch.slot(row);
  }

  get forcedEnd(): ForcedEnd | undefined {
    const flags = this.batch.flags(this.row);
    if ((flags & RunFlag.afterTimeout) !== 0) return "timeout";
    return (flags & RunFlag.afterDeath) !== 0 ? "death" : undefined;
  }

  get isAgain(): boolean {
    return (this.batch.flags(this.row) & RunFlag.again) !== 0;
  }

  get context(): TaskContext {
    return (this.#context ??= new Context(this.#host, this));
  }

  /** Tells a task that listens to its signal. */
  stop(expired: boolean): void {
    this.#context?.abort(expired);
  }
}

class Context implements TaskContext {
  readonly #host: RunHost;
  readonly #run: TaskRun;
  readonly #batch: Batch;
  readonly #row: number;
  #key: string | undefined;
  #controller: AbortController | undefined;

  constructor(host: RunHost, run: TaskRun) {
    this.#host = host;
    this.#run = run;
    this.#batch = run.batch;
    this.#row = run.row;
  }

  get key(): string {
    return (this.#key ??= this.#batch.key(this.#row));
  }

  get name(): string {
    const dash = this.key.lastIndexOf("-");
    return dash > 0 ? this.key.slice(0, dash) : this.key;
  }

  get attempt(): number {
    return this.#batch.attempt(this.#row);
  }

  get worker(): string {
    return this.#host.workerName();
  }

  get log(): TaskLog {
    return this.#host.log;
  }

  // Made when first asked for: an AbortController costs more than many a task.
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      pollWhenRead(this.#controller.signal, () => this.#poll());
    }
    this.#poll();
    return this.#controller.signal;
  }

  // Works without its object, as in `const { progress } = currentTask()`.
  readonly progress = (done: number, total: number): void => {
    this.#host.progress(this.#batch.task(this.#row), done, total);
  };

  abort(expired: boolean): void {
    const controller = this.#controller;
    if (controller === undefined || isAborted(controller.signal)) return;
    const limit = this.#run.limit ?? this.#batch.timeout(this.#row);
    controller.abort(expired ? new TaskTimeoutError(limit) : new TaskCancelledError());
  }

  #poll(): void {
    const state = this.#host.slots.state(this.#batch.slot(this.#row));
    if (state === SlotState.cancelled || state === SlotState.expired) this.abort(state === SlotState.expired);
  }
}

const aborted = Object.getOwnPropertyDescriptor(AbortSignal.prototype, "aborted")!;

function isAborted(signal: AbortSignal): boolean {
  return aborted.get!.call(signal) as boolean;
}

/**
 * A loop that never returns to the event loop gets no message: so that it may still see its signal aborted, reading the signal
 * looks into shared memory.
 */
function pollWhenRead(signal: AbortSignal, poll: () => void): void {
  Object.defineProperties(signal, {
    aborted: {
      get: (): boolean => {
        poll();
        return isAborted(signal);
      },
    },
    throwIfAborted: {
      value: (): void => {
        poll();
        if (isAborted(signal)) throw signal.reason;
      },
    },
  });
}
