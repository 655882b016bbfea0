/** Hands what happens to runs to the thread that writes it down. */
import { createRequire } from "node:module";
import { Worker } from "node:worker_threads";
import { childEnvironment } from "@heddle/protocol";
import { ChunkBuilder, type RunChunk } from "./chunk.js";
import type { RunEvent, RunEventSink } from "./run-event.js";
import type { FromWriter, ToWriter, WriterOptions } from "./writer/messages.js";

/** What a thread runs is compiled code, wherever this file was loaded from. */
const ENTRY = createRequire(import.meta.url).resolve("@heddle/flows/history-writer");

/** Events are posted together: so many, or what has come within so many milliseconds. */
const BATCH = 2_000;
const LINGER = 25;
/** Characters of messages in a batch. It is written in one transaction: on a disk that is nearly full, what is large is lost as a whole. */
const BATCH_TEXT = 262_144;
/** Batches that may wait for the writer: some 50 MB of states, or 130 of messages. Then history has a gap. */
const MAX_WAITING = 500;
/** How long a process that ends waits for what it has posted to be written, in milliseconds. */
const EXIT_PATIENCE = 2_000;

export interface HistorySinkOptions {
  /** The database; it and its folder are made when there are none. */
  readonly file: string;
  /** Flow runs older than this are forgotten when the file is opened, in milliseconds. Default: never. */
  readonly maxAge?: number;
  /** The newest so many flow runs are kept when the file is opened. Default: all. */
  readonly maxRuns?: number;
}

/**
 * Run history in an SQLite file, written by a thread of its own that is started by the first event and never keeps the process alive.
 *
 * Trouble with the file (read-only, full, damaged, of a later version, no SQLite for this platform) is one warning of the process each,
 * never an error.
 */
export class HistorySink implements RunEventSink {
  readonly #options: WriterOptions;
  #thread: Worker | undefined;
  /** It ended by itself, or was closed. */
  #over = false;
  #builders = new Map<string, ChunkBuilder>();
  #last: ChunkBuilder | undefined;
  #collected = 0;
  #text = 0;
  #timer: NodeJS.Timeout | undefined;
  #posted = 0;
  #gap = false;
  #flushes = 0;
  readonly #waiting = new Map<number, () => void>();

  constructor(options: HistorySinkOptions) {
    this.#options = {
      file: options.file,
      maxAge: options.maxAge ?? Infinity,
      maxRuns: options.maxRuns ?? Number.MAX_SAFE_INTEGER,
      done: new Int32Array(new SharedArrayBuffer(4)),
    };
  }

  take(events: readonly RunEvent[]): void {
    if (this.#over) return;
    for (const event of events) {
      this.#builder(event.flowRun).add(event);
      if (event.kind === "log") this.#text += event.message.length;
      if (++this.#collected >= BATCH || this.#text >= BATCH_TEXT) this.#postBatch();
    }
    if (this.#collected > 0) this.#timer ??= setTimeout(() => this.#postBatch(), LINGER).unref();
  }

  async flush(): Promise<void> {
    this.#postBatch();
    const thread = this.#thread;
    if (thread === undefined || this.#over) return;
    const id = this.#flushes++;
    // Nothing else may keep the process alive until the answer is there.
    thread.ref();
    await new Promise<void>((resolve) => {
      this.#waiting.set(id, resolve);
      this.#post(thread, { type: "flush", id });
    });
  }

  async close(): Promise<void> {
    await this.flush();
    const thread = this.#thread;
    if (thread === undefined || this.#over) return;
    this.#over = true;
    const ended = new Promise((resolve) => thread.once("exit", resolve));
    thread.ref();
    this.#post(thread, { type: "close" });
    await ended;
  }

  #builder(flowRun: string): ChunkBuilder {
    if (this.#last?.chunk.flowRun === flowRun) return this.#last;
    let builder = this.#builders.get(flowRun);
    if (builder === undefined) this.#builders.set(flowRun, (builder = new ChunkBuilder(flowRun)));
    return (this.#last = builder);
  }

  #postBatch(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#collected === 0 || this.#over) return;
    const chunks = [...this.#builders.values()].map((builder) => builder.chunk);
    this.#builders = new Map();
    this.#last = undefined;
    this.#collected = this.#text = 0;
    if (this.#posted - Atomics.load(this.#options.done, 0) >= MAX_WAITING) return this.#leaveGap();
    this.#thread ??= this.#start();
    if (this.#post(this.#thread, { type: "batch", chunks })) this.#posted++;
  }

  #leaveGap(): void {
    if (this.#gap) return;
    this.#gap = true;
    warn("HEDDLE_HISTORY_BEHIND", `the run history in ${this.#options.file} is written too slowly: parts are left out`);
  }

  /** @returns whether it is on its way */
  #post(thread: Worker, message: ToWriter): boolean {
    try {
      thread.postMessage(message);
      return true;
    } catch (error) {
      if (message.type !== "batch") throw error;
      return this.#postPlain(thread, message.chunks);
    }
  }

  /** Details or an artifact hold what is no JSON, against their type: what is JSON of them is kept. */
  #postPlain(thread: Worker, chunks: readonly RunChunk[]): boolean {
    try {
      const plain = JSON.stringify(chunks, (_, value: unknown) => (typeof value === "bigint" ? String(value) : value));
      thread.postMessage({ type: "batch", chunks: JSON.parse(plain) as RunChunk[] } satisfies ToWriter);
      return true;
    } catch (error) {
      warn(
        "HEDDLE_HISTORY_NOT_WRITTEN",
        `some events of runs are no plain data and are left out of history: ${String(error)}`,
      );
      return false;
    }
  }

  #start(): Worker {
    const thread = new Worker(ENTRY, {
      name: "heddle-history",
      workerData: this.#options,
      execArgv: [],
      env: childEnvironment() as Record<string, string>,
    });
    thread.on("message", (message: FromWriter) => {
      if (message.type === "warning") warn(message.code, message.message);
      else this.#settle(message.id);
    });
    thread.on("error", (error) =>
      warn(
        "HEDDLE_HISTORY_NOT_WRITTEN",
        `the writer of the run history has failed: ${String(error)}. Flows go on without it`,
      ),
    );
    thread.on("exit", () => {
      this.#over = true;
      process.off("exit", this.#beforeExit);
      for (const id of [...this.#waiting.keys()]) this.#settle(id);
    });
    // After the listeners: listening to messages makes a thread keep its process alive.
    thread.unref();
    process.on("exit", this.#beforeExit);
    return thread;
  }

  #settle(id: number): void {
    this.#waiting.get(id)?.();
    this.#waiting.delete(id);
    if (this.#waiting.size === 0) this.#thread?.unref();
  }

  /** The thread ends with the process, but not before the listeners of its end have returned. */
  readonly #beforeExit = (): void => {
    this.#postBatch();
    const { done } = this.#options;
    const patience = Date.now() + EXIT_PATIENCE;
    for (let seen = Atomics.load(done, 0); seen < this.#posted && Date.now() < patience; seen = Atomics.load(done, 0))
      Atomics.wait(done, 0, seen, patience - Date.now());
  };
}

function warn(code: string, message: string): void {
  process.emitWarning(message, { type: "HeddleHistoryWarning", code });
}
