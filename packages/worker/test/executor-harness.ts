import { capture } from "@heddle/closures";
import {
  Builtin,
  FIRST_DEFINITION,
  ValueDecoder,
  ValueEncoder,
  at,
  type DefinitionRecord,
  type EncodedValue,
  type PrintedLine,
  type RunFailure,
  type TaskOptions,
} from "@heddle/protocol";
import type { ExecuteBatch, ExecutorEvents, FinishedRuns } from "../src/executor/interface.js";
import { WorkerThreadPool, type WorkerThreadPoolOptions } from "../src/executor/pool.js";

/** Stands for the result of another task in arguments. */
export class Input {
  constructor(readonly of: number | EncodedValue) {}
}

export interface RunSpec {
  readonly fn: ((...args: never[]) => unknown) | number;
  readonly args?: readonly unknown[];
  readonly task?: number;
  readonly flags?: number;
  readonly attempt?: number;
  readonly options?: TaskOptions;
  readonly key?: string;
}

interface Outcome {
  readonly task: number;
  readonly run: number;
  readonly kind: "finished" | "failed" | "stopped" | "replaced";
  readonly value?: unknown;
  readonly encoded?: EncodedValue;
  readonly failure?: RunFailure;
  readonly error?: unknown;
  readonly busy?: number;
  readonly waited?: number;
  readonly startedAt?: number;
  readonly decoded?: number;
}

/** A pool, and everything it said. */
export class Harness {
  readonly pool: WorkerThreadPool;
  readonly outcomes: Outcome[] = [];
  readonly output: { readonly task: number; readonly stream: string; readonly text: string }[] = [];
  readonly parked: { readonly task: number; readonly away: number }[] = [];
  readonly seceded: { readonly task: number; readonly left: number }[] = [];
  readonly replaced: number[] = [];
  readonly lines: PrintedLine[] = [];
  readonly progress: { readonly task: number; readonly done: number; readonly total: number }[] = [];
  readonly begun: number[] = [];
  /** `outcomes`: how many ends had been told of before. */
  readonly published: {
    readonly topic: string;
    readonly text: string;
    readonly mustArrive: boolean;
    readonly outcomes: number;
  }[] = [];
  readonly returned = new Map<number, { readonly ok: boolean; readonly value: unknown }>();
  readonly #decoder = new ValueDecoder();
  readonly #definitions = new Map<string, number>();
  readonly #sent = new Set<string>();
  readonly #waiting = new Set<() => void>();
  #nextTask = 1;
  #nextRun = 1;

