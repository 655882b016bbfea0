/** A real scheduler core among virtual peers: a client that submits at a rate, and workers whose runs take the time they are said to. */
import {
  BUILTIN_PREFIX,
  HEDDLE_VERSION,
  offsetsOf,
  PROTOCOL_VERSION,
  ValueEncoder,
  type ComputeTasks,
  type RunFailure,
  type SchedulerToWorker,
  type SubmitTasks,
} from "@heddle/protocol";
import { DEFAULT_SETTINGS, type Instruction, type SchedulerEvent } from "../../core/events.js";
import type { Recorder } from "../../core/record/recorder.js";
import { SchedulerCore } from "../../core/scheduler-core.js";
import { Draw } from "./draw.js";
import { VirtualWorker, type VirtualTask } from "./virtual-worker.js";

export interface VirtualClusterOptions {
  /** Tasks submitted a second. */
  readonly rate: number;
  readonly workers: readonly string[];
  /** Of each worker. */
  readonly threads: number;
  readonly groups: readonly string[];
  /** Share of tasks that fail, 0 to 1. */
  readonly errorRate: number;
  readonly errors: readonly string[];
  readonly seed: number;
  /** Milliseconds that runs take: from, to. */
  readonly durations: readonly [number, number];
  /** Keys in place of drawn ones, for the first tasks. */
  readonly keys: readonly string[];
  /** Tasks whose results are still wanted: of those before them the scheduler knows nothing any more. */
  readonly kept: number;
  /** Tasks to submit in all. */
  readonly tasks: number;
}

/** A run that has ended, as it was: what whatever is shown can be compared with. */
export interface TrueRun {
  /** Number of its row in the record. */
  readonly seq: number;
  readonly key: string;
  readonly group: string;
  readonly worker: string;
  readonly thread: number;
  /** Milliseconds since the epoch. */
  readonly start: number;
  readonly end: number;
  readonly nbytes: number;
  readonly error?: string;
}

const encoder = new ValueEncoder({ outOfBandBytes: Infinity });
const text = new TextEncoder();
const decoder = new TextDecoder();
/** Every so many tasks, one that takes the results of the last few of the group before. */
const FAN_IN = 8;
/** Tasks of one message of the client. */
const MAX_BATCH = 5_000;
const BEAT = 1_000;
const LOOK = 100;
const LEAST_LOOKED_AT = 50;

export class VirtualCluster {
  readonly core: SchedulerCore;
  readonly truth: TrueRun[] = [];
  readonly #options: VirtualClusterOptions;
  readonly #draw: Draw;
  readonly #after: () => void;
  readonly #workers = new Map<number, VirtualWorker>();
  readonly #tasks = new Map<string, VirtualTask>();
  #now: number;
  #submitted = 0;
  #owed = 0;
  #wantedFrom = 0;
  #continues = false;
  readonly #answers: SchedulerEvent[] = [];
  #nextWorker = 0;
  #watched = false;
  #beatAt = 0;
  #lookAt = 0;

  /** @param after - called when the core has handled an event */
  constructor(options: VirtualClusterOptions, recorder: Recorder, now: number, after: () => void) {
    this.#options = options;
    this.#draw = new Draw(options.seed);
    this.#now = now;
    this.#after = after;
    this.core = new SchedulerCore({ ...DEFAULT_SETTINGS, epoch: "feed", workerTtl: Infinity }, recorder);
    this.feed({
      type: "clientJoined",
      client: 0,
      hello: {
        op: "hello",
        protocol: PROTOCOL_VERSION,
        role: "client",
        id: "feed",
        name: "feed",
        heddle: HEDDLE_VERSION,
        node: process.version,
        pid: process.pid,
      },
    });
    for (const name of options.workers) this.join(name);
  }

  get submitted(): number {
    return this.#submitted;
  }

