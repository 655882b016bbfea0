/**
 * Calls become rows. Encoding the arguments finds the futures and Delayeds in them; a Delayed that is no row yet becomes one
 * first, with everything it needs, depth first.
 *
 * @remarks
 * The walk does not recurse, so a chain of a million is as good as a tree. A node is encoded once: its dependencies get their
 * indices in the order they are met, so the arguments can be written before the numbers of the dependencies are known. Encoded
 * arguments of nodes that wait for theirs lie on a stack of bytes beside the columns.
 */
import { ByteSink, HeddleError, ValueEncoder, type CodecExtension, type TaskOptions } from "@heddle/protocol";
import type { CapturedDefinitions } from "@heddle/closures";
import { travelling } from "../client/codec-extensions.js";
import { isFuture, taskOf, type Future } from "../client/future.js";
import {
  OPEN,
  argsOf,
  futureOf,
  isDelayed,
  markVisit,
  recipeOf,
  serialOf,
  visitOf,
  Delayed,
} from "../delayed/delayed.js";
import { ArgumentsTooLargeError, CyclicGraphError } from "../errors/usage.js";
import { mergeTaskOptions } from "../options/task-options.js";
import { bringing, type Callable } from "./callable.js";
import { ChunkWriter, HASHED, type ChunkTarget, type Mark, type RowKey } from "./chunk-writer.js";
import type { Recipe } from "./recipe.js";
import { nextSerial, serialsDrawn } from "./task-keys.js";

/** A frame may hold 64 MiB, and a task's arguments are not divided. */
const MAX_ARGUMENTS = 32 * 1024 * 1024;
/** Up to so many dependencies of a task are looked for one by one. */
const FEW = 8;

export interface SubmissionTarget extends ChunkTarget {
  hold(tasks: readonly number[]): void;
  release(first: number, count: number): void;
  /** @throws ForeignFutureError, ReleasedFutureError */
  check(future: Future<unknown>): void;
}

type Dependency = Future<unknown> | Delayed<unknown>;

/** A node whose dependencies are being visited. */
interface Frame {
  readonly node: Delayed<unknown>;
  readonly deps: readonly Dependency[];
  /** Functions and classes that its arguments hold. */
  readonly brought: readonly CapturedDefinitions[];
  /** Index of the dependency to look at next. */
  next: number;
  /** Where its arguments begin on the byte stack. */
  readonly start: number;
}

interface Prepared {
  readonly callable: Callable;
  readonly options: TaskOptions | undefined;
}

let walks = 0;

export class Submission {
  readonly #target: SubmissionTarget;
  readonly #writer: ChunkWriter;
  readonly #encoder: ValueEncoder;
  readonly #waiting = new ByteSink();
  /** Dependencies of the row being encoded, in the order of their indices. */
  #found: Dependency[] = [];
  #indices: Map<object, number> | undefined;
  /** Functions and classes that the arguments encoded last hold. */
  #brought: CapturedDefinitions[] = [];
  readonly #deps: number[] = [];
  #walk = 0;
  /** What this walk has made of recipes: functions captured now, and options over those of the whole graph. */
  #prepared = new Map<Recipe, Prepared>();
  #graphOptions: TaskOptions | undefined;
  #busy = false;

