/** `delayed`: functions that give graphs instead of results. */
import { CAPTURE_HOOK } from "@heddle/closures";
import { InvalidOptionError } from "../errors/usage.js";
import { recipeOfFunction } from "../graph/functions.js";
import type { Recipe } from "../graph/recipe.js";
import { resolveOptions, type WithOptions } from "../options/task-options.js";
import type { AnyFunction, Arguments, TaskValue, Unwrapped } from "../types.js";
import { builtinRecipe } from "./builtins.js";
import { Delayed, withOptions } from "./delayed.js";

export interface DelayedOptions extends WithOptions {
  /** The function returns an array of so many items: a call gives as many Delayeds. */
  readonly nout?: number;
}

/** A function whose calls are nodes of a graph. */
export interface DelayedFunction<A extends readonly unknown[], R> {
  /** A call that will happen when it is computed. Arguments are read then; Delayeds and futures in them become dependencies. */
  (...args: Arguments<A>): Delayed<TaskValue<R>>;
  /** The same function with further options. */
  with(options: WithOptions): DelayedFunction<A, R>;
}

/** A function with `nout`: its calls give several Delayeds. */
export interface DelayedTupleFunction<A extends readonly unknown[], R> {
  (...args: Arguments<A>): DelayedItems<TaskValue<R>>;
  with(options: WithOptions): DelayedTupleFunction<A, R>;
}

type DelayedItems<R> = R extends readonly unknown[] ? { -readonly [I in keyof R]: Delayed<R[I]> } : Delayed<unknown>[];

/**
 * Makes a function lazy: calling it builds a graph, which runs when something computes it.
 *
 * @throws InvalidOptionError
 *
 * @example
 * const inc = delayed((x: number) => x + 1);
 * const total = delayed((xs: number[]) => xs.reduce((a, b) => a + b))([inc(1), inc(2)]);
 * await total.compute(); // 5
 */
export function delayed<A extends readonly unknown[], R>(
  fn: (...args: A) => R,
  options: DelayedOptions & { readonly nout: number },
): DelayedTupleFunction<A, R>;
export function delayed<A extends readonly unknown[], R>(
  fn: (...args: A) => R,
  options?: DelayedOptions,
): DelayedFunction<A, R>;
/** Wraps data, so that graphs that share it send it once. Futures and Delayeds in it are replaced by their values. */
export function delayed<T>(value: T, options?: Pick<DelayedOptions, "name">): Delayed<Unwrapped<T>>;
export function delayed(value: unknown, options: DelayedOptions = {}): unknown {
  const { nout, ...rest } = options;
  const resolved = resolveOptions("delayed", rest);
  if (nout !== undefined && !(Number.isInteger(nout) && nout >= 0))
    throw new InvalidOptionError("delayed", "nout", "nout must be a whole number from 0");
  if (typeof value === "function")
    return lazy(recipeOfFunction("delayed", value as AnyFunction, false, resolved), nout);
  return new Delayed({ recipe: builtinRecipe("identity", resolved.name ?? "data"), args: [value] });
}

function lazy(recipe: Recipe, nout: number | undefined): DelayedFunction<readonly unknown[], unknown> {
  const call = (...args: unknown[]): unknown => {
    const node = new Delayed<unknown>({ recipe, args });
    return nout === undefined ? node : Array.from({ length: nout }, (_, index) => node.get(index));
  };
  return Object.assign(call as DelayedFunction<readonly unknown[], unknown>, {
    with: (options: WithOptions) => lazy(withOptions(recipe, options, "delayed.with"), nout),
    [CAPTURE_HOOK]: () => ({
      reason: `the delayed function ${recipe.name}, which gives graphs, not results`,
      hint: "call the plain function inside the task",
    }),
  });
}
