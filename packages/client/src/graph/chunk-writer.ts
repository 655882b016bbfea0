/**
 * Rows of a graph, straight into columns. A chunk leaves when it is large enough, so that workers start while the rest is still
 * being written.
 */
import { ByteSink, type DefinitionRecord, type TaskOptions } from "@heddle/protocol";
import type { GraphChunk } from "../core/events.js";
import type { Callable } from "./callable.js";
import { ColumnBuilder, IntList, Table } from "./columns.js";
import { hashBytes, type Hash } from "./hash128.js";
import { writeHashKey, writeUniqueKey } from "./task-keys.js";

/** A chunk of about this many bytes leaves. The first of a turn is smaller: workers wait for it. */
const CHUNK_BYTES = 256 * 1024;
const FIRST_CHUNK_BYTES = 32 * 1024;
/** Integer columns, per row and per dependency. */
const ROW_BYTES = 16;
const DEP_BYTES = 4;

/** Where chunks go, and task numbers come from. */
export interface ChunkTarget {
  readonly nextTask: number;
  reserve(count: number, held: boolean): void;
  submitChunk(chunk: GraphChunk, definitions: readonly DefinitionRecord[]): void;
  /** What was submitted leaves now, in the middle of a turn, so that workers begin. */
  flush(): void;
  /** Key of a task that was sent. */
  sentKey(task: number): Uint8Array;
}

/** A hash of function and arguments, so that equal calls are one task. */
export const HASHED = Symbol("hashed");
/** How a row gets its key: a hash, a serial number, or as it is. */
export type RowKey = typeof HASHED | number | string;

/** Where to return to when an operation fails half-way. */
export interface Mark {
  readonly chunks: number;
  readonly rows: number;
  readonly keys: number;
  readonly args: number;
  readonly deps: number;
  readonly task: number;
}

export class ChunkWriter {
  readonly #target: ChunkTarget;
  /** Encoded arguments. A row's are written here first, then {@link row} takes what was written since the last one. */
  readonly args = new ByteSink(CHUNK_BYTES);
  readonly #keys = new ByteSink(CHUNK_BYTES / 2);
  readonly #keyStarts = new IntList();
  readonly #functionOf = new ColumnBuilder();
  readonly #groupOf = new ColumnBuilder();
  readonly #optionsOf = new ColumnBuilder();
  readonly #keyLengths = new ColumnBuilder();
  readonly #argLengths = new ColumnBuilder();
  readonly #depCounts = new ColumnBuilder();
  readonly #deps = new IntList();
  readonly #functions = new Table<string, string>();
  readonly #groups = new Table<string, string>();
  readonly #options = new Table<TaskOptions, TaskOptions>();
  #definitions = new Map<string, DefinitionRecord>();
  readonly #hash: Hash = new Int32Array(4);

  /** Arguments before this offset belong to finished rows. */
  #argEnd = 0;
  #first: number;
  #rows = 0;
  #reserved = 0;
  #limit = FIRST_CHUNK_BYTES;
  #graph = 0;
  /** Chunks sent altogether. */
  #chunks = 0;
  /** Rows of the current graph in chunks that were sent. */
  #sentOfGraph = 0;
  /** Tasks that nobody holds yet are needed by later rows: the rows are one graph until {@link close}. */
  #open = false;
  /** Rows of the graph that is open, at most. */
  #graphSize = 0;

  constructor(target: ChunkTarget) {
    this.#target = target;
    this.#first = target.nextTask;
  }

  /** The number of the next row. */
  get next(): number {
    return this.#rows === 0 ? this.#target.nextTask : this.#first + this.#rows;
  }

  /** The first number that has not been sent. */
  get firstUnsent(): number {
    return this.#rows === 0 ? this.#target.nextTask : this.#first;
  }

  /** Bytes of arguments that belong to no row yet. */
  get unfinished(): number {
    return this.args.length - this.#argEnd;
  }

