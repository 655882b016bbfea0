/**
 * Large typed arrays that several tasks read are one piece of memory, read-only by contract. After a run its inputs are compared
 * with what they were: a sample of them always, all of them under validation.
 */
import { InputMutatedError } from "../../task/errors.js";

/** Words that a sample looks at: enough to notice loops that fill, sort or scale; 10 to 50 us when none of them is in a cache. */
const SAMPLES = 256;

const known = new WeakMap<ArrayBufferLike, Map<number, number>>();

/** A checksum of a buffer: of all its 32-bit words, or of some spread evenly over it. */
function fingerprint(buffer: Uint8Array, whole: boolean): number {
  const words = buffer.byteLength >> 2;
  // Odd: an even step would only ever see the low halves of doubles, which are zero in most round numbers.
  const step = whole ? 1 : Math.floor(words / SAMPLES) | 1;
  let sum = buffer.byteLength;
  if ((buffer.byteOffset & 3) === 0) {
    const view = new Int32Array(buffer.buffer, buffer.byteOffset, words);
    for (let i = 0; i < words; i += step) sum = mixed(sum, view[i]!);
  } else {
    for (let i = 0; i < words * 4; i += step) sum = mixed(sum, buffer[i]!);
  }
  for (let i = words * 4; i < buffer.byteLength; i++) sum = mixed(sum, buffer[i]!);
  return sum;
}

/** One step of MurmurHash3's finaliser. Both halves matter: without the shift, differences in high bits cancel each other out. */
function mixed(sum: number, word: number): number {
  const product = Math.imul(sum ^ word, 0x85ebca6b);
  return product ^ (product >>> 13);
}

/** What the shared inputs of one run looked like before it. */
export class InputGuard {
  readonly #buffers: Uint8Array[] = [];
  readonly #before: number[] = [];
  readonly #tasks: number[] = [];

  constructor(private readonly whole: boolean) {}

  /** @param task - whose result the buffers belong to */
  watch(task: number, buffers: readonly Uint8Array[]): void {
    for (const buffer of buffers) {
      this.#buffers.push(buffer);
      this.#before.push(this.#firstSeen(buffer));
      this.#tasks.push(task);
    }
  }

  /** The error of a run that wrote to an input, or whose input was written to meanwhile. */
  check(): InputMutatedError | undefined {
    for (let i = 0; i < this.#buffers.length; i++) {
      if (fingerprint(this.#buffers[i]!, this.whole) !== this.#before[i]) return new InputMutatedError(this.#tasks[i]!);
    }
    return undefined;
  }

  /** A buffer is as it was when this thread first saw it, whichever run is next to use it. */
  #firstSeen(buffer: Uint8Array): number {
    const sums = known.get(buffer.buffer) ?? new Map<number, number>();
    known.set(buffer.buffer, sums);
    let sum = sums.get(buffer.byteOffset);
    if (sum === undefined) sums.set(buffer.byteOffset, (sum = fingerprint(buffer, this.whole)));
    return sum;
  }
}
