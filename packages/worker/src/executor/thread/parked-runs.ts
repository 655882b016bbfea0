import type { Reporter } from "./reporter.js";
import type { TaskRun } from "./task-run.js";

/** Runs that have given the thread back while they wait. */
export class ParkedRuns {
  readonly #bySlot = new Map<number, TaskRun>();
  readonly #reporter: Reporter;
  /** Many are over before the next turn of the event loop: only the others are worth telling. */
  #untold: TaskRun[] = [];

  constructor(reporter: Reporter) {
    this.#reporter = reporter;
  }

  get size(): number {
    return this.#bySlot.size;
  }

  get(slot: number): TaskRun | undefined {
    return this.#bySlot.get(slot);
  }

  add(run: TaskRun): void {
    this.#bySlot.set(run.slot, run);
    if (this.#untold.push(run) === 1) setImmediate(this.#tell);
  }

  /** @returns false when the run was over already */
  end(run: TaskRun): boolean {
    if (run.isOver) return false;
    run.isOver = true;
    return this.#bySlot.delete(run.slot);
  }

  readonly #tell = (): void => {
    const runs = this.#untold;
    this.#untold = [];
    for (const run of runs) if (!run.isOver) this.#reporter.parked(run.slot);
    this.#reporter.wake();
  };
}

/** Milliseconds that this thread's event loop has been at work. */
export function activeMilliseconds(): number {
  return performance.eventLoopUtilization().active;
}
