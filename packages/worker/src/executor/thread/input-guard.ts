/**
 * Large typed arrays that several tasks read are one piece of memory, read-only by contract. After a run its inputs are compared
 * with what they were: a sample of them always, all of them under validation.
 */
import { InputMutatedError } from "../../task/errors.js";

/** Words that a sample looks at: enough to notice loops that fill, sort or scale; 10 to 50 us when none of them is in a cache. */
const SAMPLES = 256;

const known = new WeakMap<ArrayBufferLike, Map<number, number>>();

/** A checksum of a buffer, FNV-1a over 32-bit words; of all of it, or of words spread evenly over it. */
export function fingerprint(buffer: Uint8Array, whole: boolean): number {
  const words = buffer.byteLength >> 2;
  const step = whole ? 1 : Math.max(1, Math.floor(words / SAMPLES));
  let sum = 0x811c9dc5;
  if ((buffer.byteOffset & 3) === 0) {
    const view = new Int32Array(buffer.buffer, buffer.byteOffset, words);
    for (let i = 0; i < words; i += step) sum = Math.imul(sum ^ view[i]!, 0x01000193);
  } else {
    for (let i = 0; i < buffer.byteLength; i += step * 4) sum = Math.imul(sum ^ buffer[i]!, 0x01000193);
  }
  for (let i = words * 4; i < buffer.byteLength; i++) sum = Math.imul(sum ^ buffer[i]!, 0x01000193);
  return sum;
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
