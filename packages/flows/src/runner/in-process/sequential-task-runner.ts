import { RunnerLifecycle } from "../lifecycle.js";
import type { RunnerHandle, RunnerTask, TaskRunner } from "../task-runner.js";
import { LocalExecution } from "./local-execution.js";
import { Places } from "./places.js";

/** Runs tasks in the flow's process, one after the other, in the order in which they were submitted. */
export class SequentialTaskRunner implements TaskRunner {
  readonly name = "SequentialTaskRunner";
  readonly concurrency = "sequential";
  readonly #lifecycle = new RunnerLifecycle("SequentialTaskRunner");
  readonly #places = new Places(1, true);

  async start(): Promise<void> {
    this.#lifecycle.start();
  }

  submit(run: RunnerTask): RunnerHandle {
    this.#lifecycle.assertStarted();
    const execution = new LocalExecution(run, this.#places);
    this.#places.add(execution);
    return execution;
  }

  async stop(): Promise<void> {
    this.#lifecycle.stop();
    this.#places.cancelAll();
  }

  duplicate(): SequentialTaskRunner {
    return new SequentialTaskRunner();
  }
}
