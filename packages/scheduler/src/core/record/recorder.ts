import type { FailureRecord } from "@heddle/protocol";
import { IDLE, RowFlag, RowState } from "@heddle/protocol/dashboard";
import type { WorkerRecord } from "../workers.js";
import type { TaskTable } from "../task-table.js";
import { Census } from "./census.js";
import { Control, Gauge, MAX_INDEX, OTHER, RecordColumns, type RecordMemory } from "./memory.js";
import type { FailureNews, GoneWorker, NewGroup, NewWorker, RecordNews } from "./news.js";

/** Kinds of failures told at once; beyond it only their number is. */
const MAX_FAILURES = 200;
const WORKERS_NAMED = 16;
/** Bytes of the longest key that is kept. */
const MAX_KEY = 0xffff;
/** Where keys that came together begin. */
const KEY_ALIGNMENT = 8;
/** A row's unit for decoding, microseconds. */
const COARSE = 64;

/** A run that has ended. Times of the worker's clock in milliseconds, durations in microseconds. Whoever writes many uses one. */
export interface EndedRun {
  task: number;
  group: number;
  startedAt: number;
  busy: number;
  waited: number;
  thread: number;
  /** Inputs were on their way while it could have begun. */
  fetched: number;
  decoded: number;
  nbytes: number;
  attempt: number;
}

/**
 * Writes down what happens, for the dashboard's thread to read: counters and rows into shared memory, tens of nanoseconds a task, and
 * what has a name into {@link RecordNews}. Decides nothing, and holds nothing that the scheduler needs.
 */
export class Recorder {
  readonly memory: RecordMemory;
  readonly #columns: RecordColumns;
  readonly #mask: number;
  readonly #keyMask: number;
  #next = 0;
  #keyNext = 0;
  #nextLane = 0;
  /** Groups with an index of their own, and tasks of each since the start. */
  #groupCount = 0;
  readonly #created = new Int32Array(MAX_INDEX + 1);
  readonly #census = new Census();
  #counted = -1;
  #groups: NewGroup[] = [];
  #joined: NewWorker[] = [];
  #left: GoneWorker[] = [];
  #failures = new Map<string, FailureNews>();
  #moreFailures = 0;
  readonly #edges = new Map<number, number>();
  /** The last pair of groups, and edges of it that are not in the map yet: edges of one kind come together. */
  #edgePair = -1;
  #edgeCount = 0;

  constructor(memory: RecordMemory) {
    this.memory = memory;
    this.#columns = new RecordColumns(memory);
    this.#mask = memory.capacity - 1;
    this.#keyMask = memory.keys.byteLength - 1;
    this.#columns.laneGroups.fill(IDLE);
  }

  // ---- names

  /** There are names that nobody was told of and that rows may use. */
  get hasNames(): boolean {
    return this.#groups.length + this.#joined.length + this.#left.length > 0;
  }

