/**
 * The life of shared memory on the control thread. V8 counts a few bytes for a SharedArrayBuffer whatever its size, so nothing makes a
 * thread collect references to gigabytes that nobody needs any more. Here it is known which buffers no value needs, and how
 * many references to them have not been collected yet; threads are asked to collect when it is worth it.
 */

import { getHeapStatistics } from "node:v8";

/** Fewer bytes than this are left to whatever makes a thread collect next. */
const WORTH_COLLECTING = 32 * 1024 * 1024;
/** Milliseconds between two requests to collect. */
const COLLECT_INTERVAL = 50;

interface Tracked {
  readonly bytes: number;
  /** References on threads, and the control thread's own, that have not been collected. */
  references: number;
  /** No value needs it any more. */
  isRetired: boolean;
  /** The memory again, by a reference of which nobody else knows, as soon as it may come free. */
  memory: SharedArrayBuffer | undefined;
}

/** What one thread may hold: numbers by which it, or the control thread, named a reference. */
export type Leases = Map<number, Tracked>;

export interface SharedBuffersOptions {
  /**
   * Asks the threads, and this one, for a major collection: in minor ones V8 takes everything for alive that a
   * FinalizationRegistry watches.
   */
  readonly collect: () => void;
  /** Bytes of memory that came free and are kept for buffers of the same size. */
  readonly keep: number;
}

export class SharedBuffers {
  readonly #options: SharedBuffersOptions;
  readonly #tracked = new WeakMap<SharedArrayBuffer, Tracked>();
  readonly #own = new FinalizationRegistry<Tracked>((tracked) => this.#released(tracked));
  readonly #free = new Map<number, SharedArrayBuffer[]>();
  #freeBytes = 0;
  #retiredBytes = 0;
  #lastLease = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: SharedBuffersOptions) {
    this.#options = options;
  }

  /** Bytes that no value needs, but that are still in use: references to them are not collected yet, or they are kept for reuse. */
  get heldBytes(): number {
    return this.#retiredBytes + this.#freeBytes;
  }

  /** Memory of exactly this size, with whatever was in it before. */
  allocate(bytes: number): SharedArrayBuffer {
    return this.take(bytes) ?? new SharedArrayBuffer(bytes);
  }

  /** Memory of exactly this size that came free; undefined when there is none. */
  take(bytes: number): SharedArrayBuffer | undefined {
    const memory = this.#free.get(bytes)?.pop();
    if (memory !== undefined) this.#freeBytes -= bytes;
    return memory;
  }

  /** A buffer is given to a thread. @returns the number by which the thread will say that it is gone there; 0: it will not */
  lend(buffer: Uint8Array, leases: Leases): number {
    const tracked = this.#track(buffer);
    if (tracked === undefined) return 0;
    tracked.references++;
    leases.set(++this.#lastLease, tracked);
    return this.#lastLease;
  }

  /** A thread has made a buffer, and named its reference. */
  made(buffer: Uint8Array, lease: number, leases: Leases): void {
    const tracked = this.#track(buffer);
    if (tracked === undefined) return;
    tracked.references++;
    leases.set(lease, tracked);
  }

  /** References of a thread have been collected. */
  released(numbers: readonly number[], leases: Leases): void {
    for (const number of numbers) {
      const tracked = leases.get(number);
      if (tracked === undefined) continue;
      leases.delete(number);
      this.#released(tracked);
    }
  }

  /** A thread has ended: so have its references. */
  releaseAll(leases: Leases): void {
    this.released([...leases.keys()], leases);
  }

  /** No value needs these any more. Whoever still reads them may do so: they are not used again before that is over. */
  retire(buffers: readonly Uint8Array[]): void {
    for (const buffer of buffers) {
      const tracked = this.#track(buffer);
      if (tracked === undefined || tracked.isRetired) continue;
      tracked.isRetired = true;
      tracked.memory = structuredClone(buffer.buffer as SharedArrayBuffer);
      this.#retiredBytes += tracked.bytes;
    }
    if (this.#isWorthCollecting()) this.#collectSoon();
  }

  /** Gives memory that is kept for reuse back to the system, as far as collections go. */
  dropFree(): void {
    this.#free.clear();
    this.#freeBytes = 0;
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.dropFree();
  }

  #track(buffer: Uint8Array): Tracked | undefined {
    const memory = buffer.buffer;
    if (!(memory instanceof SharedArrayBuffer)) return undefined;
    let tracked = this.#tracked.get(memory);
    if (tracked === undefined) {
      tracked = { bytes: memory.byteLength, references: 1, isRetired: false, memory: undefined };
      this.#tracked.set(memory, tracked);
      this.#own.register(memory, tracked);
    }
    return tracked;
  }

  #released(tracked: Tracked): void {
    if (--tracked.references > 0) return;
    const { bytes, memory } = tracked;
    if (!tracked.isRetired || memory === undefined) return;
    this.#retiredBytes -= bytes;
    tracked.memory = undefined;
    if (this.#freeBytes + bytes > this.#options.keep) return;
    this.#freeBytes += bytes;
    const list = this.#free.get(bytes);
    if (list === undefined) this.#free.set(bytes, [memory]);
    else list.push(memory);
  }

  #collectSoon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      if (this.#isWorthCollecting()) this.#options.collect();
    }, COLLECT_INTERVAL).unref();
  }

  /** A collection takes longer the larger the heap is (some 4 ms for 10 MB): it has to bring as much as it costs. */
  #isWorthCollecting(): boolean {
    return this.#retiredBytes >= WORTH_COLLECTING && this.#retiredBytes >= getHeapStatistics().used_heap_size;
  }
}