  constructor(target: SubmissionTarget, extensions: readonly CodecExtension[]) {
    this.#target = target;
    this.#writer = new ChunkWriter(target);
    this.#encoder = new ValueEncoder({
      extensions,
      // Arguments are one column: nothing of them is out of band.
      outOfBandBytes: Number.POSITIVE_INFINITY,
      dependencyOf: (value) => this.#dependency(value),
    });
  }

  /** One task; its number, which a future holds from now on. */
  call(recipe: Recipe, args: readonly unknown[]): number {
    return this.#exclusively(() => {
      const mark = this.#writer.mark();
      try {
        const callable = recipe.callable();
        this.#encode(recipe, args);
        if (this.#found.every((dep) => !isDelayed(dep))) {
          const task = this.#row(this.#called(callable), recipe.options.task, keyOf(recipe), this.#found);
          this.#writer.seal(true);
          this.#writer.overflow(true);
          return task;
        }
        this.#writer.rollback(mark);
      } catch (error) {
        this.#undo(mark);
        throw error;
      }
      return this.#graph([new Delayed({ recipe, args })])[0]!;
    });
  }

  /** One task per row of the lists; their numbers, which futures hold from now on. */
  map(recipe: Recipe, lists: readonly (readonly unknown[])[], rows: number): Int32Array {
    return this.#exclusively(() => {
      const tasks = new Int32Array(rows);
      const mark = this.#writer.mark();
      const args = new Array<unknown>(lists.length);
      try {
        const callable = recipe.callable();
        for (let row = 0; row < rows; row++) {
          for (let list = 0; list < lists.length; list++) args[list] = lists[list]![row];
          this.#encode(recipe, args);
          if (this.#found.length > 0 && this.#found.some((dep) => isDelayed(dep))) {
            this.#writer.args.length -= this.#writer.unfinished;
            this.#writer.seal(true);
            this.#mapOverGraph(recipe, lists, tasks, row);
            return tasks;
          }
          tasks[row] = this.#row(this.#called(callable), recipe.options.task, keyOf(recipe, row), this.#found);
          this.#writer.overflow(true);
        }
        this.#writer.seal(true);
      } catch (error) {
        this.#undo(mark);
        throw error;
      }
      return tasks;
    });
  }

  /**
   * The tasks of these Delayeds, which futures hold from now on, and of all they need. None of them stands for a future. All have
   * `options` beneath their own.
   */
  graph(roots: readonly Delayed<unknown>[], options?: TaskOptions): number[] {
    return this.#exclusively(() => {
      this.#graphOptions = options;
      try {
        return this.#graph(roots);
      } finally {
        this.#graphOptions = undefined;
      }
    });
  }

  /** Sends what this turn of the event loop has submitted. */
  flush(): void {
    this.#writer.flush();
  }

  /** Key of a task of this client. */
  key(task: number): Uint8Array {
    return this.#writer.keyOf(task);
  }

  #mapOverGraph(recipe: Recipe, lists: readonly (readonly unknown[])[], tasks: Int32Array, from: number): void {
    const roots: Delayed<unknown>[] = [];
    for (let row = from; row < tasks.length; row++) {
      const key = recipe.options.key === undefined ? undefined : `${recipe.options.key}-${row}`;
      const own = key === undefined ? recipe : { ...recipe, options: { ...recipe.options, key } };
      roots.push(new Delayed({ recipe: own, args: lists.map((list) => list[row]) }));
    }
    tasks.set(this.#graph(roots), from);
  }

  #graph(roots: readonly Delayed<unknown>[]): number[] {
    // Every node has drawn a serial number, so there are no more nodes than that.
    this.#writer.open(serialsDrawn());
    const mark = this.#writer.mark();
    this.#walk = ++walks;
    try {
      const tasks = roots.map((root) => this.#emit(root));
      this.#writer.seal(false);
      this.#target.hold(tasks);
      return tasks;
    } catch (error) {
      this.#writer.rollback(mark);
      throw error;
    } finally {
      this.#waiting.reset();
      this.#prepared = new Map();
      this.#writer.close();
    }
  }

  /** The row of a node, after those of everything it needs. */
  #emit(root: Delayed<unknown>): number {
    const stack: Frame[] = [];
    if (visitOf(root, this.#walk) < 0) this.#enter(root, stack);
    for (let frame = stack.at(-1); frame !== undefined; frame = stack.at(-1)) {
      const next = this.#nextUnvisited(frame, stack);
      if (next !== undefined) {
        this.#enter(next, stack);
        continue;
      }
      stack.pop();
      this.#writer.args.append(this.#waiting.bytes, frame.start, this.#waiting.length);
      this.#waiting.length = frame.start;
      this.#finish(frame.node, frame.deps, frame.brought);
    }
    return visitOf(root, this.#walk);
  }

  #enter(node: Delayed<unknown>, stack: Frame[]): void {
    const recipe = recipeOf(node)!;
    this.#encode(recipe, argsOf(node));
    if (this.#found.every((dep) => !isDelayed(dep) || visitOf(dep, this.#walk) >= 0)) {
      this.#finish(node, this.#found, this.#brought);
      return;
    }
    markVisit(node, this.#walk, OPEN);
    stack.push({
      node,
      deps: this.#found.slice(),
      brought: this.#brought.slice(),
      next: 0,
      start: this.#waiting.length,
    });
    const { args, unfinished } = this.#writer;
    this.#waiting.append(args.bytes, args.length - unfinished, args.length);
    args.length -= unfinished;
  }

  #nextUnvisited(frame: Frame, stack: readonly Frame[]): Delayed<unknown> | undefined {
    while (frame.next < frame.deps.length) {
      const dep = frame.deps[frame.next++]!;
      if (!isDelayed(dep)) continue;
      const visit = visitOf(dep, this.#walk);
      if (visit === OPEN) throw cycle(stack, dep);
      if (visit < 0) return dep;
    }
    return undefined;
  }

  #finish(node: Delayed<unknown>, deps: readonly Dependency[], brought: readonly CapturedDefinitions[]): void {
    const recipe = recipeOf(node)!;
    let prepared = this.#prepared.get(recipe);
    if (prepared === undefined) this.#prepared.set(recipe, (prepared = this.#prepare(recipe)));
    const key = recipe.options.key ?? (recipe.pure ? HASHED : serialOf(node));
    const called = brought.length === 0 ? prepared.callable : bringing(prepared.callable, brought);
    markVisit(node, this.#walk, this.#row(called, prepared.options, key, deps));
    this.#writer.overflow(false);
  }

  #prepare(recipe: Recipe): Prepared {
    return { callable: recipe.callable(), options: mergeTaskOptions(this.#graphOptions, recipe.options.task) };
  }

  #row(callable: Callable, options: TaskOptions | undefined, key: RowKey, found: readonly Dependency[]): number {
    const deps = this.#deps;
    deps.length = found.length;
    for (let index = 0; index < found.length; index++) {
      const dep = found[index]!;
      deps[index] = isDelayed(dep) ? visitOf(dep, this.#walk) : taskOf(dep);
    }
    return this.#writer.row(callable, options, key, deps);
  }

  /** Writes arguments behind those of the last row; their dependencies are in `#found` afterwards. */
  #encode(recipe: Recipe, args: readonly unknown[]): void {
    this.#found.length = 0;
    this.#indices = undefined;
    this.#brought.length = 0;
    let bytes: number;
    try {
      // What has no definition cannot bring others: then they are written into the arguments.
      if (recipe.isBuiltin !== true) travelling.collectInto(this.#brought);
      bytes = this.#encoder.append(args, this.#writer.args);
    } finally {
      travelling.collectInto(undefined);
    }
    if (bytes > MAX_ARGUMENTS) throw new ArgumentsTooLargeError(recipe.name, bytes, MAX_ARGUMENTS);
  }

  #called(callable: Callable): Callable {
    return this.#brought.length === 0 ? callable : bringing(callable, this.#brought);
  }

  /** Index of a future or Delayed among the dependencies of the row, -1 for anything else. */
  #dependency(value: object): number {
    let dep: Dependency;
    if (isFuture(value)) dep = value;
    else if (isDelayed(value)) dep = futureOf(value) ?? value;
    else return -1;
    const found = this.#found;
    const known = found.length <= FEW ? found.indexOf(dep) : this.#indexOf(dep);
    if (known >= 0) return known;
    if (isFuture(dep)) this.#target.check(dep);
    this.#indices?.set(dep, found.length);
    return found.push(dep) - 1;
  }

  #indexOf(dep: Dependency): number {
    this.#indices ??= new Map(this.#found.map((each, index) => [each, index]));
    return this.#indices.get(dep) ?? -1;
  }

  /** Takes back what was written since the mark; what was sent already is not wanted any more. */
  #undo(mark: Mark): void {
    const sentUpTo = this.#writer.firstUnsent;
    this.#writer.rollback(mark);
    if (sentUpTo > mark.task) this.#target.release(mark.task, sentUpTo - mark.task);
  }

  /** Encoding arguments may call the program's code (a getter), and that code must not submit into the middle of a row. */
  #exclusively<R>(operation: () => R): R {
    if (this.#busy)
      throw new HeddleError(
        "HEDDLE_SUBMIT_NESTED",
        "a getter of an argument submitted a task while the argument was being read: submit before or after",
      );
    this.#busy = true;
    try {
      return operation();
    } finally {
      this.#busy = false;
      this.#found.length = 0;
    }
  }
}

function keyOf(recipe: Recipe, row?: number): RowKey {
  const { key } = recipe.options;
  if (key !== undefined) return row === undefined ? key : `${key}-${row}`;
  return recipe.pure ? HASHED : nextSerial();
}

function cycle(stack: readonly Frame[], back: Delayed<unknown>): CyclicGraphError {
  const begin = stack.findIndex((frame) => frame.node === back);
  return new CyclicGraphError([...stack.slice(begin).map((frame) => frame.node.key), back.key]);
}
