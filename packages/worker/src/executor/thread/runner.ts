/**
 * Runs what the control thread sends, row by row, on this thread's event loop. Rows begin in the order in which they came, save
 * those that wait for results of this thread.
 */
import type { TravellingValues } from "@heddle/closures/revive";
import { AsyncLocalStorage } from "node:async_hooks";
import type { RunningTask } from "../../task/runtime.js";
import type { Batch } from "../batch-frame.js";
import type { RunSlots } from "../run-slots.js";
import { Left } from "../thread-messages.js";
import type { ArgumentReader } from "./arguments.js";
import type { ErrorEncoder, FailureStage } from "./failure.js";
import { loadCapturing } from "./capturing.js";
import type { FunctionEntry, Functions } from "./functions.js";
import type { Inbox } from "./inbox.js";
import { collected, collectedLater, isGenerator, isThenable } from "./outcome.js";
import { ParkedRuns, activeMilliseconds } from "./parked-runs.js";
import type { Reporter } from "./reporter.js";
import { keepsResult, type ResultWriter } from "./result-writer.js";
import type { RetainedResults } from "./retained.js";
import { RowQueue, type Row } from "./row-queue.js";
import { TaskRun, type RunHost } from "./task-run.js";

/** Milliseconds of runs in a row before the event loop has its turn: parked tasks, timers, messages. */
const SLICE = 2;
/** The news of earlier runs may wait for a run that is expected to take less than this many milliseconds. */
const SHORT = 0.1;
/** Bytes of arguments whose decoding is worth two looks at the clock. */
const LARGE_ARGUMENTS = 16 * 1024;

export interface RunnerParts {
  readonly slots: RunSlots;
  readonly inbox: Inbox;
  readonly reporter: Reporter;
  readonly functions: Functions;
  readonly arguments: ArgumentReader;
  readonly results: ResultWriter;
  readonly retained: RetainedResults<Row>;
  readonly errors: ErrorEncoder;
  readonly travelling: TravellingValues;
  readonly host: RunHost;
  /** Something here, not in a task, has failed: ends the thread. @param slot - of the run it was about, -1: none */
  readonly broken: (error: unknown, slot: number) => void;
}

export class Runner {
  readonly #parts: RunnerParts;
  readonly #queue: RowQueue;
  readonly #parked: ParkedRuns;
  /** The task, for code that runs after an await, in a timer, in a callback. */
  readonly #scope = new AsyncLocalStorage<TaskRun | undefined>();

  /** The row that has the thread, as long as it does, and its run if it needed one. */
  #running: Batch | undefined;
  #runningRow = 0;
  #run: TaskRun | undefined;

  #turnIsQueued = false;
  /** A function is being revived; the rows after it wait, so that they begin in order. */
  #isReviving = false;
  /** Nothing more begins here: a run has the thread for itself. */
  #isClosed = false;
  #onAlone: (() => void) | undefined;
  /** Milliseconds of all runs on this thread so far, without what parked ones did later. */
  #busy = 0;

  constructor(parts: RunnerParts) {
    this.#parts = parts;
    this.#queue = new RowQueue(parts.inbox, parts.retained);
    this.#parked = new ParkedRuns(parts.reporter);
  }

