/**
 * What a thread tells the control thread. Every record is visible to it as soon as it is written, also when the thread computes
 * on, or is ended; waking it is another matter, because that costs several microseconds.
 */
import { PRINTED_LEVELS, type ByteSink, type PrintedLine } from "@heddle/protocol/values";
import type { MessagePort } from "node:worker_threads";
import type { RingWriter } from "../byte-ring.js";
import { FINISHED_BYTES, FromThread, PRINTED_BYTES, WAKE, type MessageFromThread } from "../thread-messages.js";

/** Milliseconds that short runs may go on before the control thread is woken to take their results. */
const WAKE_AFTER = 0.5;

export class Reporter {
  readonly #ring: RingWriter;
  readonly #port: MessagePort;
  /** When the oldest record was written that the control thread may not know of; -1: none. */
  #unseenSince = -1;
  #wakeIsQueued = false;

  constructor(ring: RingWriter, port: MessagePort) {
    this.#ring = ring;
    this.#port = port;
  }

  /**
   * @param startedAt - milliseconds since the epoch
   * @param busy - milliseconds, as are `waited` and `decoded`
   * @param buffers - in shared memory
   * @param leases - numbers of the references to them
   * @param now - `performance.now()`
   */
  finished(
    slot: number,
    startedAt: number,
    busy: number,
    waited: number,
    decoded: number,
    head: ByteSink,
    buffers: readonly Uint8Array[],
    leases: readonly number[],
    now: number,
  ): void {
    const { length } = head;
    const isLong = length + FINISHED_BYTES > this.#ring.maxPayload;
    if (isLong) this.#post({ op: "result", head: head.copy(), buffers, leases });
    else if (buffers.length > 0) this.#post({ op: "result", buffers, leases });
    const at = this.#reserve(FromThread.finished, FINISHED_BYTES + (isLong ? 0 : length));
    const { words, doubles, bytes } = this.#ring;
    const word = at >> 2;
    doubles[at >> 3] = startedAt;
    words[word + 2] = slot;
    // 35 minutes and more are as much as there is room for.
    words[word + 3] = Math.min(Math.round(busy * 1000), 0x7fffffff);
    words[word + 4] = Math.min(Math.round(waited * 1000), 0x7fffffff);
    words[word + 5] = length;
    words[word + 6] = buffers.length;
    words[word + 7] = isLong ? 1 : 0;
    words[word + 8] = decoded === 0 ? 0 : Math.min(Math.round(decoded * 1000), 0x7fffffff);
    if (!isLong) copyBytes(head.bytes, length, bytes, at + FINISHED_BYTES);
    this.#publish(now);
  }

  parked(slot: number): void {
    const at = this.#reserve(FromThread.parked, 4);
    this.#ring.words[at >> 2] = slot;
    this.#publish(0);
  }

  /** @param left - see {@link Left} */
  seceded(slot: number, left: number): void {
    const at = this.#reserve(FromThread.seceded, 8);
    this.#ring.words[at >> 2] = slot;
    this.#ring.words[(at >> 2) + 1] = left;
    this.#publish(0);
    this.wake();
  }

  /** @param text - short enough for the ring */
  output(task: number, stream: 1 | 2, text: Uint8Array): void {
    const at = this.#reserve(FromThread.output, 8 + text.byteLength);
    this.#ring.words[at >> 2] = task;
    this.#ring.words[(at >> 2) + 1] = stream;
    this.#ring.bytes.set(text, at + 8);
    this.#publish(performance.now());
    this.wakeSoon();
  }

  /** A line for whoever shows it. Short enough for the ring. @param time - milliseconds since the epoch */
  printed(time: number, level: PrintedLine["level"], key: Uint8Array, text: Uint8Array): void {
    const at = this.#reserve(FromThread.printed, PRINTED_BYTES + key.byteLength + text.byteLength);
    const { words, doubles, bytes } = this.#ring;
    doubles[at >> 3] = time;
    words[(at >> 2) + 2] = PRINTED_LEVELS.indexOf(level);
    words[(at >> 2) + 3] = key.byteLength;
    bytes.set(key, at + PRINTED_BYTES);
    bytes.set(text, at + PRINTED_BYTES + key.byteLength);
    this.#publish(performance.now());
    this.wakeSoon();
  }

  /** @param limit - milliseconds from now */
  limited(slot: number, limit: number): void {
    const at = this.#reserve(FromThread.limit, 12);
    this.#ring.doubles[at >> 3] = limit;
    this.#ring.words[(at >> 2) + 2] = slot;
    this.#publish(0);
    // Control looks at every thread's limits, and at its records before, a hundred times a second: no need to wake it.
  }

  /** Before whatever this thread reports after it. @param events - at most {@link maxEvents} bytes */
  publish(topic: Uint8Array, events: Uint8Array, mustArrive: boolean): void {
    const at = this.#reserve(FromThread.publish, 8 + topic.byteLength + events.byteLength);
    this.#ring.words[at >> 2] = topic.byteLength;
    this.#ring.words[(at >> 2) + 1] = mustArrive ? 1 : 0;
    this.#ring.bytes.set(topic, at + 8);
    this.#ring.bytes.set(events, at + 8 + topic.byteLength);
    this.#publish(performance.now());
    this.wakeSoon();
  }

  /** Bytes of events that may be published at once. */
  get maxEvents(): number {
    return this.#ring.maxPayload - 1024;
  }

  /** Sends what is no record; it wakes the control thread as well. */
  post(message: MessageFromThread): void {
    this.#post(message);
    this.#unseenSince = -1;
  }

  /** Before a run, which may be long: results must not wait for its end. @param isShort - it is expected to be short */
  beforeRun(isShort: boolean, now: number): void {
    if (this.#unseenSince >= 0 && (!isShort || now - this.#unseenSince > WAKE_AFTER)) this.wake();
  }

  /** Makes the control thread look at what was reported. */
  wake(): void {
    this.#unseenSince = -1;
    if (this.#ring.takeSleep()) this.#port.postMessage(WAKE);
  }

  /** The same, at the end of the running microtasks: many runs may finish in them. */
  wakeSoon(): void {
    if (this.#wakeIsQueued) return;
    this.#wakeIsQueued = true;
    queueMicrotask(() => {
      this.#wakeIsQueued = false;
      this.wake();
    });
  }

  #publish(now: number): void {
    this.#ring.publish();
    if (this.#unseenSince < 0) this.#unseenSince = now;
  }

  #post(message: MessageFromThread): void {
    this.#port.postMessage(message);
  }

  #reserve(kind: number, length: number): number {
    let at = this.#ring.reserve(kind, length);
    while (at < 0) {
      // The control thread runs no user code, so it comes soon.
      this.wake();
      this.#ring.waitForRoom();
      at = this.#ring.reserve(kind, length);
    }
    this.#ring.commit();
    return at;
  }
}

/** Below this, a loop is faster than a call into V8's runtime. */
const LOOP_BYTES = 32;

function copyBytes(source: Uint8Array, length: number, target: Uint8Array, at: number): void {
  if (length <= LOOP_BYTES) for (let i = 0; i < length; i++) target[at + i] = source[i]!;
  else target.set(source.subarray(0, length), at);
}
