/** Drives a worker's core without sockets or threads: one-line events in, instructions out, threads answered by hand. */
import type { ComputeTasks, SchedulerToWorker, TaskOptions, WorkerToScheduler } from "@heddle/protocol";
import type { WorkerCoreSettings, WorkerEvent, WorkerInstruction } from "../../src/core/events.js";
import { WorkerCore } from "../../src/core/worker-core.js";
import type { ExecuteBatch, FinishedRuns } from "../../src/executor/interface.js";

/** One row of a compute message; what is left out has a plain default. */
export interface RunSpec {
  readonly task: number;
  readonly run?: number;
  readonly function?: number;
  readonly flags?: number;
  readonly priority?: number;
  readonly order?: number;
  readonly options?: TaskOptions;
  /** Inputs: an id, expected here; or an id with its holder and size. */
  readonly deps?: readonly (number | { readonly task: number; readonly holder: number; readonly nbytes?: number })[];
}

export const keyOf = (task: number): string => `key-${task}`;

export function compute(...specs: RunSpec[]): ComputeTasks {
  const deps = specs.map((spec) =>
    (spec.deps ?? []).map((dep) => (typeof dep === "number" ? { task: dep, holder: -1 } : dep)),
  );
  const keys = specs.map((spec) => Buffer.from(keyOf(spec.task)));
  const args = specs.map((spec) => Buffer.from(`args-${spec.task}`));
  const column = (pick: (spec: RunSpec) => number): Int32Array => Int32Array.from(specs, pick);
  const options = specs.flatMap((spec) => spec.options ?? []);
  return {
    op: "compute",
    rows: specs.length,
    tasks: column((spec) => spec.task),
    runs: column((spec) => spec.run ?? 1),
    functionOf: column((spec) => spec.function ?? 16),
    flags: column((spec) => spec.flags ?? 0),
    attempts: 1,
    priorities: column((spec) => spec.priority ?? 0),
    orders: Float64Array.from(specs, (spec) => spec.order ?? spec.task),
    options,
    optionsOf: column((spec) => (spec.options === undefined ? -1 : options.indexOf(spec.options))),
    keyLengths: Int32Array.from(keys, (key) => key.length),
    keys: Buffer.concat(keys),
    argLengths: Int32Array.from(args, (arg) => arg.length),
    args: Buffer.concat(args),
    depCounts: Int32Array.from(deps, (list) => list.length),
    deps: Int32Array.from(deps.flat(), (dep) => dep.task),
    depHolders: Int32Array.from(deps.flat(), (dep) => dep.holder),
    depBytes: Float64Array.from(deps.flat(), (dep) => ("nbytes" in dep ? dep.nbytes : undefined) ?? 100),
  };
}

/** A run as a thread got it. */
export interface Given {
  readonly task: number;
  readonly ticket: number;
  readonly thread: number;
  readonly flags: number;
  readonly key: string;
  readonly args: string;
  /** Task ids of inputs; negative-less `retained` ones apart. */
  readonly inputs: readonly number[];
  readonly retained: readonly number[];
}

export class Driver {
  readonly core: WorkerCore;
  now = 1000;
  /** Everything the last event led to. */
  last: readonly WorkerInstruction[] = [];
  /** Runs that threads have been given and have not reported, by thread, in order. */
  readonly threads: Given[][];

  constructor(settings: Partial<WorkerCoreSettings> = {}) {
    const threads = settings.threads ?? 1;
    this.core = new WorkerCore({ validate: true, ...settings, threads });
    this.threads = Array.from({ length: threads }, () => []);
    this.event({ type: "connected", index: 0, epoch: "first", rejoining: false });
    this.event({ type: "threadsReady" });
  }

  event(event: WorkerEvent): readonly WorkerInstruction[] {
    this.last = this.core.handle(event, this.now);
    for (const instruction of this.last) {
      if (instruction.to !== "threads" || instruction.action !== "execute") continue;
      this.threads[instruction.thread]!.push(...rowsOf(instruction.thread, instruction.batch));
    }
    return this.last;
  }

  message(message: SchedulerToWorker): readonly WorkerInstruction[] {
    return this.event({ type: "message", message });
  }

  compute(...specs: RunSpec[]): readonly WorkerInstruction[] {
    return this.message(compute(...specs));
  }

