/**
 * Executor threads on virtual time. They do with batches what real ones do: decode arguments and inputs with the real codec, run
 * rows in order, retain results, report in batches, give queued rows back, and end threads for cancelled runs.
 */
import {
  at,
  ByteSink,
  offsetsOf,
  ValueDecoder,
  ValueEncoder,
  type EncodedValue,
  type RunFailure,
} from "@heddle/protocol";
import { ExecuteFlag, type ExecuteColumns, type FinishedRuns, type WorkerEvent } from "@heddle/worker";
import type { Clock } from "./clock.js";
import type { Random } from "./random.js";
import { combine, type TaskArgument, type TaskValue } from "./workload.js";

interface Row {
  readonly task: number;
  readonly run: number;
  readonly attempt: number;
  readonly flags: number;
  readonly args: Uint8Array;
  /** Task id of each input, and its value where it came with the batch. */
  readonly inputs: readonly { readonly task: number; readonly value: EncodedValue | undefined }[];
}

const GRACE = 20;

export class SimThread {
  readonly #queue: Row[] = [];
  readonly #retained = new Map<number, EncodedValue>();
  /** Of those, what goes with the run that takes it. */
  readonly #handedOn = new Set<number>();
  readonly #parked = new Map<number, { readonly row: Row; readonly end: () => void }>();
  readonly #encoder = new ValueEncoder({
    dependencyOf: (value) => (value instanceof InputMark ? value.index : -1),
  });
  readonly #decoder = new ValueDecoder();
  #running: { readonly row: Row; readonly stop: () => void } | undefined;
  #report: { row: Row; value: EncodedValue; busy: number }[] = [];

  constructor(
    readonly index: number,
    readonly clock: Clock,
    readonly random: Random,
    /** Every run that begins: the judge looks for runs that must not. */
    readonly onBegin: (key: string, attempt: number) => void,
    readonly emit: (event: WorkerEvent) => void,
  ) {}

  execute(batch: ExecuteColumns, inputs: readonly EncodedValue[]): void {
    const args = offsetsOf(batch.argLengths, batch.rows);
    let dep = 0;
    for (let row = 0; row < batch.rows; row++) {
      const count = at(batch.depCounts, row);
      const rowInputs = Array.from({ length: count }, (_, i) => {
        const input = batch.depInputs[dep + i]!;
        return { task: batch.deps[dep + i]!, value: input < 0 ? undefined : inputs[input]! };
      });
      dep += count;
      this.#queue.push({
        task: batch.tasks[row]!,
        run: batch.runs[row]!,
        attempt: at(batch.attempts, row),
        flags: at(batch.flags, row),
        args: batch.args.slice(args[row], args[row + 1]),
        inputs: rowInputs,
      });
    }
    this.#next();
  }

  forget(tasks: Int32Array): void {
    for (const task of tasks) {
      this.#retained.delete(task);
      this.#handedOn.delete(task);
    }
  }

  revoke(runs: Int32Array): void {
    const granted = Uint8Array.from(runs, (run) => {
      const index = this.#queue.findIndex((row) => row.run === run);
      if (index < 0) return 0;
      this.#queue.splice(index, 1);
      return 1;
    });
    this.clock.after(this.random.skewed(0.01, 1), () => this.emit({ type: "revoked", runs, granted }));
  }

  cancel(runs: Int32Array, force: boolean): void {
    for (const run of runs) {
      const index = this.#queue.findIndex((row) => row.run === run);
      if (index >= 0) {
        const [row] = this.#queue.splice(index, 1);
        this.#stopped(row!);
      } else if (this.#running?.row.run === run || this.#parked.has(run)) {
        this.clock.after(force ? 0 : GRACE, () => this.#end(run));
      }
    }
  }

  /** The grace of a cancelled run is over and it still goes on. */
  #end(run: number): void {
    const parked = this.#parked.get(run);
    if (parked !== undefined) {
      parked.end();
      this.#parked.delete(run);
      this.#stopped(parked.row);
    } else if (this.#running?.row.run === run) {
      const { row } = this.#running;
      this.#running.stop();
      this.#running = undefined;
      this.#flush();
      const victims = [...this.#queue, ...[...this.#parked.values()].map((p) => p.row)];
      for (const p of this.#parked.values()) p.end();
      this.#queue.length = 0;
      this.#parked.clear();
      this.#retained.clear();
      this.#handedOn.clear();
      this.#stopped(row);
      this.emit({
        type: "replaced",
        thread: this.index,
        tasks: Int32Array.from(victims, (victim) => victim.task),
        runs: Int32Array.from(victims, (victim) => victim.run),
      });
    }
  }

  #retain(row: Row, value: EncodedValue): void {
    this.#retained.set(row.task, value);
    if ((row.flags & ExecuteFlag.handOn) !== 0) this.#handedOn.add(row.task);
    else this.#handedOn.delete(row.task);
  }

  #take(task: number): EncodedValue | undefined {
    const value = this.#retained.get(task);
    if (this.#handedOn.delete(task)) this.#retained.delete(task);
    return value;
  }

  #stopped(row: Row): void {
    this.emit({ type: "stopped", thread: this.index, tasks: Int32Array.of(row.task), runs: Int32Array.of(row.run) });
  }

  #next(): void {
    if (this.#running !== undefined) return;
    const row = this.#queue.shift();
    if (row === undefined) {
      this.#flush();
      return;
    }
    const values: number[] = [];
    for (const input of row.inputs) {
      const encoded = input.value ?? this.#take(input.task);
      if (encoded === undefined) {
        this.#fail(row, "inputs", `input ${input.task} is not on this thread`, false);
        this.#next();
        return;
      }
      values.push((this.#decoder.decode(encoded.head, encoded.buffers) as TaskValue).value);
    }
    const [argument] = this.#decoder.decode(row.args, [], 0, (i) => values[i]) as [TaskArgument];
    this.onBegin(argument.key, row.attempt);
    const begun = this.clock.now;
    const finish = (): void => {
      if (row.attempt <= argument.failures) {
        this.#fail(row, "error", argument.key, true);
        return;
      }
      const padding = "x".repeat(argument.padding);
      const encoded = this.#encoder.encode({ value: combine(argument.salt, values), padding } satisfies TaskValue);
      if ((row.flags & ExecuteFlag.retain) !== 0) this.#retain(row, encoded);
      this.#report.push({ row, value: encoded, busy: Math.round((this.clock.now - begun) * 1000) });
    };
    const toEnd = argument.waits ? argument.duration / 2 : argument.duration;
    const cancel = this.clock.after(toEnd, () => {
      this.#running = undefined;
      if (argument.waits) this.#park(row, argument.duration / 2, finish);
      else finish();
      // Now and then a thread says what it has before its queue is empty.
      if (this.#queue.length === 0 || this.random.chance(0.3)) this.#flush();
      this.#next();
    });
    this.#running = { row, stop: cancel };
  }

  #park(row: Row, rest: number, finish: () => void): void {
    const away = (value: number): void =>
      this.emit({
        type: "parked",
        thread: this.index,
        tasks: Int32Array.of(row.task),
        runs: Int32Array.of(row.run),
        away: Uint8Array.of(value),
      });
    this.#flush();
    away(1);
    const end = this.clock.after(rest, () => {
      this.#parked.delete(row.run);
      finish();
      this.#flush();
    });
    this.#parked.set(row.run, { row, end });
  }

  #fail(row: Row, kind: "error" | "inputs", message: string, started: boolean): void {
    // In the order of the runs: what finished before is told before.
    this.#flush();
    const failure: RunFailure = {
      task: row.task,
      run: row.run,
      kind,
      message,
      startedAt: this.clock.now,
      busy: 1,
      started,
    };
    this.emit({ type: "failed", thread: this.index, failures: [failure] });
  }

  #flush(): void {
    if (this.#report.length === 0) return;
    const report = this.#report;
    this.#report = [];
    const heads = new ByteSink();
    for (const { value } of report) heads.append(value.head);
    const batch: FinishedRuns = {
      thread: this.index,
      rows: report.length,
      tasks: Int32Array.from(report, ({ row }) => row.task),
      runs: Int32Array.from(report, ({ row }) => row.run),
      startedAt: Float64Array.from(report, () => this.clock.now),
      busy: Int32Array.from(report, ({ busy }) => busy),
      waited: 0,
      decoded: 0,
      headLengths: Int32Array.from(report, ({ value }) => value.head.length),
      heads: heads.take(),
      bufferCounts: 0,
      buffers: [],
    };
    this.emit({ type: "finished", batch });
  }
}

/** Stands in a task's arguments for an input. */
export class InputMark {
  constructor(readonly index: number) {}
}
