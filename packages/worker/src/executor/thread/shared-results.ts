import { isSharedResult } from "../../task/shared-array.js";

/** Freed memory kept for results of the same size, at most, in bytes. */
const KEPT_BYTES = 512 * 1024 * 1024;

/** Where the big buffers of results live: shared memory of exactly their size, which every thread of the worker can read. */
export class SharedResults {
  /** Recycled memory by size. */
  readonly #free = new Map<number, SharedArrayBuffer[]>();
  #freeBytes = 0;

  /** The buffers of a result in shared memory, copied unless they are it already. */
  share(buffers: readonly Uint8Array[]): Uint8Array[] {
    return buffers.map((buffer) => {
      if (buffer.byteLength === buffer.buffer.byteLength && isSharedResult(buffer.buffer)) return buffer;
      const copy = new Uint8Array(this.#take(buffer.byteLength) ?? new SharedArrayBuffer(buffer.byteLength));
      copy.set(buffer);
      return copy;
    });
  }

  /** Zeroed. */
  allocate(bytes: number): SharedArrayBuffer {
    const recycled = this.#take(bytes);
    if (recycled === undefined) return new SharedArrayBuffer(bytes);
    new Uint8Array(recycled).fill(0);
    return recycled;
  }

  /** Memory that no other thread knows any more. */
  recycle(buffers: readonly SharedArrayBuffer[]): void {
    for (const buffer of buffers) {
      if (this.#freeBytes + buffer.byteLength > KEPT_BYTES) continue;
      const list = this.#free.get(buffer.byteLength);
      if (list === undefined) this.#free.set(buffer.byteLength, [buffer]);
      else list.push(buffer);
      this.#freeBytes += buffer.byteLength;
    }
  }

  dropFree(): void {
    this.#free.clear();
    this.#freeBytes = 0;
  }

  #take(bytes: number): SharedArrayBuffer | undefined {
    const buffer = this.#free.get(bytes)?.pop();
    if (buffer !== undefined) this.#freeBytes -= bytes;
    return buffer;
  }
}
