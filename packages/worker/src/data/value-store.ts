import { at, offsetsOf, type EncodedValue } from "@heddle/protocol";
import type { FinishedRuns } from "../executor/interface.js";
import { IdTable } from "../id-table.js";
import { Block, BlockList, Place, StoredValue } from "./block.js";
import { SpillFiles, type SpillError } from "./spill-files.js";

/** Heads of at most this share a block with the others of their report; larger ones can be spilled, and freed, on their own. */
const SMALL_HEAD = 16 * 1024;
/** A block of which less than this fraction is wanted any more is copied together. */
const SPARSE = 0.25;
/** Blocks smaller than this are not worth it. */
const COMPACT_BYTES = 16 * 1024;

export interface ValueStoreOptions {
  /** Bytes in memory above which the least recently used blocks go to disk. */
  readonly target: number;
  readonly spillFolder?: string;
  /** Memory for what is read back from disk; what executor threads are to see has to be shared. */
  readonly allocate: (bytes: number) => Uint8Array;
  /** Memory of a buffer that the store has let go. */
  readonly onDropped: (buffers: readonly Uint8Array[]) => void;
  /** Values that were on disk and cannot be read back. The store has them no more. */
  readonly onLost?: (tasks: readonly number[], error: SpillError) => void;
}

/** The results a worker holds: encoded values by task id, in memory and, beyond a target, on disk. */
export class ValueStore {
  readonly #options: ValueStoreOptions;
  #values = new IdTable<StoredValue>();
  /** What belongs to an earlier epoch of the scheduler, by the ids it had there. */
  #aside: IdTable<StoredValue> | undefined;
  readonly #inMemory = new BlockList();
  readonly #files: SpillFiles;
  /** Ids by block, for blocks of several values. */
  readonly #ids = new WeakMap<Block, Int32Array>();
  #memory = 0;
  #spilled = 0;
  #spilling = 0;
  #closed = false;

  constructor(options: ValueStoreOptions) {
    this.#options = options;
    this.#files = new SpillFiles(options.spillFolder);
  }

  /** Bytes of values in memory: exact, and what the process's resident set is compared with. */
  get managed(): number {
    return this.#memory;
  }

  /** Bytes of values on disk. */
  get spilled(): number {
    return this.#spilled;
  }

  has(id: number): boolean {
    return this.#values.get(id) !== undefined;
  }

  /** Keeps rows of a thread's report (null: all), under `ids`, a column as long as the report. */
  keep(batch: FinishedRuns, rows: Int32Array | null, ids: Int32Array, aside = false): void {
    const table = aside ? (this.#aside ??= new IdTable()) : this.#values;
    const heads = offsetsOf(batch.headLengths, batch.rows);
    const small = this.#smallHeads(batch, rows, heads);
    let shared: Block | undefined;
    let end = 0;
    let buffer = 0;
    let next = 0;
    for (let row = 0; row < batch.rows; row++) {
      const buffers = at(batch.bufferCounts, row);
      const first = buffer;
      buffer += buffers;
      if (rows !== null) {
        if (rows[next] !== row) continue;
        next++;
      }
      const start = heads[row]!;
      const length = heads[row + 1]! - start;
      if (buffers > 0 || length > SMALL_HEAD) {
        const head = new Uint8Array(batch.heads.subarray(start, start + length));
        this.#add(table, ids[row]!, new Block(head, batch.buffers.slice(first, buffer)));
        continue;
      }
      if (shared === undefined) {
        shared = new Block(small ?? batch.heads, []);
        this.#ids.set(shared, ids);
        this.#place(shared);
      }
      if (small !== undefined) small.set(batch.heads.subarray(start, start + length), end);
      this.#insert(table, ids[row]!, new StoredValue(shared, small === undefined ? start : end, length, false));
      end += length;
    }
    this.#spillAbove(this.#options.target);
  }

  /** Memory for the small heads of a report; undefined when they are all of it, as they are nearly always. */
  #smallHeads(batch: FinishedRuns, rows: Int32Array | null, heads: Int32Array): Uint8Array | undefined {
    let bytes = 0;
    const count = rows?.length ?? batch.rows;
    for (let at_ = 0; at_ < count; at_++) {
      const row = rows === null ? at_ : rows[at_]!;
      const length = heads[row + 1]! - heads[row]!;
      if (length <= SMALL_HEAD && at(batch.bufferCounts, row) === 0) bytes += length;
    }
    return bytes === batch.heads.length ? undefined : new Uint8Array(bytes);
  }