  get workers(): readonly { readonly index: number; readonly name: string }[] {
    return [...this.#workers.values()];
  }

  join(name: string): void {
    const worker = new VirtualWorker(this.#nextWorker++, name, this.#options.threads);
    this.#workers.set(worker.index, worker);
    this.feed({ type: "workerJoined", worker: worker.index, name, hello: worker.hello });
  }

  leave(index: number, detail: string): void {
    if (this.#workers.delete(index)) this.feed({ type: "workerLeft", worker: index, expected: false, detail });
  }

  status(index: number, status: "running" | "paused", reason: string): void {
    this.feed({ type: "workerMessage", worker: index, message: { op: "status", status, reason } });
  }

  feed(event: SchedulerEvent): void {
    this.#perform(this.core.handle(event, this.#now));
    this.#after();
    for (;;) {
      const next = this.#answers.shift() ?? (this.#continues ? { type: "continue" as const } : undefined);
      if (next === undefined) return;
      if (next.type === "continue") this.#continues = false;
      this.#perform(this.core.handle(next, this.#now));
      this.#after();
    }
  }

  /** Lets time pass: submits what is due, and ends the runs that end until then, in their order. */
  advance(to: number): void {
    const { rate, tasks } = this.#options;
    this.#owed += Math.max(0, ((to - this.#now) / 1000) * rate);
    const due = Math.min(Math.floor(this.#owed), tasks - this.#submitted);
    this.#owed -= Math.floor(this.#owed);
    for (let left = due; left > 0; left -= MAX_BATCH) this.#submit(Math.min(left, MAX_BATCH));
    for (;;) {
      let first: VirtualWorker | undefined;
      for (const worker of this.#workers.values())
        if (worker.nextEnd <= to && (first === undefined || worker.nextEnd < first.nextEnd)) first = worker;
      if (first === undefined) break;
      this.#now = Math.max(this.#now, first.nextEnd);
      this.#end(first);
    }
    this.#now = Math.max(this.#now, to);
    this.#tellSigns();
    this.feed({ type: "tick" });
  }

  /** After the clock was set: what is executing goes on from there. */
  setClock(now: number): void {
    const by = now - this.#now;
    for (const worker of this.#workers.values()) worker.shift(by);
    this.#now = now;
    this.#beatAt = this.#lookAt = now;
  }

  #end(worker: VirtualWorker): void {
    const { thread, run } = worker.take();
    const { task } = run;
    const end = run.start + task.duration;
    const micros = Math.round(task.duration * 1000);
    this.truth.push({
      seq: this.truth.length,
      key: task.key,
      group: task.group,
      worker: worker.name,
      thread,
      start: run.start,
      end,
      nbytes: task.error === undefined ? task.nbytes : 0,
      ...(task.error === undefined ? {} : { error: task.error }),
    });
    // One that fails may be tried again.
    if (task.error === undefined) this.#tasks.delete(task.key);
    if (task.error === undefined) {
      this.feed({
        type: "workerMessage",
        worker: worker.index,
        message: {
          op: "finished",
          tasks: Int32Array.of(run.id),
          runs: Int32Array.of(run.run),
          nbytes: Float64Array.of(task.nbytes),
          startedAt: Float64Array.of(run.start),
          busy: Int32Array.of(micros),
          waited: 0,
          fetched: 0,
          decoded: 0,
          threads: thread,
          inlineLengths: -1,
          inline: new Uint8Array(0),
        },
      });
      return;
    }
    const failure: RunFailure = {
      kind: "error",
      message: task.error,
      error: encoder.encode(new TypeError(task.error)).head,
      task: run.id,
      run: run.run,
      startedAt: run.start,
      busy: micros,
      started: true,
      thread,
    };
    this.feed({ type: "workerMessage", worker: worker.index, message: { op: "failed", failures: [failure] } });
  }

  /** Heartbeats, and what executes, if anybody looks. */
  #tellSigns(): void {
    const now = this.#now;
    if (now - this.#beatAt >= BEAT) {
      this.#beatAt = now;
      for (const worker of this.#workers.values())
        this.feed({ type: "workerMessage", worker: worker.index, message: worker.heartbeat(now) });
    }
    if (!this.#watched || now - this.#lookAt < LOOK) return;
    this.#lookAt = now;
    for (const worker of this.#workers.values()) {
      const message = worker.executing(now - LEAST_LOOKED_AT);
      if (message !== undefined) this.feed({ type: "workerMessage", worker: worker.index, message });
    }
  }

  #submit(rows: number): void {
    const { groups, keys, durations, errorRate, errors, kept } = this.#options;
    const draw = this.#draw;
    const first = this.#submitted;
    const tasks: VirtualTask[] = [];
    const groupOf = new Int32Array(rows);
    const depCounts = new Int32Array(rows);
    const deps: number[] = [];
    for (let row = 0; row < rows; row++) {
      const number = first + row;
      const place = groups.length === 1 ? 0 : Math.floor(number / FAN_IN) % groups.length;
      const group = groups[place]!;
      const fails = draw.next() < errorRate;
      tasks.push({
        // As it arrives: not every text can travel.
        key: decoder.decode(text.encode(keys[number] ?? `${group.slice(0, 200)}-${draw.hex(32)}`)),
        group,
        duration: draw.between(...durations),
        nbytes: Math.floor(10 ** draw.between(1, 6)),
        error: fails ? errors[draw.below(errors.length)] : undefined,
      });
      groupOf[row] = place;
      // On one of the group before that does not fail: so what fails is what was drawn to.
      const input = row - FAN_IN;
      if (place === 0 || input < 0 || tasks[input]!.error !== undefined) continue;
      depCounts[row] = 1;
      deps.push(first + input);
    }
    for (const task of tasks) this.#tasks.set(task.key, task);
    const encoded = tasks.map(({ key }) => text.encode(key));
    const message: SubmitTasks = {
      op: "submit",
      graph: first,
      graphSize: rows,
      last: true,
      lazy: false,
      first,
      rows,
      functions: [`${BUILTIN_PREFIX}identity`],
      functionOf: 0,
      groups,
      groupOf,
      options: [],
      optionsOf: -1,
      keyLengths: Int32Array.from(encoded, (key) => key.length),
      keys: Buffer.concat(encoded),
      argLengths: 0,
      args: new Uint8Array(0),
      depCounts,
      deps: Int32Array.from(deps),
      wanted: 1,
    };
    this.#submitted += rows;
    this.feed({ type: "clientMessage", client: 0, message });
    const until = this.#submitted - kept;
    if (until <= this.#wantedFrom) return;
    const unwanted = Int32Array.from({ length: until - this.#wantedFrom }, (_, i) => this.#wantedFrom + i);
    this.#wantedFrom = until;
    this.feed({ type: "clientMessage", client: 0, message: { op: "unwant", tasks: unwanted } });
  }

  #perform(instructions: readonly Instruction[]): void {
    for (const instruction of instructions) {
      if (instruction.to === "shell" && instruction.action === "continue") this.#continues = true;
      if (instruction.to === "worker") this.#tell(instruction.worker, instruction.message);
    }
  }

  #tell(index: number, message: SchedulerToWorker): void {
    const worker = this.#workers.get(index);
    if (message.op === "watch") this.#watched = message.interval > 0;
    if (worker === undefined) return;
    if (message.op === "compute") this.#compute(worker, message);
    else if (message.op === "free") worker.drop(message.tasks);
    else if (message.op === "revoke") {
      const { tasks, runs } = message;
      const granted = Uint8Array.from(tasks, (task) => (worker.giveBack(task) ? 1 : 0));
      // Once the core is done with the event that it asks in.
      this.#answers.push({ type: "workerMessage", worker: index, message: { op: "revoked", tasks, runs, granted } });
    }
  }

  #compute(worker: VirtualWorker, message: ComputeTasks): void {
    const offsets = offsetsOf(message.keyLengths, message.rows);
    for (let row = 0; row < message.rows; row++) {
      const key = decoder.decode(message.keys.subarray(offsets[row], offsets[row + 1]));
      const task = this.#tasks.get(key);
      if (task === undefined) continue;
      worker.give({ id: message.tasks[row]!, run: message.runs[row]!, task, start: 0 }, this.#now);
    }
  }
}
