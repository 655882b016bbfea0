/** What a task can be told, checked where it is defined. */
import type { Duration } from "@heddle/protocol";
import { InvalidOptionError } from "@heddle/client";
import type { Found } from "../arguments/futures-in.js";
import { FailureAllowed } from "../arguments/marks.js";
import { isTaskFuture } from "../future/task-future.js";
import { OptionChecks } from "../options/checks.js";
import { resolveRetryDelays, type RetryDelay } from "../options/retry-options.js";
import { resolveSerializer, resolveStorage, resolveStorageKey, type ResultStorage } from "../options/result-options.js";
import type { StoreDescription } from "../results/result-store.js";
import type { SerializerDescription } from "../results/serializers/serializer.js";
import type { TaskRunIdentity } from "../runner/task-runner.js";
import type { State } from "../state/state.js";
import { CachePolicy, type CacheKeyFunction } from "../results/caching/cache-policy.js";
import type { RetryCondition, RunParameters, TaskIdentity } from "./task-call.js";

/** Called in the flow's process. What it throws is logged, and the next one is called. */
export type TaskHook = (task: TaskIdentity, run: TaskRunIdentity, state: State) => unknown;

export interface TaskOptions {
  /** Default: the function's name. */
  readonly name?: string;
  readonly description?: string;
  /** Of each run, beside those of the flow run. */
  readonly tags?: readonly string[];
  /** Name of each run: a template over parameters, `"resize-{width}"`, or a function of them. Default `<task>-<n>`. */
  readonly taskRunName?: string | ((parameters: RunParameters) => string);
  /** Further attempts after a failed one. Default 0. */
  readonly retries?: number;
  /** Before each retry. Default: none. */
  readonly retryDelay?: RetryDelay;
  /** Delays are lengthened by up to this part of them, drawn: 0.5 makes 10 s between 10 and 15. Default 0. */
  readonly retryJitterFactor?: number;
  /** Whether a failed attempt is followed by another. One that throws is logged, and means no. */
  readonly retryCondition?: RetryCondition;
  /** Of each attempt, from the start of the body. */
  readonly timeout?: Duration;
  /** A run whose key an earlier completed run had, in any flow and process that shares the storage, takes its result. undefined: not cached. */
  readonly cacheKey?: CacheKeyFunction;
  /** What a run's result depends on, in place of `cacheKey`: `INPUTS`, `INPUTS.plus(SOURCE)`. */
  readonly cachePolicy?: CachePolicy;
  /** How long a cached result is good for. Default: for ever. */
  readonly cacheExpiration?: Duration;
  /** Run, and replace what is cached. Default false. */
  readonly refreshCache?: boolean;
  /** Results are kept in the storage. Default: what the flow says; tasks with a cache, or of a flow with retries, do. */
  readonly persistResult?: boolean;
  readonly resultStorage?: ResultStorage;
  /** Where in the storage: a template, `"{flowRun}/{task}-{x}"`. */
  readonly resultStorageKey?: string;
  readonly resultSerializer?: SerializerDescription;
  /** false: persisted results are let go of, and read again when asked for. Default true. */
  readonly cacheResultInMemory?: boolean;
  /** `console.*` of the body goes to the run's log too. Default: what the flow says. */
  readonly logPrints?: boolean;
  readonly onCompletion?: TaskHook | readonly TaskHook[];
  /** After the last attempt. */
  readonly onFailure?: TaskHook | readonly TaskHook[];
  /** After each failed attempt that another follows. */
  readonly onRetry?: TaskHook | readonly TaskHook[];
  /** Amounts of a worker's abstract resources that a run occupies, `{ GPU: 1 }`. */
  readonly resources?: Readonly<Record<string, number>>;
  /** Higher runs first, on a cluster. Default 0. */
  readonly priority?: number;
  /** false: never started again once it has finished: its result is persisted, or else fetched at once. Default true. */
  readonly idempotent?: boolean;
}

/** Of `t.with(...)`: those of the task, and what only a call can say. */
export interface TaskCallOptions extends TaskOptions {
  /** Runs that have to complete before, beside those among the arguments. */
  readonly waitFor?: Iterable<Found>;
}

const NAMES: readonly (keyof TaskCallOptions)[] = [
  "name",
  "description",
  "tags",
  "taskRunName",
  "retries",
  "retryDelay",
  "retryJitterFactor",
  "retryCondition",
  "timeout",
  "cacheKey",
  "cachePolicy",
  "cacheExpiration",
  "refreshCache",
  "persistResult",
  "resultStorage",
  "resultStorageKey",
  "resultSerializer",
  "cacheResultInMemory",
  "logPrints",
  "onCompletion",
  "onFailure",
  "onRetry",
  "resources",
  "priority",
  "idempotent",
  "waitFor",
];

interface ResolvedCaching {
  readonly by: CacheKeyFunction | CachePolicy;
  /** Milliseconds; 0: for ever. */
  readonly expiration: number;
  readonly refresh: boolean;
}

