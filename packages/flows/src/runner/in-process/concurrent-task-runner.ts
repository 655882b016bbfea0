import { InvalidOptionError } from "@heddle/client";
import { RunnerLifecycle } from "../lifecycle.js";
import type { RunnerHandle, RunnerTask, TaskRunner } from "../task-runner.js";
import { LocalExecution } from "./local-execution.js";
import { Places } from "./places.js";

export interface ConcurrentTaskRunnerOptions {
  /** How many runs go on at a time. Default: all that were submitted. */
  readonly limit?: number;
}

/**
 * Runs tasks in the flow's process, beside each other: while one waits for a timer, a file or a server, others run. The default.
 *
 * @throws InvalidOptionError
 */
export class ConcurrentTaskRunner implements TaskRunner {
  readonly name = "ConcurrentTaskRunner";
  readonly concurrency = "concurrent";
  readonly #options: ConcurrentTaskRunnerOptions;
  readonly #lifecycle = new RunnerLifecycle("ConcurrentTaskRunner");
  readonly #places: Places;

  constructor(options: ConcurrentTaskRunnerOptions = {}) {
    const { limit } = options;
    if (limit !== undefined && !(Number.isInteger(limit) && limit > 0))
      throw new InvalidOptionError("new ConcurrentTaskRunner", "limit", "limit must be a whole number from 1");
    this.#options = options;
    this.#places = new Places(limit ?? Infinity, false);
  }

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

  duplicate(): ConcurrentTaskRunner {
    return new ConcurrentTaskRunner(this.#options);
  }
}
