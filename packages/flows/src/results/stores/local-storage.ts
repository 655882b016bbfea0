import { mkdir, open, readFile, rename, rm, stat, type FileHandle } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { StorageError, type StorageProblem } from "../errors.js";
import type { ResultStore, StoreDescription } from "../result-store.js";
import { checkStorageKey } from "../storage-key.js";
import { draftBeside, removeEmptyFolders, whileComing } from "./retention/result-files.js";
import { Retention } from "./retention/retention.js";
import { reasonOf } from "./reason.js";
import { checkOptions, description, durationOption, sizeOption, textOption } from "./store-options.js";
import { Turns } from "./turns.js";

export interface LocalStorageOptions {
  /**
   * Wait until the disk has it, and its name, before a write resolves. Default false: what a crash of the whole machine leaves half
   * on disk is seen by its checksum and can be computed again, and waiting costs milliseconds a result.
   */
  readonly durable?: boolean;
  /**
   * Results are removed once they are older: milliseconds since they were written, or "7d". Default: never.
   *
   * @remarks Removing is done by processes that write to the store, beside their other work: so it may come somewhat later.
   */
  readonly maxAge?: number | string;
  /**
   * When all results are larger together, those that were used the longest time ago are removed: bytes, or "10GiB". Default: no limit.
   *
   * @remarks Writing and reading are use. Results of flow runs that this process is in are not removed before these are over.
   */
  readonly maxBytes?: number | string;
}

type Operation = StorageError["operation"];

/**
 * Results as files in a directory: of this machine, or of a file system that all machines of a cluster mount.
 *
 * @remarks A file appears under its name when it is complete: it is written beside it, under a name no key can have, and renamed.
 * Where a file system takes upper and lower case for the same, as those of macOS and Windows do, so does the store.
 *
 * @example
 * ```ts
 * new LocalStorage("/mnt/results", { maxAge: "30d", maxBytes: "20GiB" });
 * ```
 */
export class LocalStorage implements ResultStore {
  readonly #directory: string;
  readonly #durable: boolean;
  readonly #maxAge: number | undefined;
  readonly #maxBytes: number | undefined;
  readonly #retention: Retention | undefined;

