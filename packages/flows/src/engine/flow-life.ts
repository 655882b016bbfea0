/** From start to end of a flow run: arguments, runner, the attempts of its body, its final state, and what is told to whom. */
import { captureConsole } from "../context/console.js";
import { inScope } from "../context/scope.js";
import { FlowParametersError, FlowTimeoutError } from "../errors/flows.js";
import { CancelledRunError, CrashedRunError } from "../errors/runs.js";
import { inWords, namedMessageOf } from "../errors/words.js";
import { finalState, isHandMade, type FinalState } from "../flow/final-state.js";
import type { FlowHook } from "../flow/flow-options.js";
import { validated } from "../flow/parameters.js";
import { resolvedValue } from "../flow/returned-value.js";
import type { Json } from "../history/run-event.js";
import type { StoredResult } from "../results/stored-result.js";
import type { StopReason } from "../runner/task-runner.js";
import { Code, STATES, codeOf } from "../state/state-names.js";
import { retryDelay } from "../task/retry-delay.js";
import { FlowAttempt } from "./flow-attempt.js";
import { keepFlowResult } from "./flow-result.js";
import type { FlowRun } from "./flow-run.js";
import { callHooks } from "./hooks.js";
import { cancelOnInterrupt } from "./interrupts.js";

/** Milliseconds that a cancelled body has to come to an end; after them it is not waited for. */
const GRACE = 500;
/** Milliseconds for a runner that is still starting when its run is cancelled, and does not listen. */
const START_GRACE = 10_000;

/** A final state with what the call gives. */
interface End extends FinalState {
  readonly value?: unknown;
  /** A completed run's call rejects with it: a future in what its body returned failed. */
  readonly valueError?: { readonly error: unknown };
  readonly stored?: StoredResult;
}

/** What a body came to; undefined: it was not waited for. */
type Returned = { readonly value: unknown } | { readonly thrown: unknown } | undefined;

export class FlowLife {
  readonly #run: FlowRun;
  #end: End | undefined;
  /** Why the attempt is broken off before its body has ended. */
  #breaking: { readonly reason: unknown; readonly isTimeout: boolean } | undefined;
  #onBroken: (() => void) | undefined;
  #graceTimer: NodeJS.Timeout | undefined;
  /** A runner that nobody will use: resolves when it is gone. */
  #leaving: Promise<void> | undefined;

  constructor(run: FlowRun) {
    this.#run = run;
  }

  /** Known from the final state on. */
  get end(): FinalState | undefined {
    return this.#end;
  }

  /** It is too late to cancel it. */
  get isEnding(): boolean {
    return this.#end !== undefined;
  }

  get isStored(): boolean {
    return this.#end?.stored !== undefined;
  }

  value(): unknown {
    const end = this.#end!;
    if (end.valueError !== undefined) throw end.valueError.error;
    if (end.type !== "Completed") throw end.error;
    return end.value;
  }

