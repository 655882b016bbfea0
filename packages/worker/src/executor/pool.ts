import { HeddleError, type RunFailure } from "@heddle/protocol/values";
import type { WorkerIdentity } from "../task/runtime.js";
import { brokenFailure, exitFailure, memoryFailure, timeoutFailure } from "./control-failures.js";
import { Definitions, type NumberedDefinition } from "./definitions.js";
import {
  ExecutorThread,
  type Crash,
  type RunName,
  type StoppedRun,
  type ThreadOwner,
  type ThreadReports,
} from "./executor-thread.js";
import type { ExecuteBatch, ExecutorEvents, ExecutorPool } from "./interface.js";
import { collectGarbage } from "./collector.js";
import { LINES_PER_SECOND } from "./line-limit.js";
import { SharedBuffers } from "./shared-buffers.js";
import { Stop } from "./run-ledger.js";
import { SpareThread } from "./spare-thread.js";
import { Suspects } from "./suspects.js";
import type { ThreadOptions } from "./thread-link.js";
import { Left } from "./thread-messages.js";

/**
 * Milliseconds between two looks at every thread, while there are runs: at timeouts, at grace periods, and at results whose
 * thread has begun something longer than it expected and wakes nobody.
 */
const WATCH_INTERVAL = 10;
/** A run that takes longer than this many milliseconds is told of while it lasts. */
const LONG = 100;
/** Looks from one look for such runs to the next. */
const LOOKS_FOR_LONG = 10;
/** Milliseconds that a thread has to dispose of its per-worker values. */
const CLOSE_PATIENCE = 1_000;
/** Runs that a thread may have in its queue, at most. */
const QUEUED_RUNS = 8192;
/** Bytes of shared memory kept for reuse. */
const KEEP_BYTES = 256 * 1024 * 1024;
/** The same for one that a run keeps busy. */
const OCCUPIED_PATIENCE = 100;
/** Threads that may end while they load before the pool gives up. */
const MOST_FAILED_STARTS = 5;

export interface WorkerThreadPoolOptions {
  readonly threads: number;
  readonly worker: WorkerIdentity;
  /** Where bare imports of tasks are resolved from. Default: the working directory. */
  readonly baseDir?: string;
  /** Where threads put files that travel with functions. Whoever owns it removes it: a thread that is ended cannot. */
  readonly scratchFolder?: string;
  /** Milliseconds between asking a run to stop and ending its thread. Default 500. */
  readonly cancelGrace?: number;
  /** Runs that may wait on one thread without using it. Default 256. */
  readonly asyncPerThread?: number;
  /** JavaScript heap of each thread, bytes. Default: Node's. */
  readonly heapLimit?: number;
  /** Bytes of shared memory that came free and are kept for results and transfers of the same size. Default 256 MiB. */
  readonly keepBytes?: number;
  /** A pipe for what tasks print, in frames of output-frames.ts. Default: `events.output`. */
  readonly outputFd?: number;
  /** Compare the whole of every shared input after each run, not a sample. Default false. */
  readonly validate?: boolean;
  /** Environment of the threads. Default: this process's, without NODE_OPTIONS. */
  readonly env?: NodeJS.ProcessEnv;
}

/**
 * Executor threads of one worker: see {@link ExecutorPool}.
 *
 * @example
 * const pool = new WorkerThreadPool({ threads: 2, worker: { name: "worker-1", address } }, events);
 * await pool.start();
 * pool.execute(0, batch);
 */
export class WorkerThreadPool implements ExecutorPool {
  readonly threads: number;
  readonly #events: ExecutorEvents;
  readonly #options: ThreadOptions;
  readonly #cancelGrace: number;
  #worker: WorkerIdentity;
  readonly #definitions = new Definitions();
  /** The thread in each seat. */
  readonly #seats: ExecutorThread[] = [];
  /** Threads that take nothing new, and end when what they still have has ended. */
  readonly #leaving = new Set<ExecutorThread>();
  readonly #spare: SpareThread;
  readonly #buffers: SharedBuffers;
  #watch: NodeJS.Timeout | undefined;
  #looks = 0;
  #isClosed = false;
  #failedStarts = 0;
  #listens = false;
  readonly #suspects = new Suspects();

