import type { FailureRecord } from "@heddle/protocol";
import { IDLE, RowFlag, RowState } from "@heddle/protocol/dashboard";
import type { WorkerRecord } from "../workers.js";
import type { TaskGroup } from "../groups.js";
import type { TaskTable } from "../task-table.js";
import { Census } from "./census.js";
import { Control, Gauge, MAX_INDEX, OTHER, RecordColumns, type RecordMemory } from "./memory.js";
import { RunPart, RunWriter, type ReportedRuns } from "./run-ring.js";
import { TaskDirectory } from "./task-directory.js";
import type { FailureNews, GoneWorker, NewGroup, NewWorker, RecordNews } from "./news.js";

/** Kinds of failures told at once; beyond it only their number is. */
const MAX_FAILURES = 200;
const WORKERS_NAMED = 16;
/** Bytes of the longest key that is kept. */
const MAX_KEY = 0xffff;
/** Where keys that came together begin. */
const KEY_ALIGNMENT = 8;
const MAX_ATTEMPT = 15;

type Writable<T> = { -readonly [K in keyof T]: T[K] };

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

/** Tasks that arrived together. */
export interface NewChunk {
  readonly rows: number;
  /** Where {@link Recorder.keepKeys} put their keys, and where the key of each row begins and that of the last one ends there. */
  readonly keysAt: number;
  readonly keyOffsets: Int32Array;
  /** The group of all rows; undefined when they are of several. */
  readonly onlyGroup: TaskGroup | undefined;
  group(row: number): TaskGroup;
}

/**
 * Writes down what happens, for the dashboard's thread to read: counters and rows into shared memory, tens of nanoseconds a task, and
 * what has a name into {@link RecordNews}. Decides nothing, and holds nothing that the scheduler needs.
 */
