/** Lines that one worker and its tasks may show in a second, and at once: a loop that prints must not fill everybody's memory. */
export const LINES_PER_SECOND = 200;
const SECONDS_AT_ONCE = 5;

/** Lets so many lines a second through, and counts those that it does not. */
export class LineLimit {
  readonly #perSecond: number;
  readonly #most: number;
  #allowance: number;
  #since: number;
  #dropped = 0;

  constructor(perSecond: number, now: number) {
    this.#perSecond = perSecond;
    this.#most = Math.max(1, perSecond * SECONDS_AT_ONCE);
    this.#allowance = this.#most;
    this.#since = now;
  }

  /** @param now - milliseconds, never going back */
  admits(now: number): boolean {
    this.#allowance = Math.min(this.#most, this.#allowance + ((now - this.#since) / 1000) * this.#perSecond);
    this.#since = now;
    if (this.#allowance >= 1) {
      this.#allowance--;
      return true;
    }
    this.#dropped++;
    return false;
  }

  /** Says how many were left out since the last time; undefined: none. */
  takeNote(): string | undefined {
    const dropped = this.#dropped;
    this.#dropped = 0;
    return dropped === 0 ? undefined : `... ${dropped} ${dropped === 1 ? "line" : "lines"} left out: too many at once`;
  }
}
