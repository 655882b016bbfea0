/** Functions as flows. */
import { createHash } from "node:crypto";
import { InvalidArgumentError } from "@heddle/client";
import { assertNotImporting } from "@heddle/worker/task";
import { currentCaller } from "../engine/enclosing.js";
import { FlowRun } from "../engine/flow-run.js";
import type { Run } from "../engine/run.js";
import { TaskFuture } from "../future/task-future.js";
import { flowName } from "../options/names.js";
import { parameterNames } from "../task/parameter-names.js";
import type { AnyFunction, Definable, FlowValue, RunArguments } from "../types.js";
import { resolveFlowOptions, type FlowOptions, type ResolvedFlowOptions } from "./flow-options.js";

/**
 * A function whose calls are flow runs; inside another flow, subflow runs of it.
 *
 * @typeParam A - types of its parameters
 * @typeParam R - what it returns
 */
export interface Flow<A extends unknown[] = never[], R = unknown> {
  /**
   * Runs it: resolves to what it returns, with futures in that resolved. In another flow it waits for futures among its arguments.
   *
   * @throws (rejects with) what it failed with; CancelledRunError, CrashedRunError, FlowParametersError, FlowTimeoutError,
   * FlowDepthError
   */
  (...args: RunArguments<A>): Promise<FlowValue<R>>;
  readonly name: string;
  readonly description: string | undefined;
  /** A hash of the function's source, unless it was given. */
  readonly version: string;
  /** The plain function. */
  readonly fn: (...args: A) => R;
  /** Runs it beside the code that calls. */
  submit(...args: RunArguments<A>): TaskFuture<FlowValue<R>>;
  /** The same flow with other options. */
  with(options: FlowOptions): Flow<A, R>;
}

/** The flow of a function. */
export type FlowOf<F> = F extends (...args: infer A) => infer R ? Flow<A, R> : never;

/** A flow with its options, as the engine knows it. */
export interface FlowDefinition {
  readonly fn: AnyFunction;
  readonly name: string;
  readonly version: string;
  readonly options: ResolvedFlowOptions;
  readonly parameters: readonly string[];
}

/**
 * Makes a flow of a function.
 *
 * @throws UnnamedFunctionError, InvalidOptionError, InvalidArgumentError
 *
 * @example
 * const greetings = flow(async function greetings(names: string[]) {
 *   for (const name of names) sayHello.submit(name);
 * });
 * await greetings(["arthur", "trillian"]);
 */
export function flow<F extends Definable>(fn: F, options: FlowOptions = {}): FlowOf<F> {
  if (typeof fn !== "function") throw new InvalidArgumentError("flow", "its first argument must be a function");
  const body = fn as unknown as AnyFunction;
  const name = flowName(body, (options as { name?: string } | null)?.name);
  const resolved = resolveFlowOptions(`flow(${name})`, options);
  const source = Function.prototype.toString.call(body);
  const definition: FlowDefinition = {
    fn: body,
    name,
    version: options.version ?? createHash("sha256").update(source).digest("hex").slice(0, 32),
    options: resolved,
    parameters: parameterNames(body),
  };
  const begin = (what: string, args: readonly unknown[]): Run => {
    assertNotImporting(what);
    const caller = currentCaller();
    if (caller !== undefined) return caller.flowRun.child(what, definition, args, caller.execution === undefined);
    const run = new FlowRun(definition);
    run.start(args);
    return run;
  };
  const call = async (...args: unknown[]): Promise<unknown> => {
    const run = begin(`${name}()`, args);
    await new Promise<void>((resolve) => run.whenSettled(resolve));
    return run.value();
  };
  return Object.defineProperties(call, {
    name: { value: name },
    description: { value: options.description },
    version: { value: definition.version },
    fn: { value: fn },
    submit: { value: (...args: unknown[]) => new TaskFuture(begin(`${name}.submit()`, args)) },
    with: { value: (more: FlowOptions) => flow(fn, { ...options, name: options.name ?? name, ...more }) },
  }) as unknown as FlowOf<F>;
}
