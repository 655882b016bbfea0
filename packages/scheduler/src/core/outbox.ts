/**
 * What is to be said to each peer while one event is handled, as growing columns; each becomes one message at the end. A column
 * whose rows are all the same becomes one number.
 */
import {
  ByteSink,
  type Column,
  type ComputeTasks,
  type FailureRecord,
  type SchedulerToClient,
  type TaskOptions,
} from "@heddle/protocol";

/** A growing column of integers. */
class IntColumn {
  #values = new Int32Array(64);
  length = 0;
  #constant = true;

  push(value: number): void {
    if (this.length === this.#values.length) {
      const longer = new Int32Array(this.length * 2);
      longer.set(this.#values);
      this.#values = longer;
    }
    if (this.#constant && this.length > 0 && this.#values[0] !== value) this.#constant = false;
    this.#values[this.length++] = value;
  }

  /** The rows so far; the column begins anew. */
  take(): Int32Array {
    const taken = this.#values.slice(0, this.length);
    this.#reset();
    return taken;
  }

  takeColumn(): Column {
    if (!this.#constant) return this.take();
    const value = this.length === 0 ? 0 : this.#values[0]!;
    this.#reset();
    return value;
  }

  #reset(): void {
    this.length = 0;
    this.#constant = true;
  }
}

/** A growing column of floating-point numbers. */
class FloatColumn {
  #values = new Float64Array(64);
  length = 0;

  push(value: number): void {
    if (this.length === this.#values.length) {
      const longer = new Float64Array(this.length * 2);
      longer.set(this.#values);
      this.#values = longer;
    }
    this.#values[this.length++] = value;
  }

  take(): Float64Array {
    const taken = this.#values.slice(0, this.length);
    this.length = 0;
    return taken;
  }
}

/** Copies a few bytes: below some forty a loop is faster than a view and a call. */
function appendShort(sink: ByteSink, source: Uint8Array, start: number, end: number): void {
  const length = end - start;
  if (length > 40) {
    sink.append(source, start, end);
    return;
  }
  sink.ensure(length);
  const bytes = sink.bytes;
  let at = sink.length;
  for (let from = start; from < end; from++) bytes[at++] = source[from]!;
  sink.length = at;
}

/** Rows of a `compute` message to one worker. */
export class ComputeColumns {
  readonly #tasks = new IntColumn();
  readonly #runs = new IntColumn();
  readonly #functions = new IntColumn();
  readonly #flags = new IntColumn();
  readonly #attempts = new IntColumn();
  readonly #priorities = new IntColumn();
  readonly #orders = new FloatColumn();
  #options: TaskOptions[] = [];
  readonly #optionsOf = new IntColumn();
  readonly #keyLengths = new IntColumn();
  readonly #keys = new ByteSink();
  readonly #argLengths = new IntColumn();
  readonly #args = new ByteSink();
  readonly #depCounts = new IntColumn();
  readonly #deps = new IntColumn();
  readonly #depHolders = new IntColumn();
  readonly #depBytes = new FloatColumn();

  get rows(): number {
    return this.#tasks.length;
  }

  /** Begins a row; its inputs follow with {@link dependency}, then {@link end}. */
  begin(
    task: number,
    run: number,
    definition: number,
    flags: number,
    attempt: number,
    priority: number,
    order: number,
    options: TaskOptions | undefined,
  ): void {
    this.#tasks.push(task);
    this.#runs.push(run);
    this.#functions.push(definition);
    this.#flags.push(flags);
    this.#attempts.push(attempt);
    this.#priorities.push(priority);
    this.#orders.push(order);
    if (options === undefined) {
      this.#optionsOf.push(-1);
    } else {
      // Tasks of one submission share the object: the last one is usually it.
      let index = this.#options.lastIndexOf(options);
      if (index < 0) index = this.#options.push(options) - 1;
      this.#optionsOf.push(index);
    }
  }

  dependency(task: number, holder: number, nbytes: number): void {
    this.#deps.push(task);
    this.#depHolders.push(holder);
    this.#depBytes.push(nbytes);
  }

  end(
    keys: Uint8Array,
    keyStart: number,
    keyEnd: number,
    args: Uint8Array,
    argStart: number,
    argEnd: number,
    inputs: number,
  ): void {
    this.#keyLengths.push(keyEnd - keyStart);
    appendShort(this.#keys, keys, keyStart, keyEnd);
    this.#argLengths.push(argEnd - argStart);
    appendShort(this.#args, args, argStart, argEnd);
    this.#depCounts.push(inputs);
  }

  take(): ComputeTasks {
    const rows = this.#tasks.length;
    const message: ComputeTasks = {
      op: "compute",
      rows,
      tasks: this.#tasks.take(),
      runs: this.#runs.take(),
      functionOf: this.#functions.takeColumn(),
      flags: this.#flags.takeColumn(),
      attempts: this.#attempts.takeColumn(),
      priorities: this.#priorities.takeColumn(),
      orders: this.#orders.take(),
      options: this.#options,
      optionsOf: this.#optionsOf.takeColumn(),
      keyLengths: this.#keyLengths.takeColumn(),
      keys: this.#keys.take(),
      argLengths: this.#argLengths.takeColumn(),
      args: this.#args.take(),
      depCounts: this.#depCounts.takeColumn(),
      deps: this.#deps.take(),
      depHolders: this.#depHolders.take(),
      depBytes: this.#depBytes.take(),
    };
    this.#options = [];
    return message;
  }
}

/** Rows of ids or numbers alone. */
export class TaskColumns {
  readonly #tasks = new IntColumn();

  get rows(): number {
    return this.#tasks.length;
  }

  push(task: number): void {
    this.#tasks.push(task);
  }

  take(): Int32Array {
    return this.#tasks.take();
  }
}

export class NumberColumns extends TaskColumns {
  constructor(private readonly op: "pending" | "cancelled") {
    super();
  }

  message(): SchedulerToClient {
    return { op: this.op, tasks: this.take() };
  }
}

/** Rows of a `finished` message to one client. */
export class FinishedColumns {
  readonly #tasks = new IntColumn();
  readonly #nbytes = new FloatColumn();
  readonly #startedAt = new FloatColumn();
  readonly #took = new FloatColumn();
  readonly #workers = new IntColumn();
  readonly #inlineLengths = new IntColumn();
  readonly #inline = new ByteSink();

  get rows(): number {
    return this.#tasks.length;
  }

  /** A result that somebody made some time ago: `worker` holds it. */
  pushHeld(task: number, nbytes: number, worker: number): void {
    this.push(task, nbytes, 0, 0, worker, undefined, 0, 0);
  }

  /** @param took - microseconds */
  push(
    task: number,
    nbytes: number,
    startedAt: number,
    took: number,
    worker: number,
    inline: Uint8Array | undefined,
    start: number,
    end: number,
  ): void {
    this.#tasks.push(task);
    this.#nbytes.push(nbytes);
    this.#startedAt.push(startedAt);
    this.#took.push(took);
    this.#workers.push(worker);
    if (inline === undefined) {
      this.#inlineLengths.push(-1);
    } else {
      this.#inlineLengths.push(end - start);
      appendShort(this.#inline, inline, start, end);
    }
  }

  message(): SchedulerToClient {
    return {
      op: "finished",
      tasks: this.#tasks.take(),
      nbytes: this.#nbytes.take(),
      startedAt: this.#startedAt.take(),
      took: this.#took.take(),
      workers: this.#workers.takeColumn(),
      inlineLengths: this.#inlineLengths.takeColumn(),
      inline: this.#inline.take(),
    };
  }
}

/** Rows of a `begun` message to one client. */
export class BegunColumns {
  readonly #tasks = new IntColumn();
  readonly #startedAt = new FloatColumn();
  readonly #workers = new IntColumn();

  get rows(): number {
    return this.#tasks.length;
  }

  push(task: number, startedAt: number, worker: number): void {
    this.#tasks.push(task);
    this.#startedAt.push(startedAt);
    this.#workers.push(worker);
  }

  message(): SchedulerToClient {
    return {
      op: "begun",
      tasks: this.#tasks.take(),
      startedAt: this.#startedAt.take(),
      workers: this.#workers.takeColumn(),
    };
  }
}

/** Rows of an `erred` message to one client. Tasks that fail together share the failure. */
export class ErredColumns {
  readonly #tasks = new IntColumn();
  #failures: FailureRecord[] = [];
  readonly #failureOf = new IntColumn();

  get rows(): number {
    return this.#tasks.length;
  }

  push(task: number, failure: FailureRecord): void {
    this.#tasks.push(task);
    let index = this.#failures.lastIndexOf(failure);
    if (index < 0) index = this.#failures.push(failure) - 1;
    this.#failureOf.push(index);
  }

  message(): SchedulerToClient {
    const failures = this.#failures;
    this.#failures = [];
    return { op: "erred", tasks: this.#tasks.take(), failures, failureOf: this.#failureOf.takeColumn() };
  }
}
