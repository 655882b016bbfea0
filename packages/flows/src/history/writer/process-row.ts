/** This process in the history, and its word that it is there. */
import { thisProcess } from "../process-identity.js";
import type { Sqlite } from "../sqlite.js";

export class ProcessRow {
  readonly row: number;
  readonly #sqlite: Sqlite;

  constructor(sqlite: Sqlite) {
    this.#sqlite = sqlite;
    const { pid, host, machine, born } = thisProcess();
    this.row = sqlite.run(
      "INSERT INTO processes (pid, host, machine, born, beat) VALUES (?, ?, ?, ?, ?)",
      ...[pid, host, machine, born, Date.now()],
    ).lastInsertRowid;
  }

  beat(): void {
    const { pid, host, machine, born } = thisProcess();
    // The row of a process that had nothing to say for long was forgotten by another.
    this.#sqlite.run(
      `INSERT INTO processes (process, pid, host, machine, born, beat) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (process) DO UPDATE SET beat = excluded.beat`,
      ...[this.row, pid, host, machine, born, Date.now()],
    );
  }
}
