/** Lazy values: nodes of a graph that nothing has run yet. */
import { inspect } from "node:util";
import { CAPTURE_HOOK } from "@heddle/closures";
import type { Future, ResultOptions } from "../client/future.js";
import { DelayedUseError } from "../errors/usage.js";
import type { Recipe } from "../graph/recipe.js";
import { nextSerial, uniqueKey } from "../graph/task-keys.js";
import { mergeOptions, resolveOptions, type WithOptions } from "../options/task-options.js";
import type { Unwrapped } from "../types.js";
import { builtinRecipe } from "./builtins.js";
import { graphRunner } from "./graph-runner.js";
import { refusals } from "./refusals.js";

/** What a node is computed from: a recipe and arguments, or a future that exists already. */
type Source = { readonly recipe: Recipe; readonly args: readonly unknown[] } | { readonly future: Future<unknown> };

/** Where a walk over the graph is with a node. */
const UNVISITED = -1;
/** Its dependencies are being visited. */
export const OPEN = -2;

/** @internal Whether a value is a Delayed, whatever its prototype says. */
export let isDelayed: (value: object) => value is Delayed<unknown>;
/** @internal undefined for one that stands for a future. */
export let recipeOf: (delayed: Delayed<unknown>) => Recipe | undefined;
/** @internal */
export let argsOf: (delayed: Delayed<unknown>) => readonly unknown[];
/** @internal */
export let futureOf: (delayed: Delayed<unknown>) => Future<unknown> | undefined;
/** @internal */
export let serialOf: (delayed: Delayed<unknown>) => number;
/** @internal The task a node became in a walk, OPEN, or -1 when the walk has not come to it. */
export let visitOf: (delayed: Delayed<unknown>, walk: number) => number;
/** @internal */
export let markVisit: (delayed: Delayed<unknown>, walk: number, task: number) => void;

/**
 * A value that will be computed: by {@link compute}, or as an argument of other tasks. Immutable, and never thenable; make one
 * with {@link delayed}.
 *
 * @typeParam T - the value's type
 */
export class Delayed<T> {
  readonly #recipe: Recipe | undefined;
  readonly #args: readonly unknown[];
  readonly #future: Future<unknown> | undefined;
  readonly #serial = nextSerial();
  /** The walk that visited this node last, and the task it became there (or OPEN). */
  #walk = 0;
  #task = UNVISITED;

  /** @internal Use `delayed`. */
  constructor(source: Source) {
    if ("future" in source) {
      this.#recipe = undefined;
      this.#args = [];
      this.#future = source.future;
    } else {
      this.#recipe = source.recipe;
      this.#args = source.args;
      this.#future = undefined;
    }
  }

  /** Of the task, or "name-(pure)" while the key depends on arguments that are read later. */
  get key(): string {
    if (this.#future !== undefined) return this.#future.key;
    const recipe = this.#recipe!;
    return recipe.options.key ?? (recipe.pure ? `${recipe.name}-(pure)` : uniqueKey(recipe.name, this.#serial));
  }

  /** Lazily, the property `name` of the value. */
  get<K extends keyof Unwrapped<T>>(name: K): Delayed<Unwrapped<T>[K]>;
  get(name: PropertyKey): Delayed<unknown>;
  get(name: PropertyKey): Delayed<unknown> {
    return new Delayed({ recipe: builtinRecipe("attribute", String(name)), args: [this, name] });
  }

  /** Lazily, the result of the value's method `name`. */
  call(name: PropertyKey, ...args: unknown[]): Delayed<unknown> {
    return new Delayed({ recipe: builtinRecipe("method", String(name)), args: [this, name, ...args] });
  }

  /**
   * Runs the graph and gives the value: see {@link compute}.
   *
   * @throws the error of the first task that failed; WaitTimeoutError; CyclicGraphError
   */
  async compute(options: ResultOptions = {}): Promise<T> {
    return (await graphRunner().compute([this], options))[0] as T;
  }

  /** Starts the graph; the result stays on the workers. A Delayed over it: see `client.persist`. */
  persist(): Delayed<T> {
    return graphRunner().persist(this) as Delayed<T>;
  }

  /**
   * Draws the graph into a file: a picture (".svg", ".png") of up to 1,000 tasks, or text for other programs (".dot", ".json").
   *
   * @throws GraphTooLargeError, CyclicGraphError, InvalidArgumentError for other endings
   */
  async visualize(path = "graph.svg"): Promise<void> {
    const { visualize } = await import("../visualize/visualize.js");
    await visualize([this], path);
  }

  /** The same call with further options. */
  with(options: WithOptions): Delayed<T> {
    if (this.#recipe === undefined)
      throw new DelayedUseError(`${this.key} is computed already: options go to the call that makes a Delayed`);
    return new Delayed<T>({ recipe: withOptions(this.#recipe, options, "Delayed.with"), args: this.#args });
  }

  [CAPTURE_HOOK](): { reason: string; hint: string } {
    return {
      reason: `the Delayed ${this.key}, which has no value yet`,
      hint: "pass it as an argument: the task then gets its value",
    };
  }

  [inspect.custom](): string {
    return `Delayed<${this.key}>`;
  }

  static {
    Object.setPrototypeOf(this.prototype, refusals);
    isDelayed = (value): value is Delayed<unknown> => #task in value;
    recipeOf = (delayed) => delayed.#recipe;
    argsOf = (delayed) => delayed.#args;
    futureOf = (delayed) => delayed.#future;
    serialOf = (delayed) => delayed.#serial;
    visitOf = (delayed, walk) => (delayed.#walk === walk ? delayed.#task : UNVISITED);
    markVisit = (delayed, walk, task) => {
      delayed.#walk = walk;
      delayed.#task = task;
    };
  }
}

export function withOptions(recipe: Recipe, options: WithOptions, where: string): Recipe {
  const merged = mergeOptions(recipe.options, resolveOptions(where, options));
  return {
    name: merged.name ?? recipe.name,
    options: merged,
    pure: merged.pure ?? recipe.pure,
    isData: recipe.isData ?? false,
    isBuiltin: recipe.isBuiltin ?? false,
    callable: () => recipe.callable(),
  };
}
