import { ValueEncoder } from "@heddle/protocol/values";
import { TaskExitedError, TaskOutOfMemoryError } from "../task/errors.js";
import type { Crash, ExecutorThread } from "./executor-thread.js";

/** The thread beside the tasks: it is started for the first `client.run`, and again when a call has ended it. */
export class SpareThread {
  #thread: ExecutorThread | undefined;
  readonly #pending = new Set<number>();
  readonly #start: () => ExecutorThread;
  readonly #onReturned: (id: number, ok: boolean, bytes: Uint8Array) => void;

  constructor(start: () => ExecutorThread, onReturned: (id: number, ok: boolean, bytes: Uint8Array) => void) {
    this.#start = start;
    this.#onReturned = onReturned;
  }

  get thread(): ExecutorThread | undefined {
    return this.#thread;
  }

  call(id: number, hash: string, args: Uint8Array): void {
    this.#thread ??= this.#start();
    this.#pending.add(id);
    this.#thread.post({ op: "call", id, hash, args });
  }

  returned(id: number, ok: boolean, bytes: Uint8Array): void {
    if (this.#pending.delete(id)) this.#onReturned(id, ok, bytes);
  }

  crashed(crash: Crash): void {
    const exitCode = this.#thread?.slots.exit?.code ?? crash.exitCode;
    this.#thread = undefined;
    const error = crash.isOutOfMemory
      ? new TaskOutOfMemoryError(this.#pending.size)
      : new TaskExitedError(exitCode, crash.error === undefined ? undefined : { cause: crash.error });
    const bytes = new ValueEncoder({ outOfBandBytes: Infinity }).encode(error).head;
    const ids = [...this.#pending];
    this.#pending.clear();
    for (const id of ids) this.#onReturned(id, false, bytes);
  }
}
