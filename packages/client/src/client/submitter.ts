/** Submitting with certain options: a client itself, and what `client.with(options)` gives. */
import { withShipping } from "@heddle/closures";
import { Delayed, futureOf, isDelayed } from "../delayed/delayed.js";
import { InvalidArgumentError } from "../errors/usage.js";
import { recipeOfFunction } from "../graph/functions.js";
import { builtinRecipe } from "../delayed/builtins.js";
import { annotated } from "../options/annotate.js";
import {
  NO_OPTIONS,
  mergeOptions,
  resolveOptions,
  type ResolvedOptions,
  type WithOptions,
} from "../options/task-options.js";
import type { ArgumentLists, Arguments, TaskValue, Unwrapped } from "../types.js";
import type { Future } from "./future.js";
import type { Session } from "./session.js";

export class Submitter {
  /** @internal */
  readonly session: Session;
  readonly #options: ResolvedOptions;
  /** The options of the last annotate that was met, merged: most calls meet the same. */
  #outer: ResolvedOptions = NO_OPTIONS;
  #merged: ResolvedOptions;

  /** @internal */
  constructor(session: Session, options: ResolvedOptions) {
    this.session = session;
    this.#options = options;
    this.#merged = options;
  }

  /**
   * Runs `fn(...args)` on a worker. Futures and Delayeds anywhere in plain arguments are replaced by their values there; the
   * task waits for them. Function and arguments are read now.
   *
   * @throws FunctionNotSerializableError - the function, or something it uses, cannot travel.
   * @throws CodecError - an argument cannot; its `path` says where.
   * @throws ForeignFutureError, ReleasedFutureError, ClientClosedError
   */
  submit<A extends readonly unknown[], R>(fn: (...args: A) => R, ...args: Arguments<A>): Future<TaskValue<R>> {
    const options = this.#effective();
    const recipe = recipeOfFunction("submit", fn, true, options);
    if (options.shipping === undefined) return this.session.submit(recipe, args) as Future<TaskValue<R>>;
    return withShipping(options.shipping, () => this.session.submit(recipe, args)) as Future<TaskValue<R>>;
  }

  /**
   * Runs `fn` once per item, or per row of several lists, which have to be of one length. Returns the futures in order.
   *
   * @throws as {@link submit}
   */
  map<A extends readonly unknown[], R>(fn: (...args: A) => R, ...lists: ArgumentLists<A>): Future<TaskValue<R>>[] {
    const options = this.#effective();
    const recipe = recipeOfFunction("map", fn, true, options);
    const columns = (lists as unknown as readonly Iterable<unknown>[]).map((list, index) => {
      if (typeof list !== "object" || list === null || !(Symbol.iterator in list))
        throw new InvalidArgumentError("map", `argument ${index + 2} must be an array or another iterable of items`);
      return Array.isArray(list) ? (list as unknown[]) : Array.from(list);
    });
    const rows = columns[0]?.length ?? 0;
    for (const column of columns)
      if (column.length !== rows)
        throw new InvalidArgumentError(
          "map",
          `its lists differ in length: ${columns.map((each) => each.length).join(", ")}`,
        );
    if (rows === 0) return [];
    return withShipping(options.shipping, () => this.session.map(recipe, columns, rows)) as Future<TaskValue<R>>[];
  }

  /**
   * Starts these Delayeds and what they need; the results stay on the workers. Returns Delayeds over them, in order, which can
   * be computed and used in further graphs at no cost.
   */
  persist<T extends readonly unknown[]>(...values: T): { -readonly [I in keyof T]: Delayed<Unwrapped<T[I]>> } {
    const { futures } = this.start("persist", values);
    return futures.map((future) => new Delayed({ future })) as never;
  }

  /** The same with options on top of those so far. */
  with(options: WithOptions): Submitter {
    return new Submitter(this.session, mergeOptions(this.#options, resolveOptions("with", options)));
  }

  /** @internal Futures of Delayeds, or of data with Delayeds in it, in order; and which of them were made now. */
  start(where: string, values: readonly unknown[]): { futures: Future<unknown>[]; started: Future<unknown>[] } {
    if (values.length === 0) throw new InvalidArgumentError(where, "there is nothing to compute");
    const roots = values.map((value) =>
      typeof value === "object" && value !== null && isDelayed(value)
        ? value
        : new Delayed({ recipe: builtinRecipe("identity", "data"), args: [value] }),
    );
    const fresh = roots.filter((root) => futureOf(root) === undefined);
    const { shipping, task } = this.#effective();
    const started =
      fresh.length === 0
        ? new Map<Delayed<unknown>, Future<unknown>>()
        : withShipping(shipping, () => this.session.compute(fresh, task));
    const futures = roots.map((root) => {
      const future = futureOf(root);
      if (future === undefined) return started.get(root)!;
      this.session.check(future);
      return future;
    });
    return { futures, started: [...started.values()] };
  }

  #effective(): ResolvedOptions {
    const outer = annotated();
    if (outer !== this.#outer) {
      this.#outer = outer;
      this.#merged = mergeOptions(outer, this.#options);
    }
    return this.#merged;
  }
}
