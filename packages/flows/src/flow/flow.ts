/** Functions as flows. */
import { createHash } from "node:crypto";
import { InvalidArgumentError } from "@heddle/client";
import { assertNotImporting } from "@heddle/worker/task";
import { callerOfFlow } from "../engine/enclosing.js";
import { FlowRun } from "../engine/flow-run.js";
import type { Run } from "../engine/run.js";
import { NotInRunError } from "../errors/usage.js";
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
   * FlowDepthError, NotInRunError on a worker
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
  // As those of tasks, these functions may be captured by tasks and travel to workers, and nothing of the definition does.
  const call = async (...args: unknown[]): Promise<unknown> => callFlow(call, args);
  const submit = (...args: unknown[]): TaskFuture<unknown> => submitFlow(call, args);
  const withOptions = (more: FlowOptions): unknown => redefineFlow(call, more);
  definitions.set(call, { ...definition, given: options });
  return Object.defineProperties(call, {
    name: { value: name },
    description: { value: options.description },
    version: { value: definition.version },
    fn: { value: fn },
    submit: { value: submit },
    with: { value: withOptions },
  }) as unknown as FlowOf<F>;
}

/** By what users call. Flows that came to a worker with a task are not in it. */
const definitions = new WeakMap<AnyFunction, FlowDefinition & { readonly given: FlowOptions }>();

/** A run that has begun. */
function begin(flow: AnyFunction, method: string, args: readonly unknown[]): Run {
  const definition = definitions.get(flow);
  const what = `${definition?.name ?? flow.name}${method}()`;
  assertNotImporting(what);
  const caller = callerOfFlow(what);
  if (definition === undefined) throw new NotInRunError(what, "the process that defined the flow");
  if (caller !== undefined) return caller.flowRun.child(what, definition, args, caller);
  const run = new FlowRun(definition);
  run.start(args);
  return run;
}

/** @internal What calling a flow does. */
export async function callFlow(flow: AnyFunction, args: readonly unknown[]): Promise<unknown> {
  const run = begin(flow, "", args);
  await new Promise<void>((resolve) => run.whenSettled(resolve));
  return run.value();
}

/** @internal */
export function submitFlow(flow: AnyFunction, args: readonly unknown[]): TaskFuture<unknown> {
  return new TaskFuture(begin(flow, ".submit", args));
}

/** @internal The flow with other options. */
export function redefineFlow(called: AnyFunction, more: FlowOptions): unknown {
  const definition = definitions.get(called);
  if (definition === undefined) throw new NotInRunError(`${called.name}.with()`, "the process that defined the flow");
  const { fn, name, given } = definition;
  return flow(fn as unknown as Definable, { ...given, name: given.name ?? name, ...more });
}
