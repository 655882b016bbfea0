import { at, offsetsOf, type Column, type ComputeTasks, type TaskOptions } from "@heddle/protocol";

/** Keys of the tasks of one message, copied out of its frame: they are kept for as long as any of the results. */
export class KeyColumn {
  readonly #bytes: Uint8Array;
  readonly #offsets: Int32Array;

  constructor(lengths: Column, bytes: Uint8Array, rows: number) {
    this.#bytes = bytes.slice();
    this.#offsets = offsetsOf(lengths, rows);
  }

  get(row: number): Uint8Array {
    return this.#bytes.subarray(this.#offsets[row], this.#offsets[row + 1]);
  }

  length(row: number): number {
    return this.#offsets[row + 1]! - this.#offsets[row]!;
  }

  /** Copies the keys of consecutive rows. Returns the bytes written. */
  copy(from: number, to: number, target: Uint8Array, offset: number): number {
    const bytes = this.#bytes.subarray(this.#offsets[from], this.#offsets[to]);
    target.set(bytes, offset);
    return bytes.length;
  }

  /** Bytes of consecutive rows. */
  span(from: number, to: number): number {
    return this.#offsets[to]! - this.#offsets[from]!;
  }
}

/** A message of runs to do, with the offsets of its byte and dependency columns. Runs refer to it by row until they have ended. */
export class Assignment {
  readonly message: ComputeTasks;
  readonly keys: KeyColumn;
  readonly #argOffsets: Int32Array;
  readonly #depOffsets: Int32Array;

  constructor(message: ComputeTasks) {
    this.message = message;
    this.keys = new KeyColumn(message.keyLengths, message.keys, message.rows);
    this.#argOffsets = offsetsOf(message.argLengths, message.rows);
    this.#depOffsets = offsetsOf(message.depCounts, message.rows);
  }

  /** Where the row's inputs begin in `message.deps`; they end where the next row's begin. */
  depsStart(row: number): number {
    return this.#depOffsets[row]!;
  }

  argsSpan(from: number, to: number): number {
    return this.#argOffsets[to]! - this.#argOffsets[from]!;
  }

  copyArgs(from: number, to: number, target: Uint8Array, offset: number): number {
    const bytes = this.message.args.subarray(this.#argOffsets[from], this.#argOffsets[to]);
    target.set(bytes, offset);
    return bytes.length;
  }

  functionOf(row: number): number {
    return at(this.message.functionOf, row);
  }

  flags(row: number): number {
    return at(this.message.flags, row);
  }

  options(row: number): TaskOptions | undefined {
    const index = at(this.message.optionsOf, row);
    return index < 0 ? undefined : this.message.options[index];
  }
}
