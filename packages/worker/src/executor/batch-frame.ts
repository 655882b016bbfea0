/**
 * A batch of runs as one run of bytes, as it crosses from the control thread to an executor thread.
 *
 *     i32 rows · i32 deps · i32 inputs · i32 offset of the byte part
 *     rows x 13 i32 · deps x 2 i32 (task, input or -1) · inputs x 4 i32 (offset, length, first buffer, buffers)
 *     bytes: keys, arguments, heads of inputs
 *
 * Rows are records rather than columns here: a thread reads all fields of one row, then all of the next.
 */
import { at } from "@heddle/protocol/values";
import type { ExecuteBatch } from "./interface.js";

const PREAMBLE_WORDS = 4;
const ROW_WORDS = 13;
const DEP_WORDS = 2;
const INPUT_WORDS = 4;

/** Words of a row. */
const Field = {
  slot: 0,
  task: 1,
  run: 2,
  function: 3,
  flags: 4,
  attempt: 5,
  keyOffset: 6,
  keyLength: 7,
  argOffset: 8,
  argLength: 9,
  firstDep: 10,
  deps: 11,
  timeout: 12,
} as const;

/** Bytes that {@link writeBatch} will write. */
export function batchSize(batch: ExecuteBatch): number {
  let heads = 0;
  for (const input of batch.inputs) heads += input.head.byteLength;
  const words =
    PREAMBLE_WORDS + batch.rows * ROW_WORDS + batch.deps.length * DEP_WORDS + batch.inputs.length * INPUT_WORDS;
  return words * 4 + batch.keys.byteLength + batch.args.byteLength + heads;
}

/**
 * Writes a batch, without the buffers of its inputs: those travel beside it, all in one list, in the order of the inputs.
 *
 * @param slots - slot of every row
 * @param target - bytes at a multiple of 4 of their memory
 */
export function writeBatch(batch: ExecuteBatch, slots: Int32Array, target: Uint8Array): void {
  const { rows } = batch;
  const depCount = batch.deps.length;
  const inputCount = batch.inputs.length;
  const wordCount = PREAMBLE_WORDS + rows * ROW_WORDS + depCount * DEP_WORDS + inputCount * INPUT_WORDS;
  const words = new Int32Array(target.buffer, target.byteOffset, wordCount);
  let bytesAt = wordCount * 4;
  words[0] = rows;
  words[1] = depCount;
  words[2] = inputCount;
  words[3] = bytesAt;

  let keyAt = bytesAt;
  let argAt = bytesAt + batch.keys.byteLength;
  target.set(batch.keys, keyAt);
  target.set(batch.args, argAt);
  let depAt = 0;
  let word = PREAMBLE_WORDS;
  for (let row = 0; row < rows; row++, word += ROW_WORDS) {
    const keyLength = at(batch.keyLengths, row);
    const argLength = at(batch.argLengths, row);
    const deps = at(batch.depCounts, row);
    words[word] = slots[row]!;
    words[word + 1] = batch.tasks[row]!;
    words[word + 2] = batch.runs[row]!;
    words[word + 3] = at(batch.functionOf, row);
    words[word + 4] = at(batch.flags, row);
    words[word + 5] = at(batch.attempts, row);
    words[word + 6] = keyAt;
    words[word + 7] = keyLength;
    words[word + 8] = argAt;
    words[word + 9] = argLength;
    words[word + 10] = depAt;
    words[word + 11] = deps;
    words[word + 12] = timeoutOf(batch, row);
    keyAt += keyLength;
    argAt += argLength;
    depAt += deps;
  }
  for (let dep = 0; dep < depCount; dep++) {
    words[word++] = batch.deps[dep]!;
    words[word++] = batch.depInputs[dep]!;
  }
  bytesAt += batch.keys.byteLength + batch.args.byteLength;
  let bufferAt = 0;
  for (const input of batch.inputs) {
    words[word++] = bytesAt;
    words[word++] = input.head.byteLength;
    words[word++] = bufferAt;
    words[word++] = input.buffers.length;
    target.set(input.head, bytesAt);
    bytesAt += input.head.byteLength;
    bufferAt += input.buffers.length;
  }
}

/** Milliseconds that a run may take, 0 without limit. */
export function timeoutOf(batch: ExecuteBatch, row: number): number {
  const index = at(batch.optionsOf, row);
  return index < 0 ? 0 : (batch.options[index]?.timeout ?? 0);
}

/** A batch on the thread that runs it. A row is named by its number. */
export class Batch {
  readonly rows: number;
  readonly bytes: Buffer;
  readonly #words: Int32Array;
  readonly #depsAt: number;
  readonly #inputsAt: number;

  /**
   * @param frame - bytes at a multiple of 4 of their memory, which nobody writes again
   * @param buffers - buffers of the inputs
   */
  constructor(
    frame: Buffer,
    readonly buffers: readonly Uint8Array[],
  ) {
    this.bytes = frame;
    const words = new Int32Array(frame.buffer, frame.byteOffset, frame.byteLength >> 2);
    this.#words = words;
    this.rows = words[0]!;
    this.#depsAt = PREAMBLE_WORDS + this.rows * ROW_WORDS;
    this.#inputsAt = this.#depsAt + words[1]! * DEP_WORDS;
  }

  #field(row: number, field: number): number {
    return this.#words[PREAMBLE_WORDS + row * ROW_WORDS + field]!;
  }

  slot(row: number): number {
    return this.#field(row, Field.slot);
  }

  task(row: number): number {
    return this.#field(row, Field.task);
  }

  run(row: number): number {
    return this.#field(row, Field.run);
  }

  functionOf(row: number): number {
    return this.#field(row, Field.function);
  }

  flags(row: number): number {
    return this.#field(row, Field.flags);
  }

  attempt(row: number): number {
    return this.#field(row, Field.attempt);
  }

  key(row: number): string {
    const offset = this.#field(row, Field.keyOffset);
    return this.bytes.toString("utf8", offset, offset + this.#field(row, Field.keyLength));
  }

  argOffset(row: number): number {
    return this.#field(row, Field.argOffset);
  }

  argLength(row: number): number {
    return this.#field(row, Field.argLength);
  }

  /** Milliseconds, 0 without limit. */
  timeout(row: number): number {
    return this.#field(row, Field.timeout);
  }

  firstDep(row: number): number {
    return this.#field(row, Field.firstDep);
  }

  depCount(row: number): number {
    return this.#field(row, Field.deps);
  }

  /** Task id of a dependency, counted over the batch. */
  depTask(dep: number): number {
    return this.#words[this.#depsAt + dep * DEP_WORDS]!;
  }

  /** Input that holds a dependency's value, -1 when it is retained on this thread. */
  depInput(dep: number): number {
    return this.#words[this.#depsAt + dep * DEP_WORDS + 1]!;
  }

  /** Where in `bytes` the head of an input begins. */
  inputOffset(input: number): number {
    return this.#words[this.#inputsAt + input * INPUT_WORDS]!;
  }

  inputBuffers(input: number): readonly Uint8Array[] {
    const at = this.#inputsAt + input * INPUT_WORDS;
    const count = this.#words[at + 3]!;
    if (count === 0) return NO_BUFFERS;
    const first = this.#words[at + 2]!;
    return this.buffers.slice(first, first + count);
  }
}

export const NO_BUFFERS: readonly Uint8Array[] = [];
