/** One run of a task in a flow run: what it waits for, who executes it, and how it went. */
import { findFutures, replaceFutures, type Found } from "../arguments/futures-in.js";
import { FailureAllowed } from "../arguments/marks.js";
import type { ArtifactParts } from "../context/artifact.js";
import { CrashedRunError, UnfinishedRunError } from "../errors/runs.js";
import { messageOf, namedMessageOf } from "../errors/words.js";
import { runOf } from "../future/task-future.js";
import type { Json, LogLevel } from "../history/run-event.js";
import { loadResult } from "../results/result-keeper.js";
import type { StoredResult } from "../results/stored-result.js";
import type {
  RunnerHandle,
  RunnerTask,
  RunOutcome,
  RunReport,
  TaskRunIdentity,
  TaskRunner,
} from "../runner/task-runner.js";
import type { StateExtras } from "../state/state-log.js";
import { Code } from "../state/state-names.js";
import type { TaskCall } from "../task/task-call.js";
import type { FlowRun } from "./flow-run.js";
import { Run } from "./run.js";

interface Dependency {
  readonly run: Run;
  /** Its failure is a value here. */
  readonly mayFail: boolean;
}

const NONE: readonly never[] = [];

/** What the engine is told after a run's states, in the flow's process. */
export interface TaskRunHooks {
  afterRetry(run: TaskRun): void;
  /** `done` is called when what follows the final state is over. */
  afterEnd(run: TaskRun, done: () => void): void;
}

export interface TaskRunParts {
  readonly owner: FlowRun;
  readonly number: number;
  readonly name: string;
  readonly tags: readonly string[];
  readonly call: TaskCall;
  readonly args: readonly unknown[];
  readonly waitFor: readonly Found[];
  readonly runner: TaskRunner;
  /** undefined: nothing follows its states. */
  readonly hooks: TaskRunHooks | undefined;
  /** The same run in an earlier attempt of the flow, which it continues. */
  readonly earlier: TaskRun | undefined;
}

export class TaskRun extends Run implements RunnerTask, RunReport {
  readonly owner: FlowRun;
  /** The attempt of the flow that called it. */
  readonly flowAttempt: number;
  readonly number: number;
  readonly name: string;
  readonly tags: readonly string[];
  readonly call: TaskCall;
  readonly runner: TaskRunner;
  readonly #hooks: TaskRunHooks | undefined;
  #args: readonly unknown[];
  /** The arguments have futures or quotes in them. */
  #isBound: boolean;
  #dependencies: readonly Dependency[] = NONE;
  /** How many of them have to settle before the runner is given this run. */
  #open = 0;
  /** Results of upstream runs that the runner cannot hand on itself. */
  #values: Map<Run, unknown> | undefined;
  #handle: RunnerHandle | undefined;
  /** An end that may only be the consequence of an upstream run's, which is about to be told. */
  #held: RunOutcome | undefined;
  #isCancelled = false;
  /** Where its result, or its error, is kept. */
  #stored: StoredResult | undefined;
  /** Its value is only in the store. */
  #isReleased = false;

  constructor(parts: TaskRunParts) {
    super();
    this.owner = parts.owner;
    this.flowAttempt = parts.owner.attempt;
    this.number = parts.number;
    this.name = parts.name;
    this.tags = parts.tags;
    this.call = parts.call;
    this.runner = parts.runner;
    this.#hooks = parts.hooks;
    this.#args = parts.args;
    const { waitFor } = parts;
    let dependencies: Map<Run, boolean> | undefined;
    const depend = (found: Found): void => {
      const mayFail = found instanceof FailureAllowed;
      const run = runOf(mayFail ? found.future : found);
      dependencies ??= new Map();
      dependencies.set(run, mayFail && (dependencies.get(run) ?? true));
    };
    this.#isBound = findFutures(parts.args, depend);
    for (const found of waitFor) depend(found);
    if (dependencies !== undefined) this.#dependencies = [...dependencies].map(([run, mayFail]) => ({ run, mayFail }));
    const time = Date.now();
    if (parts.earlier !== undefined) {
      this.pendingAgain(parts.earlier, time);
      return;
    }
    this.pending(time);
    this.owner.events.emit({
      kind: "taskRun",
      flowRun: this.owner.id,
      number: this.number,
      name: this.name,
      task: this.call.task,
      tags: this.tags,
      upstream: this.#dependencies.length === 0 ? NONE : this.#upstreamNumbers(),
      time,
    });
  }

