import { NO_BUFFERS, type EncodedValue } from "@heddle/protocol";
import type { SpillError } from "./spill-files.js";

/** Where the bytes of a block are. */
export const Place = {
  memory: 0,
  /** In memory, and on their way to a file. */
  spilling: 1,
  file: 2,
} as const;
export type Place = (typeof Place)[keyof typeof Place];

/**
 * Bytes that are kept, written to disk and read back together: the small values of one report, or one large value. Blocks form a list in
 * the order of their last use.
 */
export class Block {
  /** The heads of its values, one after the other. Empty while on disk. */
  heads: Uint8Array;
  buffers: readonly Uint8Array[];
  place: Place = Place.memory;
  /** Bytes of heads and buffers. */
  readonly bytes: number;
  readonly headBytes: number;
  readonly bufferLengths: readonly number[];
  /** Values of it that are still wanted, and their bytes. */
  values = 0;
  live = 0;
  file: string | undefined;
  /** Under way: reading it back. */
  loading: Promise<SpillError | undefined> | undefined;
  older: Block | undefined;
  newer: Block | undefined;

  constructor(heads: Uint8Array, buffers: readonly Uint8Array[]) {
    this.heads = heads;
    this.buffers = buffers;
    this.headBytes = heads.byteLength;
    this.bufferLengths = buffers.map((buffer) => buffer.byteLength);
    this.bytes = this.bufferLengths.reduce((sum, length) => sum + length, this.headBytes);
  }
}

/** One value: its part of a block. */
export class StoredValue {
  block: Block;
  start: number;
  readonly length: number;
  /** All buffers of the block belong to it, or none do. */
  readonly owns: boolean;

  constructor(block: Block, start: number, length: number, owns: boolean) {
    this.block = block;
    this.start = start;
    this.length = length;
    this.owns = owns;
  }

  get bytes(): number {
    return this.owns ? this.block.bytes : this.length;
  }

  /** Its bytes, which have to be in memory. */
  encoded(): EncodedValue {
    const { heads, buffers } = this.block;
    return { head: heads.subarray(this.start, this.start + this.length), buffers: this.owns ? buffers : NO_BUFFERS };
  }
}

/** Blocks in memory, least recently used first. */
export class BlockList {
  #oldest: Block | undefined;
  #newest: Block | undefined;

  get oldest(): Block | undefined {
    return this.#oldest;
  }

  add(block: Block): void {
    block.older = this.#newest;
    block.newer = undefined;
    if (this.#newest === undefined) this.#oldest = block;
    else this.#newest.newer = block;
    this.#newest = block;
  }

  remove(block: Block): void {
    if (block.older === undefined && this.#oldest !== block) return;
    if (block.older === undefined) this.#oldest = block.newer;
    else block.older.newer = block.newer;
    if (block.newer === undefined) this.#newest = block.older;
    else block.newer.older = block.older;
    block.older = undefined;
    block.newer = undefined;
  }

  touch(block: Block): void {
    if (block === this.#newest) return;
    this.remove(block);
    this.add(block);
  }
}
