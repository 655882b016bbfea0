/** Leases of names, of which the scheduler lets only so many be out at once. */
import { taskConnection, vacateSlot } from "@heddle/worker/task";
import type { ClientEvent } from "../core/events.js";
import { keepAlive } from "./keep-alive.js";

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export class Leases {
  readonly #feed: (event: ClientEvent) => void;
  readonly #insideTask: boolean;
  readonly #waiting = new Map<number, Waiting>();
  #next = 1;

  constructor(feed: (event: ClientEvent) => void, insideTask: boolean) {
    this.#feed = feed;
    this.#insideTask = insideTask;
  }

  /**
   * Waits for its turn with all others that take leases of this name; inside a task, the task's slot is free meanwhile.
   *
   * @returns how to give it back
   * @throws what `signal` was aborted with, why the scheduler cannot be reached any more
   */
  async acquire(name: string, limit: number, slots: number, signal?: AbortSignal): Promise<() => void> {
    signal?.throwIfAborted();
    const lease = this.#next++;
    const task = this.#insideTask ? taskConnection()?.task : undefined;
    const granted = new Promise<void>((resolve, reject) => this.#waiting.set(lease, { resolve, reject }));
    const abort = (): void => this.#waiting.get(lease)?.reject(signal!.reason as Error);
    signal?.addEventListener("abort", abort);
    this.#feed({ type: "acquire", request: { lease, name, limit, slots, ...(task === undefined ? {} : { task }) } });
    const release = (): void => this.#feed({ type: "releaseLease", lease });
    const takeBack = this.#insideTask ? vacateSlot() : undefined;
    try {
      await keepAlive.during(granted);
      return release;
    } catch (error) {
      release();
      throw error;
    } finally {
      this.#waiting.delete(lease);
      signal?.removeEventListener("abort", abort);
      takeBack?.();
    }
  }

  granted(lease: number): void {
    this.#waiting.get(lease)?.resolve();
  }

  /** Nothing will come from the scheduler any more. */
  fail(error: Error): void {
    for (const { reject } of this.#waiting.values()) reject(error);
  }
}