export class Recorder {
  readonly memory: RecordMemory;
  readonly #columns: RecordColumns;
  readonly #keyMask: number;
  readonly #runs: RunWriter;
  readonly #tasks: TaskDirectory;
  /** A report of one run. */
  readonly #one: Writable<ReportedRuns> = {
    tasks: new Int32Array(1),
    startedAt: new Float64Array(1),
    busy: new Int32Array(1),
    nbytes: new Float64Array(1),
    threads: 0,
    waited: 0,
    fetched: 0,
    decoded: 0,
  };
  #keyNext = 0;
  #nextLane = 0;
  /** Groups with an index of their own, and tasks of each since the start. */
  #groupCount = 0;
  readonly #created = new Int32Array(MAX_INDEX + 1);
  readonly #census = new Census();
  #counted = -1;
  /** Runs of forgotten groups that shared an index. */
  #othersFinished = 0;
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
    this.#runs = new RunWriter(memory.runs);
    this.#tasks = new TaskDirectory(memory.tasks);
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

  /** A group will not be counted any more. */
  groupForgotten({ index, finished }: TaskGroup): void {
    if (index === OTHER) this.#othersFinished += finished;
    else this.#columns.finished[index] = finished;
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

  /** So many tasks are about to be described; their ids are below `head`. */
  expect(head: number): void {
    this.#tasks.expect(head);
  }

  /** @param keyAt - where {@link keepKeys} put its key; @param keyLength - bytes */
  describe(task: number, group: number, keyAt: number, keyLength: number): void {
    if (task >= this.#tasks.oldest) this.#tasks.set(task, group, keyAt, kept(keyLength));
  }

  /** All rows of a chunk are new tasks, with ids that count up from `firstId`: they are counted and described. */
  describeAll(firstId: number, chunk: NewChunk): void {
    const { rows, keyOffsets, keysAt, onlyGroup } = chunk;
    const created = this.#created;
    if (onlyGroup !== undefined) created[onlyGroup.index]! += rows;
    else for (let row = 0; row < rows; row++) created[chunk.group(row).index]!++;
    // What is older than a ring would be written over by the same chunk.
    const tasks = this.#tasks;
    const first = Math.max(0, tasks.oldest - firstId);
    for (let row = first; row < rows; row++) {
      const start = keyOffsets[row]!;
      const group = onlyGroup ?? chunk.group(row);
      tasks.set(firstId + row, group.index, keysAt + start, kept(keyOffsets[row + 1]! - start));
    }
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
  count(tasks: TaskTable, groups: Iterable<TaskGroup>, transitions: number, changes: number): void {
    const { counts, nbytes, finished, gauges } = this.#columns;
    if (changes === this.#counted) return;
    this.#counted = changes;
    gauges[Gauge.transitions] = transitions;
    let others = this.#othersFinished;
    for (const group of groups) {
      if (group.index === OTHER) others += group.finished;
      else finished[group.index] = group.finished;
    }
    finished[OTHER] = others;
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

  /**
   * Begins a report of runs that have made results. Of those of tasks below {@link oldestPlain}, and of those that failed before, more is
   * said by {@link finished}, of those that do not count by {@link notFinished}; then {@link endRuns} is called.
   */
  beginRuns(worker: WorkerRecord, runs: ReportedRuns, now: number): void {
    this.#runs.begin(runs, worker.lane, worker.clockOffset, now);
  }

  get oldestPlain(): number {
    return this.#tasks.oldest;
  }

  /** @param row - of the report; @param keyAt - where {@link keepKeys} put its key; @param keyLength - bytes */
  finished(row: number, group: number, attempt: number, keyAt: number, keyLength: number): void {
    this.#runs.tell(row, group, keyAt, partsOf(RowState.memory, attempt, 0, keyLength));
  }

  /** A run that did not count. */
  notFinished(row: number): void {
    this.#runs.skip(row);
  }

  endRuns(): void {
    this.#runs.end();
  }

  /** A run that failed; `retried`: its task is tried again. */
  erred(worker: WorkerRecord, run: EndedRun, retried: boolean, now: number, keyAt: number, keyLength: number): void {
    this.#tellOne(
      worker,
      run,
      now,
      keyAt,
      partsOf(RowState.erred, run.attempt, retried ? RowFlag.retried : 0, keyLength),
    );
  }

  /** A run that was stopped, or that went on after nobody wanted it any more. */
  cancelled(worker: WorkerRecord, run: EndedRun, now: number, keyAt: number, keyLength: number): void {
    this.#tellOne(worker, run, now, keyAt, partsOf(RowState.cancelled, run.attempt, 0, keyLength));
  }

  /** A run that ended with its worker. */
  lost(worker: WorkerRecord, run: EndedRun, now: number, keyAt: number, keyLength: number): void {
    this.#tellOne(worker, run, now, keyAt, partsOf(RowState.lost, run.attempt, RowFlag.estimated, keyLength));
  }

  #tellOne(worker: WorkerRecord, run: EndedRun, now: number, keyAt: number, parts: number): void {
    const one = this.#one;
    one.tasks[0] = run.task;
    one.startedAt[0] = run.startedAt;
    one.busy[0] = run.busy;
    one.nbytes[0] = run.nbytes;
    one.threads = run.thread;
    one.waited = run.waited;
    one.fetched = run.fetched;
    one.decoded = run.decoded;
    this.#runs.begin(one, worker.lane, worker.clockOffset, now);
    this.#runs.tell(0, run.group, keyAt, parts);
    this.#runs.end();
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

  /** Makes the runs so far visible, when the names that they use have been told. */
  publish(): void {
    this.#runs.publish();
  }
}

function partsOf(state: number, attempt: number, flags: number, keyLength: number): number {
  return (
    kept(keyLength) |
    (state << RunPart.state) |
    (Math.min(attempt, MAX_ATTEMPT) << RunPart.attempt) |
    (flags << RunPart.flags)
  );
}

/** Bytes that are kept of a key of so many. */
function kept(keyLength: number): number {
  return keyLength > MAX_KEY ? 0 : keyLength;
}

function laneOf(worker: WorkerRecord, thread: number): number {
  return Math.min(worker.lane + thread, OTHER);
}
