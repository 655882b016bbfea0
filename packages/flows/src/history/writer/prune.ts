/** Forgets flow runs that are older, or more, than is wanted. */
import { lostProcesses } from "../lost-runs.js";
import type { Sqlite } from "../sqlite.js";

export interface Retention {
  /** Milliseconds. */
  readonly maxAge: number;
  readonly maxRuns: number;
}

/** Rows deleted in one transaction. Other processes, and this one's flows, write between two. */
const SLICE = 100;
/** Pages given back to the file system in one go. */
const PAGES = 256;

/**
 * One slice of the work per step. Runs that have not ended stay, unless nobody goes on with them.
 *
 * @param now - milliseconds since the epoch
 */
export function* prune(sqlite: Sqlite, { maxAge, maxRuns }: Retention, now: number): Generator<void, void, void> {
  const lost = JSON.stringify(lostProcesses(sqlite, now));
  const oldest = sqlite.first<{ run: number }>("SELECT run FROM flow_runs ORDER BY run DESC LIMIT 1 OFFSET ?", maxRuns);
  let deleted = false;
  for (;;) {
    const victim = sqlite.first<{ run: number }>(
      `SELECT run FROM flow_runs WHERE (run <= ? OR created < ?)
       AND (ended IS NOT NULL OR process IN (SELECT value FROM json_each(?))) ORDER BY run LIMIT 1`,
      ...[oldest?.run ?? -1, now - maxAge, lost],
    );
    if (victim === undefined) break;
    yield;
    for (const [table, key] of [
      ["chunks", "seq"],
      ["logs", "seq"],
      ["artifacts", "artifact"],
    ] as const) {
      const slice = `DELETE FROM ${table} WHERE ${key} IN (SELECT ${key} FROM ${table} WHERE run = ? LIMIT ${SLICE})`;
      while (sqlite.run(slice, victim.run).changes === SLICE) yield;
    }
    sqlite.run("DELETE FROM flow_runs WHERE run = ?", victim.run);
    deleted = true;
  }
  sqlite.run(
    "DELETE FROM processes WHERE beat < ? AND process NOT IN (SELECT process FROM flow_runs)",
    now - Math.min(maxAge, 24 * 3_600_000),
  );
  if (!deleted) return;
  while (sqlite.first<{ freelist_count: number }>("PRAGMA freelist_count")!.freelist_count > 0) {
    yield;
    sqlite.all(`PRAGMA incremental_vacuum(${PAGES})`);
  }
  // Until then it is only in the write-ahead log that the file is smaller.
  sqlite.all("PRAGMA wal_checkpoint(PASSIVE)");
}
