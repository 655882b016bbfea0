import { receiveMessageOnPort, type MessagePort } from "node:worker_threads";
import { Batch, NO_BUFFERS } from "../batch-frame.js";
import type { RingReader } from "../byte-ring.js";
import { ToThread, WAKE, type BatchMessage, type MessageToThread } from "../thread-messages.js";

/** What the inbox leaves to its owner. */
export type Order = Exclude<MessageToThread, BatchMessage | typeof WAKE>;

export interface InboxHandlers {
  /** Batches may have come. */
  readonly onWake: () => void;
  readonly onOrder: (order: Order) => void;
  /** These results need not be retained any longer. */
  readonly onForget: (tasks: Int32Array) => void;
  /** Shared buffers that this thread has been given. */
  readonly onBuffers: (message: BatchMessage) => void;
}

/** Batches and messages for this thread, in the order they were sent. */
export class Inbox {
  readonly #ring: RingReader;
  readonly #port: MessagePort;
  readonly #handlers: InboxHandlers;
  /** Parts of batches whose place in the ring has not been reached. */
  readonly #parcels: BatchMessage[] = [];

  constructor(ring: RingReader, port: MessagePort, handlers: InboxHandlers) {
    this.#ring = ring;
    this.#port = port;
    this.#handlers = handlers;
    port.on("message", (message: MessageToThread) => {
      this.take(message);
      handlers.onWake();
    });
  }

  nextBatch(): Batch | undefined {
    for (;;) {
      const at = this.#ring.next();
      if (at < 0) return undefined;
      if (this.#ring.kind !== ToThread.forget) return this.#batch(at);
      this.#handlers.onForget(this.#ring.words.slice(at >> 2, (at + this.#ring.length) >> 2));
    }
  }

  #batch(at: number): Batch {
    const { kind, length } = this.#ring;
    if (kind === ToThread.longBatch) {
      const { frame, buffers } = this.#nextParcel();
      return new Batch(Buffer.from(frame!.buffer, frame!.byteOffset, frame!.byteLength), buffers);
    }
    // A copy, so that the ring has room for more while these rows wait for their turn. At a multiple of 8, pooled or not.
    const frame = Buffer.allocUnsafe(length);
    frame.set(this.#ring.bytes.subarray(at, at + length));
    this.#ring.release();
    return new Batch(frame, kind === ToThread.sharingBatch ? this.#nextParcel().buffers : NO_BUFFERS);
  }

  /** Announces that nobody looks for batches until woken. False: some have just come. */
  sleep(): boolean {
    return this.#ring.sleep();
  }

  awake(): void {
    this.#ring.awake();
  }

  /** Handles the messages that have arrived, in the midst of whatever runs. */
  takeMessages(): void {
    for (let next = receiveMessageOnPort(this.#port); next !== undefined; next = receiveMessageOnPort(this.#port)) {
      this.take(next.message as MessageToThread);
    }
  }

  #nextParcel(): BatchMessage {
    if (this.#parcels.length === 0) this.takeMessages();
    return this.#parcels.shift()!;
  }

  /** Handles one message; batches that it brings are then found by {@link nextBatch}. */
  take(message: MessageToThread): void {
    if (message === WAKE) return;
    if (message.op !== "batch") {
      this.#handlers.onOrder(message);
      return;
    }
    this.#handlers.onBuffers(message);
    this.#parcels.push(message);
  }
}
