import { at, offsetsOf, type Column, type TaskOptions } from "@heddle/protocol";
import type { Definition } from "./definitions.js";
import type { TaskGroup } from "./groups.js";
import type { Requirement } from "./requirements.js";
import { NONE } from "./task-table.js";

/** What a chunk is made of: columns of a submission, copied out of the frame they came in. */
export interface ChunkColumns {
  readonly rows: number;
  readonly functions: readonly Definition[];
  readonly functionOf: Column;
  readonly groups: readonly TaskGroup[];
  readonly groupOf: Column;
  readonly options: readonly TaskOptions[];
  readonly requirements: readonly (Requirement | undefined)[];
  readonly optionsOf: Column;
  readonly keyLengths: Column;
  readonly keys: Uint8Array;
  readonly argLengths: Column;
  readonly args: Uint8Array;
  readonly depCounts: Column;
}

/**
 * Tasks that arrived together: their keys, arguments and inputs stay in the columns they came in, so a task costs no object. The
 * chunk goes when its last task is forgotten.
 */
export class Chunk {
  readonly rows: number;
  /** Rows whose tasks exist. */
  live = 0;
  /** Where its keys are in the record. */
  keysAt = 0;
  readonly keys: Uint8Array;
  readonly args: Uint8Array;
  readonly options: readonly TaskOptions[];
  readonly #functions: readonly Definition[];
  readonly #functionOf: Column;
  readonly #groups: readonly TaskGroup[];
  readonly #groupOf: Column;
  readonly #requirements: readonly (Requirement | undefined)[];
  readonly #optionsOf: Column;
  readonly #keyOffsets: Int32Array;
  readonly #argOffsets: Int32Array;
  readonly #depOffsets: Int32Array | undefined;
  /** The edge of every input, row after row, in the order of the arguments. NONE while the row has no task. */
  readonly edges: Int32Array;

  constructor(columns: ChunkColumns) {
    this.rows = columns.rows;
    this.keys = compact(columns.keys);
    this.args = compact(columns.args);
    this.options = columns.options;
    this.#functions = columns.functions;
    this.#functionOf = kept(columns.functionOf);
    this.#groups = columns.groups;
    this.#groupOf = kept(columns.groupOf);
    this.#requirements = columns.requirements;
    this.#optionsOf = kept(columns.optionsOf);
    this.#keyOffsets = offsetsOf(columns.keyLengths, columns.rows);
    this.#argOffsets = offsetsOf(columns.argLengths, columns.rows);
    const inputs = columns.depCounts === 0 ? undefined : offsetsOf(columns.depCounts, columns.rows);
    this.#depOffsets = inputs;
    this.edges = inputs === undefined ? NO_EDGES : new Int32Array(inputs[columns.rows]!).fill(NONE);
  }

  keyStart(row: number): number {
    return this.#keyOffsets[row]!;
  }

  keyEnd(row: number): number {
    return this.#keyOffsets[row + 1]!;
  }

  /** Where the key of each row begins, and where the last one ends. */
  get keyOffsets(): Int32Array {
    return this.#keyOffsets;
  }

  argStart(row: number): number {
    return this.#argOffsets[row]!;
  }

  argEnd(row: number): number {
    return this.#argOffsets[row + 1]!;
  }

  /** First position of the row in {@link edges}. */
  depStart(row: number): number {
    return this.#depOffsets === undefined ? 0 : this.#depOffsets[row]!;
  }

  depEnd(row: number): number {
    return this.#depOffsets === undefined ? 0 : this.#depOffsets[row + 1]!;
  }

  function(row: number): Definition {
    return this.#functions[at(this.#functionOf, row)]!;
  }

  group(row: number): TaskGroup {
    return this.#groups[at(this.#groupOf, row)]!;
  }

  /** The group of all rows; undefined when they are of several. */
  get onlyGroup(): TaskGroup | undefined {
    return typeof this.#groupOf === "number" ? this.#groups[this.#groupOf] : undefined;
  }

  optionsAt(row: number): TaskOptions | undefined {
    const index = at(this.#optionsOf, row);
    return index < 0 ? undefined : this.options[index];
  }

  requirement(row: number): Requirement | undefined {
    const index = at(this.#optionsOf, row);
    return index < 0 ? undefined : this.#requirements[index];
  }

  key(row: number): string {
    return decoder.decode(this.keys.subarray(this.keyStart(row), this.keyEnd(row)));
  }

  keyEquals(row: number, key: Uint8Array, start: number, end: number): boolean {
    let at = this.#keyOffsets[row]!;
    if (this.#keyOffsets[row + 1]! - at !== end - start) return false;
    for (let other = start; other < end; other++, at++) if (this.keys[at] !== key[other]) return false;
    return true;
  }

  /** Same function and same arguments: two requests for one key agree. */
  definesSame(row: number, other: Chunk, otherRow: number): boolean {
    if (this.function(row) !== other.function(otherRow)) return false;
    const length = this.argEnd(row) - this.argStart(row);
    if (other.argEnd(otherRow) - other.argStart(otherRow) !== length) return false;
    const a = this.argStart(row);
    const b = other.argStart(otherRow);
    for (let i = 0; i < length; i++) if (this.args[a + i] !== other.args[b + i]) return false;
    return this.depEnd(row) - this.depStart(row) === other.depEnd(otherRow) - other.depStart(otherRow);
  }

  definitions(): readonly Definition[] {
    return this.#functions;
  }
}

const NO_EDGES = new Int32Array(0);
const decoder = new TextDecoder();

/** Its own memory: a view would keep the whole frame, and the read buffer it came in. */
function compact(bytes: Uint8Array): Uint8Array {
  return bytes.slice();
}

function kept(column: Column): Column {
  return typeof column === "number" ? column : column.slice();
}
