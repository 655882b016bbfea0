/**
 * The control thread's end of the connection to one executor thread: two rings in shared memory for what is frequent, a message
 * port for what is rare or cannot be bytes, and the thread itself.
 */
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { createRequire } from "node:module";
import { MessageChannel, Worker, receiveMessageOnPort, type MessagePort } from "node:worker_threads";
import type { WorkerIdentity } from "../task/runtime.js";
import { batchSize, writeBatch } from "./batch-frame.js";
import { RingReader, RingWriter, allocateRing } from "./byte-ring.js";
import type { ExecuteBatch } from "./interface.js";
import { RunSlots, allocateSlots } from "./run-slots.js";
import {
  ToThread,
  WAKE,
  type MessageFromThread,
  type MessageToThread,
  type ResultMessage,
  type ThreadData,
} from "./thread-messages.js";

const INBOX_BYTES = 512 * 1024;
const OUTBOX_BYTES = 1024 * 1024;

// By the package's own name: what a thread runs is compiled code, wherever this file was loaded from.
const ENTRY = createRequire(import.meta.url).resolve("@heddle/worker/thread");

export interface ThreadOptions {
  readonly worker: WorkerIdentity;
  /** Where bare imports of tasks are resolved from. */
  readonly baseDir: string;
  readonly scratchFolder?: string;
  /** A pipe for the output of tasks, in frames of output-frames.ts; absent: it comes back as events. */
  readonly outputFd?: number | undefined;
  /** Compare the whole of every shared input after each run, not a sample. */
  readonly validate: boolean;
  /** Runs that a thread may have at once, queued and parked. */
  readonly runsPerThread: number;
  /** Bytes of JavaScript heap; absent: Node's default. */
  readonly heapLimit?: number | undefined;
  readonly env: NodeJS.ProcessEnv;
}

export type ThreadNews = Exclude<MessageFromThread, typeof WAKE | ResultMessage | { readonly op: "ready" }>;

export interface LinkHandlers {
  /** A record in the ring: its payload is `ring.length` bytes at `at`. */
  onRecord(ring: RingReader, at: number): void;
  onNews(news: ThreadNews): void;
  /** After all records and messages that were there. */
  onDrained(): void;
  onExit(exitCode: number, error: Error | undefined): void;
}

export class ThreadLink {
  readonly slots: RunSlots;
  /** Rejects when the thread ends before it is ready. */
  readonly ready: Promise<void>;
  readonly #worker: Worker;
  readonly #port: MessagePort;
  readonly #inbox: RingWriter;
  readonly #outbox: RingReader;
  readonly #handlers: LinkHandlers;
  /** Buffers of results whose records have not been reached. */
  readonly #parcels: ResultMessage[] = [];
  /** What found no room in the ring: to be tried again, in order. */
  readonly #unsent: (() => boolean)[] = [];
  /** Messages whose turn has not come. */
  #arrived: ThreadNews[] = [];
  #isScheduled = false;
  #isOpen = true;

