import { ByteSink, NO_BUFFERS, type ValueEncoder } from "@heddle/protocol/values";
import type { Batch } from "../batch-frame.js";
import { ExecuteFlag } from "../interface.js";
import type { LeasedBuffers } from "./leased-buffers.js";
import type { Reporter } from "./reporter.js";
import type { RetainedResult } from "./retained.js";
import type { SharedResults } from "./shared-results.js";

/** A scratch buffer that grew beyond this for one huge head is not kept. */
const KEPT_BYTES = 1024 * 1024;
const NO_LEASES: readonly number[] = [];
const NO_HEAD = Buffer.alloc(0);
const KEEPS_RESULT = ExecuteFlag.retain | ExecuteFlag.handOn;

/** Encodes each result once, and hands it to the control thread. */
export class ResultWriter {
  readonly #encoder: ValueEncoder;
  readonly #shared: SharedResults;
  readonly #leased: LeasedBuffers;
  readonly #reporter: Reporter;
  readonly #head = new ByteSink();
  #buffers: readonly Uint8Array[] = NO_BUFFERS;

  constructor(encoder: ValueEncoder, shared: SharedResults, leased: LeasedBuffers, reporter: Reporter) {
    this.#encoder = encoder;
    this.#shared = shared;
    this.#leased = leased;
    this.#reporter = reporter;
  }

  /** @throws CodecError when the value cannot travel; nothing has been reported then. */
  encode(value: unknown): void {
    if (this.#head.bytes.length > KEPT_BYTES) this.#head.take();
    this.#head.reset();
    this.#encoder.append(value, this.#head);
    const buffers = this.#encoder.takeBuffers();
    this.#buffers = buffers.length === 0 ? buffers : this.#shared.share(buffers);
  }

  /**
   * Reports the result encoded last. Times are milliseconds.
   *
   * @param start - `performance.now()` at the start of the run
   * @param now - `performance.now()`
   */
  report(slot: number, start: number, busy: number, waited: number, decoded: number, now: number): void {
    const buffers = this.#buffers;
    const leases = buffers.length === 0 ? NO_LEASES : this.#leased.made(buffers);
    this.#reporter.finished(
      slot,
      performance.timeOrigin + start,
      busy,
      waited,
      decoded,
      this.#head,
      buffers,
      leases,
      now,
    );
  }

  /** Lets go of the result encoded last: while the thread is idle nothing here should keep shared memory. */
  release(): void {
    this.#buffers = NO_BUFFERS;
  }

  /** What stays of the result encoded last for later runs on this thread. */
  retainedResult(value: unknown, flags: number): RetainedResult {
    const once = (flags & ExecuteFlag.handOn) !== 0;
    const isImmutable = value === null || (typeof value !== "object" && typeof value !== "function");
    if (once || isImmutable) return { live: { value }, head: NO_HEAD, buffers: NO_BUFFERS, once };
    return { head: Buffer.from(this.#head.copy().buffer), buffers: this.#buffers, once };
  }
}

/** Whether a later run on the thread takes the result of this row. */
export function keepsResult(batch: Batch, row: number): boolean {
  return (batch.flags(row) & KEEPS_RESULT) !== 0;
}
