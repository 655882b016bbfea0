/**
 * A scheduler core between model peers: a client that submits small graphs by name, and workers that do what messages say, when a
 * test lets them. Everything the core says passes through the real frame codec.
 */
import { expect } from "vitest";
import {
  at,
  decodeFrame,
  encodeFrame,
  offsetsOf,
  type ClientToScheduler,
  type ComputeTasks,
  type FailureRecord,
  type SchedulerToClient,
  type SchedulerToWorker,
  type SubmitTasks,
  type TaskOptions,
  type WorkerToScheduler,
} from "@heddle/protocol";
import type { LogLine } from "@heddle/protocol/dashboard";
import {
  DEFAULT_SETTINGS,
  type Instruction,
  type SchedulerEvent,
  type SchedulerSettings,
} from "../../src/core/events.js";
import { RecordColumns, STATE_STRIDE, allocateRecord } from "../../src/core/record/memory.js";
import { Recorder } from "../../src/core/record/recorder.js";
import { SchedulerCore } from "../../src/core/scheduler-core.js";
import { STATE_NAMES, type StateName } from "../../src/core/task-state.js";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export interface TaskSpec {
  key: string;
  deps?: string[];
  options?: TaskOptions;
  wanted?: boolean;
  /** What distinguishes two definitions of one key. */
  args?: string;
  /** Default: "g". */
  group?: string;
}

export class TestScheduler {
  readonly core: SchedulerCore;
  readonly recorder: Recorder;
  readonly record: RecordColumns;
  readonly workers = new Map<number, TestWorker>();
  readonly clients = new Map<number, TestClient>();
  readonly dropped: number[] = [];
  /** What clients published, as the shell gets it. */
  readonly runEvents: { readonly topic: string; readonly events: string }[] = [];
  /** What workers printed, as the shell gets it. */
  readonly printed: LogLine[] = [];
  continues = 0;
  now = 1_000_000;
  #nextWorker = 0;
  #nextClient = 0;

  constructor(settings: Partial<SchedulerSettings> = {}) {
    const memory = allocateRecord(1024);
    this.record = new RecordColumns(memory);
    this.recorder = new Recorder(memory);
    this.core = new SchedulerCore({ ...DEFAULT_SETTINGS, epoch: "test", validate: true, ...settings }, this.recorder);
  }

