/** Tasks of functions that every worker knows without being told. */
import { builtin, type Callable } from "../graph/callable.js";
import type { Recipe } from "../graph/recipe.js";
import { NO_OPTIONS } from "../options/task-options.js";

const builtins = new Map<string, Callable>();

/** A recipe for what every worker knows without being told. */
export function builtinRecipe(name: "identity" | "attribute" | "method", label: string): Recipe {
  const group = name === "identity" ? label : `${name}-${label}`;
  return {
    name: group,
    options: NO_OPTIONS,
    pure: false,
    isData: name === "identity",
    isBuiltin: true,
    callable() {
      let known = builtins.get(group);
      if (known === undefined) builtins.set(group, (known = builtin(name, group)));
      return known;
    },
  };
}
