/** Lines of logs, a page at a time. */
import { LOG_LEVELS } from "../chunk.js";
import { readLogs } from "../chunk-text.js";
import type { LogRecord } from "../records.js";
import type { LogLevel } from "../run-event.js";
import type { Sqlite } from "../sqlite.js";

/** Between two lines of a log; plain data, good for as long as the history has the flow run. */
export interface LogCursor {
  readonly seq: number;
  readonly line: number;
}

export interface LogPage {
  /** In the order in which they came to the history. */
  readonly lines: readonly LogRecord[];
  /** Where to go on, now or when there is more. */
  readonly next: LogCursor;
  /** Whether there is more already. */
  readonly more: boolean;
}

export interface LogQuery {
  /** Lines of this task run alone; -1: of the flow run itself. Default: all. */
  readonly task?: number;
  /** Lines of this level and more serious ones. Default: all. */
  readonly level?: LogLevel;
  /** Lines not older than this, in milliseconds since the epoch. */
  readonly since?: number;
  /** At most so many. Default 1,000. */
  readonly limit?: number;
  /** Where the page before ended. Default: the beginning. */
  readonly after?: LogCursor;
}

const BEGINNING: LogCursor = { seq: 0, line: 0 };
/** Rows, each the lines of a batch, read in one go. */
const ROWS = 32;

/** @param run - row of the flow run */
export function readLogPage(sqlite: Sqlite, run: number, query: LogQuery): LogPage {
  const { task, since = -Infinity, limit = 1_000, after = BEGINNING } = query;
  const least = query.level === undefined ? 0 : LOG_LEVELS.indexOf(query.level);
  const lines: LogRecord[] = [];
  let next = after;
  for (;;) {
    // The row that `next` is in the middle of comes again.
    const rows = sqlite.all<{ seq: number; data: string }>(
      `SELECT seq, data FROM logs WHERE run = ? AND seq >= ? AND worst >= ? AND latest >= ? ORDER BY seq LIMIT ${ROWS}`,
      ...[run, next.seq, least, since],
    );
    for (const { seq, data } of rows) {
      const columns = readLogs(data);
      const workers = new Map(columns.worker[0].map((row, index) => [row, columns.worker[1][index]!]));
      for (let line = seq === next.seq ? next.line : 0; line < columns.number.length; line++) {
        if (lines.length === limit) return { lines, next: { seq, line }, more: true };
        const number = columns.number[line]!;
        const time = columns.time[line]!;
        const level = columns.level[line]!;
        if (level < least || time < since || (task !== undefined && number !== task)) continue;
        const worker = workers.get(line);
        const record = { number, time, level: LOG_LEVELS[level]!, message: columns.message[line]! };
        lines.push(worker === undefined ? record : { ...record, worker });
      }
      next = { seq: seq + 1, line: 0 };
    }
    if (rows.length < ROWS) return { lines, next, more: false };
  }
}
