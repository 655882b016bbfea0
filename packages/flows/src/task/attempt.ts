/**
 * One attempt of a task's call, wherever it runs: in the flow's process, on a worker's thread, behind a bridge. Context, cache lookup
 * before, time limit, persistence after, and whether another attempt follows are the same everywhere.
 *
 * Imports nothing of the engine, so that a worker loads only what a task needs.
 */
import { TaskTimeoutError } from "@heddle/worker/task";
import { inScope, type TaskScope } from "../context/scope.js";
import { FutureReturnedError } from "../errors/tasks.js";
import { inWords, messageOf } from "../errors/words.js";
import type { CacheHit, ResultOrigin, StoredResult } from "../results/stored-result.js";
import { State } from "../state/state.js";
import { retryDelay } from "./retry-delay.js";
import type { TaskCall } from "./task-call.js";

/** What an attempt needs to know and may do. One object can serve all attempts of a run. */
export interface AttemptScope extends TaskScope {
  readonly call: TaskCall;
  /** The arguments, with values in place of futures. */
  readonly args: readonly unknown[];
  /** Stops the code when its time is over: aborts `signal` with the error, and what else the place can do. */
  expire(error: TaskTimeoutError): void;
  /** true: whoever runs this stops it when its time is over, and calls that a timeout; no timer is set here. */
  readonly timesOutElsewhere: boolean;
  /** The keeper of results that the policy describes. Not called without a description. */
  results(): AttemptResults | Promise<AttemptResults>;
}

/** Results beyond their run. Errors it throws are the store's, not the user's. */
export interface AttemptResults {
  /** undefined: no such result, or none that can be used. */
  cached(cacheKey: string): Promise<{ readonly hit: CacheHit; readonly value: unknown } | undefined>;
  keep(
    value: unknown,
    origin: ResultOrigin,
    caching?: { readonly cacheKey: string; readonly expiration: number },
  ): Promise<StoredResult>;
  persistError(thrown: unknown, origin: ResultOrigin): Promise<StoredResult>;
}

export type AttemptResult =
  /** `cached`: the body did not run. */
  | {
      readonly type: "completed";
      readonly value: unknown;
      readonly cached?: { readonly cacheKey: string };
      readonly stored?: StoredResult;
    }
  /** The attempt failed, and another one is to follow after `delay` milliseconds. */
  | { readonly type: "retry"; readonly error: unknown; readonly delay: number; readonly timedOut: boolean }
  /** `stored`: errors are results too. */
  | { readonly type: "failed"; readonly error: unknown; readonly timedOut: boolean; readonly stored?: StoredResult }
  /** Something other than the user's code went wrong: the result could not be kept. */
  | { readonly type: "crashed"; readonly error: unknown };

/**
 * Runs one attempt. Never throws, never rejects; without a promise when nothing in it waits.
 */
export function executeAttempt(scope: AttemptScope): AttemptResult | Promise<AttemptResult> {
  const { policy } = scope.call;
  if (policy.caching !== undefined) return withCache(scope);
  return body(scope, undefined);
}

async function withCache(scope: AttemptScope): Promise<AttemptResult> {
  const caching = scope.call.policy.caching!;
  const { run, call } = scope;
  let cacheKey: string | undefined;
  try {
    cacheKey = await inScope(scope, () =>
      caching.key({ run, task: { name: call.task, fn: call.fn } }, scope.parameters),
    );
  } catch (error) {
    // The key's function is the user's code as much as the body is.
    return afterError(scope, error, false);
  }
  if (cacheKey !== undefined && !caching.refresh) {
    try {
      const found = await (await scope.results()).cached(cacheKey);
      if (found !== undefined)
        return { type: "completed", value: found.value, cached: { cacheKey }, stored: found.hit.stored };
    } catch (error) {
      scope.log("warn", `the cache could not be read, so the task runs: ${inWords(error)}`);
    }
  }
  return body(scope, cacheKey);
}

function body(scope: AttemptScope, cacheKey: string | undefined): AttemptResult | Promise<AttemptResult> {
  const { call, args } = scope;
  const { timeout } = call.policy;
  if (timeout > 0 && !scope.timesOutElsewhere) return limited(scope, timeout, cacheKey);
  let value: unknown;
  let isLater: boolean;
  try {
    value = inScope(scope, () => collected(call.fn(...(args as never[]))));
    // A getter, say, that throws.
    isLater = isThenable(value);
  } catch (error) {
    return afterError(scope, error, false);
  }
  if (!isLater) return afterValue(scope, value, cacheKey);
  return Promise.resolve(value).then(
    (result) => afterAwait(scope, result, cacheKey),
    (error: unknown) => afterError(scope, error, false),
  );
}

/** An attempt of so many milliseconds. What the body does after them is not waited for. */
async function limited(scope: AttemptScope, timeout: number, cacheKey: string | undefined): Promise<AttemptResult> {
  let timer: NodeJS.Timeout | undefined;
  const start = performance.now();
  const over = new Promise<TaskTimeoutError>((resolve) => {
    timer = setTimeout(() => {
      const error = new TaskTimeoutError(timeout);
      scope.expire(error);
      resolve(error);
    }, timeout);
  });
  let value: unknown;
  try {
    const running = inScope(scope, () => collected(scope.call.fn(...(scope.args as never[]))));
    if (isThenable(running)) {
      const first = await Promise.race([
        over.then((error) => ({ error })),
        Promise.resolve(running).then((v) => ({ v })),
      ]);
      if ("error" in first) return await afterError(scope, first.error, true);
      value = first.v;
      if (isGenerator(value)) value = await inScope(scope, () => collected(value));
    } else if (performance.now() - start > timeout) {
      // Nothing could interrupt it, but it was over its time all the same.
      return await afterError(scope, new TaskTimeoutError(timeout), true);
    } else value = running;
  } catch (error) {
    return await afterError(scope, error, false);
  } finally {
    clearTimeout(timer);
  }
  return afterValue(scope, value, cacheKey);
}