  peers(...indices: number[]): void {
    const joined = indices.map((index) => ({ index, name: `w${index}`, host: "h", address: `ws://w${index}` }));
    this.message({ op: "peers", joined, left: [] });
  }

  /** Messages to the scheduler of one kind, of the last event. */
  sent<O extends WorkerToScheduler["op"]>(op: O): Extract<WorkerToScheduler, { op: O }>[] {
    return this.last.flatMap((instruction) =>
      instruction.to === "scheduler" && instruction.message.op === op
        ? [instruction.message as Extract<WorkerToScheduler, { op: O }>]
        : [],
    );
  }

  /** Instructions of the last event to one receiver. */
  told<A extends string>(action: A): Extract<WorkerInstruction, { action: A }>[] {
    return this.last.filter((instruction) => "action" in instruction && instruction.action === action) as Extract<
      WorkerInstruction,
      { action: A }
    >[];
  }

  /** Task ids a thread has, in order. */
  on(thread = 0): number[] {
    return this.threads[thread]!.map((run) => run.task);
  }

  /** The thread reports its first `count` runs as finished. */
  finish(count = 1, options: { thread?: number; busy?: number; bytes?: number } = {}): readonly WorkerInstruction[] {
    const runs = this.threads[options.thread ?? 0]!.splice(0, count);
    return this.event({ type: "finished", batch: finished(runs, options) });
  }

  finishTask(task: number, options: { busy?: number } = {}): readonly WorkerInstruction[] {
    return this.event({ type: "finished", batch: finished([this.take(task)], options) });
  }

  /** Takes a run from its thread without an event: the caller reports it. */
  take(task: number): Given {
    for (const runs of this.threads) {
      const position = runs.findIndex((run) => run.task === task);
      if (position !== -1) return runs.splice(position, 1)[0]!;
    }
    throw new Error(`no thread has task ${task}`);
  }

  given(task: number): Given {
    for (const runs of this.threads) for (const run of runs) if (run.task === task) return run;
    throw new Error(`no thread has task ${task}`);
  }

  /** Answers every request to give runs back of the last event. */
  answerRevokes(granted: boolean): readonly WorkerInstruction[] {
    const tickets = this.told("revoke").flatMap(({ tasks, runs }) => {
      if (granted) for (const task of tasks) this.take(task);
      return [...runs];
    });
    return this.event({
      type: "revoked",
      runs: Int32Array.from(tickets),
      granted: new Uint8Array(tickets.length).fill(granted ? 1 : 0),
    });
  }
}

export function finished(runs: readonly Given[], options: { busy?: number; bytes?: number } = {}): FinishedRuns {
  const rows = runs.length;
  const bytes = options.bytes ?? 3;
  return {
    thread: runs[0]?.thread ?? 0,
    rows,
    tasks: Int32Array.from(runs, (run) => run.task),
    runs: Int32Array.from(runs, (run) => run.ticket),
    startedAt: new Float64Array(rows).fill(999),
    busy: new Int32Array(rows).fill(options.busy ?? 10),
    waited: 0,
    decoded: 0,
    headLengths: bytes,
    heads: new Uint8Array(bytes * rows).fill(7),
    bufferCounts: 0,
    buffers: [],
  };
}

function rowsOf(thread: number, batch: Omit<ExecuteBatch, "inputs"> & { inputs: Int32Array }): Given[] {
  const at = (column: Int32Array | number, row: number): number => (typeof column === "number" ? column : column[row]!);
  let dep = 0;
  let key = 0;
  let arg = 0;
  return Array.from({ length: batch.rows }, (_, row) => {
    const inputs: number[] = [];
    const retained: number[] = [];
    for (const end = dep + at(batch.depCounts, row); dep < end; dep++) {
      const input = batch.depInputs[dep]!;
      if (input === -1) retained.push(batch.deps[dep]!);
      else inputs.push(batch.inputs[input]!);
    }
    const keyStart = key;
    const argStart = arg;
    key += at(batch.keyLengths, row);
    arg += at(batch.argLengths, row);
    return {
      task: batch.tasks[row]!,
      ticket: batch.runs[row]!,
      thread,
      flags: at(batch.flags, row),
      key: Buffer.from(batch.keys.subarray(keyStart, key)).toString(),
      args: Buffer.from(batch.args.subarray(argStart, arg)).toString(),
      inputs,
      retained,
    };
  });
}
