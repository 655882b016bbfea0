import { once } from "node:events";
import path from "node:path";
import { Worker } from "node:worker_threads";
import { ValueDecoder, ValueEncoder, type EncodedValue } from "@heddle/protocol";
import { capture, functionExtension, instanceExtension, Reviver, type Captured } from "../../src/index.js";

interface Answer {
  readonly value?: EncodedValue;
  readonly captured?: readonly Captured[];
  readonly error?: string;
}

/** A thread that runs tasks, and the client's side of the conversation with it. */
export class TaskThread {
  private readonly worker = new Worker(path.resolve(import.meta.dirname, "../fixtures/task-thread.mjs"), {
    execArgv: [],
  });
  private readonly reviver = new Reviver({ baseDir: process.cwd() });
  private captured: Captured[] = [];
  private readonly encoder: ValueEncoder;
  private readonly decoder: ValueDecoder;

  constructor() {
    const options = { reviver: this.reviver, onCaptured: (one: Captured) => void this.captured.push(one) };
    const extensions = [functionExtension(options), instanceExtension(options)];
    this.encoder = new ValueEncoder({ extensions });
    this.decoder = new ValueDecoder({ extensions });
  }

  async run<A extends readonly unknown[], R>(task: (...args: A) => R, ...args: A): Promise<Awaited<R>> {
    this.captured = [];
    const value = this.encoder.encode(args);
    const function_ = capture(task);
    this.worker.postMessage({ captured: [...this.captured, function_], task: function_.token, value });
    const [answer] = (await once(this.worker, "message")) as [Answer];
    if (answer.error !== undefined) throw new Error(answer.error);
    for (const { definitions } of answer.captured!)
      for (const { hash, bytes, needs } of definitions) this.reviver.define(hash, bytes, needs);
    await this.reviver.prepare(answer.captured!.map(({ token }) => token));
    return this.decoder.decode(answer.value!.head, answer.value!.buffers) as Awaited<R>;
  }

  async end(): Promise<void> {
    this.worker.postMessage({ end: true });
    await once(this.worker, "exit");
    await this.reviver.dispose();
  }
}