  /** The run whose code is running. */
  current(): TaskRun | undefined {
    if (this.#running === undefined) return this.#scope.getStore();
    return (this.#run ??= this.#identify(this.#running, this.#runningRow));
  }

  /** Calls something that is no task. */
  outsideTasks<T>(action: () => T): T {
    return this.#scope.run(undefined, action);
  }

  // ---- the loop

  /** Begins rows until there are none, or the event loop has to have its turn. */
  readonly #turn = (): void => {
    try {
      this.#takeTurn();
    } catch (error) {
      this.#parts.broken(error, this.#parts.slots.occupant);
    }
  };

  #takeTurn(): void {
    this.#turnIsQueued = false;
    // Messages may be taken in the midst of a run; its own turn goes on.
    if (this.#isReviving || this.#isClosed || this.#running !== undefined) return;
    const { inbox, reporter, slots } = this.#parts;
    inbox.awake();
    let now = performance.now();
    const end = now + SLICE;
    while (!this.#isReviving && !this.#isClosed) {
      if (now > end) {
        this.queueTurn();
        break;
      }
      if (this.#queue.next()) now = this.#begin(this.#queue.batch!, this.#queue.row, now);
      else if (inbox.sleep()) break;
    }
    if (!this.#isReviving) slots.occupy(-1);
    this.#queue.release();
    this.#parts.arguments.release();
    this.#parts.results.release();
    reporter.wake();
  }

  /**
   * A turn of its own, not within whatever called: Node delivers the messages of a port one after the other for as long as more
   * come, up to a thousand, and timers, sockets and parked tasks would wait for the last.
   */
  queueTurn(): void {
    if (this.#turnIsQueued) return;
    this.#turnIsQueued = true;
    setImmediate(this.#turn);
  }

  // ---- one run

  /** @returns the time after it: one look at the clock serves as the end of one run and the start of the next */
  #begin(batch: Batch, row: number, now: number): number {
    const { slots, functions, reporter, inbox } = this.#parts;
    if (batch.depCount(row) > 0 && this.#queue.setAsideIfEarly()) return now;
    const slot = batch.slot(row);
    if (!slots.begin(slot)) return now;
    slots.occupy(slot);
    const index = batch.functionOf(row);
    const entry = functions.get(index);
    if (entry === undefined) {
      if (!functions.isDefined(index)) inbox.takeMessages();
      this.#isReviving = true;
      this.#reviveFor(batch, row, index, now).catch((error: unknown) => this.#parts.broken(error, slot));
      return now;
    }
    reporter.beforeRun(entry.mean >= 0 && entry.mean < SHORT, now);
    return this.#call(batch, row, slot, entry, now, 0);
  }

  async #reviveFor(batch: Batch, row: number, index: number, start: number): Promise<void> {
    try {
      // What a file does while it is imported is no task's doing, though this turn may have come from one.
      const entry = await this.outsideTasks(() => this.#parts.functions.load(index));
      this.#isReviving = false;
      this.#call(batch, row, batch.slot(row), entry, start, performance.now() - start);
    } catch (error) {
      this.#isReviving = false;
      this.#failUnbegun("definition", error, batch, row, start);
    }
    this.queueTurn();
  }

  /** Calls when what a function among the arguments imports has been loaded. */
  async #prepareFor(
    preparation: Promise<unknown>,
    batch: Batch,
    row: number,
    entry: FunctionEntry,
    start: number,
  ): Promise<void> {
    try {
      await preparation;
      this.#isReviving = false;
      this.#call(batch, row, batch.slot(row), entry, start, performance.now() - start);
    } catch (error) {
      this.#isReviving = false;
      this.#failUnbegun("inputs", error, batch, row, start);
    }
    this.queueTurn();
  }

  /**
   * @param start - when the thread turned to this run
   * @param prepared - milliseconds since then that went into reviving its function, or what its arguments refer to
   */
  #call(batch: Batch, row: number, slot: number, entry: FunctionEntry, start: number, prepared: number): number {
    this.#running = batch;
    this.#runningRow = row;
    let stage: FailureStage = "inputs";
    let end: number;
    let value: unknown;
    let guard: TaskRun["guard"];
    let decoded = prepared;
    try {
      const args = this.#parts.arguments.read(batch, row);
      guard = this.#parts.arguments.guard;
      stage = "body";
      if (batch.depCount(row) > 0 || batch.argLength(row) >= LARGE_ARGUMENTS) decoded = performance.now() - start;
      this.#parts.slots.startedAt[slot] = performance.timeOrigin + start + prepared;
      // A library may let a further attempt wait before it calls what did not wait the first time.
      value =
        entry.style === "direct" && batch.attempt(row) === 1
          ? entry.call.apply(undefined, args)
          : this.#callScoped(entry, args);
      if (isGenerator(value)) value = this.#scope.run(this.current(), collected, value);
      if (isThenable(value)) {
        entry.style = "scoped";
        return this.#park(this.current()!, value, guard, start, decoded, prepared);
      }
      if (entry.style === "unknown") entry.style = "direct";
      const damage = guard?.check();
      if (damage !== undefined) throw damage;
      stage = "result";
      this.#parts.results.encode(value);
      end = performance.now();
      this.#parts.results.report(slot, start, end - start, 0, decoded, end);
      if (keepsResult(batch, row)) this.#retain(batch, row, value);
      if (this.#run !== undefined) this.#run.isOver = true;
    } catch (error) {
      end = performance.now();
      const preparation =
        stage === "inputs" ? this.outsideTasks(() => this.#parts.travelling.preparation(error)) : undefined;
      if (preparation !== undefined) {
        this.#isReviving = true;
        this.#prepareFor(preparation, batch, row, entry, start).catch((error: unknown) =>
          this.#parts.broken(error, slot),
        );
        return end;
      }
      const loading = stage === "result" ? loadCapturing(error, this.#parts.travelling) : undefined;
      if (loading !== undefined)
        return this.#park(
          this.current()!,
          loading.then(() => value),
          guard,
          start,
          decoded,
          prepared,
        );
      if (this.#run !== undefined) this.#run.isOver = true;
      this.#fail(stage, error, batch, row, { start, busy: end - start, waited: 0, decoded });
    } finally {
      this.#running = undefined;
      this.#run = undefined;
    }
    entry.ran(end - start - prepared);
    this.#busy += end - start - prepared;
    return end;
  }

  #callScoped(entry: FunctionEntry, args: unknown[]): unknown {
    return this.#scope.run(this.current(), () => entry.call.apply(undefined, args));
  }

  #identify(batch: Batch, row: number): TaskRun {
    return new TaskRun(this.#parts.host, batch, row);
  }

  #failUnbegun(stage: FailureStage, error: unknown, batch: Batch, row: number, start: number): void {
    const busy = performance.now() - start;
    this.#fail(stage, error, batch, row, { start, busy, waited: 0, decoded: busy });
  }

  #fail(stage: FailureStage, error: unknown, batch: Batch, row: number, times: RunTimes): void {
    if (keepsResult(batch, row)) this.#goOn(this.#parts.retained.forget(batch.task(row)));
    this.#parts.reporter.post({
      op: "failed",
      failure: {
        ...this.#parts.errors.failure(stage, error),
        slot: batch.slot(row),
        startedAt: performance.timeOrigin + times.start,
        busy: micros(times.busy),
        ...(times.waited === 0 ? {} : { waited: micros(times.waited) }),
        ...(times.decoded === 0 ? {} : { decoded: micros(times.decoded) }),
        started: stage === "body" || stage === "result",
      },
    });
  }

