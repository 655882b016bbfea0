/** How many of something came in the last seconds, by steps of a quarter. */
export class Rate {
  readonly #steps: Float64Array;
  #next = 0;
  #count = 0;

  /** @param seconds - over which it is taken */
  constructor(seconds = 5) {
    this.#steps = new Float64Array(seconds * 4);
  }

  add(count: number): void {
    this.#count += count;
  }

  /** Called four times a second. */
  step(): void {
    this.#steps[this.#next++ % this.#steps.length] = this.#count;
    this.#count = 0;
  }

  get perSecond(): number {
    const steps = Math.min(this.#next, this.#steps.length);
    if (steps === 0) return 0;
    let sum = 0;
    for (let i = 0; i < steps; i++) sum += this.#steps[i]!;
    return (sum / steps) * 4;
  }
}
