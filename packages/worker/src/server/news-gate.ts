import { MAX_EVENT_BYTES, type PublishEvents } from "@heddle/protocol";

/** Bytes that tasks of one worker may publish in a second, and at once. A loop that prints would fill everybody's memory. */
const BYTES_PER_SECOND = 8 * 1024 * 1024;
const BURST = 16 * 1024 * 1024;

const NO_EVENTS = new Uint8Array();

/** Lets through what tasks publish, as long as it is not more than those who listen can take, and tells each topic how much was not. */
export class NewsGate {
  readonly #send: (message: PublishEvents) => void;
  #allowance = BURST;
  #since = performance.now();
  /** Messages of each topic that were left out and not told of yet. */
  readonly #dropped = new Map<string, number>();

  constructor(send: (message: PublishEvents) => void) {
    this.#send = send;
  }

  /** @param mustArrive - it is rare and small, and goes whatever else does not */
  publish(topic: string, events: Uint8Array, mustArrive: boolean): void {
    const now = performance.now();
    this.#allowance = Math.min(BURST, this.#allowance + ((now - this.#since) / 1000) * BYTES_PER_SECOND);
    this.#since = now;
    const dropped = this.#dropped.get(topic) ?? 0;
    const fits = events.byteLength <= MAX_EVENT_BYTES;
    if (!fits || (events.byteLength > this.#allowance && !mustArrive)) {
      this.#dropped.set(topic, dropped + 1);
      return;
    }
    this.#allowance -= events.byteLength;
    this.#dropped.delete(topic);
    const left = dropped === 0 ? {} : { dropped };
    this.#send({ op: "publish", topic, events, ...left, ...(mustArrive ? { mustArrive } : {}) });
  }

  /** Tells of what was left out where nothing has been published since: before tasks end, whose listeners may leave with that. */
  settle(): void {
    if (this.#dropped.size === 0) return;
    for (const [topic, dropped] of this.#dropped)
      this.#send({ op: "publish", topic, events: NO_EVENTS, dropped, mustArrive: true });
    this.#dropped.clear();
  }
}
