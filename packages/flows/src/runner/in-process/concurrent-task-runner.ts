import { InvalidOptionError } from "@heddle/client";
import type { RunEventSink } from "../../history/run-event.js";
import { RunnerLifecycle } from "../lifecycle.js";
import type { AcquireLease, RunnerContext, RunnerHandle, RunnerTask, StopReason, TaskRunner } from "../task-runner.js";
import { LocalExecution } from "./local-execution.js";
import { Places } from "./places.js";
import { forThreads, threadRunner, wantsThread } from "./threads.js";

export interface ConcurrentTaskRunnerOptions {
  /** How many runs go on at a time in the flow's process, beside those on threads. Default: all that were submitted. */
  readonly limit?: number;
  /**
   * Threads for tasks whose functions are not async: they compute beside each other, can be stopped by a timeout or a cancel, and see
   * copies of what they use from around them, as on a cluster. Default: none.
   */
  readonly threads?: number;
}

/**
 * Runs tasks in the flow's process, beside each other: while one waits for a timer, a file or a server, others run. The default.
 *
 * @throws InvalidOptionError
 */
export class ConcurrentTaskRunner implements TaskRunner {
  readonly name = "ConcurrentTaskRunner";
  readonly concurrency: "concurrent" | "parallel";
  readonly #options: ConcurrentTaskRunnerOptions;
  readonly #lifecycle = new RunnerLifecycle("ConcurrentTaskRunner");
  readonly #places: Places;
  /** From start on, where threads are asked for. */
  #threads: TaskRunner | undefined;

  constructor(options: ConcurrentTaskRunnerOptions = {}) {
    for (const option of ["limit", "threads"] as const) {
      const value = options[option];
      if (value !== undefined && !(Number.isInteger(value) && value > 0))
        throw new InvalidOptionError("new ConcurrentTaskRunner", option, `${option} must be a whole number from 1`);
    }
    this.#options = options;
    this.concurrency = options.threads === undefined ? "concurrent" : "parallel";
    this.#places = new Places(options.limit ?? Infinity, false);
  }

  async start(context: RunnerContext): Promise<void> {
    this.#lifecycle.start();
    if (this.#options.threads === undefined) return;
    const threads = await threadRunner(this.#options.threads);
    await threads.start(context);
    this.#threads = threads;
  }

  submit(run: RunnerTask): RunnerHandle {
    this.#lifecycle.assertStarted();
    if (this.#threads !== undefined && wantsThread(run)) return this.#threads.submit(forThreads(run));
    const execution = new LocalExecution(run, this.#places);
    this.#places.add(execution);
    return execution;
  }

  async stop(reason: StopReason): Promise<void> {
    if (!this.#lifecycle.stop()) return;
    this.#places.cancelAll();
    await this.#threads?.stop(reason);
  }

  duplicate(): ConcurrentTaskRunner {
    return new ConcurrentTaskRunner(this.#options);
  }

  get events(): RunEventSink | undefined {
    return this.#threads?.events;
  }

  /** Tasks on threads ask their cluster for leases: so must the others, or the same name would be counted twice. */
  get acquire(): AcquireLease | undefined {
    return this.#threads?.acquire;
  }
}