  /** What is shown is what is so, whatever happened. */
  #checkRecord(): void {
    this.core.count();
    const counted = Object.fromEntries(STATE_NAMES.map((name) => [name, 0])) as Record<StateName, number>;
    for (let at = 0; at < this.record.counts.length && at < 64 * STATE_STRIDE; at++)
      if (this.record.counts[at] !== 0) counted[STATE_NAMES[at % STATE_STRIDE]!] += this.record.counts[at]!;
    const { states } = this.core.overview();
    expect({ ...counted, forgotten: 0 }, "counters of the record").toEqual({ ...states, forgotten: 0 });
  }

  feed(event: SchedulerEvent): void {
    this.now += 0.01;
    this.perform(this.core.handle(event, this.now));
    this.#checkRecord();
    while (this.continues > 0) {
      this.continues--;
      this.perform(this.core.handle({ type: "continue" }, this.now));
      this.#checkRecord();
    }
  }

  later(milliseconds: number): void {
    this.now += milliseconds;
    this.feed({ type: "tick" });
  }

  perform(instructions: readonly Instruction[]): void {
    for (const instruction of instructions) {
      switch (instruction.to) {
        case "worker":
          this.workers.get(instruction.worker)?.receive(roundTrip(instruction.message) as SchedulerToWorker);
          break;
        case "client":
          this.clients.get(instruction.client)?.receive(roundTrip(instruction.message) as SchedulerToClient);
          break;
        case "shell":
          if (instruction.action === "continue") this.continues++;
          if (instruction.action === "dropWorker") this.dropped.push(instruction.worker);
          if (instruction.action === "printed") this.printed.push(...instruction.lines);
          if (instruction.action === "event")
            this.runEvents.push({ topic: instruction.topic, events: decoder.decode(instruction.events) });
          break;
      }
    }
  }

  worker(options: Partial<{ name: string; threads: number; resources: Record<string, number> }> = {}): TestWorker {
    const index = this.#nextWorker++;
    const name = options.name ?? `w${index}`;
    const worker = new TestWorker(this, index, name);
    this.workers.set(index, worker);
    this.feed({
      type: "workerJoined",
      worker: index,
      name,
      hello: {
        op: "hello",
        protocol: 1,
        role: "worker",
        id: name,
        heddle: "0",
        node: "20",
        pid: index,
        host: "127.0.0.1",
        dataAddress: `ws://127.0.0.1:${index}`,
        threads: options.threads ?? 1,
        memoryLimit: 1e9,
        resources: options.resources ?? {},
        asyncPerThread: 256,
      },
    });
    return worker;
  }

  client(id = `client-${this.#nextClient}`, insideTask?: number): TestClient {
    const index = this.#nextClient++;
    const client = new TestClient(this, index);
    this.clients.set(index, client);
    this.feed({
      type: "clientJoined",
      client: index,
      hello: {
        op: "hello",
        protocol: 1,
        role: "client",
        id,
        name: id,
        heddle: "0",
        node: "20",
        pid: 0,
        ...(insideTask === undefined ? {} : { insideTask }),
      },
    });
    return client;
  }

  state(key: string): string | undefined {
    return this.core.explain(key)?.["state"] as string | undefined;
  }
}

function roundTrip(message: SchedulerToClient | SchedulerToWorker): unknown {
  return decodeFrame(encodeFrame([message]))[0];
}

/** A client that knows its tasks by key. */
export class TestClient {
  readonly numbers = new Map<string, number>();
  readonly keys: string[] = [];
  /** What it last heard of each key. */
  readonly heard = new Map<string, string>();
  readonly failures = new Map<string, FailureRecord>();
  readonly results = new Map<string, string>();
  readonly answers: Extract<SchedulerToClient, { op: "answer" }>[] = [];
  readonly accepted: number[] = [];
  /** Everything about runs, topics and leases, in order. */
  readonly news: Extract<SchedulerToClient, { op: "begun" | "published" | "granted" | "finished" | "erred" }>[] = [];
  #graph = 0;

  constructor(
    readonly scheduler: TestScheduler,
    readonly index: number,
  ) {}

  send(message: ClientToScheduler): void {
    const copy = decodeFrame(encodeFrame([message]))[0] as unknown as ClientToScheduler;
    this.scheduler.feed({ type: "clientMessage", client: this.index, message: copy });
  }

  define(hash = "f"): void {
    this.send({ op: "define", definitions: [{ hash, bytes: Uint8Array.of(1), needs: [] }] });
  }

