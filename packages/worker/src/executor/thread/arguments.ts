import { RunFlag, type ValueDecoder } from "@heddle/protocol/values";
import type { Batch } from "../batch-frame.js";
import { InputGuard } from "./input-guard.js";
import type { RetainedResult } from "./retained.js";

const UNRESOLVED = Symbol("unresolved");

/** Decodes the arguments of runs, one run at a time, with the results of other tasks in their places. */
export class ArgumentReader {
  readonly #decoder: ValueDecoder;
  readonly #inputDecoder: ValueDecoder;
  readonly #takeRetained: (task: number) => RetainedResult | undefined;
  readonly #validate: boolean;
  #batch!: Batch;
  #row = 0;
  readonly #values: unknown[] = [];
  #guard: InputGuard | undefined;

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

  /** @throws whatever makes an argument or an input undecodable. */
  read(batch: Batch, row: number): unknown[] {
    this.#guard = undefined;
    const deps = batch.depCount(row);
    if (deps === 0) return this.#decoder.decode(batch.bytes, undefined, batch.argOffset(row)) as unknown[];
    this.#batch = batch;
    this.#row = row;
    this.#values.length = deps;
    this.#values.fill(UNRESOLVED);
    try {
      return this.#decoder.decode(batch.bytes, undefined, batch.argOffset(row), this.#resolve) as unknown[];
    } finally {
      this.#values.length = 0;
    }
  }

  /** Guards the shared inputs of the arguments read last; undefined when there are none. */
  get guard(): InputGuard | undefined {
    return this.#guard;
  }

  readonly #resolve = (index: number): unknown => {
    // An input that stands in several places is one object.
    let value = this.#values[index];
    if (value === UNRESOLVED) value = this.#values[index] = this.#input(this.#batch.firstDep(this.#row) + index);
    return value;
  };

  #input(dep: number): unknown {
    const batch = this.#batch;
    const task = batch.depTask(dep);
    const input = batch.depInput(dep);
    if (input >= 0) {
      const buffers = this.#protect(task, batch.inputBuffers(input));
      return this.#inputDecoder.decode(batch.bytes, buffers, batch.inputOffset(input));
    }
    const result = this.#takeRetained(task);
    if (result === undefined) throw new Error(`the result of task ${task} is not on this thread any more`);
    if (result.live !== undefined) return result.live.value;
    return this.#inputDecoder.decode(result.head, this.#protect(task, result.buffers));
  }

  #protect(task: number, buffers: readonly Uint8Array[]): readonly Uint8Array[] {
    if (buffers.length === 0) return buffers;
    if ((this.#batch.flags(this.#row) & RunFlag.copyInputs) !== 0) return buffers.map(privateCopy);
    (this.#guard ??= new InputGuard(this.#validate)).watch(task, buffers);
    return buffers;
  }
}

function privateCopy(buffer: Uint8Array): Uint8Array {
  const copy = new Uint8Array(buffer.byteLength);
  copy.set(buffer);
  return copy;
}
