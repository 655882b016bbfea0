import type { GroupDetail, GroupGraph, GroupSummary, StateCounts } from "@heddle/protocol/dashboard";
import { RowFlag, RowState } from "@heddle/protocol/dashboard";
import { STATE_STRIDE, type RecordColumns } from "../../core/record/memory.js";
import { State } from "../../core/task-state.js";
import type { RowTable } from "./row-table.js";

/** Buckets of durations: four to each doubling, from a microsecond to over a day. */
const BUCKETS = 160;
const PER_DOUBLING = 4;
/** Steps of a quarter of a second over which a rate is taken. */
const RATE_STEPS = 20;
const SLOWEST = 10;

/** What is known of one group beyond its counters. Times in microseconds; `compute` is without the others. */
export class GroupRecord {
  runs = 0;
  compute = 0;
  transfer = 0;
  deserialise = 0;
  waited = 0;
  readonly histogram = new Uint32Array(BUCKETS);
  /** Longest first: number of the row, and its duration. */
  readonly slowest: { seq: number; duration: number; lane: number }[] = [];
  readonly upstream = new Map<number, number>();
  readonly downstream = new Set<number>();
  readonly #finishedAt = new Int32Array(RATE_STEPS);
  #step = 0;
  /** What was last told of it; "" before the first time. */
  told = "";

  constructor(
    readonly id: number,
    readonly name: string,
  ) {}

  addRun(seq: number, lane: number, duration: number, transfer: number, deserialise: number, waited: number): void {
    this.runs++;
    const decoding = Math.min(deserialise, duration - waited);
    this.compute += duration - waited - decoding;
    this.transfer += transfer;
    this.deserialise += decoding;
    this.waited += waited;
    this.histogram[bucketOf(duration)]!++;
    const { slowest } = this;
    if (slowest.length === SLOWEST && duration <= slowest[SLOWEST - 1]!.duration) return;
    const at = slowest.findIndex((other) => other.duration < duration);
    slowest.splice(at < 0 ? slowest.length : at, 0, { seq, duration, lane });
    if (slowest.length > SLOWEST) slowest.pop();
  }

  /** Of all runs, from their start to their end. */
  get took(): number {
    return this.compute + this.deserialise + this.waited;
  }

  /** Called four times a second. @returns finished a second, over the last five */
  rate(finished: number): number {
    const at = this.#step++ % RATE_STEPS;
    const before = this.#step <= RATE_STEPS ? 0 : this.#finishedAt[at]!;
    this.#finishedAt[at] = finished;
    return Math.max(0, finished - before) / (RATE_STEPS / 4);
  }
}

/** The groups there are, by id. */
export class Groups {
  readonly #columns: RecordColumns;
  readonly byId: (GroupRecord | undefined)[] = [];
  /** In the order in which they came. */
  readonly all: GroupRecord[] = [];

  constructor(columns: RecordColumns) {
    this.#columns = columns;
  }

  add(id: number, name: string): GroupRecord {
    const known = this.byId[id];
    if (known !== undefined) return known;
    const group = new GroupRecord(id, name);
    this.byId[id] = group;
    this.all.push(group);
    return group;
  }

  /** @returns whether it is the first edge between the two */
  addEdges(from: number, to: number, count: number): boolean {
    const target = this.byId[to];
    if (target === undefined) return false;
    const known = target.upstream.get(from);
    target.upstream.set(from, (known ?? 0) + count);
    this.byId[from]?.downstream.add(to);
    return known === undefined;
  }

  /** Takes a row of the record in. */
  addRow({ words, shorts, bytes }: RowTable, seq: number, place: number): void {
    const group = this.byId[shorts[place * 16 + 3]!];
    if (group === undefined) return;
    const state = bytes[place * 32 + 30]! & 15;
    if (state !== RowState.memory && (bytes[place * 32 + 31]! & RowFlag.retried) === 0 && state !== RowState.erred)
      return;
    const duration = words[place * 8 + 3]!;
    const waited = (shorts[place * 16 + 13]! / 0xffff) * duration;
    group.addRun(seq, shorts[place * 16 + 2]!, duration, words[place * 8 + 4]!, shorts[place * 16 + 12]! * 64, waited);
  }

  finished(id: number): number {
    return this.#columns.finished[id]!;
  }

  failed(id: number): number {
    return this.#columns.failed[id]!;
  }