  constructor(options: WorkerThreadPoolOptions, events: ExecutorEvents) {
    this.threads = options.threads;
    this.#events = events;
    this.#worker = options.worker;
    this.#cancelGrace = options.cancelGrace ?? 500;
    this.#options = {
      worker: options.worker,
      baseDir: options.baseDir ?? process.cwd(),
      ...(options.scratchFolder === undefined ? {} : { scratchFolder: options.scratchFolder }),
      outputFd: options.outputFd,
      validate: options.validate ?? false,
      runsPerThread: 2 * Math.ceil((QUEUED_RUNS + (options.asyncPerThread ?? 256)) / 2),
      heapLimit: options.heapLimit,
      env: options.env ?? { ...process.env, NODE_OPTIONS: "" },
    };
    this.#buffers = new SharedBuffers({ collect: () => this.#collect(true), keep: options.keepBytes ?? KEEP_BYTES });
    this.#spare = new SpareThread(
      () => this.#newThread(-1),
      (id, ok, bytes) => events.returned(id, ok, bytes),
    );
  }

  async start(): Promise<void> {
    for (let seat = 0; seat < this.threads; seat++) this.#seats[seat] = this.#newThread(seat);
    await Promise.all(this.#seats.map((thread) => thread.ready));
  }

  identify(worker: WorkerIdentity): void {
    this.#worker = worker;
    for (const thread of this.#everyThread()) thread.post({ op: "identify", worker });
  }

  listen(): void {
    if (this.#listens) return;
    this.#listens = true;
    for (const thread of this.#everyThread()) this.#letTell(thread);
  }

  #letTell(thread: ExecutorThread): void {
    thread.post({ op: "listen", perSecond: LINES_PER_SECOND / this.threads });
  }

  define(definitions: readonly NumberedDefinition[]): void {
    const added = this.#definitions.add(definitions);
    if (added.length === 0) return;
    for (const thread of this.#everyThread()) thread.post({ op: "define", definitions: added });
  }

  undefine(hashes: readonly string[]): void {
    const removed = this.#definitions.remove(hashes);
    if (removed.length === 0) return;
    for (const thread of this.#everyThread()) thread.post({ op: "undefine", hashes: removed });
  }

  execute(seat: number, batch: ExecuteBatch): void {
    const thread = this.#seats[seat]!;
    const leases = batch.inputs.flatMap(({ buffers }) =>
      buffers.map((buffer) => this.#buffers.lend(buffer, thread.leases)),
    );
    thread.execute({ ...batch, functionOf: this.#definitions.numbers(batch.functionOf, batch.rows) }, leases);
    this.#watch ??= setInterval(this.#look, WATCH_INTERVAL);
  }

  executing(age: number): { tasks: Int32Array; startedAt: Float64Array } {
    const before = performance.timeOrigin + performance.now() - age;
    const tasks = new Int32Array(this.threads).fill(-1);
    const startedAt = new Float64Array(this.threads);
    this.#seats.forEach((thread, seat) => {
      const slot = thread.executing(before);
      if (slot < 0) return;
      tasks[seat] = thread.ledger.tasks[slot]!;
      startedAt[seat] = thread.slots.startedAt[slot]!;
    });
    return { tasks, startedAt };
  }

  cancel(seat: number, tasks: Int32Array, runs: Int32Array, force: boolean): void {
    const graceEnds = performance.now() + (force ? 0 : this.#cancelGrace);
    const queued: RunName[] = [];
    const overdue: [ExecutorThread, number][] = [];
    for (let row = 0; row < tasks.length; row++) {
      const [thread, slot] = this.#find(seat, tasks[row]!, runs[row]!);
      if (thread === undefined) continue;
      const taken = thread.revoke(slot);
      if (taken !== undefined) {
        queued.push(taken);
      } else {
        thread.stop(slot, Stop.cancelled, graceEnds);
        if (force) overdue.push([thread, slot]);
      }
    }
    if (queued.length > 0) this.#stopped(seat, queued.map(unbegun));
    for (const [thread, slot] of overdue) this.#enforce(thread, slot);
  }

  revoke(seat: number, tasks: Int32Array, runs: Int32Array, answer: (granted: Uint8Array) => void): void {
    const granted = new Uint8Array(tasks.length);
    for (let row = 0; row < tasks.length; row++) {
      const [thread, slot] = this.#find(seat, tasks[row]!, runs[row]!);
      if (thread?.revoke(slot) !== undefined) granted[row] = 1;
    }
    answer(granted);
  }

  forget(seat: number, tasks: Int32Array): void {
    this.#seats[seat]!.forget(tasks);
  }

  call(id: number, functionHash: string, args: Uint8Array): void {
    this.#spare.call(id, functionHash, args.slice());
  }

  collect(major: boolean): void {
    if (major) this.#buffers.dropFree();
    this.#collect(major);
  }

  #collect(major: boolean): void {
    for (const thread of this.#everyThread()) if (thread.leases.size > 0) thread.post({ op: "collect", major });
    // This thread has references of its own.
    collectGarbage(major);
  }

  retire(buffers: readonly Uint8Array[]): void {
    this.#buffers.retire(buffers);
  }

  allocate(bytes: number): Uint8Array {
    return new Uint8Array(this.#buffers.allocate(bytes));
  }

  get heldBytes(): number {
    return this.#buffers.heldBytes;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#watch);
    this.#buffers.close();
    const threads = [...this.#everyThread()];
    await Promise.all(threads.map((thread) => thread.close(thread.isOccupied ? OCCUPIED_PATIENCE : CLOSE_PATIENCE)));
    this.#seats.length = 0;
    this.#leaving.clear();
  }

  // ---- threads

  #newThread(seat: number): ExecutorThread {
    const thread = new ExecutorThread(seat, { ...this.#options, worker: this.#worker }, this.#owner);
    if (this.#listens) this.#letTell(thread);
    const definitions = this.#definitions.all;
    if (definitions.length > 0) thread.post({ op: "define", definitions });
    return thread;
  }

  *#everyThread(): Generator<ExecutorThread> {
    yield* this.#seats;
    yield* this.#leaving;
    if (this.#spare.thread !== undefined) yield this.#spare.thread;
  }

  /** The thread that has a run of this seat, and the run's slot there. */
  #find(seat: number, task: number, run: number): [ExecutorThread, number] | [undefined, -1] {
    const candidates = [this.#seats[seat]!, ...[...this.#leaving].filter((thread) => thread.seat === seat)];
    for (const thread of candidates) {
      const slot = thread.ledger.find(task, run);
      if (slot >= 0) return [thread, slot];
    }
    return [undefined, -1];
  }

  readonly #owner: ThreadOwner = {
    reports: (thread, reports) => this.#take(thread, reports),
    output: (task, stream, text) => this.#events.output(task, stream, text),
    printed: (line) => this.#events.printed?.(line),
    progress: (task, done, total) => this.#events.progress?.(task, done, total),
    published: (topic, events, mustArrive) => this.#events.published?.(topic, events, mustArrive),
    returned: (id, ok, bytes) => this.#spare.returned(id, ok, bytes),
    made: (thread, buffers, leases) => this.#made(thread, buffers, leases),
    released: (thread, leases) => this.#buffers.released(leases, thread.leases),
    unwanted: (buffers) => this.#buffers.retire(buffers),
    crashed: (thread, crash) => this.#crashed(thread, crash),
  };

  /** A thread that has made a buffer of some size is likely to make another. */
  #made(thread: ExecutorThread, buffers: readonly Uint8Array[], leases: readonly number[]): void {
    const recycled: SharedArrayBuffer[] = [];
    buffers.forEach((buffer, i) => {
      this.#buffers.made(buffer, leases[i]!, thread.leases);
      const memory = this.#buffers.take(buffer.buffer.byteLength);
      if (memory !== undefined) recycled.push(memory);
    });
    if (recycled.length > 0) thread.post({ op: "recycle", buffers: recycled });
  }

  #take(thread: ExecutorThread, reports: ThreadReports): void {
    const { seat } = thread;
    const { parked, seceded, finished, failed, stopped } = reports;
    if (parked.length > 0) {
      const { tasks, runs } = columns(parked);
      this.#events.parked(seat, tasks, runs, new Uint8Array(parked.length).fill(1));
    }
    if (seceded.length > 0) {
      const { tasks, runs } = columns(seceded);
      const left = Uint8Array.from(seceded, ({ left }) => (left === Left.back ? 0 : 1));
      this.#events.seceded(seat, tasks, runs, left);
    }
    if (finished !== undefined) this.#events.finished(finished);
    if (failed.length > 0) this.#events.failed(seat, failed);
    if (stopped.length > 0) this.#stopped(seat, stopped);
    for (const { slot, left } of seceded) if (left === Left.forGood) this.#detach(thread, slot);
    this.#retire(thread);
  }

  #stopped(seat: number, stopped: readonly StoppedRun[]): void {
    const { tasks, runs } = columns(stopped);
    this.#events.stopped(seat, tasks, runs, {
      startedAt: Float64Array.from(stopped, ({ startedAt }) => startedAt),
      busy: Int32Array.from(stopped, ({ busy }) => busy),
      waited: Int32Array.from(stopped, ({ waited }) => waited),
    });
  }

  // ---- watching

  readonly #look = (): void => {
    const now = performance.now();
    let runs = 0;
    const namesLong = this.#events.begun !== undefined && ++this.#looks % LOOKS_FOR_LONG === 0;
    for (const thread of [...this.#seats, ...this.#leaving]) {
      thread.drain();
      if (namesLong) this.#nameLong(thread);
      for (const slot of thread.ledger.expired(now)) thread.stop(slot, Stop.expired, now + this.#cancelGrace);
      for (const slot of thread.ledger.overdue(now)) this.#enforce(thread, slot);
      runs += thread.ledger.size;
    }
    if (runs > 0) return;
    clearInterval(this.#watch);
    this.#watch = undefined;
  };

  #nameLong(thread: ExecutorThread): void {
    const long = thread.longRuns(LONG);
    if (long.length === 0) return;
    const { tasks, runs } = columns(long);
    this.#events.begun?.(
      tasks,
      runs,
      Float64Array.from(long, ({ startedAt }) => startedAt),
    );
  }

  /** A run that was asked to stop has not done so in its time. */
  #enforce(thread: ExecutorThread, slot: number): void {
    const { task, run } = thread.name(slot);
    thread.drain();
    // It may have ended at last, or have gone with its thread for another's sake.
    if (thread.ledger.tasks[slot] !== task || thread.ledger.runs[slot] !== run) return;
    const holdsThread = thread.holdsThread(slot, performance.now());
    if (holdsThread === undefined) return;
    if (holdsThread) {
      this.#replace(thread, [slot], (culprit) => this.#stopFailure(thread, culprit));
      return;
    }
    const failure = this.#stopFailure(thread, slot);
    const facts = thread.facts(slot);
    thread.disown(slot);
    if (failure === undefined) this.#stopped(thread.seat, [{ ...facts, waited: 0 }]);
    else this.#events.failed(thread.seat, [failure]);
    // What it waits for may come at any time: nothing else should be on its thread then.
    this.#detach(thread);
    this.#retire(thread);
  }

  /** Undefined for a cancelled run: that is no failure. */
  #stopFailure(thread: ExecutorThread, slot: number): RunFailure | undefined {
    return thread.ledger.stops[slot] === Stop.expired
      ? timeoutFailure(thread.facts(slot), thread.ledger.timeout(slot))
      : undefined;
  }

  // ---- replacing threads

  /**
   * Ends a thread for the sake of some of its runs, and puts a new one in its seat. Its other runs have to be placed again.
   *
   * @param fate - the failure of a culprit; undefined: it was cancelled
   */
  #replace(old: ExecutorThread, culprits: readonly number[], fate: (slot: number) => RunFailure | undefined): void {
    const failed: RunFailure[] = [];
    const stopped: StoppedRun[] = [];
    const victims: RunName[] = [];
    for (const slot of old.ledger.taken()) {
      // Whatever has not begun will not begin there any more.
      old.slots.revoke(slot);
      const isCulprit = culprits.includes(slot);
      const isStopping = old.ledger.stops[slot] !== Stop.no;
      const failure = isCulprit ? fate(slot) : isStopping ? this.#stopFailure(old, slot) : undefined;
      const facts = old.facts(slot);
      const name = old.disown(slot);
      if (failure !== undefined) failed.push(failure);
      else if (isCulprit || isStopping) stopped.push({ ...facts, waited: 0 });
      else victims.push(name);
    }
    this.#reseat(old);
    // Until it has really ended it may still write to what it refers to.
    void old.end().then(() => this.#buffers.releaseAll(old.leases));
    if (failed.length > 0) this.#events.failed(old.seat, failed);
    if (stopped.length > 0) this.#stopped(old.seat, stopped);
    this.#giveBack(old.seat, victims);
  }

  /** A thread goes on with the runs it has begun, and another takes its seat. */
  #detach(old: ExecutorThread, secededSlot = -1): void {
    if (this.#seats[old.seat] === old) {
      this.#leaving.add(old);
      this.#reseat(old);
      const queued = old.ledger.taken().flatMap((slot) => old.revoke(slot) ?? []);
      this.#giveBack(old.seat, queued);
    }
    old.post({ op: "alone", slot: secededSlot });
  }

  #reseat(old: ExecutorThread): void {
    if (this.#seats[old.seat] === old && !this.#isClosed) this.#seats[old.seat] = this.#newThread(old.seat);
    else this.#leaving.delete(old);
  }

  #giveBack(seat: number, names: readonly RunName[]): void {
    const { tasks, runs } = columns(names);
    this.#events.replaced(seat, tasks, runs);
  }

  /** A thread that was only waiting for its last runs to end. */
  #retire(thread: ExecutorThread): void {
    if (thread.ledger.size > 0 || !this.#leaving.delete(thread)) return;
    void thread.close(CLOSE_PATIENCE).then(() => this.#buffers.releaseAll(thread.leases));
  }

  /** Threads that cannot even load would be replaced for ever: let whoever watches this process start a new one. */
  #giveUp({ error, exitCode }: Crash): never {
    const options = error === undefined ? undefined : { cause: error };
    throw new HeddleError("HEDDLE_EXECUTOR_BROKEN", `executor threads cannot start (exit code ${exitCode})`, options);
  }

  #crashed(thread: ExecutorThread, crash: Crash): void {
    if (this.#isClosed) return;
    if (thread.seat < 0) {
      this.#spare.crashed(crash);
      return;
    }
    if (!crash.hadLoaded && ++this.#failedStarts > MOST_FAILED_STARTS) this.#giveUp(crash);
    const { ledger, slots } = thread;
    const begun = ledger.taken().filter((slot) => !slots.revoke(slot));
    if (crash.broken !== undefined) {
      this.#broke(thread, crash.broken, begun);
      return;
    }
    const known = slots.exit?.slot ?? slots.occupant;
    // Without one that had the thread, any of those that waited may have done it.
    const culprits = known >= 0 && ledger.isTaken(known) ? [known] : begun;
    const suspects = culprits.map((slot) => ledger.tasks[slot]!);
    const exitCode = slots.exit?.code ?? crash.exitCode;
    this.#replace(thread, culprits, (slot) =>
      crash.isOutOfMemory
        ? memoryFailure(thread.facts(slot), suspects)
        : exitFailure(thread.facts(slot), exitCode, crash.error),
    );
  }

  /** A run that its thread failed over is placed once more: it need not be its doing. The second time it fails. */
  #broke(thread: ExecutorThread, { slot, message }: NonNullable<Crash["broken"]>, begun: readonly number[]): void {
    this.#events.output(-1, "stderr", `an executor thread failed, and is replaced: ${message}\n`);
    const suspects = slot >= 0 && thread.ledger.isTaken(slot) ? [slot] : begun;
    const culprits = suspects.filter((suspect) => this.#suspects.note(thread.ledger.tasks[suspect]!));
    this.#replace(thread, culprits, (culprit) => brokenFailure(thread.facts(culprit), message));
  }
}

function unbegun(name: RunName): StoppedRun {
  return { ...name, startedAt: 0, busy: 0, waited: 0 };
}

function columns(names: readonly RunName[]): { tasks: Int32Array; runs: Int32Array } {
  return { tasks: Int32Array.from(names, ({ task }) => task), runs: Int32Array.from(names, ({ run }) => run) };
}
