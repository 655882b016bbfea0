/** Ticks from one turn of a page to the next: ten, five, two turns a second. */
const STEPS = [1, 2, 5] as const;
/** Bytes of one turn that still wait at the next: the page, or the way to it, does not keep up. */
const BEHIND = 64 * 1024;
/** Turns in a row at which nothing much waited, until it is tried faster. */
const CALM_TURNS = 10;

/** How often a page is sent rows: less often when it does not keep up, because fewer and larger messages cost it less. */
export class Pace {
  #step = 0;
  #calm = 0;

  /** Turns fall on the same ticks for all pages of one pace, so that these share their frames. */
  hasTurn(tick: number): boolean {
    return tick % STEPS[this.#step]! === 0;
  }

  /** Called at each turn. @param waiting - bytes that the page has not taken yet */
  observe(waiting: number): void {
    if (waiting > BEHIND) {
      this.#calm = 0;
      this.#step = Math.min(this.#step + 1, STEPS.length - 1);
    } else if (this.#step > 0 && ++this.#calm >= CALM_TURNS) {
      this.#calm = 0;
      this.#step--;
    }
  }
}