  states(id: number): StateCounts {
    const { counts } = this.#columns;
    const at = id * STATE_STRIDE;
    const count = (state: number): number => counts[at + state]!;
    return {
      released: count(State.released) + count(State.forgotten),
      waiting: count(State.waiting),
      queued: count(State.queued),
      noWorker: count(State.noWorker),
      assigned: count(State.assigned),
      processing: count(State.processing),
      memory: count(State.memory),
      erred: count(State.erred),
    };
  }

  /** @param rate - finished a second */
  summary(group: GroupRecord, rate: number): GroupSummary {
    const { id } = group;
    // Read before what has finished, which is written before them: no task is counted that has not.
    const states = this.states(id);
    return {
      id,
      states,
      ...ended(states, this.finished(id), this.failed(id)),
      compute: rounded(group.compute / 1e6, 1e6),
      transfer: rounded(group.transfer / 1e6, 1e6),
      deserialise: rounded(group.deserialise / 1e6, 1e6),
      waited: rounded(group.waited / 1e6, 1e6),
      mean: group.runs === 0 ? 0 : rounded(group.took / group.runs / 1000, 1000),
      nbytes: Math.max(0, Math.round(this.#columns.nbytes[id]!)),
      rate: rounded(rate, 10),
    };
  }

  graph(): GroupGraph {
    const nodes = this.all.map(({ id }) => {
      const states = this.states(id);
      return { id, tasks: total(states), states, ...ended(states, this.finished(id), this.failed(id)) };
    });
    const edges = this.all.flatMap(({ id, upstream }) =>
      [...upstream].map(([from, count]) => [from, id, count] as const),
    );
    return { nodes, edges };
  }

  /** @param nameOf - key of a row, and worker of a lane */
  detail(
    group: GroupRecord,
    key: (seq: number) => string | undefined,
    workerOf: (lane: number) => string,
  ): GroupDetail {
    const last = group.histogram.findLastIndex((count) => count > 0);
    const first = group.histogram.findIndex((count) => count > 0);
    const counts = first < 0 ? [] : [...group.histogram.subarray(first, last + 1)];
    return {
      summary: this.summary(group, 0),
      histogram: { bounds: counts.map((_, i) => boundOf(first + i) / 1000), counts },
      quantiles: [0, 0.25, 0.5, 0.75, 0.95, 0.99, 1].map((q) => quantile(group.histogram, group.runs, q) / 1000),
      upstream: [...group.upstream.keys()].filter((id) => id !== group.id),
      downstream: [...group.downstream].filter((id) => id !== group.id),
      slowest: group.slowest.flatMap(({ seq, duration, lane }) => {
        const name = key(seq);
        return name === undefined ? [] : [{ key: name, duration: duration / 1000, worker: workerOf(lane) }];
      }),
    };
  }
}

export function total(states: StateCounts): number {
  return unfinished(states) + states.released + states.memory + states.erred;
}

/**
 * Tasks that are done and that have failed, each counted once: some ran again because their result was lost, some failed and were
 * tried again. With those that are unfinished they are all there are, save those that nobody wants any more.
 *
 * @param finished - runs that ever made a result
 * @param failures - failures there ever were
 */
export function ended(
  states: StateCounts,
  finished: number,
  failures: number,
): { readonly done: number; readonly failed: number } {
  const gone = states.released + states.memory;
  const done = Math.max(states.memory, Math.min(finished, gone));
  return { done, failed: Math.max(states.erred, Math.min(failures, states.erred + gone - done)) };
}

/** Tasks that are not done. */
export function unfinished(states: StateCounts): number {
  return states.waiting + states.queued + states.noWorker + states.assigned + states.processing;
}

function bucketOf(micros: number): number {
  return micros < 1 ? 0 : Math.min(BUCKETS - 1, 1 + Math.floor(Math.log2(micros) * PER_DOUBLING));
}

/** Microseconds below which the runs of a bucket took. */
function boundOf(bucket: number): number {
  return 2 ** (bucket / PER_DOUBLING);
}

function quantile(histogram: Uint32Array, runs: number, q: number): number {
  if (runs === 0) return 0;
  const wanted = Math.max(1, Math.ceil(q * runs));
  let seen = 0;
  for (let bucket = 0; bucket < histogram.length; bucket++) {
    seen += histogram[bucket]!;
    // The middle of the bucket, on its own scale.
    if (seen >= wanted) return bucket === 0 ? 0 : 2 ** ((bucket - 0.5) / PER_DOUBLING);
  }
  return 0;
}

function rounded(value: number, unit: number): number {
  return Math.round(value * unit) / unit;
}