  constructor(name: string, options: ThreadOptions, handlers: LinkHandlers) {
    this.#handlers = handlers;
    const { port1, port2 } = new MessageChannel();
    const data: ThreadData = {
      port: port2,
      inbox: allocateRing(INBOX_BYTES),
      outbox: allocateRing(OUTBOX_BYTES),
      slots: allocateSlots(options.runsPerThread),
      worker: options.worker,
      baseDir: options.baseDir,
      ...(options.scratchFolder === undefined
        ? {}
        : {
            worldDir: join(options.scratchFolder, `thread-${randomUUID()}`),
            packagesDir: join(options.scratchFolder, "packages"),
          }),
      validate: options.validate,
      ...(options.outputFd === undefined ? {} : { outputFd: options.outputFd }),
    };
    this.#port = port1;
    this.#inbox = new RingWriter(data.inbox);
    this.#outbox = new RingReader(data.outbox);
    this.slots = new RunSlots(data.slots);
    this.#outbox.sleep();
    this.#worker = new Worker(ENTRY, {
      name,
      workerData: data,
      transferList: [port2],
      // Loaders, inspectors and the like are its parent's affair, and cost each thread a fifth of a second.
      execArgv: [],
      env: options.env,
      ...(options.heapLimit === undefined ? {} : { resourceLimits: heapLimits(options.heapLimit) }),
    });
    this.ready = this.#start();
    // A replacement's start is awaited by nobody; that it failed is told by onExit.
    this.ready.catch(() => undefined);
    port1.on("message", (message: MessageFromThread) => {
      this.#accept(message);
      // Not here: Node delivers the messages of a port one after the other for as long as more come, up to a thousand, and sockets
      // would wait for the last.
      if (this.#isScheduled) return;
      this.#isScheduled = true;
      setImmediate(this.#takeArrived);
    });
  }

  readonly #takeArrived = (): void => {
    this.#isScheduled = false;
    if (this.#isOpen) this.drain();
  };

  #start(): Promise<void> {
    let error: Error | undefined;
    this.#worker.on("error", (reason: Error) => (error = reason));
    return new Promise((resolve, reject) => {
      this.#onReady = resolve;
      this.#worker.once("exit", (exitCode) => {
        reject(error ?? new Error(`an executor thread ended while it started, with exit code ${exitCode}`));
        if (this.#isOpen) this.#handlers.onExit(exitCode, error);
      });
    });
  }

  #onReady: (() => void) | undefined;

  post(message: MessageToThread): void {
    this.#port.postMessage(message);
  }

  /** @param leases - one number for each buffer of the inputs */
  sendBatch(batch: ExecuteBatch, slots: Int32Array, leases: readonly number[]): void {
    this.#inOrder(() => this.#sendBatch(batch, slots, leases));
  }

  sendForget(tasks: Int32Array): void {
    const most = this.#inbox.maxPayload >> 2;
    for (let from = 0; from < tasks.length; from += most) {
      const part = tasks.subarray(from, from + most);
      this.#inOrder(() => this.#sendForget(part));
    }
  }

  /** @param send - false: there is no room for it now */
  #inOrder(send: () => boolean): void {
    if (this.#unsent.length > 0 || !send()) this.#unsent.push(send);
  }

  #sendForget(tasks: Int32Array): boolean {
    const at = this.#inbox.reserve(ToThread.forget, tasks.byteLength);
    if (at < 0) return false;
    this.#inbox.words.set(tasks, at >> 2);
    this.#publish();
    return true;
  }

  #sendBatch(batch: ExecuteBatch, slots: Int32Array, leases: readonly number[]): boolean {
    const ring = this.#inbox;
    const size = batchSize(batch);
    const isLong = size > ring.maxPayload;
    const kind = isLong ? ToThread.longBatch : leases.length > 0 ? ToThread.sharingBatch : ToThread.batch;
    const at = ring.reserve(kind, isLong ? 0 : size);
    if (at < 0) return false;
    if (isLong) {
      const frame = new Uint8Array(size);
      writeBatch(batch, slots, frame);
      this.#port.postMessage({ op: "batch", frame, buffers: buffersOf(batch), leases } satisfies MessageToThread, [
        frame.buffer,
      ]);
    } else {
      writeBatch(batch, slots, ring.bytes.subarray(at, at + size));
      if (leases.length > 0) this.post({ op: "batch", buffers: buffersOf(batch), leases });
    }
    this.#publish();
    return true;
  }

  #publish(): void {
    this.#inbox.commit();
    this.#inbox.publish();
    if (this.#inbox.takeSleep()) this.post(WAKE);
  }

  /** Takes everything that the thread has reported. */
  drain(): void {
    // Records that were written before a message come before it.
    this.#drainRing();
    const arrived = this.#arrived;
    this.#arrived = [];
    for (const news of arrived) this.#handlers.onNews(news);
    this.#handlers.onDrained();
  }

  #drainRing(): void {
    const ring = this.#outbox;
    do {
      for (let at = ring.next(); at >= 0; at = ring.next()) this.#handlers.onRecord(ring, at);
      ring.release();
    } while (!ring.sleep());
    while (this.#unsent.length > 0 && this.#unsent[0]!()) this.#unsent.shift();
  }

  /** The message that belongs to a finished record. It was posted before the record was written. */
  takeParcel(): ResultMessage {
    while (this.#parcels.length === 0) {
      const next = receiveMessageOnPort(this.#port);
      if (next === undefined) throw new Error("a result came without its buffers");
      this.#accept(next.message as MessageFromThread);
    }
    return this.#parcels.shift()!;
  }

  #accept(message: MessageFromThread): void {
    if (message === WAKE) return;
    if (message.op === "result") this.#parcels.push(message);
    else if (message.op === "ready") this.#onReady?.();
    else this.#arrived.push(message);
  }

  /**
   * Ends the thread without waiting for it: a synchronous native call holds `terminate()` up until it returns. What it has
   * reported so far has been taken; what it still reports is not heard.
   */
  end(): Promise<unknown> {
    if (!this.#isOpen) return Promise.resolve();
    this.#isOpen = false;
    this.#port.close();
    this.#worker.unref();
    return this.#worker.terminate();
  }

  /** After the thread has ended: what it had reported until then. */
  takeLast(): void {
    for (let next = receiveMessageOnPort(this.#port); next !== undefined; next = receiveMessageOnPort(this.#port)) {
      this.#accept(next.message as MessageFromThread);
    }
    this.drain();
    this.#isOpen = false;
    this.#port.close();
  }
}

/** The buffers of the inputs, as views that can be posted without copying more than them. */
function buffersOf(batch: ExecuteBatch): Uint8Array[] {
  return batch.inputs.flatMap((input) => input.buffers.map(postable));
}

function postable(buffer: Uint8Array): Uint8Array {
  if (buffer.buffer instanceof SharedArrayBuffer)
    return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  // A clone of a view takes all of its memory along.
  return buffer.byteLength === buffer.buffer.byteLength ? buffer : buffer.slice();
}

function heapLimits(bytes: number): { maxOldGenerationSizeMb: number } {
  return { maxOldGenerationSizeMb: Math.max(16, Math.floor(bytes / 2 ** 20)) };
}