  /** What was not told before; undefined when there is nothing. */
  takeNews(): RecordNews | undefined {
    this.#countEdges();
    if (!this.hasNames && this.#failures.size === 0 && this.#edges.size === 0) return undefined;
    const edges: number[] = [];
    for (const [pair, count] of this.#edges) edges.push(pair >>> 16, pair & MAX_INDEX, count);
    const news: RecordNews = {
      groups: this.#groups,
      joined: this.#joined,
      left: this.#left,
      failures: [...this.#failures.values()],
      moreFailures: this.#moreFailures,
      edges,
    };
    this.#groups = [];
    this.#joined = [];
    this.#left = [];
    this.#failures = new Map();
    this.#moreFailures = 0;
    this.#edges.clear();
    return news;
  }

  groupAdded(id: number, name: string): void {
    this.#groupCount = id + 1;
    this.#groups.push({ id, name: id === OTHER ? "(other)" : name });
  }

  /** @returns lane of its first thread */
  workerJoined(worker: WorkerRecord): number {
    const { threads, hello } = worker;
    const lane = Math.min(this.#nextLane, OTHER);
    this.#nextLane += threads;
    this.#joined.push({
      id: worker.index,
      name: worker.name,
      host: hello.host,
      pid: hello.pid,
      threads,
      memoryLimit: hello.memoryLimit,
      resources: { ...worker.resources },
      address: hello.dataAddress,
      joinedAt: worker.joinedAt,
      lane,
    });
    return lane;
  }

  workerLeft(worker: WorkerRecord, now: number, ending: string): void {
    this.#left.push({ id: worker.index, leftAt: now, ending });
    for (let thread = 0; thread < worker.threads; thread++) this.running(worker, thread, IDLE, 0, 0);
  }

  /**
   * Keeps the keys of tasks that arrived together, so that a row costs a number and no copy. The oldest keys go when there is no room.
   *
   * @returns where they begin
   */
  keepKeys(keys: Uint8Array): number {
    const { control, keys: ring } = this.#columns;
    const start = this.#keyNext;
    const { length } = keys;
    // Memory that threads share is copied word by word only where both sides are aligned alike.
    this.#keyNext = (start + length + KEY_ALIGNMENT - 1) & -KEY_ALIGNMENT;
    // Said before it is done: whoever reads what is written over must find out.
    Atomics.store(control, Control.keyHead, this.#keyNext);
    if (length > ring.length) return start;
    const place = start & this.#keyMask;
    const first = Math.min(length, ring.length - place);
    if (first === length) ring.set(keys, place);
    else {
      ring.set(keys.subarray(0, first), place);
      ring.set(keys.subarray(first), 0);
    }
    return start;
  }

  // ---- counters

  created(group: number): void {
    this.#created[group]!++;
  }

  /** A task turned out to belong to another group. */
  regrouped(from: number, to: number): void {
    this.#created[from]!--;
    this.#created[to]!++;
    this.#counted = -1;
  }

  /**
   * Counts the tasks there are by group and state, all at once: transitions cost nothing, and what is counted agrees with itself. A
   * nanosecond or two a task, nothing when no task has moved since the last time.
   *
   * @param transitions - since the start
   * @param changes - another number than last time when any task has come, moved or gone
   */
  count(tasks: TaskTable, transitions: number, changes: number): void {
    const { counts, nbytes, gauges } = this.#columns;
    if (changes === this.#counted) return;
    this.#counted = changes;
    gauges[Gauge.transitions] = transitions;
    this.#census.take(tasks, this.#created, this.#groupCount, counts, nbytes);
  }

  edge(group: number, dependent: number): void {
    const pair = ((group << 16) | dependent) >>> 0;
    if (pair === this.#edgePair) {
      this.#edgeCount++;
      return;
    }
    this.#countEdges();
    this.#edgePair = pair;
    this.#edgeCount = 1;
  }

  #countEdges(): void {
    if (this.#edgeCount > 0) this.#edges.set(this.#edgePair, (this.#edges.get(this.#edgePair) ?? 0) + this.#edgeCount);
    this.#edgeCount = 0;
  }

  // ---- runs

  /** @param keyAt - where {@link keepKeys} put its key; @param keyLength - bytes */
  finished(worker: WorkerRecord, run: EndedRun, now: number, keyAt: number, keyLength: number): void {
    this.#columns.finished[run.group]!++;
    this.#write(worker, run, RowState.memory, 0, now, keyAt, keyLength);
  }

  /** A run that failed; `retried`: its task is tried again. */
  erred(worker: WorkerRecord, run: EndedRun, retried: boolean, now: number, keyAt: number, keyLength: number): void {
    this.#write(worker, run, RowState.erred, retried ? RowFlag.retried : 0, now, keyAt, keyLength);
  }

  /** A task is in state `erred`; `failure` only when it is its own and not that of an input. */
  failed(group: number, failure: FailureRecord | undefined, key: () => string, now: number): void {
    this.#columns.failed[group]!++;
    if (failure === undefined) return;
    const name = `${group} ${failure.kind} ${failure.message}`;
    const known = this.#failures.get(name);
    if (known === undefined && this.#failures.size >= MAX_FAILURES) {
      this.#moreFailures++;
      return;
    }
    const news: FailureNews = known ?? {
      group,
      kind: failure.kind,
      message: failure.message,
      count: 0,
      first: now,
      last: now,
      workers: [],
      example: key(),
      ...(failure.error === undefined ? {} : { error: failure.error }),
    };
    if (known === undefined) this.#failures.set(name, news);
    news.count++;
    news.last = now;
    const worker = failure.data?.["worker"];
    if (typeof worker === "string" && news.workers.length < WORKERS_NAMED && !news.workers.includes(worker))
      news.workers.push(worker);
  }

  /** What a thread executes; group IDLE: nothing. @param startedAt - by the worker's clock */
  running(worker: WorkerRecord, thread: number, group: number, task: number, startedAt: number): void {
    const lane = laneOf(worker, thread);
    const columns = this.#columns;
    columns.laneTasks[lane] = task;
    columns.laneStarts[lane] = startedAt - worker.clockOffset;
    columns.laneGroups[lane] = group;
  }

  /** Makes the rows so far visible, when the names that they use have been told. */
  publish(): void {
    Atomics.store(this.#columns.control, Control.head, this.#next | 0);
  }

  #write(
    worker: WorkerRecord,
    run: EndedRun,
    state: number,
    flags: number,
    now: number,
    keyAt: number,
    keyLength: number,
  ): void {
    const columns = this.#columns;
    const { words } = columns;
    const seq = this.#next++;
    const at = seq & this.#mask;
    // Fields that lie side by side go into one store: this is done for every task there is.
    const word = at << 3;
    const duration = run.busy + run.waited;
    const lane = laneOf(worker, run.thread);
    words[word] = seq;
    words[word + 1] = lane | (run.group << 16);
    words[word + 3] = duration;
    words[word + 4] = run.fetched;
    columns.floats[word + 5] = run.nbytes;
    let parts = 0;
    let all = flags;
    if (run.decoded !== 0 || run.waited !== 0) {
      const decoded = Math.min(Math.round(run.decoded / COARSE), 0xffff);
      if (decoded === 0xffff) all |= RowFlag.saturated;
      parts = decoded | (Math.round((run.waited / duration) * 0xffff) << 16);
    }
    words[word + 6] = parts;
    // Its flow run is not known here: 0.
    words[word + 7] = (state << 16) | (Math.min(run.attempt, 15) << 20) | (all << 24);
    // Whatever clocks say, it has ended by now.
    columns.ends[at] = Math.min(run.startedAt - worker.clockOffset + duration * 0.001, now);
    if (columns.laneTasks[lane] === run.task) columns.laneGroups[lane] = IDLE;
    columns.tasks[at] = run.task;
    columns.keyStarts[at] = keyAt;
    columns.keyLengths[at] = keyLength > MAX_KEY ? 0 : keyLength;
  }
}

function laneOf(worker: WorkerRecord, thread: number): number {
  return Math.min(worker.lane + thread, OTHER);
}
