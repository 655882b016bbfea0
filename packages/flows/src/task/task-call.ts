/** What travels to where a task runs: its function and the policy of its runs, the same object for every run under the same options. */
import type { StoreDescription } from "../results/result-store.js";

export interface TaskCall {
  // The boundary to users' functions: whatever they take and return.
  readonly fn: (...args: never[]) => unknown;
  readonly task: string;
  readonly policy: CallPolicy;
}

/** Checked and normalised options, as far as they matter while a task runs. */
export interface CallPolicy {
  /** Further attempts after a failed one. */
  readonly retries: number;
  /** Milliseconds before attempt 2, 3, ...: the last one repeats. */
  readonly retryDelays: readonly number[];
  /** Delays are multiplied by 1 up to 1 + this, drawn. */
  readonly retryJitter: number;
  /** Milliseconds an attempt may take; 0: no limit. */
  readonly timeout: number;
  readonly logPrints: boolean;
  readonly persist: boolean;
  /** Where results are persisted, and cached ones looked for; absent when neither is asked for. */
  readonly storage?: StoreDescription;
  /** Further fields (cache key function, retry condition, serializer ...) are the task package's own. */
  readonly caching?: CachingPolicy;
  readonly resources?: Readonly<Record<string, number>>;
  readonly priority?: number;
  readonly idempotent?: boolean;
}

export interface CachingPolicy {
  /** Milliseconds that a cached result is good for; 0: for ever. */
  readonly expiration: number;
  /** Run, and replace what is cached. */
  readonly refresh: boolean;
}