  /**
   * Finishes a row: its arguments are what was written to {@link args} since the last row, `deps` the tasks they refer to.
   * Returns its number.
   */
  row(callable: Callable, options: TaskOptions | undefined, key: RowKey, deps: readonly number[]): number {
    if (this.#rows === 0) this.#first = this.#target.nextTask;
    const functions = this.#functions;
    this.#functionOf.push(functions.index(callable.function, () => this.#define(callable)));
    this.#groupOf.push(this.#groups.index(callable.name, () => callable.name));
    this.#optionsOf.push(options === undefined ? -1 : this.#options.index(options, () => options));
    this.#depCounts.push(deps.length);
    for (let index = 0; index < deps.length; index++) this.#deps.push(deps[index]!);
    const keyStart = this.#keys.length;
    this.#keyStarts.push(keyStart);
    this.#writeKey(callable, key, deps);
    this.#keyLengths.push(this.#keys.length - keyStart);
    this.#argLengths.push(this.args.length - this.#argEnd);
    this.#argEnd = this.args.length;
    return this.#first + this.#rows++;
  }

  /** The rows so far get their numbers for good. */
  seal(held: boolean): void {
    if (this.#reserved === this.#rows) return;
    this.#target.reserve(this.#rows - this.#reserved, held);
    this.#reserved = this.#rows;
  }

  /** Sends the rows so far when they are many. `held`: whether futures hold those that are not sealed. */
  overflow(held: boolean): void {
    const bytes = this.args.length + this.#keys.length + this.#rows * ROW_BYTES + this.#deps.length * DEP_BYTES;
    if (bytes < this.#limit) return;
    this.seal(held);
    this.#emit(!this.#open);
    this.#limit = CHUNK_BYTES;
    this.#target.flush();
  }

  /** The rows up to {@link close} are one graph, of at most `size` tasks. */
  open(size: number): void {
    this.flush();
    this.#open = true;
    this.#graphSize = size;
  }

  close(): void {
    this.#open = false;
    if (this.#rows > 0 || this.#sentOfGraph > 0) this.#emit(true);
  }

  /** Sends what there is, at the end of a turn. Everything is sealed. */
  flush(): void {
    if (this.#rows > 0) this.#emit(true);
    this.#limit = FIRST_CHUNK_BYTES;
  }

  mark(): Mark {
    return {
      chunks: this.#chunks,
      rows: this.#rows,
      keys: this.#keys.length,
      args: this.#argEnd,
      deps: this.#deps.length,
      task: this.next,
    };
  }

  /**
   * Takes back the rows since `mark`. Those that were sent meanwhile are beyond that: they are the tasks from `mark.task` up to
   * {@link next}.
   */
  rollback(mark: Mark): void {
    const begin = this.#chunks === mark.chunks ? mark : { rows: 0, keys: 0, args: 0, deps: 0 };
    this.#rows = begin.rows;
    this.#keys.length = begin.keys;
    this.args.length = this.#argEnd = begin.args;
    this.#deps.truncate(begin.deps);
    this.#keyStarts.truncate(begin.rows);
    for (const column of this.#columns()) column.truncate(begin.rows);
  }

  /** Key of any task this client submitted, of a row not yet sent too. */
  keyOf(task: number): Uint8Array {
    const row = task - this.#first;
    if (row < 0 || row >= this.#rows) return this.#target.sentKey(task);
    const end = row + 1 < this.#rows ? this.#keyStarts.at(row + 1) : this.#keys.length;
    return this.#keys.bytes.subarray(this.#keyStarts.at(row), end);
  }

  #writeKey(callable: Callable, key: RowKey, deps: readonly number[]): void {
    if (typeof key === "number") writeUniqueKey(this.#keys, callable.uniquePrefix, key);
    else if (typeof key === "string") this.#keys.append(Buffer.from(key));
    else {
      const hash = this.#hash;
      hash.set(callable.seed);
      hashBytes(hash, this.args.bytes, this.#argEnd, this.args.length);
      for (const dep of deps) {
        const bytes = this.keyOf(dep);
        hashBytes(hash, bytes, 0, bytes.length);
      }
      writeHashKey(this.#keys, callable.prefix, hash);
    }
  }

  #define(callable: Callable): string {
    for (const definition of callable.definitions) this.#definitions.set(definition.hash, definition);
    return callable.function;
  }

  #emit(last: boolean): void {
    const rows = this.#rows;
    const chunk: GraphChunk = {
      graph: this.#graph,
      // An upper bound while rows may follow: it reserves places in the order, no more.
      graphSize: last && this.#sentOfGraph === 0 ? rows : Math.max(this.#graphSize, this.#sentOfGraph + rows),
      last,
      first: rows === 0 ? this.#target.nextTask : this.#first,
      rows,
      functions: this.#functions.take(),
      functionOf: this.#functionOf.take(),
      groups: this.#groups.take(),
      groupOf: this.#groupOf.take(),
      options: this.#options.take(),
      optionsOf: this.#optionsOf.take(),
      keyLengths: this.#keyLengths.take(),
      keys: this.#keys.take(),
      argLengths: this.#argLengths.take(),
      args: this.args.take(),
      depCounts: this.#depCounts.take(),
      deps: this.#deps.take(),
    };
    const definitions = [...this.#definitions.values()];
    this.#definitions = new Map();
    this.#keyStarts.truncate(0);
    this.#argEnd = 0;
    this.#rows = 0;
    this.#reserved = 0;
    this.#chunks++;
    this.#sentOfGraph = last ? 0 : this.#sentOfGraph + rows;
    if (last) this.#graph++;
    this.#target.submitChunk(chunk, definitions);
  }

  #columns(): ColumnBuilder[] {
    return [this.#functionOf, this.#groupOf, this.#optionsOf, this.#keyLengths, this.#argLengths, this.#depCounts];
  }
}
