/** What travels to where a task runs: its function and the policy of its runs, the same object for every run under the same options. */
import type { KeeperDescription } from "../results/stored-result.js";
import type { TaskRunIdentity } from "../runner/task-runner.js";
import type { State } from "../state/state.js";

export interface TaskCall {
  // The boundary to users' functions: whatever they take and return.
  readonly fn: (...args: never[]) => unknown;
  readonly task: string;
  /** Names of the function's parameters, in order; "" for one that is destructured. `...rest` has its dots. */
  readonly parameters: readonly string[];
  readonly policy: CallPolicy;
}

/** Checked and normalised options, as far as they matter while a task runs. */
export interface CallPolicy {
  /** Further attempts after a failed one. */
  readonly retries: number;
  /** Milliseconds before attempt 2, 3, ...: the last one repeats. Empty: none. */
  readonly retryDelays: readonly number[];
  /** Delays are multiplied by 1 up to 1 + this, drawn. */
  readonly retryJitter: number;
  /** Asked, where the task runs, whether a failed attempt is followed by another. One that fails means no. */
  readonly retryCondition?: RetryCondition;
  /** Milliseconds an attempt may take; 0: no limit. */
  readonly timeout: number;
  readonly logPrints: boolean;
  readonly persist: boolean;
  /** How results are kept, and cached ones looked for; absent when neither is asked for. */
  readonly keeper?: KeeperDescription;
  readonly caching?: CachingPolicy;
  /** false: the engine lets go of the value of a persisted result and reads it again when asked for. */
  readonly cacheInMemory: boolean;
  readonly resources?: Readonly<Record<string, number>>;
  readonly priority?: number;
  readonly idempotent?: boolean;
}

export interface CachingPolicy {
  /** Called where the task runs, with its arguments as values. undefined: this call is not cached. */
  readonly key: (context: CacheContext, parameters: RunParameters) => string | undefined | Promise<string | undefined>;
  /** Milliseconds that a cached result is good for; 0: for ever. */
  readonly expiration: number;
  /** Run, and replace what is cached. */
  readonly refresh: boolean;
}

/** Arguments by the name of their parameter. */
export type RunParameters = Readonly<Record<string, unknown>>;

/** What a cache key may be made of, beside the parameters. */
export interface CacheContext {
  readonly run: TaskRunIdentity;
  readonly task: { readonly name: string; readonly fn: (...args: never[]) => unknown };
}

/** What a retry condition is told of the task. */
export interface TaskIdentity {
  readonly name: string;
  readonly retries: number;
}

export type RetryCondition = (
  task: TaskIdentity,
  run: TaskRunIdentity & { readonly attempt: number },
  state: State,
) => boolean | Promise<boolean>;