  #retain(batch: Batch, row: number, value: unknown): void {
    const result = this.#parts.results.retainedResult(value, batch.flags(row));
    this.#goOn(this.#parts.retained.provide(batch.task(row), result));
  }

  /** Rows that waited for a result need wait no longer. Where there is none they fail, and the control thread places them again. */
  #goOn(waiting: readonly Row[]): void {
    if (waiting.length === 0) return;
    this.#queue.resume(waiting);
    if (this.#running === undefined) this.queueTurn();
  }

  // ---- runs that wait

  #park(
    run: TaskRun,
    value: PromiseLike<unknown>,
    guard: TaskRun["guard"],
    start: number,
    decoded: number,
    prepared: number,
  ): number {
    const now = performance.now();
    run.startedAt = start;
    run.busy = now - start;
    run.decoded = decoded;
    run.guard = guard;
    this.#busy += run.busy - prepared;
    run.parkedAt = activeMilliseconds() - this.#busy;
    this.#parked.add(run);
    this.#follow(run, value);
    return now;
  }

  #follow(run: TaskRun, value: PromiseLike<unknown>): void {
    Promise.resolve(value)
      .then(
        (result) => this.#finishParked(run, result),
        (error: unknown) => void this.failParked(run, error),
      )
      .catch((error: unknown) => this.#parts.broken(error, run.slot));
  }

  #finishParked(run: TaskRun, value: unknown): void {
    if (run.isOver) return;
    if (isGenerator(value)) {
      this.#follow(run, this.#scope.run(run, collectedLater, value));
      return;
    }
    const { batch, row } = run;
    let stage: FailureStage = "body";
    try {
      const damage = run.guard?.check();
      if (damage !== undefined) throw damage;
      stage = "result";
      this.#parts.results.encode(value);
    } catch (error) {
      const loading = stage === "result" ? loadCapturing(error, this.#parts.travelling) : undefined;
      if (loading === undefined) this.failParked(run, error, stage);
      else
        this.#follow(
          run,
          loading.then(() => value),
        );
      return;
    }
    this.#parked.end(run);
    const now = performance.now();
    const busy = this.#busyOf(run, now);
    this.#parts.results.report(run.slot, run.startedAt, busy, now - run.startedAt - busy, run.decoded, now);
    if (keepsResult(batch, row)) this.#retain(batch, row, value);
    this.#parts.reporter.wakeSoon();
  }

  /** Ends a parked run with an error, its own or a stray one. False: it was over already. */
  failParked(run: TaskRun, error: unknown, stage: FailureStage = "body"): boolean {
    const now = performance.now();
    const busy = run.isOver ? 0 : this.#busyOf(run, now);
    if (!this.#parked.end(run)) return false;
    const { startedAt: start, decoded } = run;
    this.#fail(stage, error, run.batch, run.row, { start, busy, waited: now - start - busy, decoded });
    return true;
  }

  /**
   * Milliseconds of a parked run on the thread: Node does not tell whose callbacks the event loop ran, so what it did beside
   * beginning other runs is shared between those that waited.
   */
  #busyOf(run: TaskRun, now: number): number {
    const elsewhere = activeMilliseconds() - this.#busy - run.parkedAt;
    const share = Math.max(0, elsewhere) / Math.max(1, this.#parked.size);
    return Math.min(run.busy + share, now - run.startedAt);
  }

  // ---- orders

  stop(slot: number, expired: boolean): void {
    this.#parked.get(slot)?.stop(expired);
  }

  forget(tasks: Int32Array): void {
    for (const task of tasks) this.#goOn(this.#parts.retained.forget(task));
  }

  /** Asks for this thread to belong to one run. Nothing else begins on it from now on. */
  secede(task: RunningTask): Promise<void> {
    this.#isClosed = true;
    this.#parts.reporter.seceded(asRun(task).slot, Left.forGood);
    return new Promise((resolve) => (this.#onAlone = resolve));
  }

  /** A run waits for other tasks, and needs no slot until the function returned is called. */
  vacateSlot(task: RunningTask): () => void {
    const run = asRun(task);
    const { reporter } = this.#parts;
    if (run.waits++ === 0) reporter.seceded(run.slot, Left.vacated);
    let isBack = false;
    return () => {
      if (isBack || run.isOver) return;
      isBack = true;
      if (--run.waits === 0) reporter.seceded(run.slot, Left.back);
    };
  }

  /** A run says how long it may take from now on. */
  limitTime(task: RunningTask, milliseconds: number): void {
    const run = asRun(task);
    if (run.isOver) return;
    run.limit = milliseconds;
    this.#parts.reporter.limited(run.slot, milliseconds);
  }

  /** The control thread has agreed, or wants it so, and has taken back what had not begun. */
  alone(): void {
    this.#isClosed = true;
    this.#queue.clear();
    this.#onAlone?.();
  }
}

/** Milliseconds; `start` by `performance.now()`. */
interface RunTimes {
  readonly start: number;
  readonly busy: number;
  readonly waited: number;
  readonly decoded: number;
}

function micros(milliseconds: number): number {
  return Math.min(Math.round(milliseconds * 1000), 0x7fffffff);
}

function asRun(task: RunningTask): TaskRun {
  if (!(task instanceof TaskRun)) throw new TypeError("this task runs on another thread");
  return task;
}
