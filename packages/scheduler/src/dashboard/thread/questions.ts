import { fromPlainError, HeddleError, registerError, type PlainError } from "@heddle/protocol";
import type { SchedulerAnswers, SchedulerQuestion } from "./messages.js";

/** Questions a second, and milliseconds to wait for an answer. */
const RATE = 50;
const PATIENCE = 2_000;

/** The scheduler is asked too much, or has no time to answer: ask again. */
class SchedulerBusyError extends HeddleError {
  readonly status = 503;

  constructor(reason: string) {
    super("HEDDLE_SCHEDULER_BUSY", `the scheduler ${reason}: ask again in a moment`);
  }
}
registerError(SchedulerBusyError);

interface Open {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

/** Asks the scheduler's thread what only its tables know. Never more than it has time for. */
export class Questions {
  readonly #post: (id: number, question: SchedulerQuestion) => void;
  readonly #open = new Map<number, Open>();
  #next = 1;
  #credit = RATE;
  #creditAt = performance.now();

  constructor(post: (id: number, question: SchedulerQuestion) => void) {
    this.#post = post;
  }

  /** @throws SchedulerBusyError */
  ask<Q extends SchedulerQuestion>(question: Q): Promise<SchedulerAnswers[Q["what"]]> {
    const now = performance.now();
    this.#credit = Math.min(RATE, this.#credit + ((now - this.#creditAt) / 1000) * RATE);
    this.#creditAt = now;
    if (this.#credit < 1)
      return Promise.reject(new SchedulerBusyError(`is asked more than ${RATE} questions a second`));
    this.#credit--;
    return new Promise((resolve, reject) => {
      const id = this.#next++;
      const timer = setTimeout(() => {
        this.#open.delete(id);
        reject(new SchedulerBusyError(`has not answered within ${PATIENCE / 1000} s`));
      }, PATIENCE);
      this.#open.set(id, { resolve: resolve as (value: unknown) => void, reject, timer });
      this.#post(id, question);
    });
  }

  answered(id: number, value: unknown): void {
    this.#take(id)?.resolve(value);
  }

  refused(id: number, error: PlainError): void {
    this.#take(id)?.reject(fromPlainError(error));
  }

  close(): void {
    for (const id of [...this.#open.keys()]) this.#take(id)?.reject(new SchedulerBusyError("is closing"));
  }

  #take(id: number): Open | undefined {
    const open = this.#open.get(id);
    if (open === undefined) return undefined;
    this.#open.delete(id);
    clearTimeout(open.timer);
    return open;
  }
}
