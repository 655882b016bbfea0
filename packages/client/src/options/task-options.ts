/** What `with` takes, and how outer and inner options become those of a task. */
import { Shipping, type ShipPackages } from "@heddle/closures";
import { parseDuration, type Duration, type TaskOptions } from "@heddle/protocol";
import { InvalidOptionError, checkOptionNames } from "../errors/usage.js";

/** Options of tasks, for `client.with`, `delayed(fn, options)`, `delayed.with` and `annotate`. */
export interface WithOptions {
  /** The task's key. For several tasks (`map`) it is what their keys begin with. */
  readonly key?: string;
  /**
   * true: the key is a hash of function and arguments, so that equal calls are one task, across clients. Default: true for
   * `submit` and `map`, false for `delayed`.
   */
  readonly pure?: boolean;
  /** Higher runs first. Default 0. */
  readonly priority?: number;
  /** Further attempts after a failed one. Default 0. */
  readonly retries?: number;
  /** From the start of the body, waiting included, queueing excluded. Default: no limit. */
  readonly timeout?: Duration;
  /** Names of the workers that may run it. */
  readonly workers?: readonly string[] | string;
  /** With `workers`: prefer them, but run elsewhere when none of them is there. Default false. */
  readonly allowOtherWorkers?: boolean;
  /** Amounts of abstract resources the task occupies while it runs, `{ GPU: 1 }`. */
  readonly resources?: Readonly<Record<string, number>>;
  /**
   * npm packages that travel with functions to workers that may not have them: all that are imported (true), or these. They go in
   * the very versions installed here, with their dependencies, and are used even where a worker has its own. Packages with native
   * parts cannot: they have to be installed where workers run. Default: what the client was made with, else none.
   */
  readonly shipPackages?: ShipPackages;
  /** How the task is called in keys, on the dashboard and in messages. Default: the function's name. */
  readonly name?: string;
  /** Anything plain, for people and plugins to read. */
  readonly annotations?: Readonly<Record<string, unknown>>;
  /** Private copies of large typed-array inputs in place of shared views. Default false. */
  readonly copyInputs?: boolean;
  /** false: once started it is never started again; a re-run becomes an error. Default true. */
  readonly idempotent?: boolean;
}

const NAMES: readonly (keyof WithOptions)[] = [
  "key",
  "pure",
  "priority",
  "retries",
  "timeout",
  "workers",
  "allowOtherWorkers",
  "resources",
  "shipPackages",
  "name",
  "annotations",
  "copyInputs",
  "idempotent",
];

/** Options after checking, in the form rows carry. */
export interface ResolvedOptions {
  readonly key: string | undefined;
  readonly pure: boolean | undefined;
  readonly name: string | undefined;
  readonly shipping: Shipping | undefined;
  /** undefined: all defaults. */
  readonly task: TaskOptions | undefined;
}

export const NO_OPTIONS: ResolvedOptions = {
  key: undefined,
  pure: undefined,
  name: undefined,
  shipping: undefined,
  task: undefined,
};

/**
 * Checks options and brings them into the form that travels.
 *
 * @throws InvalidOptionError, QuantityError
 */
export function resolveOptions(where: string, options: WithOptions): ResolvedOptions {
  checkOptionNames(where, options, NAMES);
  const fail = (option: keyof WithOptions, expected: string): never => {
    throw new InvalidOptionError(where, option, `${option} must be ${expected}`);
  };
  const { key, pure, name, priority, retries, timeout, workers, resources, annotations } = options;
  if (key !== undefined && (typeof key !== "string" || key === "")) fail("key", "a string that is not empty");
  if (name !== undefined && (typeof name !== "string" || name === "")) fail("name", "a string that is not empty");
  if (priority !== undefined && !Number.isFinite(priority)) fail("priority", "a number");
  if (retries !== undefined && !(Number.isInteger(retries) && retries >= 0)) fail("retries", "a whole number from 0");
  for (const option of ["pure", "allowOtherWorkers", "copyInputs", "idempotent"] as const)
    if (options[option] !== undefined && typeof options[option] !== "boolean") fail(option, "true or false");
  const named = typeof workers === "string" ? [workers] : workers;
  if (named !== undefined && !(Array.isArray(named) && named.every((worker) => typeof worker === "string")))
    fail("workers", "a list of names of workers");
  if (resources !== undefined && !Object.values(resources).every((amount) => Number.isFinite(amount) && amount >= 0))
    fail("resources", "amounts by name, such as { GPU: 1 }");

  const task: { -readonly [Option in keyof TaskOptions]: TaskOptions[Option] } = {};
  if (priority !== undefined) task.priority = priority;
  if (retries !== undefined) task.retries = retries;
  if (timeout !== undefined) task.timeout = parseDuration(timeout);
  if (named !== undefined) task.workers = named;
  if (options.allowOtherWorkers !== undefined) task.allowOtherWorkers = options.allowOtherWorkers;
  if (resources !== undefined) task.resources = resources;
  if (annotations !== undefined) task.annotations = annotations;
  if (options.copyInputs !== undefined) task.copyInputs = options.copyInputs;
  if (options.idempotent !== undefined) task.idempotent = options.idempotent;
  const shipping = options.shipPackages === undefined ? undefined : resolveShipping(where, options.shipPackages);
  return { key, pure, name, shipping, task: Object.keys(task).length === 0 ? undefined : task };
}

/** @throws InvalidOptionError */
export function resolveShipping(where: string, which: ShipPackages): Shipping {
  if (typeof which !== "boolean" && !(Array.isArray(which) && which.every((name) => typeof name === "string")))
    throw new InvalidOptionError(where, "shipPackages", "shipPackages must be true, false or a list of package names");
  return Shipping.of(which);
}

/** `inner` over `outer`; annotations by name. */
export function mergeOptions(outer: ResolvedOptions, inner: ResolvedOptions): ResolvedOptions {
  if (outer === NO_OPTIONS) return inner;
  if (inner === NO_OPTIONS) return outer;
  return {
    key: inner.key ?? outer.key,
    pure: inner.pure ?? outer.pure,
    name: inner.name ?? outer.name,
    shipping: inner.shipping ?? outer.shipping,
    task: mergeTaskOptions(outer.task, inner.task),
  };
}

export function mergeTaskOptions(
  outer: TaskOptions | undefined,
  inner: TaskOptions | undefined,
): TaskOptions | undefined {
  if (outer === undefined || inner === undefined) return inner ?? outer;
  const merged = { ...outer, ...inner };
  if (outer.annotations === undefined || inner.annotations === undefined) return merged;
  return { ...merged, annotations: { ...outer.annotations, ...inner.annotations } };
}
