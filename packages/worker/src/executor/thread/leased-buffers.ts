/**
 * Shared memory that this thread has been given is only returned to the system when every thread has collected its reference,
 * and V8, which does not see its size, has no reason to hurry. So the control thread is told when a reference is gone, and may ask for
 * collections.
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Reporter } from "./reporter.js";

type Collect = (options?: { readonly type: "minor" }) => void;

export class LeasedBuffers {
  readonly #reporter: Reporter;
  #released: number[] = [];
  #collect: Collect | undefined;
  readonly #registry = new FinalizationRegistry<number>((lease) => {
    // Finalisers come in crowds, in one turn of the event loop.
    if (this.#released.push(lease) === 1) queueMicrotask(this.#report);
  });

  constructor(reporter: Reporter) {
    this.#reporter = reporter;
  }

  add(buffers: readonly Uint8Array[], leases: readonly number[]): void {
    for (let i = 0; i < buffers.length; i++) this.#registry.register(buffers[i]!.buffer, leases[i]!);
  }

  /** Costs about 0.4 ms, a major one as much as the thread's heap is large. */
  collect(major: boolean): void {
    if (this.#collect === undefined) {
      // Can be switched on while running, and is seen by contexts made after that.
      setFlagsFromString("--expose-gc");
      this.#collect = runInNewContext("gc") as Collect;
    }
    if (major) this.#collect();
    else this.#collect({ type: "minor" });
  }

  readonly #report = (): void => {
    this.#reporter.post({ op: "released", leases: this.#released });
    this.#released = [];
  };
}
