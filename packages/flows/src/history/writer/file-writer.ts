/** The history's file as its one writer in this process has it: opened, repaired, kept small, and written to when it can be. */
import { accessSync, constants, mkdirSync, renameSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { HeddleError } from "@heddle/protocol/values";
import type { RunChunk } from "../chunk.js";
import { migrate } from "../schema.js";
import { Sqlite, isDamage } from "../sqlite.js";
import { ProcessRow } from "./process-row.js";
import { RunWriter } from "./run-writer.js";

/** Batches kept for a file that cannot be written to at the moment. */
const MAX_BACKLOG = 200;
/** Pause before the next attempt, in milliseconds. */
const RETRY_PAUSE = 5_000;

export type Warn = (code: string, message: string) => void;

interface Opened {
  readonly sqlite: Sqlite;
  readonly runs: RunWriter;
  readonly process: ProcessRow;
}

export class FileWriter {
  readonly #file: string;
  readonly #warn: Warn;
  #opened: Opened | undefined;
  /** Which file that is: another process may have put it aside since. */
  #inode: number | undefined;
  /** Nothing will ever be written: no SQLite, or a file of a later version. */
  #given = false;
  readonly #backlog: (readonly RunChunk[])[] = [];
  #pausedUntil = 0;
  /** Whether the present trouble has been told. */
  #told = false;

  constructor(file: string, warn: Warn) {
    this.#file = file;
    this.#warn = warn;
    this.#attempt(() => this.#open());
  }

  /** The connection, for what else is done to the file; undefined while there is none. */
  get sqlite(): Sqlite | undefined {
    return this.#opened?.sqlite;
  }

  /** Writes a batch, now or as soon as the file can be written to again. Never throws. */
  write(chunks: readonly RunChunk[]): void {
    if (this.#given) return;
    if (this.#backlog.length < MAX_BACKLOG) this.#backlog.push(chunks);
    this.#drain();
  }

  /** To be called now and then: says that this process is there, and tries again what could not be written. */
  beat(): void {
    if (this.#given) return;
    this.#drain();
    if (this.#opened?.runs.busy !== true) return;
    this.#attempt(() => (this.#opened ?? this.#open()).process.beat());
  }

  close(): void {
    this.#pausedUntil = 0;
    this.#drain();
    this.#opened?.sqlite.close();
    this.#opened = undefined;
    this.#given = true;
  }

  #drain(): void {
    if (Date.now() < this.#pausedUntil) return;
    for (let batch = this.#backlog[0]; batch !== undefined; batch = this.#backlog[0]) {
      const chunks = batch;
      if (!this.#attempt(() => (this.#opened ?? this.#open()).runs.write(chunks))) return;
      this.#backlog.shift();
      // Only that ends the trouble: on a full disk there may be room for a beat.
      this.#told = false;
    }
  }

  /** Whether it could be done, if need be with a new file. If not, it is told once, and left alone for a while. */
  #attempt(action: () => void, fresh = false): boolean {
    try {
      action();
      return true;
    } catch (error) {
      if (isDamage(error) && !fresh && this.#putAside(error)) return this.#attempt(action, true);
      this.#tell(error);
      return false;
    }
  }

  #open(): Opened {
    mkdirSync(dirname(this.#file), { recursive: true, mode: 0o700 });
    this.#inode = inodeOf(this.#file);
    // SQLite would say no more than that it cannot. It makes files beside the database, too.
    accessSync(dirname(this.#file), constants.W_OK);
    if (this.#inode !== undefined) accessSync(this.#file, constants.W_OK);
    const sqlite = Sqlite.forWriting(this.#file);
    try {
      migrate(sqlite, this.#file);
      this.#inode = inodeOf(this.#file);
      const process = new ProcessRow(sqlite);
      return (this.#opened = { sqlite, process, runs: new RunWriter(sqlite, process) });
    } catch (error) {
      sqlite.close();
      throw error;
    }
  }

  #tell(error: unknown): void {
    this.#pausedUntil = Date.now() + RETRY_PAUSE;
    const final = error instanceof HeddleError;
    if (!this.#told) {
      this.#told = true;
      const reason = error instanceof Error ? error.message : String(error);
      if (final) this.#warn(error.code, `${reason}. Flows run without history`);
      else
        this.#warn(
          "HEDDLE_HISTORY_NOT_WRITTEN",
          `the run history in ${this.#file} cannot be written: ${reason}. Flows go on without it; it is tried again now and then`,
        );
    }
    if (!final) return;
    this.#given = true;
    this.#backlog.length = 0;
  }

  /** @returns whether there is a new beginning: another process that found the same damage may have been first */
  #putAside(damage: unknown): boolean {
    this.#opened?.sqlite.close();
    this.#opened = undefined;
    if (inodeOf(this.#file) !== this.#inode) return true;
    const aside = `${this.#file}.damaged-${new Date().toISOString().replaceAll(":", "")}-${process.pid}`;
    try {
      for (const suffix of ["", "-wal", "-shm"]) moveIfThere(this.#file + suffix, aside + suffix);
    } catch {
      return false;
    }
    const reason = damage instanceof Error ? damage.message : String(damage);
    this.#warn(
      "HEDDLE_HISTORY_DAMAGED",
      `the run history in ${this.#file} is damaged (${reason}); it was moved to ${aside}, and a new one begun`,
    );
    return true;
  }
}

function inodeOf(file: string): number | undefined {
  return statSync(file, { throwIfNoEntry: false })?.ino;
}

function moveIfThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}