  /** @param directory - made when the first result is written */
  constructor(directory: string | URL, options: LocalStorageOptions = {}) {
    checkOptions("local", options, ["directory", "durable", "maxAge", "maxBytes"]);
    this.#directory = resolve(
      directory instanceof URL ? fileURLToPath(directory) : textOption("local", "directory", directory),
    );
    this.#durable = options.durable ?? false;
    const maxAge = (this.#maxAge = durationOption("local", "maxAge", options.maxAge));
    const maxBytes = (this.#maxBytes = sizeOption("local", "maxBytes", options.maxBytes));
    if (maxAge !== undefined || maxBytes !== undefined)
      this.#retention = new Retention(this.#directory, {
        ...(maxAge === undefined ? {} : { maxAge }),
        ...(maxBytes === undefined ? {} : { maxBytes }),
      });
  }

  get directory(): string {
    return this.#directory;
  }

  async read(key: string): Promise<Uint8Array | undefined> {
    return this.#attempt("read", key, undefined, async (file) => {
      const content = this.#maxBytes === undefined ? await readFile(file) : await readAndUse(file);
      const { buffer, byteOffset, byteLength } = content;
      return new Uint8Array(buffer, byteOffset, byteLength);
    });
  }

  async write(key: string, bytes: Uint8Array): Promise<void> {
    await this.#attempt("write", key, NO_MISS, async (file) => {
      for (let attempt = 1; !(await this.#place(file, bytes, attempt === ATTEMPTS)); attempt++);
      if (this.#durable) await syncDirectory(dirname(file));
    });
    this.#retention?.wrote(bytes.byteLength);
  }

  async exists(key: string): Promise<boolean> {
    return this.#attempt("check", key, false, async (file) => (await stat(file)).isFile());
  }

  async delete(key: string): Promise<void> {
    await this.#attempt("delete", key, undefined, async (file) => {
      await rm(file, { force: true });
      await removeEmptyFolders(this.#directory, [key]);
    });
  }

  describe(): StoreDescription {
    return description("local", {
      directory: this.#directory,
      durable: this.#durable || undefined,
      maxAge: this.#maxAge,
      maxBytes: this.#maxBytes,
    });
  }

  /** Waits for what is being removed. */
  async close(): Promise<void> {
    await this.#retention?.idle();
  }

  /** @returns false: the directory was removed meanwhile, with the draft in it */
  async #place(file: string, bytes: Uint8Array, isLast: boolean): Promise<boolean> {
    const draft = draftBeside(file);
    try {
      await whileComing(draft, () => this.#fill(draft, bytes));
      await rename(draft, file);
      return true;
    } catch (error) {
      await rm(draft, { force: true }).catch(() => {});
      if (!isLast && isMissing(error) && (error as NodeJS.ErrnoException).syscall === "rename") return false;
      throw error;
    }
  }

  async #fill(draft: string, bytes: Uint8Array): Promise<void> {
    const file = await createFile(draft);
    try {
      await file.writeFile(bytes);
      if (this.#durable) await file.sync();
    } finally {
      await file.close();
    }
  }

  async #attempt<T>(
    operation: Operation,
    key: string,
    missing: T | typeof NO_MISS,
    act: (file: string) => Promise<T>,
  ): Promise<T> {
    checkStorageKey(key);
    try {
      return await turns.take(() => act(join(this.#directory, key)));
    } catch (error) {
      const { code = "" } = error as NodeJS.ErrnoException;
      if (missing !== NO_MISS && MISSING.has(code)) return missing;
      const advice = ADVICE[code];
      throw new StorageError(this.#directory, operation, key, PROBLEMS[code] ?? "failed", reasonOf(error), {
        cause: error,
        ...(advice === undefined ? {} : { advice }),
      });
    }
  }
}

/**
 * Of this thread, whatever its stores: each operation has at most one file open, and a process may be limited to 256. That is more than
 * Node works on at once, so nobody waits for longer.
 */
const turns = new Turns(32);

const NO_MISS = Symbol("a missing file is an error here");

/** Also when a part of the path is a file, or the path is a directory: then there is no result of that name. */
const MISSING: ReadonlySet<string> = new Set(["ENOENT", "ENOTDIR", "EISDIR", "ERR_FS_EISDIR"]);

const PROBLEMS: Readonly<Record<string, StorageProblem>> = {
  ENOSPC: "full",
  EDQUOT: "full",
  EFBIG: "full",
  EACCES: "denied",
  EPERM: "denied",
  EROFS: "denied",
  ENODEV: "unavailable",
  ENXIO: "unavailable",
  ESTALE: "unavailable",
  EIO: "unavailable",
  EMFILE: "unavailable",
  ENFILE: "unavailable",
};

const TOO_MANY_FILES =
  "too many files are open for this process or machine: raise the limit (ulimit -n), or open fewer";
const IN_THE_WAY =
  "a result cannot be where a folder is, nor inside a file: choose a directory, and keys (resultStorageKey) of which none begins another";
/** What to do, where it is not what holds for the problem anyway. */
const ADVICE: Readonly<Record<string, string>> = {
  EACCES: "see that this user may read and write there",
  EPERM: "see that this user may read and write there",
  EROFS: "keep results in a directory that can be written to",
  EISDIR: IN_THE_WAY,
  ENOTDIR: IN_THE_WAY,
  EEXIST: IN_THE_WAY,
  ENOENT: "the directory cannot be made, or is removed again and again: choose another one",
  ENAMETOOLONG: "choose a directory with a shorter path, or a shorter resultStorageKey",
  ELOOP: "remove the symbolic link there that leads to itself",
  EMFILE: TOO_MANY_FILES,
  ENFILE: TOO_MANY_FILES,
  EIO: "its disk or network does not do its work: see the system's log",
};

/** How often a directory is made that another process removes: one that deletes or makes room takes it for an empty one. */
const ATTEMPTS = 100;

/** Its directory is nearly always there already, so it is made only when it turns out not to be. */
async function createFile(name: string): Promise<FileHandle> {
  for (let attempt = 1; ; attempt++) {
    try {
      if (attempt > 1) await makeDirectory(dirname(name));
      return await open(name, "wx", 0o600);
    } catch (error) {
      if (!isMissing(error) || attempt > ATTEMPTS) throw error;
    }
  }
}

/** Milliseconds within which another use is not noted. */
const SAME_USE = 60_000;

/** The time of access says when it was used; file systems keep that by themselves only roughly, or not at all. */
async function readAndUse(name: string): Promise<Buffer> {
  const file = await open(name, "r");
  try {
    const { atimeMs, mtimeMs } = await file.stat();
    const content = await file.readFile();
    const now = Date.now();
    // Those who may read it may not all change it.
    if (now - Math.max(atimeMs, mtimeMs) > SAME_USE) await file.utimes(now / 1000, mtimeMs / 1000).catch(() => {});
    return content;
  } finally {
    await file.close();
  }
}

/**
 * Makes a directory and what it is in, one by one: Node's own recursive way asks for ever where a file system has a directory in which
 * nothing can be made and calls that "not found", as `/proc` does.
 */
async function makeDirectory(directory: string): Promise<void> {
  if (await madeOrThere(directory)) return;
  const parent = dirname(directory);
  if (parent !== directory) await makeDirectory(parent);
  await mkdir(directory, { mode: 0o700 }).catch(unlessThere);
}

/** False: what it should be in is not there. */
async function madeOrThere(directory: string): Promise<boolean> {
  try {
    await mkdir(directory, { mode: 0o700 });
  } catch (error) {
    if (isMissing(error)) return false;
    unlessThere(error);
  }
  return true;
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === "ENOENT";
}

/** EISDIR is what some systems say of their root. */
function unlessThere(error: unknown): void {
  const { code } = error as NodeJS.ErrnoException;
  if (code !== "EEXIST" && code !== "EISDIR") throw error;
}

/** Makes the name durable, not only the content. */
async function syncDirectory(directory: string): Promise<void> {
  let handle: FileHandle;
  try {
    handle = await open(directory, "r");
  } catch (error) {
    // Another process has taken the result for one too many, and its directory for an empty one.
    if (isMissing(error)) return;
    throw error;
  }
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
