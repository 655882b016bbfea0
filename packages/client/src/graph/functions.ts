/** User functions as callables. */
import { capture, withShipping, type Captured } from "@heddle/closures";
import { InvalidArgumentError } from "../errors/usage.js";
import { NO_OPTIONS, type ResolvedOptions } from "../options/task-options.js";
import type { AnyFunction } from "../types.js";
import { callable, type Callable } from "./callable.js";
import type { Recipe } from "./recipe.js";

/** A capture is the same object as long as nothing it reached has changed, so what is derived from it is kept by it. */
const callables = new WeakMap<Captured, Map<string, Callable>>();

/**
 * The function as it is now, ready to travel.
 *
 * @throws FunctionNotSerializableError naming the variable that cannot be copied
 */
export function callableOf(fn: AnyFunction, name: string): Callable {
  const captured = capture(fn);
  let byName = callables.get(captured);
  if (byName === undefined) callables.set(captured, (byName = new Map<string, Callable>()));
  let known = byName.get(name);
  if (known === undefined) byName.set(name, (known = callable(name, captured.token, captured.definitions)));
  return known;
}

/** @throws InvalidArgumentError for anything but a function */
export function recipeOfFunction(
  where: string,
  fn: AnyFunction,
  pureByDefault: boolean,
  options: ResolvedOptions = NO_OPTIONS,
): Recipe {
  if (typeof fn !== "function")
    throw new InvalidArgumentError(where, `the first argument must be a function, not ${kindOf(fn)}`);
  const name = options.name ?? (fn.name === "" ? "anonymous" : fn.name);
  return {
    name,
    options,
    pure: options.pure ?? pureByDefault,
    callable: () => withShipping(options.shipping, () => callableOf(fn, name)),
  };
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "an array" : typeof value === "object" ? "an object" : typeof value;
}