function afterAwait(
  scope: AttemptScope,
  value: unknown,
  cacheKey: string | undefined,
): AttemptResult | Promise<AttemptResult> {
  if (!isGenerator(value)) return afterValue(scope, value, cacheKey);
  return Promise.resolve(inScope(scope, async () => collected(value))).then(
    (result) => afterValue(scope, result, cacheKey),
    (error: unknown) => afterError(scope, error, false),
  );
}

function afterValue(
  scope: AttemptScope,
  value: unknown,
  cacheKey: string | undefined,
): AttemptResult | Promise<AttemptResult> {
  if (isFutureLike(value)) return afterError(scope, new FutureReturnedError(scope.run.name), false);
  // A state made by hand says how the run ended, as it does for flows.
  if (value instanceof State) {
    if (!value.isCompleted()) return afterError(scope, value.error(), value.name === "TimedOut");
    return afterValue(scope, value.data, cacheKey);
  }
  const { policy } = scope.call;
  if (!policy.persist && cacheKey === undefined) return { type: "completed", value };
  return kept(scope, value, cacheKey);
}

async function kept(scope: AttemptScope, value: unknown, cacheKey: string | undefined): Promise<AttemptResult> {
  const { run, call, parameters } = scope;
  const caching = cacheKey === undefined ? undefined : { cacheKey, expiration: call.policy.caching?.expiration ?? 0 };
  try {
    const stored = await (await scope.results()).keep(value, { run, parameters }, caching);
    return { type: "completed", value, stored };
  } catch (error) {
    return { type: "crashed", error };
  }
}

function afterError(scope: AttemptScope, error: unknown, timedOut: boolean): AttemptResult | Promise<AttemptResult> {
  const { policy } = scope.call;
  if (scope.attempt > policy.retries) return failed(scope, error, timedOut);
  if (policy.retryCondition !== undefined) {
    // What it throws when its time is over is not why it is ended: the next attempt asks.
    if (scope.timesOutElsewhere && scope.signal.reason instanceof TaskTimeoutError)
      return { type: "retry", error, delay: 0, timedOut: true };
    return conditional(scope, error, timedOut);
  }
  return { type: "retry", error, delay: retryDelay(policy, scope.attempt), timedOut };
}

function failed(scope: AttemptScope, error: unknown, timedOut: boolean): AttemptResult | Promise<AttemptResult> {
  return scope.call.policy.persist ? keptError(scope, error, timedOut) : { type: "failed", error, timedOut };
}

async function keptError(scope: AttemptScope, error: unknown, timedOut: boolean): Promise<AttemptResult> {
  const { run, parameters } = scope;
  try {
    const stored = await (await scope.results()).persistError(error, { run, parameters });
    return { type: "failed", error, timedOut, stored };
  } catch (failure) {
    scope.log("warn", `the error could not be kept: ${inWords(failure)}`);
    return { type: "failed", error, timedOut };
  }
}

/**
 * Whether another attempt follows one that was ended by force, and so could not ask itself: to be asked before that other one begins.
 *
 * @returns "failed" when none is to follow
 */
export function afterForcedEnd(
  scope: AttemptScope,
  attempt: number,
  error: unknown,
  timedOut: boolean,
): Promise<AttemptResult> {
  return conditional(scope, error, timedOut, attempt);
}

async function conditional(
  scope: AttemptScope,
  error: unknown,
  timedOut: boolean,
  attempt = scope.attempt,
): Promise<AttemptResult> {
  const { call, run } = scope;
  const { policy } = call;
  const state = new State({
    type: "Failed",
    name: timedOut ? "TimedOut" : "Failed",
    message: messageOf(error),
    data: error,
    details: { flowRunId: run.flowRun, taskRunId: `${run.flowRun}-${run.number}` },
  });
  const info = { name: call.task, retries: policy.retries };
  const identity = {
    flowRun: run.flowRun,
    number: run.number,
    name: run.name,
    task: run.task,
    tags: run.tags,
    attempt,
  };
  let again = false;
  try {
    again = await inScope(scope, () => policy.retryCondition!(info, identity, state));
  } catch (failure) {
    scope.log("error", `retryCondition failed, so there is no retry: ${inWords(failure)}`);
  }
  if (!again) return failed(scope, error, timedOut);
  return { type: "retry", error, delay: retryDelay(policy, attempt), timedOut };
}

// ---- what bodies return

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function";
}

type AnyGenerator = Generator<unknown> | AsyncGenerator<unknown>;

function isGenerator(value: unknown): value is AnyGenerator {
  if (typeof value !== "object" || value === null) return false;
  const tag = (value as { [Symbol.toStringTag]?: unknown })[Symbol.toStringTag];
  return tag === "Generator" || tag === "AsyncGenerator";
}

/** Generators are collected into an array. */
function collected(value: unknown): unknown {
  if (!isGenerator(value)) return value;
  if (Symbol.asyncIterator in value) return collectLater(value);
  return [...value];
}

async function collectLater(values: AsyncGenerator<unknown>): Promise<unknown[]> {
  const items: unknown[] = [];
  for await (const item of values) items.push(item);
  return items;
}

const FUTURE = Symbol.for("heddle.flows.future");

/** A TaskFuture, recognised without its class: that belongs to the engine. */
function isFutureLike(value: unknown): boolean {
  return typeof value === "object" && value !== null && FUTURE in value;
}