export interface ResolvedTaskOptions {
  readonly tags: readonly string[];
  readonly taskRunName: TaskOptions["taskRunName"];
  readonly retries: number;
  readonly retryDelays: readonly number[];
  readonly retryJitter: number;
  readonly retryCondition: RetryCondition | undefined;
  readonly timeout: number;
  readonly caching: ResolvedCaching | undefined;
  readonly persist: boolean | undefined;
  readonly storage: StoreDescription | undefined;
  readonly storageKey: string | undefined;
  readonly serializer: SerializerDescription | undefined;
  readonly cacheInMemory: boolean;
  readonly logPrints: boolean | undefined;
  readonly onCompletion: readonly TaskHook[];
  readonly onFailure: readonly TaskHook[];
  readonly onRetry: readonly TaskHook[];
  readonly resources: Readonly<Record<string, number>> | undefined;
  readonly priority: number | undefined;
  readonly idempotent: boolean | undefined;
  readonly waitFor: readonly Found[];
}

/**
 * Checks options and gives them their defaults.
 *
 * @param where - for messages: "task(resize)"
 * @throws InvalidOptionError, InvalidStoreError
 */
export function resolveTaskOptions(where: string, options: TaskCallOptions): ResolvedTaskOptions {
  const checks = new OptionChecks(where, options, NAMES);
  checks.text("name", "description", "resultStorageKey");
  checks.flags("refreshCache", "persistResult", "cacheResultInMemory", "logPrints", "idempotent");
  checks.functions("retryCondition", "cacheKey");
  const { taskRunName, retryJitterFactor, priority, resources } = options;
  if (
    taskRunName !== undefined &&
    typeof taskRunName !== "function" &&
    (typeof taskRunName !== "string" || taskRunName === "")
  )
    checks.fail("taskRunName", 'a template, "resize-{width}", or a function that returns a string');
  if (retryJitterFactor !== undefined && !(Number.isFinite(retryJitterFactor) && retryJitterFactor >= 0))
    checks.fail("retryJitterFactor", "a number from 0");
  if (priority !== undefined && !Number.isFinite(priority)) checks.fail("priority", "a number");
  checkResources(checks, resources);
  const retries = checks.count("retries") ?? 0;
  return {
    tags: checks.strings("tags") ?? [],
    taskRunName,
    retries,
    retryDelays: resolveRetryDelays(checks, retries),
    retryJitter: retryJitterFactor ?? 0,
    retryCondition: options.retryCondition,
    timeout: checks.duration("timeout") ?? 0,
    caching: resolveCaching(checks),
    persist: options.persistResult,
    storage: resolveStorage(checks),
    storageKey: resolveStorageKey(checks),
    serializer: resolveSerializer(checks),
    cacheInMemory: options.cacheResultInMemory ?? true,
    logPrints: options.logPrints,
    onCompletion: checks.hooks("onCompletion"),
    onFailure: checks.hooks("onFailure"),
    onRetry: checks.hooks("onRetry"),
    resources,
    priority,
    idempotent: options.idempotent,
    waitFor: resolveWaitFor(checks),
  };
}

function resolveCaching(checks: OptionChecks<TaskCallOptions>): ResolvedCaching | undefined {
  const { cacheKey, cachePolicy, persistResult, refreshCache } = checks.options;
  const expiration = checks.duration("cacheExpiration");
  if (cachePolicy !== undefined && !(cachePolicy instanceof CachePolicy))
    checks.fail("cachePolicy", "made of INPUTS, SOURCE and RUN_ID");
  const by = cacheKey ?? cachePolicy;
  if (cacheKey !== undefined && cachePolicy !== undefined)
    throw new InvalidOptionError(
      checks.where,
      "cachePolicy",
      "cachePolicy and cacheKey both say what a result depends on",
    );
  if (by === undefined) {
    const lonely =
      expiration !== undefined ? "cacheExpiration" : refreshCache !== undefined ? "refreshCache" : undefined;
    if (lonely === undefined) return undefined;
    throw new InvalidOptionError(checks.where, lonely, `${lonely} without cacheKey or cachePolicy: there is no cache`);
  }
  if (persistResult === false)
    throw new InvalidOptionError(
      checks.where,
      "persistResult",
      "persistResult: false with a cache: what is cached is persisted",
    );
  return { by, expiration: expiration ?? 0, refresh: refreshCache ?? false };
}

function checkResources(checks: OptionChecks<TaskCallOptions>, resources: unknown): void {
  if (resources === undefined) return;
  const isPlain = typeof resources === "object" && resources !== null && !Array.isArray(resources);
  if (!isPlain || !Object.values(resources).every((amount) => Number.isFinite(amount) && amount >= 0))
    checks.fail("resources", "amounts by name, such as { GPU: 1 }");
}

function resolveWaitFor(checks: OptionChecks<TaskCallOptions>): readonly Found[] {
  const given: unknown = checks.options.waitFor;
  if (given === undefined) return [];
  if (typeof given !== "object" || given === null || !(Symbol.iterator in given))
    return checks.fail("waitFor", "a list of futures");
  const list = [...(given as Iterable<unknown>)];
  for (const item of list)
    if (typeof item !== "object" || item === null || !(isTaskFuture(item) || item instanceof FailureAllowed))
      checks.fail("waitFor", "a list of futures, and something else is in it");
  return list as Found[];
}
