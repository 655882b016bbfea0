/** Functions as tasks. */
import { InvalidArgumentError, type TaskValue } from "@heddle/client";
import { Unmapped } from "../arguments/marks.js";
import { MapLengthError } from "../errors/usage.js";
import { TaskFuture } from "../future/task-future.js";
import { taskName } from "../options/names.js";
import type { AnyFunction, MapArguments, RunArguments } from "../types.js";
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
export function task<A extends unknown[], R>(fn: (...args: A) => R, options: TaskOptions = {}): Task<A, R> {
  if (typeof fn !== "function") throw new InvalidArgumentError("task", "its first argument must be a function");
  const name = taskName(fn, (options as { name?: string } | null)?.name);
  return defined(fn, name, options);
}

function defined<A extends unknown[], R>(fn: (...args: A) => R, name: string, options: TaskCallOptions): Task<A, R> {
  const resolved = resolveTaskOptions(`task(${name})`, options);
  let parameters: readonly string[] | undefined;
  const definition: TaskDefinition = {
    fn: fn,
    name,
    options: resolved,
    get parameters() {
      return (parameters ??= parameterNames(fn));
    },
  };
  const submit = (...args: unknown[]): TaskFuture<TaskValue<R>> => {
    const what = `${name}.submit()`;
    const { flowRun, execution } = enclosingCaller(what);
    return new TaskFuture(flowRun.submit(what, definition, args, execution));
  };
  const call = async (...args: unknown[]): Promise<unknown> => {
    const what = `${name}()`;
    // On a worker a task is a function like others: its run is the one that calls it.
    if (isOnWorker()) return fn(...(args as A));
    const { flowRun, execution } = enclosingCaller(what);
    const run = flowRun.call(what, definition, args, execution);
    if (!run.isSettled) await new Promise<void>((resolve) => run.whenSettled(resolve));
    return run.value();
  };
  return Object.defineProperties(call, {
    name: { value: name },
    description: { value: options.description },
    fn: { value: fn },
    submit: { value: submit },
    map: { value: (...args: unknown[]) => rows(name, args).map((row) => submit(...row)) },
    with: {
      value: (more: TaskCallOptions) => defined(fn, more.name ?? name, { ...options, ...more }),
    },
  }) as unknown as Task<A, R>;
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
