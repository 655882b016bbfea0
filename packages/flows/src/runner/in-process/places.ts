/** Which executions of a runner go on, and when: so many at a time, first submitted, first served. */
import { setImmediate } from "node:timers";
import type { ExecutionQueue, LocalExecution } from "./local-execution.js";

/** Milliseconds of starting runs in a row before the event loop has its turn. */
const SLICE = 5;

export class Places implements ExecutionQueue {
  readonly #limit: number;
  readonly #keepsWhilePaused: boolean;
  #waiting: (LocalExecution | undefined)[] = [];
  /** Index of the next one in `waiting`. */
  #head = 0;
  #taken = 0;
  #isQueued = false;
  readonly #running = new Set<LocalExecution>();

  /** @param keepsWhilePaused - an execution that waits for its retry keeps its place */
  constructor(limit: number, keepsWhilePaused: boolean) {
    this.#limit = limit;
    this.#keepsWhilePaused = keepsWhilePaused;
  }

  add(execution: LocalExecution): void {
    this.#waiting.push(execution);
    if (this.#isQueued || this.#taken >= this.#limit) return;
    this.#isQueued = true;
    queueMicrotask(this.#fill);
  }

  /** Runs it now, beside the limit. */
  addAtOnce(execution: LocalExecution): void {
    this.#taken++;
    this.#running.add(execution);
    execution.proceed();
  }

  paused(execution: LocalExecution): void {
    if (!this.#keepsWhilePaused) this.#leave(execution);
  }

  ready(execution: LocalExecution): void {
    if (this.#keepsWhilePaused) execution.proceed();
    else this.add(execution);
  }

  over(execution: LocalExecution): void {
    this.#leave(execution);
  }

  /** Cancels all there are, waiting or running. */
  cancelAll(): void {
    for (const execution of [...this.#running, ...this.#waiting.slice(this.#head)]) execution?.cancel();
  }

  #leave(execution: LocalExecution): void {
    if (!this.#running.delete(execution)) return;
    this.#taken--;
    if (this.#isQueued || this.#head === this.#waiting.length) return;
    this.#isQueued = true;
    queueMicrotask(this.#fill);
  }

  readonly #fill = (): void => {
    const end = performance.now() + SLICE;
    while (this.#head < this.#waiting.length && this.#taken < this.#limit) {
      if (performance.now() > end) {
        setImmediate(this.#fill);
        return;
      }
      const execution = this.#waiting[this.#head]!;
      this.#waiting[this.#head++] = undefined;
      if (execution.isOver) continue;
      this.addAtOnce(execution);
    }
    this.#isQueued = false;
    if (this.#head === this.#waiting.length) {
      this.#waiting = [];
      this.#head = 0;
    }
  };
}
