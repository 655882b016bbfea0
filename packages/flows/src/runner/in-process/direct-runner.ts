import type { RunnerHandle, RunnerTask, TaskRunner } from "../task-runner.js";
import { LocalExecution } from "./local-execution.js";
import { Places } from "./places.js";

/** What direct calls run on, whatever the flow's runner is: in the flow's process, from the moment of the call. */
export class DirectRunner implements TaskRunner {
  readonly name = "direct";
  readonly concurrency = "concurrent";
  readonly #places = new Places(Infinity, false);

  async start(): Promise<void> {}

  submit(run: RunnerTask): RunnerHandle {
    const execution = new LocalExecution(run, this.#places);
    this.#places.addAtOnce(execution);
    return execution;
  }

  async stop(): Promise<void> {
    this.#places.cancelAll();
  }

  duplicate(): DirectRunner {
    return new DirectRunner();
  }
}
