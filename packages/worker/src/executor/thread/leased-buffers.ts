import type { Reporter } from "./reporter.js";

/** Tells the control thread when this thread has collected a reference to shared memory: see shared-buffers.ts. */
export class LeasedBuffers {
  readonly #reporter: Reporter;
  #released: number[] = [];
  #lastOwn = 0;
  readonly #registry = new FinalizationRegistry<number>((lease) => {
    // Finalisers come in crowds, in one turn of the event loop.
    if (this.#released.push(lease) === 1) queueMicrotask(this.#report);
  });

  constructor(reporter: Reporter) {
    this.#reporter = reporter;
  }

  /** Buffers that this thread has been given, and the numbers of the references. */
  given(buffers: readonly Uint8Array[], leases: readonly number[]): void {
    for (let i = 0; i < buffers.length; i++)
      if (leases[i] !== 0) this.#registry.register(buffers[i]!.buffer, leases[i]!);
  }

  /** Buffers that this thread has made. @returns the numbers of the references, negative */
  made(buffers: readonly Uint8Array[]): number[] {
    return buffers.map((buffer) => {
      const lease = --this.#lastOwn;
      this.#registry.register(buffer.buffer, lease);
      return lease;
    });
  }

  readonly #report = (): void => {
    const leases = this.#released;
    this.#released = [];
    this.#reporter.post({ op: "released", leases });
  };
}
