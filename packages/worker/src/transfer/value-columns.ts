/** Encoded values as the columns and raw parts of a data message, and back. */
import { at, NO_BUFFERS, offsetsOf, type EncodedValue, type ValueColumns } from "@heddle/protocol";

/** Heads of more than this together are a raw part of their own, before the buffers: a message itself stays small. */
const INLINE_HEADS = 256 * 1024;

export interface PackedValues {
  readonly columns: ValueColumns;
  /** What follows the message as raw frames, in order. */
  readonly parts: readonly Uint8Array[];
  readonly bytes: number;
}

export function packValues(tasks: Int32Array, values: readonly EncodedValue[]): PackedValues {
  const headLengths = Int32Array.from(values, (value) => value.head.byteLength);
  const bufferCounts = Int32Array.from(values, (value) => value.buffers.length);
  const buffers = values.flatMap((value) => value.buffers as Uint8Array[]);
  const bufferLengths = Float64Array.from(buffers, (buffer) => buffer.byteLength);
  let headBytes = 0;
  for (const length of headLengths) headBytes += length;
  let bytes = headBytes;
  for (const length of bufferLengths) bytes += length;
  const separate = headBytes > INLINE_HEADS;
  const heads = separate ? new Uint8Array(0) : concatHeads(values, headBytes);
  return {
    columns: { tasks, headLengths, heads, bufferCounts, bufferLengths },
    parts: separate ? [...values.map((value) => value.head), ...buffers] : buffers,
    bytes,
  };
}

function concatHeads(values: readonly EncodedValue[], bytes: number): Uint8Array {
  const heads = new Uint8Array(bytes);
  let end = 0;
  for (const { head } of values) {
    heads.set(head, end);
    end += head.byteLength;
  }
  return heads;
}

/** Why columns cannot be what a peer meant; undefined when they agree with each other. `limit` bounds the bytes announced. */
export function columnsProblem(columns: ValueColumns, limit: number): string | undefined {
  const { tasks, headLengths, heads, bufferCounts, bufferLengths } = columns;
  if (!(tasks instanceof Int32Array) || !(heads instanceof Uint8Array) || !(bufferLengths instanceof Float64Array))
    return "a column is missing";
  const rows = tasks.length;
  for (const column of [headLengths, bufferCounts]) {
    if (typeof column === "number" ? !Number.isInteger(column) || column < 0 : !(column instanceof Int32Array))
      return "a column is missing";
    if (typeof column !== "number" && (column.length !== rows || column.some((value) => value < 0)))
      return "columns differ in length";
  }
  let headBytes = 0;
  let buffers = 0;
  for (let row = 0; row < rows; row++) {
    headBytes += at(headLengths, row);
    buffers += at(bufferCounts, row);
  }
  if (buffers !== bufferLengths.length) return "buffers are not as many as it says";
  if (heads.length > 0 && heads.length !== headBytes) return "heads are not as long as it says";
  let bytes = headBytes;
  for (const length of bufferLengths) {
    if (!Number.isInteger(length) || length < 0) return "a buffer has no length";
    bytes += length;
  }
  return bytes > limit ? `${bytes} bytes are more than the ${limit} that fit here` : undefined;
}

/** Memory for a buffer to arrive in, of exactly that size. */
export type Allocate = (bytes: number) => Uint8Array;

/** Takes in the raw parts that follow a message. */
export class PartsReceiver {
  readonly #columns: ValueColumns;
  readonly #heads: Uint8Array;
  readonly #buffers: Uint8Array[];
  readonly #targets: readonly Uint8Array[];
  #target = 0;
  #offset = 0;

  constructor(columns: ValueColumns, allocate: Allocate) {
    this.#columns = columns;
    this.#buffers = Array.from(columns.bufferLengths, (length) => allocate(length));
    let headBytes = 0;
    for (let row = 0; row < columns.tasks.length; row++) headBytes += at(columns.headLengths, row);
    const separate = columns.heads.length === 0 && headBytes > 0;
    // Copied: a column of a message keeps its whole frame.
    this.#heads = separate ? new Uint8Array(headBytes) : columns.heads.slice();
    this.#targets = separate ? [this.#heads, ...this.#buffers] : this.#buffers;
    this.#skipFull();
  }

  get complete(): boolean {
    return this.#target === this.#targets.length;
  }

  /** Where the next bytes belong; undefined when all are there. */
  get space(): Uint8Array | undefined {
    const target = this.#targets[this.#target];
    return this.#offset === 0 ? target : target?.subarray(this.#offset);
  }

  /** So many bytes were written there. */
  filled(bytes: number): void {
    this.#offset += bytes;
    this.#skipFull();
  }

  /** Copies bytes to where they belong. Returns false when there are more than were announced. */
  take(chunk: Uint8Array): boolean {
    for (let from = 0; from < chunk.length;) {
      const { space } = this;
      if (space === undefined) return false;
      const part = chunk.subarray(from, from + space.length);
      space.set(part);
      from += part.length;
      this.filled(part.length);
    }
    return true;
  }

  values(): EncodedValue[] {
    const { headLengths, bufferCounts, tasks } = this.#columns;
    const offsets = offsetsOf(headLengths, tasks.length);
    let buffer = 0;
    return Array.from(tasks, (_, row) => {
      const count = at(bufferCounts, row);
      const buffers = count === 0 ? NO_BUFFERS : this.#buffers.slice(buffer, buffer + count);
      buffer += count;
      return { head: this.#heads.subarray(offsets[row], offsets[row + 1]), buffers };
    });
  }

  #skipFull(): void {
    while (this.#target < this.#targets.length && this.#offset === this.#targets[this.#target]!.length) {
      this.#target++;
      this.#offset = 0;
    }
  }
}
