/**
 * A task run as it goes on a worker's thread: the same attempt as everywhere else, with what it says, prints and needs carried to the
 * process of its flow. Everything that all runs of a task have in common came with its definition; what is the run's own is in its key.
 */
import {
  FinalFailure,
  TaskTimeoutError,
  currentTask,
  runControl,
  type ForcedEnd,
  type RunControl,
  type TaskContext,
} from "@heddle/worker/task";
import { setTimeout as pause } from "node:timers/promises";
import type { ArtifactParts } from "../../context/artifact.js";
import { captureConsole } from "../../context/console.js";
import type { TaskScope } from "../../context/scope.js";
import { MissingResultError } from "../../errors/runs.js";
import type { LogLevel } from "../../history/run-event.js";
import type { ResultKeeper } from "../../results/result-keeper.js";
import { afterForcedEnd, executeAttempt, type AttemptResult, type AttemptScope } from "../../task/attempt.js";
import { parametersOf } from "../../task/parameters.js";
import { retryDelay } from "../../task/retry-delay.js";
import type { CallPolicy, TaskCall } from "../../task/task-call.js";
import type { AcquireLease, TaskRunIdentity } from "../task-runner.js";
import { artifactPieces } from "./artifact-news.js";
import { encodeNews, topicOf, type FailureFacts, type RunNews } from "./news.js";
import { readRunKey } from "./run-key.js";

/** What runs of a task share in one flow run. */
export interface RunFrame {
  readonly flowRun: string;
  readonly tags: readonly string[];
  readonly maxArtifact: number;
}

const LOST_TWICE =
  "it was lost with its worker, what was kept of it is gone, and it may not run again (idempotent: false)";

/** UTF-16 units of a log line or printed text that travel; what is longer is cut. */
const LONGEST_LINE = 32 * 1024;

/**
 * Runs the current task's attempt.
 *
 * @param call - a TaskCall: to a compiler that sees both this package's source and what was built of it, those are two
 * @returns the result, or a promise of it
 * @throws what the user's code threw: the scheduler sees to the next attempt. FinalFailure when there is to be none.
 */
export function runOnWorker(call: object, frame: RunFrame, args: readonly unknown[]): unknown {
  const run = new WorkerRun(call as TaskCall, frame, args, currentTask(), runControl()!);
  return run.attempt === 1 ? run.execute() : run.executeAgain();
}

/** `console.*` of this thread goes to the logs of runs too, from the first run on that wants it. */
let logsConsole = false;

class WorkerRun implements AttemptScope {
  readonly kind = "task";
  readonly call: TaskCall;
  readonly args: readonly unknown[];
  readonly tags: readonly string[];
  readonly attempt: number;
  readonly timesOutElsewhere = true;
  readonly #frame: RunFrame;
  readonly #task: TaskContext;
  readonly #control: RunControl;
  readonly #number: number;
  readonly #name: string;
  #startedAt = 0;

