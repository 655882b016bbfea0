/** What a submitted task or subflow is to the program. */
import { inspect } from "node:util";
import { WaitTimeoutError, InvalidOptionError } from "@heddle/client";
import { CAPTURE_HOOK } from "@heddle/closures";
import { parseDuration, type Duration } from "@heddle/protocol";
import type { Run } from "../engine/run.js";
import type { State } from "../state/state.js";

/** Marks futures for code that must not load the engine. */
const FUTURE: unique symbol = Symbol.for("heddle.flows.future") as never;

/** @internal */
export let isTaskFuture: (value: object) => value is TaskFuture<unknown>;
/** @internal */
export let runOf: (future: TaskFuture<unknown>) => Run;

export interface FutureResultOptions {
  /** How long to wait. Default: for ever. */
  readonly timeout?: Duration;
  /** false: what the run failed with is returned in place of being thrown. Default true. */
  readonly raiseOnFailure?: boolean;
}

export interface FutureWaitOptions {
  /** How long to wait. Default: for ever. */
  readonly timeout?: Duration;
}

/**
 * A task or subflow that was submitted. Given to another task as an argument, at any depth of plain data, it makes that one wait for
 * this one and stands for its value.
 *
 * @remarks
 * Not thenable: `await future` gives the future itself, `await future.result()` its value.
 *
 * @typeParam T - type of the result
 */
export class TaskFuture<T> {
  readonly #run: Run;

  /** @internal */
  constructor(run: Run) {
    this.#run = run;
  }

  /** Name of the run: `say_hello-0`. */
  get name(): string {
    return this.#run.name;
  }

  /** The run's state at this moment. */
  state(): State<T> {
    return this.#run.state() as State<T>;
  }

  /** All states of the run so far, in order. */
  states(): State<T>[] {
    return this.#run.states() as State<T>[];
  }

  /**
   * The result, when the run has completed.
   *
   * @throws what the run failed with; CancelledRunError, CrashedRunError; UnfinishedRunError when what it waits for did not complete;
   * WaitTimeoutError when it is not there in time.
   */
  result(options: FutureResultOptions & { readonly raiseOnFailure: false }): Promise<T | Error>;
  result(options?: FutureResultOptions): Promise<T>;
  async result(options: FutureResultOptions = NO_OPTIONS): Promise<T | Error> {
    check("result", options, RESULT_OPTIONS);
    const run = this.#run;
    if (!run.isSettled && !(await settled(run, options.timeout)))
      throw new WaitTimeoutError(`the result of ${run.name}`, parseDuration(options.timeout!));
    if (options.raiseOnFailure !== false) return (await run.value()) as T;
    return (await run.value().catch((error: unknown) => error)) as T | Error;
  }

  /**
   * Waits until the run is over. Never rejects.
   *
   * @returns the final state, or that of a run that will not run: Pending, named NotReady. Of a wait that took longer than `timeout`
   * undefined.
   */
  wait(options: FutureWaitOptions & { readonly timeout: Duration }): Promise<State<T> | undefined>;
  wait(options?: FutureWaitOptions): Promise<State<T>>;
  async wait(options: FutureWaitOptions = NO_OPTIONS): Promise<State<T> | undefined> {
    check("wait", options, WAIT_OPTIONS);
    if (!this.#run.isSettled && !(await settled(this.#run, options.timeout))) return undefined;
    return this.state();
  }

  /** Stops the run as soon as can be: its signal is aborted, and what goes on after a grace is stopped, or no longer waited for. */
  cancel(): void {
    this.#run.cancel();
  }

  get [FUTURE](): true {
    return true;
  }

  [CAPTURE_HOOK](): { reason: string; hint: string } {
    return { reason: `the TaskFuture ${this.name}`, hint: "pass it as an argument: the task then gets its value" };
  }

  [inspect.custom](): string {
    return `TaskFuture<${this.name}: ${String(this.state())}>`;
  }

  static {
    isTaskFuture = (value): value is TaskFuture<unknown> => #run in value;
    runOf = (future) => future.#run;
  }
}

const NO_OPTIONS = {};
const RESULT_OPTIONS: readonly string[] = ["timeout", "raiseOnFailure"];
const WAIT_OPTIONS: readonly string[] = ["timeout"];

function check(what: string, options: object, names: readonly string[]): void {
  if (options === NO_OPTIONS) return;
  for (const name of Object.keys(options))
    if (!names.includes(name))
      throw new InvalidOptionError(what, name, `there is no option ${name}. There are: ${names.join(", ")}`);
}

/** @returns false when it took too long */
function settled(run: Run, timeout: Duration | undefined): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = timeout === undefined ? undefined : setTimeout(() => resolve(false), parseDuration(timeout));
    run.whenSettled(() => {
      clearTimeout(timer);
      resolve(true);
    });
  });
}
