import { decodeFrame, encodeFrame, type WireMessage } from "@heddle/protocol";
import type { Clock } from "./clock.js";
import type { Random } from "./random.js";

/** One side of a link. */
export interface End {
  receive(message: WireMessage): void;
  /** The link is cut. What was under way is lost. */
  cut(): void;
}

/**
 * A connection: what is sent on one side arrives on the other in order, later, as the real codec's bytes. A cut loses what is under
 * way in both directions, and each side notices in its own time.
 */
export class Link {
  #open = true;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #ends: readonly [End, End];
  /** When the last message to each side arrives: the next comes no earlier. */
  readonly #arrival: [number, number];

  constructor(clock: Clock, random: Random, a: End, b: End) {
    this.#clock = clock;
    this.#random = random;
    this.#ends = [a, b];
    this.#arrival = [clock.now, clock.now];
  }

  get open(): boolean {
    return this.#open;
  }

  /** From side 0 or 1 to the other. */
  send(from: 0 | 1, message: WireMessage): void {
    if (!this.#open) return;
    const to = from === 0 ? 1 : 0;
    const bytes = encodeFrame([message]);
    const at = Math.max(this.#arrival[to], this.#clock.now + this.#random.skewed(0.05, 8));
    this.#arrival[to] = at;
    this.#clock.after(at - this.#clock.now, () => {
      if (this.#open) this.#ends[to].receive(decodeFrame(bytes)[0]!);
    });
  }

  cut(): void {
    if (!this.#open) return;
    this.#open = false;
    for (const end of this.#ends) this.#clock.after(this.#random.skewed(0, 20), () => end.cut());
  }
}