  constructor(call: TaskCall, frame: RunFrame, args: readonly unknown[], task: TaskContext, control: RunControl) {
    this.call = call;
    this.args = args;
    this.tags = frame.tags;
    this.attempt = task.attempt;
    this.#frame = frame;
    this.#task = task;
    this.#control = control;
    const { name, number } = readRunKey(task.key);
    this.#name = name;
    this.#number = number;
    if (call.policy.logPrints && !logsConsole) {
      logsConsole = true;
      captureConsole();
    }
    control.listen((stream, text) => this.#print(stream, text));
  }

  /** The delay before it is part of the run at the scheduler, which places the next attempt at once; it takes no thread. */
  async executeAgain(): Promise<unknown> {
    const before = this.attempt - 1;
    const { forcedEnd } = this.#control;
    if (forcedEnd !== undefined && this.call.policy.retryCondition !== undefined)
      await this.#askBefore(before, forcedEnd);
    const delay = this.#delayAfter(before);
    this.#tell({ kind: "paused", number: this.#number, attempt: this.attempt, delay });
    if (delay > 0) await pause(delay, undefined, { signal: this.#task.signal });
    this.#tell({ kind: "attempt", number: this.#number, attempt: this.attempt, time: Date.now() });
    return this.execute();
  }

  /** Asks whether to go on, which the attempt that was ended could not. @throws FinalFailure when not */
  async #askBefore(attempt: number, end: ForcedEnd): Promise<void> {
    const timedOut = end === "timeout";
    const error = timedOut
      ? new TaskTimeoutError(this.call.policy.timeout)
      : new Error(`the thread of attempt ${attempt} ended`);
    const answer = await afterForcedEnd(this, attempt, error, timedOut);
    if (answer.type !== "failed") return;
    const { stored } = answer;
    throw failure(error, {
      ...(timedOut ? { timedOut } : { crashed: true }),
      ...(stored === undefined ? {} : { stored }),
    });
  }

  execute(): unknown {
    return this.#control.isAgain && this.call.policy.persist ? this.#restore() : this.#run();
  }

  /** It has finished before, and what it made was lost with its worker: it may still be where it was kept. */
  async #restore(): Promise<unknown> {
    const { idempotent } = this.call.policy;
    let problem: Error | undefined;
    try {
      const kept = await (await this.results()).kept({ run: this.run, parameters: this.parameters });
      if (kept !== undefined) return kept.value;
    } catch (error) {
      problem = error as Error;
    }
    if (idempotent === false)
      throw failure(problem ?? new MissingResultError(this.#name, LOST_TWICE), { crashed: true });
    if (problem !== undefined)
      this.log("warn", `what it has kept could not be read, so the task runs again: ${String(problem)}`);
    return this.#run();
  }

  #run(): unknown {
    const { policy } = this.call;
    if (policy.timeout > 0) this.#control.limitTime(policy.timeout);
    if (policy.retries > 0) this.#startedAt = Date.now();
    const result = executeAttempt(this);
    return result instanceof Promise ? result.then((later) => this.#end(later)) : this.#end(result);
  }

  #end(result: AttemptResult): unknown {
    switch (result.type) {
      case "completed": {
        const { cached, stored, value } = result;
        if (cached !== undefined || stored !== undefined)
          this.#tell({
            kind: "completed",
            number: this.#number,
            ...(cached === undefined ? {} : { cacheKey: cached.cacheKey }),
            ...(stored === undefined ? {} : { stored }),
          });
        return value;
      }
      case "retry":
        // Where it is ended by force the next attempt says what follows.
        if (result.timedOut && this.#task.signal.aborted) throw result.error;
        this.#tell({
          kind: "retry",
          number: this.#number,
          attempt: this.attempt,
          delay: this.#delayAfter(this.attempt),
          startedAt: this.#startedAt,
          error: result.error,
        });
        throw result.error;
      case "failed":
        throw failure(result.error, {
          ...(result.timedOut ? { timedOut: true } : {}),
          ...(result.stored === undefined ? {} : { stored: result.stored }),
        });
      case "crashed":
        throw failure(result.error, { crashed: true });
    }
  }

  /** The same on whatever worker it is asked: the failed attempt announces it, the next one waits for it. */
  #delayAfter(attempt: number): number {
    return Math.round(retryDelay(this.call.policy, attempt, drawn(`${this.#task.key} ${attempt}`)));
  }

  // ---- as the scope of its code

  get run(): TaskRunIdentity {
    const { flowRun, tags } = this.#frame;
    return { flowRun, number: this.#number, name: this.#name, task: this.call.task, tags };
  }

  get worker(): string {
    return this.#task.worker;
  }

  get parameters(): TaskScope["parameters"] {
    return parametersOf(this.call.parameters, this.args);
  }

  get signal(): AbortSignal {
    return this.#task.signal;
  }

  get logPrints(): boolean {
    return this.call.policy.logPrints;
  }

  log(level: LogLevel, message: string): void {
    this.#tell({ kind: "log", number: this.#number, level, message: cut(message), time: Date.now() });
  }

  artifact(made: ArtifactParts): void {
    const time = Date.now();
    const pieces = artifactPieces(made, this.#control.maxEvents);
    for (const [index, bytes] of pieces.entries())
      this.#tell({ kind: "artifact", number: this.#number, time, index, count: pieces.length, bytes });
  }

  get maxArtifact(): number {
    return this.#frame.maxArtifact;
  }

  get acquire(): AcquireLease {
    return acquire;
  }

  expire(): void {
    // The executor does.
  }

  async results(): Promise<ResultKeeper> {
    return resultsOf(this.call.policy);
  }

  // ---- what it tells

  #print(stream: "stdout" | "stderr", text: string): void {
    this.#tell({ kind: "print", number: this.#number, stream, text: cut(text) });
  }

  #tell(news: RunNews): void {
    const mustArrive = news.kind !== "log" && news.kind !== "print";
    this.#control.publish(topicOf(this.#frame.flowRun), encodeNews(news), mustArrive);
  }
}

function failure(error: unknown, run: FailureFacts): FinalFailure {
  return new FinalFailure(error, { run });
}

/** Loaded when the first task that needs it runs: most need none. */
async function resultsOf({ keeper }: CallPolicy): Promise<ResultKeeper> {
  const { keeperFor } = await import("../../results/result-keeper.js");
  return keeperFor(keeper!);
}

/** The names are the cluster's. */
const acquire: AcquireLease = async (name, limit, slots, signal) => {
  const [{ getClient }, { acquireLease }] = await Promise.all([
    import("@heddle/client"),
    import("@heddle/client/runs"),
  ]);
  return acquireLease(getClient(), name, limit, slots, signal);
};

function cut(text: string): string {
  return text.length <= LONGEST_LINE ? text : `${text.slice(0, LONGEST_LINE)}... (${text.length} characters)\n`;
}

/** A number from 0 to 1 that looks drawn, the same for the same text (FNV-1a, 32 bits). */
function drawn(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return (hash >>> 0) / 2 ** 32;
}