  // ---- what a runner sees

  /** Itself: the identity is part of the record. */
  get run(): this {
    return this;
  }

  get flowRun(): string {
    return this.owner.id;
  }

  get task(): string {
    return this.call.task;
  }

  get report(): RunReport {
    return this;
  }

  /** For users: no more than who it is. */
  get identity(): TaskRunIdentity {
    const { flowRun, number, name, task, tags } = this;
    return { flowRun, number, name, task, tags };
  }

  /** It completed and its result is kept, so that another attempt of the flow need not run it again. */
  get stands(): boolean {
    return this.isSettled && this.isCompleted && this.#stored !== undefined;
  }

  get upstream(): readonly RunnerHandle[] {
    if (this.#dependencies.length === 0) return NONE;
    const handles: RunnerHandle[] = [];
    for (const { run } of this.#dependencies) {
      const handle = this.#values?.has(run) === true ? undefined : this.#handleOf(run);
      if (handle !== undefined) handles.push(handle);
    }
    return handles;
  }

  bind(substitute: (upstream: RunnerHandle) => unknown): unknown[] {
    if (!this.#isBound) return this.#args as unknown[];
    return replaceFutures(this.#args, (found) => {
      const run = runOf(found instanceof FailureAllowed ? found.future : found);
      if (this.#values?.has(run) === true) return this.#values.get(run);
      return substitute(this.#handleOf(run)!);
    });
  }

  // ---- from pending to the runner

  /** Gives the run to its runner as soon as what it waits for allows. Called once. */
  begin(): void {
    for (const { run, mayFail } of this.#dependencies) {
      if (run.isSettled) continue;
      if (!mayFail && this.#handleOf(run)?.native !== undefined) {
        run.whenSettled(() => this.#onNativeUpstream());
        continue;
      }
      this.#open++;
      run.whenSettled(() => {
        if (--this.#open === 0) void this.#prepare();
      });
    }
    if (this.#open === 0) void this.#prepare();
  }

  /** Fetches results that the runner cannot hand on. Without a wait when there are none. */
  #prepare(): void | Promise<void> {
    if (this.isSettled) return;
    const failed = this.#failedUpstream();
    if (failed !== undefined) return this.#notReady(failed);
    let foreign: Run[] | undefined;
    for (const { run } of this.#dependencies) {
      if (run.isCompleted && this.#handleOf(run) === undefined) (foreign ??= []).push(run);
      else if (run.isSettled && !run.isCompleted) (this.#values ??= new Map()).set(run, run.error());
    }
    if (foreign === undefined) return this.#submit();
    return this.#fetch(foreign).then(
      () => this.#submit(),
      (error: unknown) => this.settled({ type: "crashed", error }),
    );
  }

  async #fetch(runs: readonly Run[]): Promise<void> {
    const values = (this.#values ??= new Map());
    await Promise.all(runs.map(async (run) => values.set(run, await run.value())));
  }

  #submit(): void {
    if (this.isSettled) return;
    try {
      this.#handle = this.runner.submit(this);
    } catch (error) {
      this.settled({ type: "crashed", error });
    }
  }

  #handleOf(run: Run): RunnerHandle | undefined {
    return run instanceof TaskRun && run.runner === this.runner && !run.#isReleased ? run.#handle : undefined;
  }

  #failedUpstream(): Run | undefined {
    return this.#dependencies.find(({ run, mayFail }) => !mayFail && run.isSettled && !run.isCompleted)?.run;
  }

  #onNativeUpstream(): void {
    if (this.isSettled) return;
    const failed = this.#failedUpstream();
    if (failed !== undefined) {
      this.#handle?.cancel();
      this.#notReady(failed);
    } else if (this.#held !== undefined && !this.#awaitsUpstream()) {
      const outcome = this.#held;
      this.#held = undefined;
      this.settled(outcome);
    }
  }

  #awaitsUpstream(): boolean {
    return this.#dependencies.some(({ run }) => !run.isSettled);
  }

  #notReady(upstream: Run): void {
    const message = `waits for ${upstream.name}, which ended as ${String(upstream.state())}`;
    this.enter(Code.notReady, Date.now(), { message, details: { upstream: upstream.name } });
    this.#end();
  }

