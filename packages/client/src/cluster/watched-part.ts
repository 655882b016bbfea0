/** One part of a cluster, looked after: started, started again when it dies, ended when it is told to. */
import { RestartPolicy, type RestartLimits } from "./restart-policy.js";
import type { Ending, Part } from "./spec.js";

export interface WatchOptions<P extends Part> {
  /** For people: "worker-1", "scheduler". */
  readonly name: string;
  readonly limits: RestartLimits;
  /** Starts it, for the first time or again. */
  readonly start: () => Promise<P> | P;
  /** It died. */
  readonly onDeath: (end: Ending) => void;
  /** It has ended for good: sent home, closed, or given up. */
  readonly onGone: () => void;
  readonly log: (line: string) => void;
}

export class WatchedPart<P extends Part> {
  readonly name: string;
  /** Resolves when it has been ready once; rejects with the reason when it is given up before, or closed. */
  readonly ready: Promise<void>;
  /** Resolves when it has ended for good. */
  readonly gone: Promise<void>;
  readonly #options: WatchOptions<P>;
  readonly #policy: RestartPolicy;
  #current: P | undefined;
  #wasReady = false;
  #lastLife = false;
  #closing = false;
  #wake: (() => void) | undefined;

  constructor(options: WatchOptions<P>) {
    this.name = options.name;
    this.#options = options;
    this.#policy = new RestartPolicy(options.limits);
    let settle!: { resolve: () => void; reject: (reason: Error) => void };
    this.ready = new Promise((resolve, reject) => (settle = { resolve, reject }));
    this.ready.catch(() => {});
    this.gone = this.#run(settle.resolve, settle.reject);
  }

  /** The part as it is now; undefined between two lives. */
  get current(): P | undefined {
    return this.#current;
  }

  /** It is expected to end, and not started again when it does. */
  expectEnd(): void {
    this.#lastLife = true;
    this.#wake?.();
  }

  /** Ends it and does not start it again: orderly, by force after `patience` milliseconds. Idempotent. */
  async close(patience: number): Promise<void> {
    this.#closing = true;
    this.expectEnd();
    await this.#current?.close(patience);
    await this.gone;
  }

  async #run(ready: () => void, failed: (reason: Error) => void): Promise<void> {
    while (!this.#lastLife) {
      const outcome = await this.#live(ready);
      if (this.#lastLife) break;
      if (outcome.end !== undefined) {
        if (outcome.end.sentHome) break;
        this.#options.onDeath(outcome.end);
      }
      // What never became ready has something wrong with it that waiting does not cure, unless it was killed from outside.
      const curable = this.#wasReady || outcome.end?.killed === true;
      const pause = curable ? this.#policy.next(performance.now()) : undefined;
      if (pause === undefined) {
        if (this.#wasReady) this.#options.log(`${outcome.reason.message}; it is not started again`);
        failed(outcome.reason);
        break;
      }
      this.#options.log(`${outcome.reason.message}; it is started again in ${pause} ms`);
      await this.#sleep(pause);
    }
    failed(new Error(`${this.name} was closed`));
    this.#options.onGone();
  }

  /** From a start to its end; without an end when it could not even be started. */
  async #live(ready: () => void): Promise<{ end: Ending | undefined; reason: Error }> {
    let reason: Error | undefined;
    let part: P;
    try {
      part = await this.#options.start();
    } catch (error) {
      return { end: undefined, reason: error as Error };
    }
    this.#current = part;
    part.ready.then(
      () => {
        this.#wasReady = true;
        ready();
      },
      (error: Error) => (reason = error),
    );
    // Told to close while it was being started: nobody has told the part yet.
    if (this.#closing) await part.close(0);
    const end = await part.ended;
    this.#current = undefined;
    if (this.#wasReady || reason === undefined) reason = new Error(`${this.name} ended: ${end.detail}`);
    return { end, reason };
  }

  #sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      timer.unref();
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
      if (this.#lastLife) this.#wake();
    });
  }
}
