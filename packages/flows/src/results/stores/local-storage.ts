import { randomBytes } from "node:crypto";
import { mkdir, open, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { StorageError, type StorageProblem } from "../errors.js";
import type { ResultStore, StoreDescription } from "../result-store.js";
import { checkStorageKey } from "../storage-key.js";
import { checkOptions, description, textOption } from "./store-options.js";

export interface LocalStorageOptions {
  /**
   * Wait until the disk has it, and its name, before a write resolves. Default false: what a crash of the whole machine leaves half
   * on disk is seen by its checksum and can be computed again, and waiting costs milliseconds a result.
   */
  readonly durable?: boolean;
}

type Operation = StorageError["operation"];

/**
 * Results as files in a directory: of this machine, or of a file system that all machines of a cluster mount.
 *
 * @remarks A file appears under its name when it is complete: it is written beside it, under a name no key can have, and renamed.
 */
export class LocalStorage implements ResultStore {
  readonly #directory: string;
  readonly #durable: boolean;

  /** @param directory - made when the first result is written */
  constructor(directory: string | URL, options: LocalStorageOptions = {}) {
    checkOptions("local", options, ["directory", "durable"]);
    this.#directory = resolve(
      directory instanceof URL ? fileURLToPath(directory) : textOption("local", "directory", directory),
    );
    this.#durable = options.durable ?? false;
  }

  get directory(): string {
    return this.#directory;
  }

  async read(key: string): Promise<Uint8Array | undefined> {
    return this.#attempt("read", key, undefined, async (file) => {
      const { buffer, byteOffset, byteLength } = await readFile(file);
      return new Uint8Array(buffer, byteOffset, byteLength);
    });
  }

  async write(key: string, bytes: Uint8Array): Promise<void> {
    await this.#attempt("write", key, NO_MISS, async (file) => {
      const draft = join(dirname(file), `.${randomBytes(9).toString("base64url")}.draft`);
      try {
        await this.#fill(draft, bytes);
        await rename(draft, file);
        if (this.#durable) await syncDirectory(dirname(file));
      } catch (error) {
        await rm(draft, { force: true }).catch(() => {});
        throw error;
      }
    });
  }

  async exists(key: string): Promise<boolean> {
    return this.#attempt("check", key, false, async (file) => (await stat(file)).isFile());
  }

  async delete(key: string): Promise<void> {
    await this.#attempt("delete", key, undefined, (file) => rm(file, { force: true }));
  }

  describe(): StoreDescription {
    return description("local", { directory: this.#directory, durable: this.#durable || undefined });
  }

  async close(): Promise<void> {}

  /** The directory is nearly always there already, so it is made only when it turns out not to be. */
  async #fill(draft: string, bytes: Uint8Array): Promise<void> {
    let file;
    try {
      file = await open(draft, "wx", 0o600);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
      await makeDirectory(dirname(draft));
      file = await open(draft, "wx", 0o600);
    }
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
      return await act(join(this.#directory, key));
    } catch (error) {
      const { code = "", message } = error as NodeJS.ErrnoException;
      if (missing !== NO_MISS && MISSING.has(code)) return missing;
      const problem = PROBLEMS[code] ?? "failed";
      throw new StorageError(this.#directory, operation, key, problem, message, { cause: error });
    }
  }
}

const NO_MISS = Symbol("a missing file is an error here");

/** Also when a part of the path is a file, or the path is a directory: then there is no result of that name. */
const MISSING: ReadonlySet<string> = new Set(["ENOENT", "ENOTDIR", "EISDIR"]);

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
};

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
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    unlessThere(error);
  }
  return true;
}

/** EISDIR is what some systems say of their root. */
function unlessThere(error: unknown): void {
  const { code } = error as NodeJS.ErrnoException;
  if (code !== "EEXIST" && code !== "EISDIR") throw error;
}

/** Makes the name durable, not only the content. */
async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