  // ---- what the runner reports

  running(attempt: number, time = Date.now(), worker?: string): void {
    if (this.isSettled || this.#isCancelled) return;
    const details = worker === undefined ? undefined : { details: { worker } };
    this.enter(attempt > 1 ? Code.retrying : Code.running, time, details);
  }

  awaitingRetry(_attempt: number, delay: number, error: unknown): void {
    if (this.isSettled || this.#isCancelled) return;
    const now = Date.now();
    const extras = { message: describe(error), data: error, details: { scheduledTime: now + delay } };
    this.enter(Code.awaitingRetry, now, extras);
    this.#hooks?.afterRetry(this);
  }

  log(level: LogLevel, message: string, time?: number, worker?: string): void {
    this.owner.logFor(this.number, level, message, time, worker);
  }

  artifact(made: ArtifactParts, time?: number): void {
    this.owner.artifact(made, this.number, time);
  }

  get maxArtifact(): number {
    return this.owner.maxArtifact;
  }

  warn(message: string): void {
    this.owner.say("warn", message, this.number);
  }

  settled(outcome: RunOutcome): void {
    if (this.isSettled) return;
    if (outcome.type !== "completed" && outcome.type !== "cancelled" && this.#awaitsUpstream()) {
      this.#held = outcome;
      return;
    }
    const time = outcome.time ?? Date.now();
    switch (outcome.type) {
      case "completed": {
        const { cached, stored } = outcome;
        this.#stored = stored;
        if (stored !== undefined && !this.call.policy.cacheInMemory) {
          this.#isReleased = true;
          this.#handle?.release();
        }
        // A result of this flow run is known to be needed by whose it is.
        if (cached !== undefined && stored !== undefined && "key" in stored) this.owner.neededResults.add(stored.key);
        const extras = cached === undefined ? undefined : { details: { cacheKey: cached.cacheKey } };
        this.enter(cached === undefined ? Code.completed : Code.cached, time, extras, stored as Json | undefined);
        break;
      }
      case "failed":
        this.enter(
          outcome.timedOut === true ? Code.timedOut : Code.failed,
          time,
          failure(outcome.error),
          outcome.stored as Json | undefined,
        );
        break;
      case "crashed":
        this.enter(Code.crashed, time, failure(outcome.error));
        break;
      case "cancelled":
        this.enter(Code.cancelled, time, outcome.message === undefined ? undefined : { message: outcome.message });
        break;
    }
    this.#end();
  }

  // ---- the end

  #end(): void {
    this.#args = NONE;
    this.#isBound = false;
    this.#dependencies = NONE;
    this.#values = undefined;
    if (this.#hooks === undefined) this.#settle();
    else this.#hooks.afterEnd(this, () => this.#settle());
  }

  #settle(): void {
    this.settle();
    this.owner.runSettled(this);
  }

  override error(): unknown {
    if (this.code === Code.notReady) return new UnfinishedRunError(this.name, String(this.state()));
    return super.error();
  }

  async value(): Promise<unknown> {
    if (!this.isCompleted)
      throw this.isSettled ? this.error() : new UnfinishedRunError(this.name, String(this.state()));
    if (this.#isReleased) return loadResult(this.#stored!);
    if (this.#stored === undefined) return this.#handle!.value();
    try {
      return await this.#handle!.value();
    } catch {
      // The runner has lost it, or is gone; the store has it.
      return loadResult(this.#stored);
    }
  }

  cancel(): void {
    if (this.isSettled || this.#isCancelled) return;
    this.#isCancelled = true;
    if (this.#handle === undefined) this.settled({ type: "cancelled" });
    else {
      this.enter(Code.cancelling, Date.now());
      this.#handle.cancel();
    }
  }

  #upstreamNumbers(): number[] {
    const numbers: number[] = [];
    for (const { run } of this.#dependencies) if (run.owner === this.owner) numbers.push(run.number);
    return numbers;
  }
}

function failure(error: unknown): StateExtras {
  return { message: describe(error), data: error };
}

function describe(error: unknown): string {
  if (error instanceof CrashedRunError) return messageOf(error.cause);
  return namedMessageOf(error);
}
