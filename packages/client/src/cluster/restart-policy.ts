export interface RestartLimits {
  /** Milliseconds before the first restart; doubles with each. */
  readonly backoff: number;
  readonly maxBackoff: number;
  /** Restarts within a minute; one more, and it is given up. */
  readonly maxRestarts: number;
}

const MINUTE = 60_000;

/** When a process that died is started again. Pauses begin afresh when it lived for a minute. */
export class RestartPolicy {
  readonly #limits: RestartLimits;
  #recent: number[] = [];

  constructor(limits: RestartLimits) {
    this.#limits = limits;
  }

  /** Milliseconds to wait before the next start; undefined: give it up. `now` in milliseconds, of a clock that never goes back. */
  next(now: number): number | undefined {
    this.#recent = this.#recent.filter((at) => now - at < MINUTE);
    if (this.#recent.length >= this.#limits.maxRestarts) return undefined;
    const pause = Math.min(this.#limits.backoff * 2 ** this.#recent.length, this.#limits.maxBackoff);
    this.#recent.push(now);
    return pause;
  }
}
