/** Functions as tasks. */
import { InvalidArgumentError, type TaskValue } from "@heddle/client";
import { Unmapped } from "../arguments/marks.js";
import { MapLengthError, NotInRunError } from "../errors/usage.js";
import { TaskFuture } from "../future/task-future.js";
import { taskName } from "../options/names.js";
import type { AnyFunction, Definable, MapArguments, RunArguments } from "../types.js";
import { enclosingCaller, isOnWorker } from "../engine/enclosing.js";
import { parameterNames } from "./parameter-names.js";
import {
  resolveTaskOptions,
  type ResolvedTaskOptions,
  type TaskCallOptions,
  type TaskOptions,
} from "./task-options.js";

/**
 * A function whose calls are task runs of the flow that makes them.
 *
 * @typeParam A - types of its parameters
 * @typeParam R - what it returns
 */
export interface Task<A extends unknown[] = never[], R = unknown> {
  /** Runs it in the flow's process, whatever the flow's runner is. Rejects with what it throws. */
  (...args: RunArguments<A>): Promise<TaskValue<R>>;
  readonly name: string;
  readonly description: string | undefined;
  /** The plain function. */
  readonly fn: (...args: A) => R;
  /**
   * Runs it on the flow's task runner. Futures among the arguments, at any depth of plain data, are waited for first.
   *
   * @throws NotInRunError outside a flow; FlowRunEndedError in one that is over
   */
  submit(...args: RunArguments<A>): TaskFuture<TaskValue<R>>;
  /**
   * One run for each item of the lists, which are of one length. What is no list, and what `unmapped` marks, is given to each.
   *
   * @throws MapLengthError; those of `submit`
   */
  map(...args: MapArguments<A>): TaskFuture<TaskValue<R>>[];
  /** The same task with other options, for a call or for all. */
  with(options: TaskCallOptions): Task<A, R>;
}

/** The task of a function. */
export type TaskOf<F> = F extends (...args: infer A) => infer R ? Task<A, R> : never;

/** A task with its options, as the engine knows it. */
export interface TaskDefinition {
  readonly fn: AnyFunction;
  readonly name: string;
  readonly options: ResolvedTaskOptions;
  /** Of the function; read from its source when first needed. */
  readonly parameters: readonly string[];
}

/**
 * Makes a task of a function.
 *
 * @throws UnnamedFunctionError, InvalidOptionError, InvalidArgumentError
 *
 * @example
 * const sayHello = task(async (name: string) => console.log(`hello ${name}`), { name: "say_hello" });
 */
export function task<F extends Definable>(fn: F, options: TaskOptions = {}): TaskOf<F> {
  if (typeof fn !== "function") throw new InvalidArgumentError("task", "its first argument must be a function");
  const body = fn as unknown as AnyFunction;
  return defined(body, taskName(body, (options as { name?: string } | null)?.name), options) as TaskOf<F>;
}

function defined(fn: AnyFunction, name: string, options: TaskCallOptions): unknown {
  // These functions may be captured by other tasks and travel to workers. There they find the package's functions, and nothing of the
  // definition, whose hooks and stores stay here.
  const call = async (...args: unknown[]): Promise<unknown> => callTask(call, fn, args);
  const submit = (...args: unknown[]): TaskFuture<unknown> => submitTask(call, args);
  const map = (...args: unknown[]): TaskFuture<unknown>[] => mapTask(call, args);
  const withOptions = (more: TaskCallOptions): unknown => redefineTask(call, more);
  definitions.set(call, new Definition(fn, name, resolveTaskOptions(`task(${name})`, options), options));
  return Object.defineProperties(call, {
    name: { value: name },
    description: { value: options.description },
    fn: { value: fn },
    submit: { value: submit },
    map: { value: map },
    with: { value: withOptions },
  });
}

class Definition implements TaskDefinition {
  #parameters: readonly string[] | undefined;

  constructor(
    readonly fn: AnyFunction,
    readonly name: string,
    readonly options: ResolvedTaskOptions,
    readonly given: TaskCallOptions,
  ) {}

  get parameters(): readonly string[] {
    return (this.#parameters ??= parameterNames(this.fn));
  }
}

/** By what users call. Tasks that came to a worker with another one are not in it. */
const definitions = new WeakMap<AnyFunction, Definition>();

function definitionOf(task: AnyFunction): Definition {
  const definition = definitions.get(task);
  if (definition !== undefined) return definition;
  throw new NotInRunError(
    `a method of the task ${task.name}`,
    "the flow's own process: a task that runs on a worker calls other tasks directly, or submits functions with getClient()",
  );
}

/** @internal What calling a task does. */
export async function callTask(task: AnyFunction, fn: AnyFunction, args: readonly unknown[]): Promise<unknown> {
  // On a worker a task is a function like others: its run is the one that calls it.
  if (isOnWorker()) return fn(...(args as never[]));
  const definition = definitionOf(task);
  const what = `${definition.name}()`;
  const caller = enclosingCaller(what);
  const run = caller.flowRun.call(what, definition, args, caller);
  if (!run.isSettled) await new Promise<void>((resolve) => run.whenSettled(resolve));
  return run.value();
}

/** @internal */
export function submitTask(task: AnyFunction, args: readonly unknown[]): TaskFuture<unknown> {
  const definition = definitionOf(task);
  const what = `${definition.name}.submit()`;
  const caller = enclosingCaller(what);
  return new TaskFuture(caller.flowRun.submit(what, definition, args, caller));
}

/** @internal */
export function mapTask(task: AnyFunction, args: readonly unknown[]): TaskFuture<unknown>[] {
  return rows(definitionOf(task).name, args).map((row) => submitTask(task, row));
}

/** @internal The task with other options. */
export function redefineTask(task: AnyFunction, more: TaskCallOptions): unknown {
  const { fn, name, given } = definitionOf(task);
  return defined(fn, more.name ?? name, { ...given, ...more });
}

/** Arguments of each call of a map. */
function rows(task: string, args: readonly unknown[]): unknown[][] {
  let length = -1;
  const columns = args.map((given) => {
    if (given instanceof Unmapped) return given as Unmapped<unknown>;
    if (typeof given !== "object" || given === null || !(Symbol.iterator in given)) {
      if (given instanceof TaskFuture)
        throw new MapLengthError(
          task,
          "a future is no list yet: await its result first, or give it to every call with unmapped(future)",
        );
      return new Unmapped(given);
    }
    const items = [...(given as Iterable<unknown>)];
    if (length >= 0 && items.length !== length)
      throw new MapLengthError(task, `its lists have ${length} and ${items.length} items; they must have as many each`);
    length = items.length;
    return items;
  });
  if (length < 0)
    throw new MapLengthError(task, "none of its arguments is a list to call it once for each item of; call submit");
  return Array.from({ length }, (_, i) =>
    columns.map((column) => (column instanceof Unmapped ? column.value : column[i])),
  );
}
