import { RunFlag, type ValueDecoder } from "@heddle/protocol/values";
import type { Batch } from "../batch-frame.js";
import { InputGuard } from "./input-guard.js";
import type { RetainedResult } from "./retained.js";

const UNRESOLVED = Symbol("unresolved");

interface Begun {
  readonly batch: Batch;
  readonly row: number;
  readonly values: readonly unknown[];
  readonly guard: InputGuard | undefined;
}

/** Decodes the arguments of runs, one run at a time, with the results of other tasks in their places. */
export class ArgumentReader {
  readonly #decoder: ValueDecoder;
  readonly #inputDecoder: ValueDecoder;
  readonly #takeRetained: (task: number) => RetainedResult | undefined;
  readonly #validate: boolean;
  #batch: Batch | undefined;
  #row = 0;
  readonly #values: unknown[] = [];
  #guard: InputGuard | undefined;
  /** A row whose reading failed. A live input is given once, so it must not be lost when the row is read again. */
  #begun: Begun | undefined;

  /**
   * @param inputDecoder - another one, because inputs are decoded in the midst of arguments
   * @param validate - guard the whole of shared inputs, not a sample
   */
  constructor(
    decoder: ValueDecoder,
    inputDecoder: ValueDecoder,
    takeRetained: (task: number) => RetainedResult | undefined,
    validate: boolean,
  ) {
    this.#decoder = decoder;
    this.#inputDecoder = inputDecoder;
    this.#takeRetained = takeRetained;
    this.#validate = validate;
  }

  /**
   * @throws whatever makes an argument or an input undecodable. Inputs that were decoded by then are kept: reading the same row
   * once more goes on with them.
   */
  read(batch: Batch, row: number): unknown[] {
    const begun = this.#begun;
    this.#begun = undefined;
    const isSame = begun?.batch === batch && begun.row === row;
    this.#guard = isSame ? begun.guard : undefined;
    const deps = batch.depCount(row);
    if (deps === 0) return this.#decoder.decode(batch.bytes, undefined, batch.argOffset(row)) as unknown[];
    this.#batch = batch;
    this.#row = row;
    this.#values.length = deps;
    for (let index = 0; index < deps; index++) this.#values[index] = isSame ? begun.values[index] : UNRESOLVED;
    try {
      return this.#decoder.decode(batch.bytes, undefined, batch.argOffset(row), this.#resolve) as unknown[];
    } catch (error) {
      this.#begun = { batch, row, values: this.#values.slice(), guard: this.#guard };
      throw error;
    } finally {
      this.#values.length = 0;
    }
  }

  /** Guards the shared inputs of the arguments read last; undefined when there are none. */
  get guard(): InputGuard | undefined {
    return this.#guard;
  }

  /** Lets go of the batch read last. */
  release(): void {
    this.#batch = undefined;
    this.#guard = undefined;
  }

  readonly #resolve = (index: number): unknown => {
    // An input that stands in several places is one object.
    let value = this.#values[index];
    if (value === UNRESOLVED) value = this.#values[index] = this.#input(this.#batch!, index);
    return value;
  };

  #input(batch: Batch, index: number): unknown {
    const dep = batch.firstDep(this.#row) + index;
    const task = batch.depTask(dep);
    const input = batch.depInput(dep);
    if (input >= 0) {
      const buffers = this.#protect(batch, task, batch.inputBuffers(input));
      return this.#inputDecoder.decode(batch.bytes, buffers, batch.inputOffset(input));
    }
    const result = this.#takeRetained(task);
    if (result === undefined) throw new Error(`the result of task ${task} is not on this thread any more`);
    if (result.live !== undefined) return result.live.value;
    return this.#inputDecoder.decode(result.head, this.#protect(batch, task, result.buffers));
  }

  #protect(batch: Batch, task: number, buffers: readonly Uint8Array[]): readonly Uint8Array[] {
    if (buffers.length === 0) return buffers;
    if ((batch.flags(this.#row) & RunFlag.copyInputs) !== 0) return buffers.map(privateCopy);
    (this.#guard ??= new InputGuard(this.#validate)).watch(task, buffers);
    return buffers;
  }
}

function privateCopy(buffer: Uint8Array): Uint8Array {
  const copy = new Uint8Array(buffer.byteLength);
  copy.set(buffer);
  return copy;
}
