/** Blocks on disk: files in a folder of this worker's own, gone when it ends. */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { open, unlink, type FileHandle } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HeddleError, registerError } from "@heddle/protocol";
import type { Block } from "./block.js";

/** A value that had been written to disk cannot be read back. The worker reports it lost; it is computed again where it can be. */
export class SpillError extends HeddleError {
  constructor(
    readonly file: string,
    options?: ErrorOptions,
  ) {
    super(
      "HEDDLE_SPILL_FAILED",
      `a result spilled to ${file} cannot be used: is the disk full, or was the file removed?`,
      options,
    );
  }
}
registerError(SpillError);

export class SpillFiles {
  readonly #parent: string;
  #folder: string | undefined;
  /** The outermost folder above it that was not there before. */
  #made: string | undefined;
  #next = 0;
  readonly #writing = new Set<Promise<void>>();

  /** `parent`: folder in which this worker makes its own. Default: the system's for temporary files. */
  constructor(parent: string = tmpdir()) {
    this.#parent = parent;
  }

  /** Writes a block. Returns its file. */
  write(block: Block): Promise<string> {
    const writing = this.#write(block);
    const settled = writing.then(forget, forget).finally(() => this.#writing.delete(settled));
    this.#writing.add(settled);
    return writing;
  }

  async #write(block: Block): Promise<string> {
    const file = join((this.#folder ??= this.#makeFolder()), `${this.#next++}`);
    let handle: FileHandle | undefined;
    try {
      handle = await open(file, "wx", 0o600);
      for (const part of [block.heads, ...block.buffers]) await writeWhole(handle, part);
      return file;
    } catch (error) {
      await unlink(file).catch(() => {});
      throw new SpillError(file, { cause: error });
    } finally {
      await handle?.close();
    }
  }

  #makeFolder(): string {
    this.#made = mkdirSync(this.#parent, { recursive: true, mode: 0o700 });
    return mkdtempSync(join(this.#parent, "heddle-spill-"));
  }

  /** Reads a block back into memory of its own; large buffers into shared memory, for the executor threads. */
  async read(
    block: Block,
    allocate: (bytes: number) => Uint8Array,
  ): Promise<{ heads: Uint8Array; buffers: Uint8Array[] }> {
    const file = block.file!;
    let handle: FileHandle | undefined;
    try {
      handle = await open(file, "r");
      const heads = new Uint8Array(block.headBytes);
      const buffers = block.bufferLengths.map((length) => allocate(length));
      for (const part of [heads, ...buffers]) await readWhole(handle, part);
      return { heads, buffers };
    } catch (error) {
      throw new SpillError(file, { cause: error });
    } finally {
      await handle?.close();
    }
  }

  remove(file: string): void {
    unlink(file).catch(() => {});
  }

  /** Removes every file and the folder, when what is being written has been written. */
  async close(): Promise<void> {
    await Promise.all(this.#writing);
    for (const folder of [this.#folder, this.#made]) {
      if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
    }
    this.#folder = undefined;
    this.#made = undefined;
  }
}

/** Whoever asked for the file hears how it went. */
function forget(): void {}

async function writeWhole(handle: FileHandle, part: Uint8Array): Promise<void> {
  for (let at = 0; at < part.length;) at += (await handle.write(part, at, part.length - at)).bytesWritten;
}

async function readWhole(handle: FileHandle, part: Uint8Array): Promise<void> {
  for (let at = 0; at < part.length;) {
    const { bytesRead } = await handle.read(part, at, part.length - at);
    if (bytesRead === 0) throw new Error("the file is shorter than what was written");
    at += bytesRead;
  }
}
