import type { RunnerHandle, RunnerTask } from "../task-runner.js";

/** A run that could not be given to the cluster: its function or an argument cannot travel, or there is no cluster any more. */
export class UnsubmittedRun implements RunnerHandle {
  readonly native = undefined;
  readonly #error: unknown;

  constructor(task: RunnerTask, error: unknown) {
    this.#error = error;
    // Not before whoever submitted it has its handle.
    queueMicrotask(() => task.report.settled({ type: "crashed", error }));
  }

  async value(): Promise<never> {
    throw this.#error as Error;
  }

  cancel(): void {
    // It has ended.
  }

  release(): void {
    // There is nothing to let go of.
  }
}