  constructor(options: Partial<WorkerThreadPoolOptions> = {}) {
    const events: ExecutorEvents = {
      finished: (batch) => this.#changed(() => this.#finished(batch)),
      failed: (_thread, failures) =>
        this.#changed(() => {
          for (const failure of failures) {
            const error = failure.error === undefined ? undefined : this.#decoder.decode(failure.error);
            this.outcomes.push({
              task: failure.task,
              run: failure.run,
              kind: "failed",
              failure,
              error,
              busy: failure.busy,
            });
          }
        }),
      stopped: (_thread, tasks, runs, times) =>
        this.#changed(() =>
          tasks.forEach((task, row) => {
            const startedAt = times.startedAt[row]!;
            this.outcomes.push({ task, run: runs[row]!, kind: "stopped", startedAt, busy: times.busy[row]! });
          }),
        ),
      parked: (_thread, tasks, _runs, away) =>
        this.#changed(() => tasks.forEach((task, row) => this.parked.push({ task, away: away[row]! }))),
      seceded: (_thread, tasks, _runs, left) =>
        this.#changed(() => tasks.forEach((task, row) => this.seceded.push({ task, left: left[row]! }))),
      replaced: (thread, tasks, runs) =>
        this.#changed(() => {
          this.replaced.push(thread);
          this.#ended("replaced", tasks, runs);
        }),
      output: (task, stream, text) => this.#changed(() => this.output.push({ task, stream, text })),
      begun: (tasks) => this.#changed(() => this.begun.push(...tasks)),
      published: (topic, events, mustArrive) =>
        this.#changed(() => {
          const { length } = this.outcomes;
          // Read when a test asks: whoever sends them may come to it later.
          this.published.push({
            topic,
            mustArrive,
            outcomes: length,
            get text() {
              return Buffer.from(events).toString();
            },
          });
        }),
      printed: (line) => this.#changed(() => this.lines.push(line)),
      progress: (task, done, total) => this.#changed(() => this.progress.push({ task, done, total })),
      returned: (id, ok, bytes) =>
        this.#changed(() => this.returned.set(id, { ok, value: this.#decoder.decode(bytes) })),
    };
    this.pool = new WorkerThreadPool(
      { threads: 1, worker: { name: "worker-1", address: "ws://127.0.0.1:1" }, cancelGrace: 100, ...options },
      events,
    );
  }

  static async start(options: Partial<WorkerThreadPoolOptions> = {}): Promise<Harness> {
    const harness = new Harness(options);
    await harness.pool.start();
    return harness;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.pool.close();
  }

  /** Sends runs to a thread as one batch; returns their tasks. */
  execute(thread: number, specs: readonly RunSpec[]): number[] {
    const batch = this.batch(specs);
    this.pool.execute(thread, batch);
    return [...batch.tasks];
  }

  batch(specs: readonly RunSpec[]): ExecuteBatch {
    const tasks = specs.map((spec) => spec.task ?? this.#nextTask++);
    const inputs: EncodedValue[] = [];
    const deps: number[] = [];
    const depInputs: number[] = [];
    const depCounts: number[] = [];
    const args = specs.map((spec) => {
      const own: Input[] = [];
      const encoder = new ValueEncoder({
        outOfBandBytes: Infinity,
        dependencyOf: (value) => {
          if (!(value instanceof Input)) return -1;
          if (!own.includes(value)) own.push(value);
          return own.indexOf(value);
        },
      });
      const { head } = encoder.encode(spec.args ?? []);
      for (const { of } of own) {
        deps.push(typeof of === "number" ? of : 1_000_000 + inputs.length);
        depInputs.push(typeof of === "number" ? -1 : inputs.push(of) - 1);
      }
      depCounts.push(own.length);
      return head;
    });
    const keys = specs.map((spec, row) => Buffer.from(spec.key ?? `task-${tasks[row]}`));
    const options = specs.map((spec) => spec.options ?? {});
    return {
      rows: specs.length,
      tasks: Int32Array.from(tasks),
      runs: Int32Array.from(specs, () => this.#nextRun++),
      functionOf: Int32Array.from(specs, (spec) => this.definition(spec.fn)),
      flags: Int32Array.from(specs, (spec) => spec.flags ?? 0),
      attempts: Int32Array.from(specs, (spec) => spec.attempt ?? 1),
      options,
      optionsOf: Int32Array.from(specs, (_spec, row) => row),
      keyLengths: Int32Array.from(keys, (key) => key.length),
      keys: Buffer.concat(keys),
      argLengths: Int32Array.from(args, (bytes) => bytes.length),
      args: Buffer.concat(args),
      depCounts: Int32Array.from(depCounts),
      deps: Int32Array.from(deps),
      depInputs: Int32Array.from(depInputs),
      inputs,
    };
  }

  definition(fn: RunSpec["fn"]): number {
    if (typeof fn === "number") return fn;
    const { token, definitions } = capture(fn);
    let index = this.#definitions.get(token);
    if (index === undefined) this.#definitions.set(token, (index = FIRST_DEFINITION + this.#definitions.size));
    const fresh = definitions.filter(({ hash }) => !this.#sent.has(hash));
    for (const { hash } of fresh) this.#sent.add(hash);
    const records = fresh.map((record): DefinitionRecord & { index: number } => ({
      ...record,
      index: record.hash === token ? index : -1,
    }));
    if (records.length > 0) this.pool.define(records);
    return index;
  }

  tokenOf(fn: (...args: never[]) => unknown): string {
    this.definition(fn);
    return capture(fn).token;
  }

  /** Runs one task on a thread. */
  async run(fn: RunSpec["fn"], ...args: unknown[]): Promise<Outcome> {
    const [task] = this.execute(0, [{ fn, args }]);
    return this.outcome(task!);
  }

  /** How a task ended, as soon as it has. */
  async outcome(task: number): Promise<Outcome> {
    return this.until(() => this.outcomes.find((outcome) => outcome.task === task));
  }

  runOf(batch: ExecuteBatch, row = 0): [Int32Array, Int32Array] {
    return [batch.tasks.slice(row, row + 1), batch.runs.slice(row, row + 1)];
  }

  /** Waits for what `find` looks for; it is asked whenever the pool has said something. */
  async until<T>(find: () => T | undefined | false): Promise<T> {
    for (;;) {
      const found = find();
      if (found !== undefined && found !== false) return found;
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  printed(task: number, stream = "stdout"): string {
    return this.output
      .filter((output) => output.task === task && output.stream === stream)
      .map(({ text }) => text)
      .join("");
  }

  #changed(change: () => unknown): void {
    change();
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const resolve of waiting) resolve();
  }

  #ended(kind: "replaced", tasks: Int32Array, runs: Int32Array): void {
    tasks.forEach((task, row) => this.outcomes.push({ task, run: runs[row]!, kind }));
  }

  #finished(batch: FinishedRuns): void {
    let headAt = 0;
    let bufferAt = 0;
    for (let row = 0; row < batch.rows; row++) {
      const head = batch.heads.slice(headAt, (headAt += at(batch.headLengths, row)));
      const buffers = batch.buffers.slice(bufferAt, (bufferAt += at(batch.bufferCounts, row)));
      this.outcomes.push({
        task: batch.tasks[row]!,
        run: batch.runs[row]!,
        kind: "finished",
        value: this.#decoder.decode(head, buffers),
        encoded: { head, buffers },
        busy: batch.busy[row]!,
        waited: at(batch.waited, row),
        decoded: at(batch.decoded, row),
      });
    }
  }
}

export { Builtin };