  /**
   * The whole life. Never rejects.
   *
   * @param refusal - why it ends before it has begun
   */
  async live(refusal: { readonly error: unknown } | undefined): Promise<void> {
    const run = this.#run;
    const isRoot = run.parent === undefined;
    const ignoreInterrupts = isRoot ? cancelOnInterrupt(run) : undefined;
    const releaseConsole = captureConsole();
    let isRunnerStarted = false;
    try {
      const problem = refusal === undefined ? await this.#checkArguments() : failed(refusal.error);
      if (problem !== undefined) this.#enterEnd(problem);
      else {
        const notStarted = await this.#startRunner();
        isRunnerStarted = notStarted === undefined;
        if (isRunnerStarted && run.runner.events !== undefined) run.events.add(run.runner.events);
        run.events.isComplete();
        this.#enterEnd(notStarted ?? (await this.#attempts()));
      }
    } catch (error) {
      if (this.#end === undefined) this.#enterEnd(crashed(run.name, error));
    }
    run.close();
    clearTimeout(this.#graceTimer);
    await this.#callHooks(this.#endHooks());
    if (isRunnerStarted) await this.#stopRunner();
    await this.#runnerGone();
    releaseConsole();
    if (isRoot) await run.events.flush();
    run.end();
    ignoreInterrupts?.();
  }

  // ---- before the body

  /** @returns the end, when they do not fit */
  async #checkArguments(): Promise<End | undefined> {
    const run = this.#run;
    const { definition } = run;
    const schema = definition.options.parameters;
    if (schema === undefined) return undefined;
    try {
      run.useArguments(await validated(definition.name, schema, definition.parameters, run.args));
      return undefined;
    } catch (error) {
      // A schema that throws is the user's code too.
      return failed(error, error instanceof FlowParametersError ? error.message : undefined);
    }
  }

  /** @returns the end, when it does not come up */
  async #startRunner(): Promise<End | undefined> {
    const run = this.#run;
    if (run.isCancelled) return cancelled(run.name);
    const { runner } = run;
    const broken = this.#whenBroken();
    const starting = runner.start({
      flowRun: { id: run.id, name: run.name, flow: run.flow },
      log: (level, message) => run.say(level, message),
      signal: run.signal,
    });
    try {
      await Promise.race([starting, broken]);
    } catch (error) {
      return run.isCancelled ? cancelled(run.name) : crashed(run.name, error);
    }
    if (!run.isCancelled) return undefined;
    this.#leaving = starting.then(
      () => this.#stopRunner(),
      () => undefined,
    );
    return cancelled(run.name);
  }

  // ---- the body

  async #attempts(): Promise<End> {
    const run = this.#run;
    const { options } = run.definition;
    for (let attempt = 1; ; attempt++) {
      run.enterState(attempt === 1 ? Code.running : Code.retrying);
      await this.#callHooks(options.onRunning);
      const end = await this.#attempt();
      if (end.type !== "Failed" || attempt > options.retries || run.isCancelled) return end;
      // There is nothing to run it on again.
      if (run.runner.failure !== undefined) return end;
      const delay = retryDelay({ retryDelays: options.retryDelays, retryJitter: 0 }, attempt);
      run.enterState(Code.awaitingRetry, {
        ...(end.message === undefined ? {} : { message: end.message }),
        data: end.error,
        details: { scheduledTime: Date.now() + delay },
      });
      this.#breaking = undefined;
      await this.#sleep(delay);
      if (run.isCancelled) return cancelled(run.name);
      run.restart();
    }
  }

  async #attempt(): Promise<End> {
    const run = this.#run;
    const { timeout } = run.definition.options;
    const timer = timeout > 0 ? setTimeout(() => this.#expire(timeout), timeout) : undefined;
    try {
      const returned = run.isCancelled ? undefined : await Promise.race([this.#body(), this.#whenBroken()]);
      // A body that goes on is not waited for, and so is nothing that it may still call.
      if (returned === undefined) run.close();
      await run.idle();
      run.close();
      if (run.isCancelled) return cancelled(run.name);
      if (this.#breaking !== undefined) {
        const { reason } = this.#breaking;
        return { ...failed(reason, (reason as Error).message), name: "TimedOut" };
      }
      if (returned === undefined) return cancelled(run.name);
      const end = "thrown" in returned ? failed(returned.thrown) : await this.#completed(returned.value);
      const { failure } = run.runner;
      if (failure === undefined || ("value" in returned && isHandMade(returned.value))) return end;
      return crashed(run.name, failure);
    } finally {
      clearTimeout(timer);
      clearTimeout(this.#graceTimer);
    }
  }

  async #body(): Promise<Returned> {
    const run = this.#run;
    const scope = new FlowAttempt(run);
    try {
      // In a turn of its own, so that whoever called the flow goes on first.
      const value = await inScope(scope, async () => run.definition.fn(...(run.args as never[])));
      return { value: await inScope(scope, () => collected(value)) };
    } catch (thrown) {
      return { thrown };
    }
  }

  async #completed(returned: unknown): Promise<End> {
    const run = this.#run;
    const final = finalState(returned, run.outcomes);
    if (final.type !== "Completed") return final;
    let value: unknown;
    try {
      value = await resolvedValue(returned);
    } catch (error) {
      return { ...final, valueError: { error } };
    }
    const stored = await keepFlowResult(run, value);
    return { ...final, value, ...(stored === undefined ? {} : { stored }) };
  }

  // ---- breaking off

  cancel(reason: CancelledRunError): void {
    this.#run.enterState(Code.cancelling);
    this.#break(reason, false);
  }

  #expire(timeout: number): void {
    if (this.#breaking !== undefined) return;
    this.#break(new FlowTimeoutError(this.#run.flow, timeout), true);
  }

  #break(reason: unknown, isTimeout: boolean): void {
    this.#breaking = { reason, isTimeout };
    this.#run.abort(reason);
    this.#run.cancelCalls();
    this.#graceTimer = setTimeout(() => this.#onBroken?.(), GRACE);
  }

  /** Resolves, if ever, some time after the attempt was broken off. */
  #whenBroken(): Promise<undefined> {
    return new Promise((resolve) => (this.#onBroken = () => resolve(undefined)));
  }

  #sleep(delay: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, delay);
      this.#onBroken = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  // ---- after the body

  #enterEnd(end: End): void {
    this.#end = end;
    const code = codeOf(end.type, end.name);
    this.#run.enterState(
      code,
      {
        ...(end.name === undefined || STATES[code].name === end.name ? {} : { name: end.name }),
        ...(end.message === undefined ? {} : { message: end.message }),
        data: end.error,
      },
      end.stored as Json | undefined,
    );
  }

  #endHooks(): readonly FlowHook[] {
    const { options } = this.#run.definition;
    switch (this.#end?.type) {
      case "Completed":
        return options.onCompletion;
      case "Failed":
        return options.onFailure;
      case "Cancelled":
        return options.onCancellation;
      case "Crashed":
        return options.onCrashed;
      default:
        return [];
    }
  }

  async #callHooks(hooks: readonly FlowHook[]): Promise<void> {
    if (hooks.length === 0) return;
    const run = this.#run;
    const { name, version } = run.definition;
    await callHooks(hooks, [{ name, version }, run.identity, run.state()], run, (level, message) =>
      run.say(level, message),
    );
  }

  async #stopRunner(): Promise<void> {
    const run = this.#run;
    try {
      if (run.runner.events !== undefined) await run.events.flush();
      await run.stopDirectCalls();
      await run.runner.stop(stopReason(this.#end));
    } catch (error) {
      run.say("error", `${run.runner.name} did not stop as it should: ${inWords(error)}`);
    }
  }

  /** What is still starting stops by itself, or when it is up; what never comes up is not waited for for ever. */
  async #runnerGone(): Promise<void> {
    if (this.#leaving === undefined) return;
    let timer: NodeJS.Timeout | undefined;
    const enough = new Promise((resolve) => (timer = setTimeout(resolve, START_GRACE)));
    await Promise.race([this.#leaving, enough]);
    clearTimeout(timer);
  }
}

function failed(error: unknown, message?: string): End {
  const text = message ?? namedMessageOf(error);
  return { type: "Failed", message: text, error };
}

function cancelled(run: string): End {
  return { type: "Cancelled", error: new CancelledRunError(run) };
}

function crashed(run: string, cause: unknown): End {
  const error = new CrashedRunError(run, cause);
  return { type: "Crashed", message: error.message, error };
}

/** @param end - unknown as yet: it was cancelled while the runner was being started */
function stopReason(end: End | undefined): StopReason {
  switch (end?.type) {
    case "Failed":
      return "failed";
    case "Crashed":
      return "crashed";
    case "Completed":
      return "completed";
    default:
      return "cancelled";
  }
}

/** A generator's items as a list, as for tasks. */
async function collected(value: unknown): Promise<unknown> {
  if (typeof value !== "object" || value === null) return value;
  const tag = (value as { [Symbol.toStringTag]?: unknown })[Symbol.toStringTag];
  if (tag !== "Generator" && tag !== "AsyncGenerator") return value;
  const items: unknown[] = [];
  for await (const item of value as AsyncIterable<unknown>) items.push(item);
  return items;
}
