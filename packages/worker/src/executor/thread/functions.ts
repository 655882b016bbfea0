/** The functions that tasks name by definition index, revived on this thread when they are first needed. */
import { Builtin, FIRST_DEFINITION, type DefinitionRecord } from "@heddle/protocol/values";

export type TaskFunction = (...args: unknown[]) => unknown;

/** What makes functions of definitions: the Reviver of `@heddle/closures`. */
export interface FunctionSource {
  define(hash: string, bytes: Uint8Array, needs: readonly string[]): void;
  forget(hashes: readonly string[]): void;
  /** Fails, or rejects, when the function cannot live here: a package is missing, say. */
  // eslint-disable-next-line @typescript-eslint/no-unsafe-function-type -- what a definition holds is any function
  revive(hash: string): Function | Promise<Function>;
}

/**
 * How a function is called.
 *
 * - `unknown`: never called yet; with the task as asynchronous context, in case it returns a promise.
 * - `direct`: it returned no promise, so its task is known by a variable while it runs.
 * - `scoped`: it returned a promise: what it awaits runs in the context of the task. (Asynchronous context slows every await on
 *   the thread once it is used, so tasks that never await should not be the ones to switch it on.)
 */
export type CallStyle = "unknown" | "direct" | "scoped";

export class FunctionEntry {
  style: CallStyle;
  /** Mean milliseconds of its runs, recent ones counting more; -1 before the first. */
  mean = -1;

  constructor(readonly call: TaskFunction) {
    this.style = isAsyncByNature(call) ? "scoped" : "unknown";
  }

  ran(milliseconds: number): void {
    this.mean = this.mean < 0 ? milliseconds : this.mean + (milliseconds - this.mean) * 0.2;
  }
}

const AsyncFunction = (async () => undefined).constructor;
const AsyncGeneratorFunction = async function* () {}.constructor;

function isAsyncByNature(call: TaskFunction): boolean {
  return call instanceof AsyncFunction || call instanceof AsyncGeneratorFunction;
}

function builtins(): Map<number, FunctionEntry> {
  return new Map([
    [Builtin.identity, new FunctionEntry((value) => value)],
    [
      Builtin.attribute,
      new FunctionEntry((object, name) => (object as Record<PropertyKey, unknown>)[name as PropertyKey]),
    ],
    [
      Builtin.method,
      new FunctionEntry((object, name, ...args) =>
        (object as Record<PropertyKey, TaskFunction>)[name as PropertyKey]!(...args),
      ),
    ],
  ]);
}

export class Functions {
  readonly #source: FunctionSource;
  readonly #entries = builtins();
  /** By index, and the reverse. */
  readonly #hashes = new Map<number, string>();
  readonly #indices = new Map<string, number>();

  constructor(source: FunctionSource) {
    this.#source = source;
  }

  define(definitions: readonly (DefinitionRecord & { readonly index: number })[]): void {
    for (const { hash, bytes, needs, index } of definitions) {
      this.#hashes.set(index, hash);
      this.#indices.set(hash, index);
      try {
        this.#source.define(hash, bytes, needs);
      } catch {
        // A damaged definition counts as missing: whoever needs it will say so, and fail.
      }
    }
  }

  undefine(hashes: readonly string[]): void {
    for (const hash of hashes) {
      const index = this.#indices.get(hash);
      if (index === undefined) continue;
      this.#indices.delete(hash);
      this.#hashes.delete(index);
      this.#entries.delete(index);
    }
    this.#source.forget(hashes);
  }

  /** Whether the definition has arrived. */
  isDefined(index: number): boolean {
    return index < FIRST_DEFINITION || this.#hashes.has(index);
  }

  /** Undefined until {@link load} has been awaited. */
  get(index: number): FunctionEntry | undefined {
    return this.#entries.get(index);
  }

  async load(index: number): Promise<FunctionEntry> {
    const hash = this.#hashes.get(index);
    if (hash === undefined) throw new Error(`no definition with index ${index} has reached this thread`);
    const fn = await this.byHash(hash);
    let entry = this.#entries.get(index);
    if (entry === undefined) {
      entry = new FunctionEntry(fn);
      // Forgotten while it was made: it serves the run it was made for.
      if (this.#hashes.has(index)) this.#entries.set(index, entry);
    }
    return entry;
  }

  async byHash(hash: string): Promise<TaskFunction> {
    return (await this.#source.revive(hash)) as TaskFunction;
  }
}
