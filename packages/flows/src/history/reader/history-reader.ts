/** Reads the history of flow runs, while flows go on writing it or when none is there. */
import { existsSync, statSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { loadSettings } from "@heddle/protocol";
import { isFinal, type StateType } from "../../state/state-type.js";
import { AmbiguousRunError, HistoryDamagedError, NoHistoryError } from "../errors.js";
import { historyFile } from "../process-history.js";
import { LOST_MESSAGE, lostProcesses } from "../lost-runs.js";
import type { ArtifactRecord, FlowRunRecord, LogRecord, StateRecord, TaskRunRecord } from "../records.js";
import type { Json } from "../run-event.js";
import { MIGRATIONS, migrate, refuseLater, versionOf } from "../schema.js";
import { Sqlite, isDamage, type SqlValue } from "../sqlite.js";
import { SELECT_FLOW_RUNS, flowRunRecord, lostAt, type FlowRunRow } from "./flow-run-row.js";
import { readLogPage, type LogPage, type LogQuery } from "./log-pages.js";
import { TaskRunTable, statesOf } from "./task-run-table.js";

export interface FlowRunQuery {
  /** Name of the flow. */
  readonly flow?: string;
  readonly state?: StateType;
  /** Those made at this time or later, in milliseconds since the epoch. */
  readonly since?: number;
  /** At most so many. Default 100. */
  readonly limit?: number;
  /** Id of the last one of the page before. */
  readonly before?: string;
}

export interface TaskRunQuery {
  readonly state?: StateType;
  /** Name of the task. */
  readonly task?: string;
  /** Number of the last one of the page before. */
  readonly after?: number;
  /** At most so many. Default 1,000. */
  readonly limit?: number;
  /** Those that changed after this value of the change counter. */
  readonly changedSince?: number;
}

/** What has changed since a value of the change counter. */
export interface Changes {
  /** The counter now: what to ask with the next time. */
  readonly change: number;
  /** Flow runs that changed, and always those whose process has just ended without saying so; the longest unchanged first. */
  readonly flowRuns: readonly FlowRunRecord[];
}

/** Flow runs whose task runs are kept at hand: a dashboard asks for the same few again and again. */
const TABLES = 4;
/** Milliseconds between two looks for new lines of a log that is followed. */
const FOLLOW_INTERVAL = 200;

/**
 * The history in a file. Reading never holds up a flow, and sees the events of a batch together.
 *
 * @example
 * ```ts
 * using history = HistoryReader.open();
 * for (const run of history.flowRuns({ state: "Failed", limit: 10 })) console.log(run.flow, run.name, run.state.message);
 * ```
 */
export class HistoryReader implements Disposable {
  readonly file: string;
  #sqlite: Sqlite;
  /** Which file is open: a damaged one is put aside by whoever writes. */
  #inode: number;
  readonly #tables = new Map<number, TaskRunTable>();

  private constructor(file: string) {
    this.file = file;
    this.#inode = statSync(file).ino;
    this.#sqlite = openCurrent(file);
  }

  /**
   * @param file - default: that of this user, where `flows.historyFile` or HEDDLE_HOME say
   * @throws NoHistoryError when there is no such file; HistoryVersionError for one of a later Heddle; HistoryDamagedError;
   * HistoryUnavailableError where there is no SQLite
   */
  static open(file = historyFile(loadSettings())): HistoryReader {
    if (!existsSync(file)) throw new NoHistoryError(file);
    return new HistoryReader(file);
  }

  /** The newest first. */
  flowRuns(query: FlowRunQuery = {}): FlowRunRecord[] {
    const { flow, state, since, limit = 100, before } = query;
    const conditions: string[] = ["TRUE"];
    const values: SqlValue[] = [];
    const where = (condition: string, value: SqlValue | undefined): void => {
      if (value === undefined) return;
      conditions.push(condition);
      values.push(value);
    };
    where("flow = ?", flow);
    where("CASE WHEN lost THEN 'Crashed' ELSE state END = ?", state);
    where("created >= ?", since);
    where("run < (SELECT run FROM flow_runs WHERE id = ?)", before);
    return this.#flowRows(`${conditions.join(" AND ")} ORDER BY run DESC LIMIT ?`, ...values, limit).map(flowRunRecord);
  }

  /**
   * The flow run with this id, else the newest of this name, else the one whose id begins so.
   *
   * @throws AmbiguousRunError when several ids begin so
   */
  flowRun(run: string): FlowRunRecord | undefined {
    const [exact] = this.#flowRows("id = ? OR name = ? ORDER BY id = ? DESC, run DESC LIMIT 1", run, run, run);
    if (exact !== undefined) return flowRunRecord(exact);
    if (!/^[0-9a-f]+$/.test(run)) return undefined;
    // Text between the prefix and what comes after all that begin with it: an index serves that.
    const found = this.#flowRows("id >= ? AND id < ? ORDER BY run DESC LIMIT 5", run, `${run}g`);
    if (found.length > 1)
      throw new AmbiguousRunError(
        run,
        found.map((each) => each.id),
      );
    return found[0] === undefined ? undefined : flowRunRecord(found[0]);
  }

  /** Task runs of a flow run in call order. @param flowRun - its id */
  taskRuns(flowRun: string, query: TaskRunQuery = {}): TaskRunRecord[] {
    const { state, task, after = -1, limit = 1_000, changedSince = -1 } = query;
    const row = this.#rowOf(flowRun);
    if (row === undefined) return [];
    const table = this.#table(row.run);
    const lost = row.lost === 1;
    const found: TaskRunRecord[] = [];
    for (let number = after + 1; number < table.size && found.length < limit; number++) {
      if (!table.has(number) || table.changed(number) <= changedSince) continue;
      const type = lost && !isFinal(table.type(number)) ? "Crashed" : table.type(number);
      if ((state !== undefined && type !== state) || (task !== undefined && table.task(number) !== task)) continue;
      const record = table.record(row.id, number);
      found.push(type === record.state.type ? record : { ...record, ended: lostAt(row), state: lostState(row) });
    }
    return found;
  }

  /** Every state that a run was in, in order. @param number - of the task run; default: the flow run itself */
  states(flowRun: string, number = -1): StateRecord[] {
    const row = this.#rowOf(flowRun);
    if (row === undefined) return [];
    const states = statesOf(this.#current(), row.run, number);
    const last = states.at(-1);
    return row.lost === 1 && (last === undefined || !isFinal(last.type)) ? [...states, lostState(row)] : states;
  }

  /** A page of a flow run's log, with the lines of its tasks. @param flowRun - its id */
  logs(flowRun: string, query: LogQuery = {}): LogPage {
    const row = this.#rowOf(flowRun);
    if (row === undefined) return { lines: [], next: query.after ?? { seq: 0, line: 0 }, more: false };
    return readLogPage(this.#current(), row.run, query);
  }

  /** All lines there are and those that come, until the flow run has ended or `signal` is aborted. */
  async *followLogs(
    flowRun: string,
    query: Omit<LogQuery, "limit"> & { readonly signal?: AbortSignal } = {},
  ): AsyncGenerator<LogRecord, void, void> {
    const { signal, ...rest } = query;
    for (let after = query.after; signal?.aborted !== true;) {
      // Looked at before the lines: what was logged before its end is there when the end is.
      const row = this.#rowOf(flowRun);
      const ended = row === undefined || row.lost === 1 || row.ended !== null;
      const page = this.logs(flowRun, after === undefined ? rest : { ...rest, after });
      yield* page.lines;
      after = page.next;
      if (page.more) continue;
      if (ended) return;
      await pause(FOLLOW_INTERVAL, undefined, signal === undefined ? {} : { signal }).catch(() => {});
    }
  }

  /** What the flow run and its tasks left for people to read, in order. @param flowRun - its id */
  artifacts(flowRun: string): ArtifactRecord[] {
    const row = this.#rowOf(flowRun);
    if (row === undefined) return [];
    const rows = this.#current().all<Omit<ArtifactRecord, "data" | "flowRun"> & { data: string }>(
      "SELECT artifact AS id, number, time, type, key, description, data FROM artifacts WHERE run = ? ORDER BY artifact",
      row.run,
    );
    return rows.map((each) => ({ ...each, flowRun: row.id, data: JSON.parse(each.data) as Json }));
  }

  /**
   * What has changed since an earlier call; microseconds when nothing has.
   *
   * @param since - the counter that call gave. Default 0: everything there is.
   */
  tail(since = 0): Changes {
    const sqlite = this.#current();
    const change = sqlite.first<{ seq: number | null }>("SELECT max(seq) AS seq FROM chunks")!.seq ?? 0;
    const lost =
      lostProcesses(sqlite).length > 0 ? this.#flowRows("lost AND changed <= ? ORDER BY changed", since) : [];
    const changed = change > since ? this.#flowRows("changed > ? ORDER BY changed", since) : [];
    return { change, flowRuns: [...lost, ...changed].map(flowRunRecord) };
  }

  close(): void {
    this.#tables.clear();
    this.#sqlite.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #flowRows(condition: string, ...values: readonly SqlValue[]): FlowRunRow[] {
    const sqlite = this.#current();
    return sqlite.all<FlowRunRow>(SELECT_FLOW_RUNS + condition, JSON.stringify(lostProcesses(sqlite)), ...values);
  }

  #rowOf(flowRun: string): FlowRunRow | undefined {
    return this.#flowRows("id = ?", flowRun)[0];
  }

  #table(run: number): TaskRunTable {
    const table = this.#tables.get(run) ?? new TaskRunTable(run);
    // The last one asked for is the last one to go.
    this.#tables.delete(run);
    this.#tables.set(run, table);
    if (this.#tables.size > TABLES) this.#tables.delete(this.#tables.keys().next().value!);
    table.update(this.#current());
    return table;
  }

  #current(): Sqlite {
    const inode = statSync(this.file, { throwIfNoEntry: false })?.ino;
    if (inode === undefined) throw new NoHistoryError(this.file);
    if (inode !== this.#inode) {
      this.close();
      this.#sqlite = openCurrent(this.file);
      this.#inode = inode;
    }
    return this.#sqlite;
  }
}

function lostState(row: FlowRunRow): StateRecord {
  return { type: "Crashed", name: "Crashed", time: lostAt(row), message: LOST_MESSAGE };
}

/** Opens a file to read from it; one of an earlier version is brought up to date first. */
function openCurrent(file: string): Sqlite {
  try {
    const sqlite = Sqlite.forReading(file);
    if (versionOf(sqlite) < MIGRATIONS.length) {
      sqlite.close();
      const writable = Sqlite.forWriting(file);
      migrate(writable, file);
      writable.close();
      return Sqlite.forReading(file);
    }
    refuseLater(sqlite, file);
    return sqlite;
  } catch (error) {
    if (isDamage(error)) throw new HistoryDamagedError(file, error);
    throw error;
  }
}
