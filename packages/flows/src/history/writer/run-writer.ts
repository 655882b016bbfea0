/** Puts chunks into the database, and sums up each flow run in its row. */
import { STATE_TYPES, isFinal, type StateType } from "../../state/state-type.js";
import { LOG_LEVELS, hasStates, stateKind, type RunChunk } from "../chunk.js";
import { jsonText, writeLogs, writeStates } from "../chunk-text.js";
import type { FlowRunStarted } from "../run-event.js";
import type { Sqlite } from "../sqlite.js";
import type { ProcessRow } from "./process-row.js";

/** What a transaction does to what is known here; it holds when that is committed. */
interface Changes {
  readonly begun: Map<string, OpenRun>;
  readonly ended: string[];
}

/** A flow run that has not ended. */
interface OpenRun {
  readonly row: number;
  readonly counts: TypeCounts;
}

/** The latest state of the flow run itself in a chunk, and its first Running one. */
interface OwnState {
  readonly type: StateType;
  readonly name: string;
  readonly time: number;
  readonly message: string | null;
  readonly started: number | null;
}

export class RunWriter {
  readonly #sqlite: Sqlite;
  readonly #process: ProcessRow;
  readonly #runs = new Map<string, OpenRun>();

  /** @param process - whose runs these are */
  constructor(sqlite: Sqlite, process: ProcessRow) {
    this.#sqlite = sqlite;
    this.#process = process;
  }

  /** Whether there is a flow run that has not ended. */
  get busy(): boolean {
    return this.#runs.size > 0;
  }

  /** All chunks of a batch, or none: then it may be written again. */
  write(chunks: readonly RunChunk[]): void {
    const changes: Changes = { begun: new Map(), ended: [] };
    this.#sqlite.transaction(() => {
      for (const chunk of chunks) this.#writeChunk(chunk, changes);
    });
    for (const [id, run] of changes.begun) this.#runs.set(id, run);
    for (const id of changes.ended) this.#runs.delete(id);
  }

  #writeChunk(chunk: RunChunk, changes: Changes): void {
    const { started } = chunk;
    const open = started === undefined ? this.#runs.get(chunk.flowRun) : this.#begin(started, changes);
    const row = open?.row ?? this.#rowOf(chunk.flowRun);
    // Its beginning was lost (a full disk, a file put aside): nothing can be kept of it.
    if (row === undefined) return;
    // Also when there are no states: it is the change counter.
    const data = hasStates(chunk) ? writeStates(chunk) : "";
    const seq = this.#sqlite.run("INSERT INTO chunks (run, data) VALUES (?, ?)", row, data).lastInsertRowid;
    if (chunk.logs.number.length > 0) this.#writeLogs(row, chunk);
    for (const { number, time, type, key, description, data: content } of chunk.artifacts)
      this.#sqlite.run(
        "INSERT INTO artifacts (run, number, time, type, key, description, data) VALUES (?, ?, ?, ?, ?, ?, ?)",
        ...[row, number, time, type, key, description, jsonText(content) ?? "null"],
      );
    this.#sqlite.run("UPDATE flow_runs SET changed = ? WHERE run = ?", seq, row);
    if (open !== undefined) this.#sumUp(open, chunk, changes);
  }

  #begin(started: FlowRunStarted, changes: Changes): OpenRun {
    const { flowRun, name, flow, version, runner, tags, parameters, parent, time } = started;
    if (!this.busy) this.#process.beat();
    const row = this.#sqlite.run(
      `INSERT INTO flow_runs (id, name, flow, version, runner, tags, parameters, parent, parent_number, process, created,
         state, state_name, state_time)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'Pending', 'Pending', ?)`,
      ...[flowRun, name, flow, version, runner, jsonText(tags) ?? "[]", parameters],
      ...[parent?.flowRun ?? null, parent?.number ?? null, this.#process.row, time, time],
    ).lastInsertRowid;
    const run = { row, counts: new TypeCounts() };
    changes.begun.set(flowRun, run);
    return run;
  }

  /** Of a flow run that has ended: a last line of a log may come after that. */
  #rowOf(flowRun: string): number | undefined {
    return this.#sqlite.first<{ run: number }>("SELECT run FROM flow_runs WHERE id = ?", flowRun)?.run;
  }

  #writeLogs(row: number, chunk: RunChunk): void {
    const { level, time } = chunk.logs;
    const worst = level.reduce((most, each) => Math.max(most, each), 0);
    const latest = time.reduce((most, each) => Math.max(most, each), 0);
    this.#sqlite.run(
      "INSERT INTO logs (run, worst, latest, data) VALUES (?, ?, ?, ?)",
      ...[row, Math.min(worst, LOG_LEVELS.length - 1), latest, writeLogs(chunk)],
    );
  }

  #sumUp(run: OpenRun, chunk: RunChunk, changes: Changes): void {
    const own = this.#count(run.counts, chunk);
    this.#sqlite.run(
      "UPDATE flow_runs SET task_runs = ?, counts = ? WHERE run = ?",
      ...[run.counts.size, run.counts.toJson(), run.row],
    );
    if (own === undefined) return;
    const ended = isFinal(own.type);
    if (ended) changes.ended.push(chunk.flowRun);
    this.#sqlite.run(
      `UPDATE flow_runs SET state = ?, state_name = ?, state_time = ?, state_message = ?, started = coalesce(started, ?), ended = ?
       WHERE run = ?`,
      ...[own.type, own.name, own.time, own.message, own.started, ended ? own.time : null, run.row],
    );
  }

  #count(counts: TypeCounts, { words, runs, states }: RunChunk): OwnState | undefined {
    const kinds = words.map(stateKind);
    for (const number of runs.number) counts.set(number, "Pending");
    let last = -1;
    let started: number | null = null;
    for (let row = 0; row < states.number.length; row++) {
      const number = states.number[row]!;
      const { type } = kinds[states.kind[row]!]!;
      if (number >= 0) {
        counts.set(number, type);
        continue;
      }
      last = row;
      if (type === "Running") started ??= states.time[row]!;
    }
    if (last < 0) return undefined;
    const message = states.message[0].indexOf(last);
    return {
      ...kinds[states.kind[last]!]!,
      time: states.time[last]!,
      message: message < 0 ? null : states.message[1][message]!,
      started,
    };
  }
}

const NONE = 255;

/** How many task runs of a flow run are in each type of state. */
class TypeCounts {
  /** Index of the type by number of the task run. */
  #types = new Uint8Array(64).fill(NONE);
  readonly #counts = new Uint32Array(STATE_TYPES.length);
  size = 0;

  set(number: number, type: StateType): void {
    if (number >= this.#types.length) this.#grow(number);
    const before = this.#types[number]!;
    if (before === NONE) this.size++;
    else this.#counts[before]!--;
    const index = STATE_TYPES.indexOf(type);
    this.#types[number] = index;
    this.#counts[index]!++;
  }

  toJson(): string {
    return JSON.stringify(
      Object.fromEntries(
        STATE_TYPES.map((type, index) => [type, this.#counts[index]]).filter(([, count]) => count !== 0),
      ),
    );
  }

  #grow(number: number): void {
    const larger = new Uint8Array(Math.max(number + 1, this.#types.length * 2)).fill(NONE);
    larger.set(this.#types);
    this.#types = larger;
  }
}
