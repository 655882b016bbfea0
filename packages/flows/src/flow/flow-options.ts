/** What a flow can be told, checked where it is defined. */
import type { Duration } from "@heddle/protocol";
import { OptionChecks } from "../options/checks.js";
import { resolveSerializer, resolveStorage, type ResultStorage } from "../options/result-options.js";
import { resolveRetryDelays, type RetryDelay } from "../options/retry-options.js";
import type { StoreDescription } from "../results/result-store.js";
import type { SerializerDescription } from "../results/serializers/serializer.js";
import type { TaskRunner } from "../runner/task-runner.js";
import type { State } from "../state/state.js";
import type { RunParameters } from "../task/task-call.js";
import type { StandardSchema } from "./standard-schema.js";

/** What hooks are told of the flow. */
export interface FlowIdentity {
  readonly name: string;
  readonly version: string;
}

/** What hooks are told of the run. */
export interface FlowRunIdentity {
  readonly id: string;
  readonly name: string;
  readonly flow: string;
  readonly tags: readonly string[];
}

/** What it throws is logged, and the next one is called. */
export type FlowHook = (flow: FlowIdentity, run: FlowRunIdentity, state: State) => unknown;

export interface FlowOptions {
  /** Default: the function's name, with dashes: `prepareOrders` and `prepare_orders` are prepare-orders. */
  readonly name?: string;
  /** Default: a hash of the function's source. */
  readonly version?: string;
  readonly description?: string;
  /** Of each run and its task runs. */
  readonly tags?: readonly string[];
  /** Name of each run: a template over parameters, `"import-{day}"`, or a function of them. Default: two random words. */
  readonly flowRunName?: string | ((parameters: RunParameters) => string);
  /** Further attempts after a failed one. What completed in an earlier one, and was persisted, is not run again. Default 0. */
  readonly retries?: number;
  readonly retryDelay?: RetryDelay;
  /** Of each attempt. What the flow has submitted is cancelled with it. */
  readonly timeout?: Duration;
  /** Default: a ConcurrentTaskRunner. A class is as good as an instance. Each run gets one of its own: see `duplicate()`. */
  readonly taskRunner?: TaskRunner | (new () => TaskRunner);
  /**
   * A Standard Schema (zod, valibot, arktype) of the arguments: of the one argument, of a tuple of them, or of an object of them by
   * name. Where they do not fit the run fails and the body is not called; it is called with what the schema makes of them.
   */
  readonly parameters?: StandardSchema;
  /** The flow's own result, and those of its tasks, are kept. Default: only with retries. */
  readonly persistResult?: boolean;
  /** Of this flow, its tasks and subflows. Default: the parent's, the setting `flows.resultStorage`, a directory in ~/.heddle. */
  readonly resultStorage?: ResultStorage;
  readonly resultSerializer?: SerializerDescription;
  /** `console.*` goes to the runs' logs too: of this flow, its tasks and subflows. Default: the parent's, true. */
  readonly logPrints?: boolean;
  readonly onRunning?: FlowHook | readonly FlowHook[];
  readonly onCompletion?: FlowHook | readonly FlowHook[];
  /** After the last attempt. */
  readonly onFailure?: FlowHook | readonly FlowHook[];
  readonly onCancellation?: FlowHook | readonly FlowHook[];
  readonly onCrashed?: FlowHook | readonly FlowHook[];
}

const NAMES: readonly (keyof FlowOptions)[] = [
  "name",
  "version",
  "description",
  "tags",
  "flowRunName",
  "retries",
  "retryDelay",
  "timeout",
  "taskRunner",
  "parameters",
  "persistResult",
  "resultStorage",
  "resultSerializer",
  "logPrints",
  "onRunning",
  "onCompletion",
  "onFailure",
  "onCancellation",
  "onCrashed",
];

export interface ResolvedFlowOptions {
  readonly tags: readonly string[];
  readonly flowRunName: FlowOptions["flowRunName"];
  readonly retries: number;
  readonly retryDelays: readonly number[];
  /** 0: none. */
  readonly timeout: number;
  /** A fresh runner for one run; undefined: the default one. */
  readonly runner: (() => TaskRunner) | undefined;
  readonly parameters: StandardSchema | undefined;
  readonly persist: boolean | undefined;
  readonly storage: StoreDescription | undefined;
  readonly serializer: SerializerDescription | undefined;
  readonly logPrints: boolean | undefined;
  readonly onRunning: readonly FlowHook[];
  readonly onCompletion: readonly FlowHook[];
  readonly onFailure: readonly FlowHook[];
  readonly onCancellation: readonly FlowHook[];
  readonly onCrashed: readonly FlowHook[];
}

/** @throws InvalidOptionError, InvalidStoreError */
export function resolveFlowOptions(where: string, options: FlowOptions): ResolvedFlowOptions {
  const checks = new OptionChecks(where, options, NAMES);
  checks.text("name", "version", "description");
  checks.flags("persistResult", "logPrints");
  const { flowRunName, parameters } = options;
  if (
    flowRunName !== undefined &&
    typeof flowRunName !== "function" &&
    (typeof flowRunName !== "string" || flowRunName === "")
  )
    checks.fail("flowRunName", 'a template, "import-{day}", or a function that returns a string');
  if (parameters !== undefined && typeof (parameters as Partial<StandardSchema>)["~standard"]?.validate !== "function")
    checks.fail("parameters", "a Standard Schema, such as one of zod, valibot or arktype");
  const retries = checks.count("retries") ?? 0;
  return {
    tags: checks.strings("tags") ?? [],
    flowRunName,
    retries,
    retryDelays: resolveRetryDelays(checks, retries),
    timeout: checks.duration("timeout") ?? 0,
    runner: resolveRunner(checks),
    parameters,
    persist: options.persistResult,
    storage: resolveStorage(checks),
    serializer: resolveSerializer(checks),
    logPrints: options.logPrints,
    onRunning: checks.hooks("onRunning"),
    onCompletion: checks.hooks("onCompletion"),
    onFailure: checks.hooks("onFailure"),
    onCancellation: checks.hooks("onCancellation"),
    onCrashed: checks.hooks("onCrashed"),
  };
}

function resolveRunner(checks: OptionChecks<FlowOptions>): (() => TaskRunner) | undefined {
  const given: unknown = checks.options.taskRunner;
  if (given === undefined) return undefined;
  if (isRunner(given)) return () => given.duplicate();
  if (typeof given === "function" && isRunner(given.prototype)) {
    const Class = given as unknown as new () => TaskRunner;
    return () => new Class();
  }
  return checks.fail("taskRunner", "a task runner, or the class of one");
}

function isRunner(value: unknown): value is TaskRunner {
  if (typeof value !== "object" || value === null) return false;
  return ["start", "submit", "stop", "duplicate"].every(
    (method) => typeof (value as Record<string, unknown>)[method] === "function",
  );
}
