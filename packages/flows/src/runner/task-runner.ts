/**
 * Between the flow engine and whatever executes its tasks. The engine owns states, names, history and what depends on what; a runner
 * executes calls and says how they went.
 */
import type { ArtifactParts } from "../context/artifact.js";
import type { LogLevel, RunEventSink } from "../history/run-event.js";
import type { StoredResult } from "../results/stored-result.js";
import type { TaskCall } from "../task/task-call.js";

export interface TaskRunner {
  readonly name: string;
  /** sequential: one call after the other, in the order of submission. parallel: on more than one core. */
  readonly concurrency: "sequential" | "concurrent" | "parallel";
  /** Once, before the first `submit`; rejects when it cannot run anything. */
  start(context: RunnerContext): Promise<void>;
  /** Never throws for what is wrong with one call: that is its outcome. */
  submit(run: RunnerTask): RunnerHandle;
  /** Once; after it nothing that `start` made is left. Runs not settled yet have been cancelled or have crashed. */
  stop(reason: StopReason): Promise<void>;
  /** A fresh one with the same settings, for one flow run. */
  duplicate(): TaskRunner;
  /**
   * After `start`: where else the run events of the flow run go, its own and those of its task runs. Not closed by the engine, but
   * flushed before `stop`.
   */
  readonly events?: RunEventSink | undefined;
  /**
   * After `start`: why runs given to it, or their results, were lost at once: what it runs them on has died. The flow run is Crashed by it.
   */
  readonly failure?: Error | undefined;
  /** After `start`: who counts leases of names for the flow run; absent: the flow's process. */
  readonly acquire?: AcquireLease | undefined;
}

/**
 * Takes a lease of a name of which only so many are out at once, and waits for its turn. Resolves to how to give it back; rejects with what
 * `signal` is aborted with.
 */
export type AcquireLease = (
  name: string,
  limit: number,
  slots: number,
  signal: AbortSignal | undefined,
) => Promise<() => void>;

export type StopReason = "completed" | "failed" | "cancelled" | "crashed";

/** The flow run that a runner is started for. */
export interface RunnerContext {
  readonly flowRun: { readonly id: string; readonly name: string; readonly flow: string };
  /** A line for the flow run's log. */
  log(level: LogLevel, message: string): void;
  /** Aborted when the flow run is cancelled. */
  readonly signal: AbortSignal;
}

/** One task run, to be executed once. */
export interface RunnerTask {
  readonly run: TaskRunIdentity;
  /** What to call and under which policy: one object for all runs of a task with the same options. */
  readonly call: TaskCall;
  /**
   * The arguments with each future in them replaced by `substitute` of its handle. Every handle is this runner's own and stands for a
   * run that has settled, or that the runner can make this run wait for (a native reference). Futures of other runners are values already.
   */
  bind(substitute: (upstream: RunnerHandle) => unknown): unknown[];
  /** Handles in the arguments, and those of `waitFor`, each once. */
  readonly upstream: readonly RunnerHandle[];
  readonly report: RunReport;
}

export interface TaskRunIdentity {
  readonly flowRun: string;
  readonly number: number;
  readonly name: string;
  readonly task: string;
  readonly tags: readonly string[];
}

/** How a runner tells the engine about a run. Exactly one `settled`, last. */
export interface RunReport {
  /** An attempt began. `time`: milliseconds since the epoch, by the engine's clock as well as is known; default now. */
  running(attempt: number, time?: number, worker?: string): void;
  /** An attempt failed and another follows after `delay` milliseconds. */
  awaitingRetry(attempt: number, delay: number, error: unknown): void;
  log(level: LogLevel, message: string, time?: number, worker?: string): void;
  /** Something for people to look at, of at most so many bytes of JSON. */
  artifact(made: ArtifactParts, time?: number): void;
  readonly maxArtifact: number;
  /** The runner's own word to whoever sits at the terminal, and for the run's log. */
  warn(message: string): void;
  settled(outcome: RunOutcome): void;
}

/** How a run ended. */
export type RunOutcome =
  /** `stored`: where its result was persisted, see results. `cached`: the body did not run. */
  | {
      readonly type: "completed";
      readonly cached?: { readonly cacheKey: string };
      readonly stored?: StoredResult;
      readonly time?: number;
    }
  /** The user's code threw, or ran out of time (`timedOut`). */
  | {
      readonly type: "failed";
      readonly error: unknown;
      readonly timedOut?: boolean;
      readonly stored?: StoredResult;
      readonly time?: number;
    }
  | { readonly type: "cancelled"; readonly message?: string; readonly time?: number }
  /** Something outside the user's code went wrong: a lost worker, a runner that died. */
  | { readonly type: "crashed"; readonly error: unknown; readonly time?: number };

/** What a runner gives back for one submitted run. */
export interface RunnerHandle {
  /** The runner's own reference to the result (a Future of a cluster, an ObjectRef), for dependencies; undefined: none. */
  readonly native: unknown;
  /** The result of a completed run, fetched when asked for. Rejects with what the run failed with. */
  value(): Promise<unknown>;
  /** Stops it as soon as can be; the outcome is `cancelled` unless it ended before. */
  cancel(): void;
  /** The engine has no more use for the result: a runner may let go of it. */
  release(): void;
}
