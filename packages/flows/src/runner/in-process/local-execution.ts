/** A task run executed in the flow's own process. */
import { TaskCancelledError, type TaskTimeoutError } from "@heddle/worker/task";
import type { ArtifactParts } from "../../context/artifact.js";
import type { LogLevel } from "../../history/run-event.js";
import { executeAttempt, type AttemptResult, type AttemptResults, type AttemptScope } from "../../task/attempt.js";
import { parametersOf } from "../../task/parameters.js";
import type { TaskCall } from "../../task/task-call.js";
import { keeperFor } from "../../results/result-keeper.js";
import { missing } from "../../state/state.js";
import type { RunnerHandle, RunnerTask, RunOutcome, TaskRunIdentity } from "../task-runner.js";

/** Milliseconds that a cancelled body has to react to its signal; after them it is not waited for. */
const GRACE = 500;

/** Whoever decides when executions go on. */
export interface ExecutionQueue {
  /** It waits for the time of its next attempt. */
  paused(execution: LocalExecution): void;
  /** It could go on: `proceed()` is to be called when there is a place for it. */
  ready(execution: LocalExecution): void;
  /** It has ended, and gives its place back. */
  over(execution: LocalExecution): void;
}

export class LocalExecution implements RunnerHandle, AttemptScope {
  readonly task: RunnerTask;
  readonly #queue: ExecutionQueue;
  #args: readonly unknown[] = [];
  #attempt = 1;
  #value: unknown;
  #controller: AbortController | undefined;
  /** Of a retry's delay, or of the grace after a cancel. */
  #timer: NodeJS.Timeout | undefined;
  #phase: "queued" | "running" | "paused" | "over" = "queued";
  #isCancelled = false;
  /** Why its signal is aborted. */
  #cancellation: TaskCancelledError | undefined;
  #isReleased = false;

  constructor(task: RunnerTask, queue: ExecutionQueue) {
    this.task = task;
    this.#queue = queue;
  }

  get isOver(): boolean {
    return this.#phase === "over";
  }

  /** Runs the next attempt, in the turn of the call where nothing has to be waited for. */
  proceed(): void {
    if (this.#phase === "over") return;
    const isFirst = this.#phase === "queued";
    this.#phase = "running";
    if (!isFirst) {
      this.#run();
      return;
    }
    const { upstream } = this.task;
    if (upstream.length === 0 || upstream.every(isHere)) this.#bind(undefined);
    else
      valuesOf(upstream).then(
        (values) => this.#bind(values),
        (error: unknown) => this.#crash(error),
      );
  }

  #bind(values: ReadonlyMap<RunnerHandle, unknown> | undefined): void {
    if (this.#phase === "over") return;
    try {
      this.#args = this.task.bind((handle) =>
        values === undefined ? (handle as LocalExecution).here : values.get(handle),
      );
    } catch (error) {
      this.#crash(error);
      return;
    }
    this.#run();
  }