  /** One graph, in one chunk unless `chunk` says otherwise. Every task is wanted unless its spec says no. */
  submit(specs: TaskSpec[], { lazy = false, chunk = specs.length }: { lazy?: boolean; chunk?: number } = {}): void {
    this.define();
    const graph = this.#graph++;
    for (let start = 0; start < specs.length; start += chunk) {
      const part = specs.slice(start, start + chunk);
      this.send(this.#columns(graph, specs.length, part, start + chunk >= specs.length, lazy));
    }
  }

  #columns(graph: number, graphSize: number, specs: TaskSpec[], last: boolean, lazy: boolean): SubmitTasks {
    const first = this.keys.length;
    for (const { key } of specs) {
      this.numbers.set(key, this.keys.length);
      this.keys.push(key);
    }
    const keys = specs.map(({ key }) => encoder.encode(key));
    const args = specs.map((spec) => encoder.encode(spec.args ?? ""));
    const groups = [...new Set(specs.map(({ group = "g" }) => group))];
    const options: TaskOptions[] = [];
    const optionsOf = specs.map((spec) => (spec.options === undefined ? -1 : options.push(spec.options) - 1));
    return {
      op: "submit",
      graph,
      graphSize,
      last,
      lazy,
      first,
      rows: specs.length,
      functions: ["f"],
      functionOf: 0,
      groups,
      groupOf: groups.length === 1 ? 0 : Int32Array.from(specs, ({ group = "g" }) => groups.indexOf(group)),
      options,
      optionsOf: Int32Array.from(optionsOf),
      keyLengths: Int32Array.from(keys, (key) => key.length),
      keys: Uint8Array.from(keys.flatMap((key) => [...key])),
      argLengths: Int32Array.from(args, (arg) => arg.length),
      args: Uint8Array.from(args.flatMap((arg) => [...arg])),
      depCounts: Int32Array.from(specs, (spec) => spec.deps?.length ?? 0),
      deps: Int32Array.from(specs.flatMap((spec) => (spec.deps ?? []).map((key) => this.numbers.get(key) ?? 999_999))),
      wanted: Int32Array.from(specs, (spec) => (spec.wanted === false ? 0 : 1)),
    };
  }

