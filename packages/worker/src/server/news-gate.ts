import { MAX_EVENT_BYTES, type PublishEvents } from "@heddle/protocol";

/** Bytes that tasks of one worker may publish in a second, and at once. A loop that prints would fill everybody's memory. */
const BYTES_PER_SECOND = 8 * 1024 * 1024;
const BURST = 16 * 1024 * 1024;

/** Lets through what tasks publish, as long as it is not more than those who listen can take. */
export class NewsGate {
  readonly #send: (message: PublishEvents) => void;
  #allowance = BURST;
  #since = performance.now();
  #dropped = 0;

  constructor(send: (message: PublishEvents) => void) {
    this.#send = send;
  }

  /** @param mustArrive - it is rare and small, and goes whatever else does not */
  publish(topic: string, events: Uint8Array, mustArrive: boolean): void {
    const now = performance.now();
    this.#allowance = Math.min(BURST, this.#allowance + ((now - this.#since) / 1000) * BYTES_PER_SECOND);
    this.#since = now;
    const fits = events.byteLength <= MAX_EVENT_BYTES;
    if (!fits || (events.byteLength > this.#allowance && !mustArrive)) {
      this.#dropped++;
      return;
    }
    this.#allowance -= events.byteLength;
    const left = this.#dropped === 0 ? {} : { dropped: this.#dropped };
    this.#send({ op: "publish", topic, events, ...left, ...(mustArrive ? { mustArrive } : {}) });
    this.#dropped = 0;
  }
}