  #run(): void {
    this.task.report.running(this.#attempt);
    if (this.call.policy.timeout > 0 && this.#attempt === 1) warnOfTimeout(this);
    let result: AttemptResult | Promise<AttemptResult>;
    try {
      result = executeAttempt(this);
    } catch (error) {
      this.#crash(error);
      return;
    }
    if (!(result instanceof Promise)) this.#after(result);
    else
      result.then(
        (later) => this.#after(later),
        (error: unknown) => this.#crash(error),
      );
  }

  /** Values and errors of the user's can be such that looking at them throws. That must not be the end of the process. */
  #crash(error: unknown): void {
    if (this.#phase !== "over") this.#finish({ type: "crashed", error });
  }

  #after(result: AttemptResult): void {
    if (this.#phase === "over") return;
    if (this.#isCancelled) {
      this.#finish({ type: "cancelled" });
      return;
    }
    switch (result.type) {
      case "completed": {
        const { cached, stored } = result;
        this.#value = result.value;
        this.#finish(
          cached === undefined && stored === undefined
            ? COMPLETED
            : {
                type: "completed",
                ...(cached === undefined ? {} : { cached }),
                ...(stored === undefined ? {} : { stored }),
              },
        );
        break;
      }
      case "retry":
        this.#retry(result.error, result.delay);
        break;
      case "failed":
        this.#finish({
          type: "failed",
          error: result.error,
          timedOut: result.timedOut,
          ...(result.stored === undefined ? {} : { stored: result.stored }),
        });
        break;
      case "crashed":
        this.#finish({ type: "crashed", error: result.error });
        break;
    }
  }

  #retry(error: unknown, delay: number): void {
    this.#phase = "paused";
    this.#controller = undefined;
    this.task.report.awaitingRetry(this.#attempt++, delay, error);
    this.#queue.paused(this);
    this.#timer = setTimeout(() => this.#queue.ready(this), delay);
  }

  #finish(outcome: RunOutcome): void {
    this.#phase = "over";
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#args = [];
    this.#controller = undefined;
    this.#queue.over(this);
    this.task.report.settled(outcome);
  }

  // ---- as a handle

  /** There is nothing to refer to but the value itself. */
  get native(): undefined {
    return undefined;
  }

  /** Its value, when it is in memory. */
  get here(): unknown {
    return this.#value;
  }

  /** Its value is in memory. */
  get hasValue(): boolean {
    return !this.#isReleased;
  }

  async value(): Promise<unknown> {
    if (this.#isReleased) throw missing(this.task.run.name, "it was let go of");
    return this.#value;
  }

  cancel(): void {
    if (this.#phase === "over" || this.#isCancelled) return;
    this.#isCancelled = true;
    const error = new TaskCancelledError();
    if (this.#phase !== "running") {
      this.#finish(CANCELLED);
      return;
    }
    this.#cancellation = error;
    this.#controller?.abort(error);
    this.#timer = setTimeout(() => this.#finish(CANCELLED), GRACE);
  }

  release(): void {
    this.#value = undefined;
    this.#isReleased = true;
  }

  // ---- as the scope of its code

  get kind(): "task" {
    return "task";
  }

  get run(): TaskRunIdentity {
    return this.task.run;
  }

  get call(): TaskCall {
    return this.task.call;
  }

  get args(): readonly unknown[] {
    return this.#args;
  }

  get attempt(): number {
    return this.#attempt;
  }

  get tags(): readonly string[] {
    return this.task.run.tags;
  }

  get parameters(): Readonly<Record<string, unknown>> {
    return parametersOf(this.call.parameters, this.#args);
  }

  get logPrints(): boolean {
    return this.call.policy.logPrints;
  }

  get worker(): undefined {
    return undefined;
  }

  get timesOutElsewhere(): false {
    return false;
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#cancellation !== undefined) this.#controller.abort(this.#cancellation);
    return this.#controller.signal;
  }

  log(level: LogLevel, message: string): void {
    this.task.report.log(level, message);
  }

  artifact(made: ArtifactParts): void {
    this.task.report.artifact(made);
  }

  get maxArtifact(): number {
    return this.task.report.maxArtifact;
  }

  expire(error: TaskTimeoutError): void {
    this.#controller?.abort(error);
  }

  results(): AttemptResults {
    return keeperFor(this.call.policy.keeper!);
  }
}

const CANCELLED: RunOutcome = { type: "cancelled" };

function isHere(handle: RunnerHandle): boolean {
  return handle instanceof LocalExecution && handle.hasValue;
}

/** Values that are elsewhere are waited for: in a store, or on a thread that still works on them. */
async function valuesOf(handles: readonly RunnerHandle[]): Promise<Map<RunnerHandle, unknown>> {
  const values = await Promise.all(handles.map((handle) => handle.value()));
  return new Map(handles.map((handle, i) => [handle, values[i]]));
}

const COMPLETED: RunOutcome = { type: "completed" };

/** Tasks that were warned of. */
const warned = new WeakSet<TaskCall["fn"]>();

/** Before the body runs: one that never ends would never be told of after it. */
function warnOfTimeout(execution: LocalExecution): void {
  const { fn, task, policy } = execution.call;
  if (warned.has(fn) || fn.constructor.name.startsWith("Async")) return;
  warned.add(fn);
  execution.task.report.warn(
    `${task} has a timeout and is no async function: in the flow's own process a synchronous body cannot be interrupted after ` +
      `${policy.timeout} ms. Give it to a ClusterTaskRunner, or a ConcurrentTaskRunner with threads`,
  );
}
