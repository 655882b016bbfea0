import type { EncodedValue } from "@heddle/protocol";
import type { ExecuteColumns } from "../core/events.js";
import type { ExecutorPool } from "../executor/interface.js";

/** What the gate finds inputs with, and tells its owner. */
export interface GateOwner {
  read(tasks: Int32Array): readonly (EncodedValue | undefined)[] | Promise<readonly (EncodedValue | undefined)[]>;
  /** Inputs that could not be read, and the runs that were not handed over for their lack. */
  unsent(lost: readonly number[], batch: ExecuteColumns): void;
  revoked(runs: Int32Array, granted: Uint8Array): void;
}

/**
 * The way from the core's instructions to the threads. Inputs of a run may have to be read from disk first; whatever comes for the
 * same thread meanwhile waits behind it, so that a thread gets everything in the order in which it was decided.
 */
export class ExecutorGate {
  readonly #pool: ExecutorPool;
  readonly #owner: GateOwner;
  /** By thread: what is under way, when something has to be waited for. */
  readonly #waiting = new Map<number, Promise<void>>();

  #closed = false;

  constructor(pool: ExecutorPool, owner: GateOwner) {
    this.#pool = pool;
    this.#owner = owner;
  }

  execute(thread: number, batch: ExecuteColumns): void {
    this.#inTurn(thread, () => {
      const read = this.#owner.read(batch.inputs);
      if (read instanceof Promise) return read.then((inputs) => this.#send(thread, batch, inputs));
      return this.#send(thread, batch, read);
    });
  }

  cancel(thread: number, tasks: Int32Array, runs: Int32Array, force: boolean): void {
    this.#inTurn(thread, () => this.#pool.cancel(thread, tasks, runs, force));
  }

  revoke(thread: number, tasks: Int32Array, runs: Int32Array): void {
    this.#inTurn(thread, () => this.#pool.revoke(thread, tasks, runs, (granted) => this.#owner.revoked(runs, granted)));
  }

  forget(thread: number, tasks: Int32Array): void {
    this.#inTurn(thread, () => this.#pool.forget(thread, tasks));
  }

  /** Nothing goes to the threads any more: they are being ended. */
  close(): void {
    this.#closed = true;
  }

  #send(thread: number, batch: ExecuteColumns, inputs: readonly (EncodedValue | undefined)[]): void {
    if (this.#closed) return;
    const lost = [...batch.inputs].filter((_, row) => inputs[row] === undefined);
    if (lost.length > 0) this.#owner.unsent(lost, batch);
    else this.#pool.execute(thread, { ...batch, inputs: inputs as readonly EncodedValue[] });
  }

  #inTurn(thread: number, step: () => void | Promise<void>): void {
    if (this.#closed) return;
    const before = this.#waiting.get(thread);
    const running = before === undefined ? step() : before.then(() => (this.#closed ? undefined : step()));
    if (!(running instanceof Promise)) return;
    const settled = running.finally(() => {
      if (this.#waiting.get(thread) === settled) this.#waiting.delete(thread);
    });
    this.#waiting.set(thread, settled);
  }
}