  put(id: number, value: EncodedValue): void {
    this.#add(this.#values, id, new Block(value.head, value.buffers));
    this.#spillAbove(this.#options.target);
  }

  /** The value, when it is in memory. */
  get(id: number): EncodedValue | undefined {
    const value = this.#values.get(id);
    if (value === undefined || value.block.place === Place.file) return undefined;
    this.#inMemory.touch(value.block);
    return value.encoded();
  }

  /**
   * Values in the order asked, at once when they are all in memory; undefined for those not held, or lost with their file.
   */
  read(ids: Int32Array): (EncodedValue | undefined)[] | Promise<(EncodedValue | undefined)[]> {
    for (const id of ids) if (this.#values.get(id)?.block.place === Place.file) return this.#load(ids);
    return Array.from(ids, (id) => this.get(id));
  }

  drop(ids: Iterable<number>): void {
    for (const id of ids) {
      const value = this.#values.get(id);
      if (value === undefined) continue;
      this.#values.delete(id);
      this.#release(value);
    }
  }

  /** Ids of the old epoch must not meet those of a new one. */
  setAside(): void {
    this.#aside = this.#values;
    this.#values = new IdTable();
  }

  /** Values that stand aside (or are here, when none do) get new ids; what stands aside and is not named is dropped. */
  adopt(from: Int32Array, ids: Int32Array): void {
    const source = this.#aside ?? this.#values;
    const moved = Array.from(from, (id) => {
      const value = source.get(id);
      source.delete(id);
      return value;
    });
    moved.forEach((value, row) => {
      if (value === undefined) return;
      this.#ids.delete(value.block);
      this.#insert(this.#values, ids[row]!, value, true);
    });
    if (this.#aside !== undefined) for (const value of this.#aside) this.#release(value);
    this.#aside = undefined;
  }

  /** Writes at least `bytes` of the least recently used values to disk, as far as there are so many. */
  spill(bytes: number): void {
    this.#spillAbove(Math.max(0, this.#memory - this.#spilling - bytes));
  }

  /** Drops everything. */
  clear(): void {
    for (const table of [this.#values, this.#aside ?? []]) for (const value of table) this.#release(value);
    this.#values = new IdTable();
    this.#aside = undefined;
  }

  /** Drops everything, and the folder of its files. It cannot be used any more. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#values = new IdTable();
    this.#aside = undefined;
    await this.#files.close();
  }

  #add(table: IdTable<StoredValue>, id: number, block: Block): void {
    this.#ids.set(block, Int32Array.of(id));
    this.#place(block);
    this.#insert(table, id, new StoredValue(block, 0, block.headBytes, true));
  }

  #insert(table: IdTable<StoredValue>, id: number, value: StoredValue, again = false): void {
    const earlier = table.get(id);
    if (earlier !== undefined) this.#release(earlier);
    table.set(id, value);
    if (again) return;
    value.block.values++;
    value.block.live += value.bytes;
  }

  #place(block: Block): void {
    block.place = Place.memory;
    this.#memory += block.bytes;
    this.#inMemory.add(block);
  }

  /** A value is not wanted any more. */
  #release(value: StoredValue): void {
    const { block } = value;
    block.values--;
    block.live -= value.bytes;
    if (block.values === 0) this.#dispose(block);
    else if (block.bytes >= COMPACT_BYTES && block.live < SPARSE * block.bytes && block.place === Place.memory) {
      this.#compact(block);
    }
  }

  #dispose(block: Block): void {
    if (block.place === Place.file) {
      this.#spilled -= block.bytes;
      this.#files.remove(block.file!);
      return;
    }
    // One that is being written is looked after when that has ended.
    this.#inMemory.remove(block);
    this.#memory -= block.bytes;
    const { buffers } = block;
    block.heads = NOTHING;
    block.buffers = [];
    if (buffers.length > 0) this.#options.onDropped(buffers);
  }

  /** A few small values must not keep the memory of a large report: they move to a block of their own. */
  #compact(block: Block): void {
    const ids = this.#ids.get(block);
    if (ids === undefined) return;
    const values: StoredValue[] = [];
    const kept: number[] = [];
    for (const id of ids) {
      const value = this.#values.get(id);
      if (value?.block !== block) continue;
      values.push(value);
      kept.push(id);
    }
    if (values.length !== block.values) return;
    const heads = new Uint8Array(block.live);
    const fresh = new Block(heads, []);
    let end = 0;
    for (const value of values) {
      heads.set(block.heads.subarray(value.start, value.start + value.length), end);
      value.block = fresh;
      value.start = end;
      end += value.length;
    }
    fresh.values = values.length;
    fresh.live = fresh.bytes;
    this.#ids.set(fresh, Int32Array.from(kept));
    this.#place(fresh);
    block.values = 0;
    this.#dispose(block);
  }

  #spillAbove(bytes: number): void {
    if (this.#closed) return;
    for (let block = this.#inMemory.oldest; this.#memory - this.#spilling > bytes && block !== undefined;) {
      const next = block.newer;
      if (block.place === Place.memory && block.bytes > 0) void this.#write(block);
      block = next;
    }
  }

  async #write(block: Block): Promise<void> {
    block.place = Place.spilling;
    this.#spilling += block.bytes;
    let file: string | undefined;
    try {
      file = await this.#files.write(block);
    } catch (error) {
      // It stays in memory: a full disk is not a reason to lose results.
      process.emitWarning(error as Error);
    }
    this.#spilling -= block.bytes;
    if (this.#closed) return;
    if (file === undefined || block.values === 0) {
      block.place = Place.memory;
      if (file !== undefined) this.#files.remove(file);
      return;
    }
    const { buffers } = block;
    this.#inMemory.remove(block);
    this.#memory -= block.bytes;
    this.#spilled += block.bytes;
    block.place = Place.file;
    block.file = file;
    block.heads = NOTHING;
    block.buffers = [];
    if (buffers.length > 0) this.#options.onDropped(buffers);
  }

  async #load(ids: Int32Array): Promise<(EncodedValue | undefined)[]> {
    const values: (EncodedValue | undefined)[] = [];
    const lost: number[] = [];
    let failure: SpillError | undefined;
    for (const id of ids) {
      const value = this.#values.get(id);
      if (value !== undefined && value.block.place === Place.file) {
        const error = await (value.block.loading ??= this.#readBack(value.block));
        if (error !== undefined && this.#values.get(id) === value) {
          failure = error;
          lost.push(id);
        }
      }
      // It may have been dropped meanwhile.
      values.push(this.#values.get(id) === value ? this.get(id) : undefined);
    }
    if (failure !== undefined) {
      this.drop(lost);
      this.#options.onLost?.(lost, failure);
    }
    this.#spillAbove(this.#options.target);
    return values;
  }

  async #readBack(block: Block): Promise<SpillError | undefined> {
    try {
      const { heads, buffers } = await this.#files.read(block, this.#options.allocate);
      if (block.values === 0) return undefined;
      block.heads = heads;
      block.buffers = buffers;
      this.#spilled -= block.bytes;
      this.#files.remove(block.file!);
      this.#place(block);
      return undefined;
    } catch (error) {
      return error as SpillError;
    } finally {
      block.loading = undefined;
    }
  }
}

const NOTHING = new Uint8Array(0);
