/** The tables of the history, and how an older file becomes a current one. */
import { HistoryVersionError } from "./errors.js";
import type { Sqlite } from "./sqlite.js";

/**
 * Each brings a file from the version of its index to the next; `user_version` of the file counts them. What is in a release is never
 * changed: a new one is added.
 *
 * `chunks` and `logs` are rows per batch and flow run, see chunk-text.ts. `flow_runs` has besides what a list of them shows, so that no
 * list reads chunks. `chunks.seq` is the change counter of the whole file: `flow_runs.changed` is that of its last change.
 */
export const MIGRATIONS: readonly string[] = [
  `CREATE TABLE flow_runs (
     run INTEGER PRIMARY KEY AUTOINCREMENT,
     id TEXT NOT NULL UNIQUE,
     name TEXT NOT NULL,
     flow TEXT NOT NULL,
     version TEXT NOT NULL,
     runner TEXT NOT NULL,
     tags TEXT NOT NULL,
     parameters TEXT NOT NULL,
     parent TEXT,
     parent_number INTEGER,
     process INTEGER NOT NULL,
     created REAL NOT NULL,
     started REAL,
     ended REAL,
     state TEXT NOT NULL,
     state_name TEXT NOT NULL,
     state_time REAL NOT NULL,
     state_message TEXT,
     task_runs INTEGER NOT NULL DEFAULT 0,
     counts TEXT NOT NULL DEFAULT '{}',
     changed INTEGER NOT NULL DEFAULT 0
   );
   CREATE INDEX flow_runs_by_name ON flow_runs (name);
   CREATE INDEX flow_runs_by_flow ON flow_runs (flow);
   CREATE INDEX flow_runs_by_parent ON flow_runs (parent) WHERE parent IS NOT NULL;
   CREATE INDEX flow_runs_by_change ON flow_runs (changed);
   CREATE INDEX flow_runs_unfinished ON flow_runs (process) WHERE ended IS NULL;
   CREATE TABLE chunks (seq INTEGER PRIMARY KEY AUTOINCREMENT, run INTEGER NOT NULL, data TEXT NOT NULL);
   CREATE INDEX chunks_by_run ON chunks (run);
   CREATE TABLE logs (
     seq INTEGER PRIMARY KEY AUTOINCREMENT,
     run INTEGER NOT NULL,
     worst INTEGER NOT NULL,
     latest REAL NOT NULL,
     data TEXT NOT NULL
   );
   CREATE INDEX logs_by_run ON logs (run);
   CREATE TABLE processes (
     process INTEGER PRIMARY KEY AUTOINCREMENT,
     pid INTEGER NOT NULL,
     host TEXT NOT NULL,
     machine TEXT NOT NULL,
     born TEXT NOT NULL,
     beat REAL NOT NULL
   );`,
  `CREATE TABLE artifacts (
     artifact INTEGER PRIMARY KEY AUTOINCREMENT,
     run INTEGER NOT NULL,
     number INTEGER NOT NULL,
     time REAL NOT NULL,
     type TEXT NOT NULL,
     key TEXT NOT NULL,
     description TEXT NOT NULL,
     data TEXT NOT NULL
   );
   CREATE INDEX artifacts_by_run ON artifacts (run);
   CREATE INDEX artifacts_by_key ON artifacts (key) WHERE key <> '';`,
];

export function versionOf(sqlite: Sqlite): number {
  return sqlite.first<{ user_version: number }>("PRAGMA user_version")!.user_version;
}

/**
 * Makes the file's tables current. Several processes may do so at once.
 *
 * @throws HistoryVersionError, and nothing is changed, when the file is of a later version
 */
export function migrate(sqlite: Sqlite, file: string, migrations = MIGRATIONS): void {
  refuseLater(sqlite, file, migrations.length);
  if (versionOf(sqlite) === migrations.length) return;
  sqlite.transaction(() => {
    // Again: another process may have been first.
    for (let version = versionOf(sqlite); version < migrations.length; version++) {
      sqlite.exec(migrations[version]!);
      sqlite.exec(`PRAGMA user_version = ${version + 1}`);
    }
  });
}

/** @throws HistoryVersionError */
export function refuseLater(sqlite: Sqlite, file: string, known = MIGRATIONS.length): void {
  const version = versionOf(sqlite);
  if (version > known) throw new HistoryVersionError(file, version, known);
}
