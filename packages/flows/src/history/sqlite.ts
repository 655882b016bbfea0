/** The few operations on SQLite that the history is made of, over libsql, which is loaded when the first database is opened. */
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import type Libsql from "libsql";
import { HistoryUnavailableError } from "./errors.js";

export type SqlValue = string | number | null;

/** How long a write waits for the one of another process. */
const BUSY_TIMEOUT = 10_000;

let loaded: typeof Libsql | undefined;

/** @throws HistoryUnavailableError where there is no libsql for this platform */
function library(): typeof Libsql {
  try {
    return (loaded ??= createRequire(import.meta.url)("libsql") as typeof Libsql);
  } catch (error) {
    throw new HistoryUnavailableError(error);
  }
}

/** A connection. Statements are prepared once per text. */
export class Sqlite {
  readonly #database: Libsql.Database;
  readonly #statements = new Map<string, Libsql.Statement<unknown[]>>();

  private constructor(name: string) {
    this.#database = new (library())(name);
    this.#database.pragma(`busy_timeout = ${BUSY_TIMEOUT}`);
  }

  /** Opens for writing, and makes the file when there is none. Its folder must exist. */
  static forWriting(file: string): Sqlite {
    const sqlite = new Sqlite(file);
    try {
      // Both before the first table: freed pages can then be given back in slices, and readers never wait for the writer.
      sqlite.exec("PRAGMA auto_vacuum = INCREMENTAL");
      sqlite.all("PRAGMA journal_mode = WAL");
      // A crash of the machine may lose the last commits, never the database; a crash of the process loses nothing.
      sqlite.exec("PRAGMA synchronous = NORMAL");
      return sqlite;
    } catch (error) {
      sqlite.close();
      throw error;
    }
  }

  /** Opens an existing file. libsql knows no option for that (it ignores `readonly`), but SQLite's own URLs. */
  static forReading(file: string): Sqlite {
    const url = pathToFileURL(file).href;
    const open = (parameter: string): Sqlite => {
      const sqlite = new Sqlite(`${url}?${parameter}`);
      // SQLite looks at a file only when something is read.
      sqlite.all("SELECT count(*) FROM sqlite_master");
      return sqlite;
    };
    try {
      return open("mode=ro");
    } catch (error) {
      if (error instanceof HistoryUnavailableError || isDamage(error)) throw error;
      // Readers of a database with a write-ahead log share memory through a file beside it; in a folder that cannot be written to, what
      // is in the file itself can be read.
      return open("immutable=1");
    }
  }

  exec(sql: string): void {
    this.#database.exec(sql);
  }

  /** @returns rows changed, and the id of the last row inserted */
  run(sql: string, ...values: readonly SqlValue[]): { readonly changes: number; readonly lastInsertRowid: number } {
    // Ids are numbers: `safeIntegers` is off.
    return this.#statement(sql).run(...values) as { changes: number; lastInsertRowid: number };
  }

  // The columns of a statement are its caller's knowledge.
  all<Row>(sql: string, ...values: readonly SqlValue[]): Row[] {
    return this.#statement(sql).all(...values) as Row[];
  }

  first<Row>(sql: string, ...values: readonly SqlValue[]): Row | undefined {
    // Not `get`, which adds a property of libsql's own to the row.
    return this.all<Row>(sql, ...values)[0];
  }

  /** All of it or nothing, and nobody else writes meanwhile. */
  transaction<R>(body: () => R): R {
    this.exec("BEGIN IMMEDIATE");
    try {
      const result = body();
      this.exec("COMMIT");
      return result;
    } catch (error) {
      this.#rollback();
      throw error;
    }
  }

  close(): void {
    this.#statements.clear();
    this.#database.close();
  }

  #statement(sql: string): Libsql.Statement<unknown[]> {
    let statement = this.#statements.get(sql);
    if (statement === undefined) this.#statements.set(sql, (statement = this.#database.prepare(sql)));
    return statement;
  }

  #rollback(): void {
    try {
      this.exec("ROLLBACK");
    } catch {
      // A full disk and the like have rolled back already.
    }
  }
}

/** Whether the file is no database, or a damaged one. */
export function isDamage(error: unknown): boolean {
  const code = (error as { code?: unknown }).code;
  return typeof code === "string" && (code.startsWith("SQLITE_NOTADB") || code.startsWith("SQLITE_CORRUPT"));
}
