import { HEDDLE_VERSION, PROTOCOL_VERSION, type WorkerHello } from "@heddle/protocol";

/** What a virtual task is, from its submission on. `error`: it fails with that. */
export interface VirtualTask {
  readonly key: string;
  readonly group: string;
  readonly duration: number;
  readonly nbytes: number;
  readonly error: string | undefined;
}

export interface VirtualRun {
  readonly id: number;
  readonly run: number;
  readonly task: VirtualTask;
  start: number;
}

/** Runs what it is given, thread by thread, in order. */
export class VirtualWorker {
  readonly hello: WorkerHello;
  readonly #queue: VirtualRun[] = [];
  readonly #threads: (VirtualRun | undefined)[];
  #last = "";
  /** Bytes of results, by id. */
  readonly #results = new Map<number, number>();
  #managed = 0;

  constructor(
    readonly index: number,
    readonly name: string,
    threads: number,
  ) {
    this.#threads = Array.from({ length: threads });
    this.hello = {
      op: "hello",
      protocol: PROTOCOL_VERSION,
      role: "worker",
      id: `feed-${index}`,
      name,
      heddle: HEDDLE_VERSION,
      node: process.version,
      pid: 1000 + index,
      host: `host-${index % 4}`,
      dataAddress: `ws://127.0.0.1:${10_000 + index}`,
      threads,
      memoryLimit: 2 ** 31,
      resources: {},
      asyncPerThread: 256,
    };
  }

  /** When the next of its runs ends. */
  get nextEnd(): number {
    let next = Infinity;
    for (const run of this.#threads) if (run !== undefined) next = Math.min(next, run.start + run.task.duration);
    return next;
  }

  give(run: VirtualRun, now: number): void {
    this.#queue.push(run);
    this.#begin(now);
  }

  /** Ends the run that ends first. */
  take(): { readonly thread: number; readonly run: VirtualRun } {
    const end = this.nextEnd;
    const thread = this.#threads.findIndex((run) => run !== undefined && run.start + run.task.duration === end);
    const run = this.#threads[thread]!;
    this.#threads[thread] = undefined;
    if (run.task.error === undefined) {
      this.#results.set(run.id, run.task.nbytes);
      this.#managed += run.task.nbytes;
    }
    this.#begin(end);
    return { thread, run };
  }

  giveBack(task: number): boolean {
    const at = this.#queue.findIndex((run) => run.id === task);
    if (at < 0) return false;
    this.#queue.splice(at, 1);
    return true;
  }

  drop(tasks: Int32Array): void {
    const gone = new Set(tasks);
    for (let at = this.#queue.length - 1; at >= 0; at--) if (gone.has(this.#queue[at]!.id)) this.#queue.splice(at, 1);
    for (const id of gone) {
      this.#managed -= this.#results.get(id) ?? 0;
      this.#results.delete(id);
    }
  }

  shift(by: number): void {
    for (const run of this.#threads) if (run !== undefined) run.start += by;
  }

  heartbeat(now: number) {
    const busy = this.#threads.filter((run) => run !== undefined).length;
    return {
      op: "heartbeat",
      time: now,
      rss: 200e6 + this.#managed,
      managed: this.#managed,
      spilled: 0,
      cpu: busy,
      executing: busy,
      ready: this.#queue.length,
      fetching: 0,
      sentBytes: 0,
      receivedBytes: 0,
      bandwidth: [],
      fetched: [],
    } as const;
  }

  /** What began before then, when that has changed. */
  executing(before: number) {
    const shown = this.#threads.map((run) => (run !== undefined && run.start <= before ? run : undefined));
    const text = shown.map((run) => run?.id ?? -1).join();
    if (text === this.#last) return undefined;
    this.#last = text;
    return {
      op: "executing",
      tasks: Int32Array.from(shown, (run) => run?.id ?? -1),
      startedAt: Float64Array.from(shown, (run) => run?.start ?? 0),
    } as const;
  }

  #begin(now: number): void {
    for (let thread = 0; thread < this.#threads.length && this.#queue.length > 0; thread++) {
      if (this.#threads[thread] !== undefined) continue;
      const run = this.#queue.shift()!;
      run.start = now;
      this.#threads[thread] = run;
    }
  }
}
