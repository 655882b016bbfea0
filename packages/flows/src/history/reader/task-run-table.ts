/** The task runs of one flow run, put together from its chunks, and kept up to date by reading those that are new. */
import { STATE_TYPES, isFinal, type StateType } from "../../state/state-type.js";
import { stateKind, type Sparse } from "../chunk.js";
import { readStates, type StateChunk } from "../chunk-text.js";
import type { StateRecord, TaskRunRecord } from "../records.js";
import type { Sqlite } from "../sqlite.js";

/** What is kept of a task run; a record is made of it when it is asked for. */
interface Row {
  name: string;
  task: string;
  /** JSON array. */
  tags: string;
  upstream: readonly number[];
  childFlowRun: string | undefined;
  key: string | undefined;
  created: number;
  started: number | undefined;
  ended: number | undefined;
  attempts: number;
  worker: string | undefined;
  changed: number;
  type: StateType;
  /** Where its latest state is. */
  chunk: StateChunk | undefined;
  state: number;
}

/** Chunks read from the database in one go: all of a flow run of a million task runs at once would be a lot of text. */
const PAGE = 64;

export class TaskRunTable {
  readonly #run: number;
  /** By number; absent: its beginning was lost. */
  readonly #rows: (Row | undefined)[] = [];
  /** Change counter of the last chunk that is in here. */
  #seq = 0;

  /** @param run - row of the flow run */
  constructor(run: number) {
    this.#run = run;
  }

  get size(): number {
    return this.#rows.length;
  }

  /** Reads what was written since the last time. */
  update(sqlite: Sqlite): void {
    for (const { seq, data } of chunksOf(sqlite, this.#run, this.#seq)) {
      if (data !== "") this.#add(readStates(data), seq);
      this.#seq = seq;
    }
  }

  has(number: number): boolean {
    return this.#rows[number] !== undefined;
  }

  type(number: number): StateType {
    return this.#rows[number]!.type;
  }

  task(number: number): string {
    return this.#rows[number]!.task;
  }

  changed(number: number): number {
    return this.#rows[number]!.changed;
  }

  record(flowRun: string, number: number): TaskRunRecord {
    const row = this.#rows[number]!;
    return {
      flowRun,
      number,
      name: row.name,
      task: row.task,
      tags: JSON.parse(row.tags) as string[],
      upstream: row.upstream,
      ...(row.childFlowRun === undefined ? {} : { childFlowRun: row.childFlowRun }),
      ...(row.key === undefined ? {} : { key: row.key }),
      created: row.created,
      ...(row.started === undefined ? {} : { started: row.started }),
      ...(row.ended === undefined ? {} : { ended: row.ended }),
      attempts: row.attempts,
      ...(row.worker === undefined ? {} : { worker: row.worker }),
      state:
        row.chunk === undefined
          ? { type: "Pending", name: "Pending", time: row.created }
          : stateRecord(row.chunk, row.state),
      changed: row.changed,
    };
  }

  #add(chunk: StateChunk, seq: number): void {
    const { words, runs, states } = chunk;
    const upstream = sparse(runs.upstream);
    const child = sparse(runs.child);
    const key = sparse(runs.key);
    const worker = sparse(states.worker);
    for (let index = 0; index < runs.number.length; index++)
      this.#rows[runs.number[index]!] = {
        name: runs.name[index]!,
        task: words[runs.task[index]!]!,
        tags: words[runs.tags[index]!]!,
        upstream: upstream.get(index) ?? NOTHING,
        childFlowRun: child.get(index),
        key: key.get(index),
        created: runs.time[index]!,
        started: undefined,
        ended: undefined,
        attempts: 0,
        worker: undefined,
        changed: seq,
        type: "Pending",
        chunk: undefined,
        state: 0,
      };
    for (let index = 0; index < states.number.length; index++) {
      const row = this.#rows[states.number[index]!];
      if (row === undefined) continue;
      const time = states.time[index]!;
      row.type = typeOf(words[states.kind[index]!]!);
      row.chunk = chunk;
      row.state = index;
      row.changed = seq;
      row.ended = isFinal(row.type) ? time : undefined;
      if (row.type !== "Running") continue;
      row.started ??= time;
      row.attempts++;
      row.worker = words[worker.get(index) ?? -1];
    }
  }
}

/** All states of a task run (-1: of the flow run itself), in order. */
export function statesOf(sqlite: Sqlite, run: number, number: number): StateRecord[] {
  const found: StateRecord[] = [];
  for (const { data } of chunksOf(sqlite, run, 0)) {
    if (data === "") continue;
    const chunk = readStates(data);
    for (let index = 0; index < chunk.states.number.length; index++)
      if (chunk.states.number[index] === number) found.push(stateRecord(chunk, index));
  }
  return found;
}

function* chunksOf(sqlite: Sqlite, run: number, after: number): Generator<{ seq: number; data: string }> {
  for (let last = after; ;) {
    const page = sqlite.all<{ seq: number; data: string }>(
      `SELECT seq, data FROM chunks WHERE run = ? AND seq > ? ORDER BY seq LIMIT ${PAGE}`,
      ...[run, last],
    );
    yield* page;
    if (page.length < PAGE) return;
    last = page.at(-1)!.seq;
  }
}

function stateRecord({ words, states }: StateChunk, index: number): StateRecord {
  const message = find(states.message, index);
  const details = find(states.details, index);
  const result = find(states.result, index);
  const worker = find(states.worker, index);
  return {
    ...stateKind(words[states.kind[index]!]!),
    time: states.time[index]!,
    ...(message === undefined ? {} : { message }),
    ...(details === undefined ? {} : { details }),
    ...(result === undefined ? {} : { result }),
    ...(worker === undefined ? {} : { worker: words[worker]! }),
  };
}

const NOTHING: readonly number[] = [];
const TYPES = new Map<string, StateType>(STATE_TYPES.map((type) => [type, type]));

/** Of a word for a state, without a look at its name where that is the type. */
function typeOf(word: string): StateType {
  return TYPES.get(word) ?? stateKind(word).type;
}

function sparse<T>([rows, values]: Sparse<T>): ReadonlyMap<number, T> {
  return new Map(rows.map((row, index) => [row, values[index]!]));
}

/** Rows of a sparse column are in order. */
function find<T>([rows, values]: Sparse<T>, row: number): T | undefined {
  let low = 0;
  for (let high = rows.length; low < high;) {
    const middle = (low + high) >> 1;
    if (rows[middle]! < row) low = middle + 1;
    else high = middle;
  }
  return rows[low] === row ? values[low] : undefined;
}