  unwant(...keys: string[]): void {
    this.send({ op: "unwant", tasks: this.#of(keys) });
  }

  cancel(keys: string[], force = false): void {
    this.send({ op: "cancel", tasks: this.#of(keys), force });
  }

  retry(...keys: string[]): void {
    this.send({ op: "retry", tasks: this.#of(keys) });
  }

  ask(
    what: Extract<ClientToScheduler, { op: "ask" }>["what"],
  ): Extract<SchedulerToClient, { op: "answer" }> | undefined {
    this.send({ op: "ask", id: this.answers.length, what });
    return this.answers.at(-1);
  }

  leave(): void {
    this.scheduler.clients.delete(this.index);
    this.scheduler.feed({ type: "clientLeft", client: this.index });
  }

  #of(keys: string[]): Int32Array {
    return Int32Array.from(keys, (key) => this.numbers.get(key)!);
  }

  receive(message: SchedulerToClient): void {
    switch (message.op) {
      case "begun":
      case "published":
      case "granted":
        this.news.push(message);
        break;
      case "finished": {
        this.news.push(message);
        const offsets = offsetsOf(message.inlineLengths, message.tasks.length);
        message.tasks.forEach((number, row) => {
          const key = this.keys[number]!;
          this.heard.set(key, "finished");
          if (at(message.inlineLengths, row) >= 0) {
            this.results.set(key, decoder.decode(message.inline.subarray(offsets[row], offsets[row + 1])));
          }
        });
        break;
      }
      case "erred":
        this.news.push(message);
        message.tasks.forEach((number, row) => {
          this.heard.set(this.keys[number]!, "erred");
          this.failures.set(this.keys[number]!, message.failures[at(message.failureOf, row)]!);
        });
        break;
      case "pending":
      case "cancelled":
      case "lost":
        for (const number of message.tasks) this.heard.set(this.keys[number]!, message.op);
        break;
      case "accepted":
        this.accepted.push(message.graph);
        break;
      case "answer":
        this.answers.push(message);
        break;
      case "event":
        break;
    }
  }
}

export interface Run {
  task: number;
  run: number;
  key: string;
  deps: number[];
  holders: number[];
  attempt: number;
  flags: number;
}

/** A worker that owns the runs it was given and finishes them when told to. */
export class TestWorker {
  readonly runs = new Map<string, Run>();
  readonly store = new Map<number, string>();
  readonly log: SchedulerToWorker[] = [];
  /** Keys in the order they arrived. */
  readonly order: string[] = [];
  dead = false;

  constructor(
    readonly scheduler: TestScheduler,
    readonly index: number,
    readonly name: string,
  ) {}

  send(message: WorkerToScheduler): void {
    const copy = decodeFrame(encodeFrame([message]))[0] as unknown as WorkerToScheduler;
    this.scheduler.feed({ type: "workerMessage", worker: this.index, message: copy });
  }

  receive(message: SchedulerToWorker): void {
    this.log.push(message);
    switch (message.op) {
      case "compute":
        for (const run of rowsOf(message)) {
          this.runs.set(run.key, run);
          this.order.push(run.key);
        }
        break;
      case "free":
        for (const id of message.tasks) {
          this.store.delete(id);
          for (const [key, run] of this.runs) if (run.task === id) this.runs.delete(key);
        }
        break;
      default:
        break;
    }
  }

  keys(): string[] {
    return [...this.runs.keys()];
  }

  finish(
    keys: string[],
    {
      busy = 10,
      nbytes = 8,
      startedAt = 0,
      run: runOverride,
    }: { busy?: number; nbytes?: number; startedAt?: number; run?: number } = {},
  ): void {
    const runs = keys.map((key) => this.runs.get(key)!);
    for (const run of runs) {
      this.runs.delete(run.key);
      this.store.set(run.task, run.key);
    }
    const inline = encoder.encode(runs.map((run) => run.key).join(""));
    this.send({
      op: "finished",
      tasks: Int32Array.from(runs, (run) => run.task),
      runs: Int32Array.from(runs, (run) => runOverride ?? run.run),
      nbytes: new Float64Array(runs.length).fill(nbytes),
      startedAt: new Float64Array(runs.length).fill(startedAt),
      busy: new Int32Array(runs.length).fill(busy),
      waited: 0,
      fetched: 0,
      decoded: 0,
      threads: 0,
      inlineLengths: Int32Array.from(runs, (run) => run.key.length),
      inline,
    });
  }

  /** Finishes whatever it has, in order, until nothing is left. Returns how many. */
  drain(busy = 10): number {
    let count = 0;
    while (this.runs.size > 0) {
      const batch = this.keys().slice(0, 64);
      this.finish(batch, { busy });
      count += batch.length;
    }
    return count;
  }

  fail(
    key: string,
    {
      reschedule = false,
      started = true,
      isFinal = false,
    }: { reschedule?: boolean; started?: boolean; isFinal?: boolean } = {},
  ): void {
    const { task, run } = this.runs.get(key)!;
    this.runs.delete(key);
    this.send({
      op: "failed",
      failures: [
        {
          task,
          run,
          kind: "error",
          message: `${key} failed`,
          error: Uint8Array.of(7),
          startedAt: 0,
          busy: 5,
          started,
          ...(reschedule ? { reschedule: true } : {}),
          ...(isFinal ? { isFinal: true } : {}),
        },
      ],
    });
  }

  die(expected = false): void {
    this.dead = true;
    this.scheduler.workers.delete(this.index);
    this.scheduler.feed({ type: "workerLeft", worker: this.index, expected, detail: "SIGKILL" });
  }

  received<O extends SchedulerToWorker["op"]>(op: O): Extract<SchedulerToWorker, { op: O }>[] {
    return this.log.filter((message): message is Extract<SchedulerToWorker, { op: O }> => message.op === op);
  }
}

function rowsOf(message: ComputeTasks): Run[] {
  const offsets = offsetsOf(message.keyLengths, message.rows);
  let dep = 0;
  return Array.from({ length: message.rows }, (_, row) => {
    const count = at(message.depCounts, row);
    const deps = [...message.deps.subarray(dep, dep + count)];
    const holders = [...message.depHolders.subarray(dep, dep + count)];
    dep += count;
    return {
      task: message.tasks[row]!,
      run: message.runs[row]!,
      key: decoder.decode(message.keys.subarray(offsets[row], offsets[row + 1])),
      deps,
      holders,
      attempt: at(message.attempts, row),
      flags: at(message.flags, row),
    };
  });
}
