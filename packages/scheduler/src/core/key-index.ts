import { NONE } from "./task-table.js";

/** Shards grow one at a time: a single table of four million entries would stop the loop for half a second when it grows. */
const SHARDS = 64;
const EMPTY = -1;
const DELETED = -2;

/** What the index needs to know of the tasks it indexes. */
export interface KeyedTasks {
  readonly hash: Int32Array;
}

/**
 * Finds tasks by the bytes of their keys: open addressing over slot numbers, in shards. The keys themselves stay where they
 * arrived, in the chunks.
 */
export class KeyIndex {
  readonly #shards = Array.from({ length: SHARDS }, () => new Shard());
  readonly #tasks: KeyedTasks;
  readonly #equals: (slot: number, key: Uint8Array, start: number, end: number) => boolean;

  constructor(tasks: KeyedTasks, equals: (slot: number, key: Uint8Array, start: number, end: number) => boolean) {
    this.#tasks = tasks;
    this.#equals = equals;
  }

  get size(): number {
    let size = 0;
    for (const shard of this.#shards) size += shard.live;
    return size;
  }

  find(hash: number, key: Uint8Array, start: number, end: number): number {
    const shard = this.#shards[hash & (SHARDS - 1)]!;
    const mask = shard.slots.length - 1;
    for (let at = (hash >>> 6) & mask; ; at = (at + 1) & mask) {
      const slot = shard.slots[at]!;
      if (slot === EMPTY) return NONE;
      if (slot >= 0 && this.#tasks.hash[slot] === hash && this.#equals(slot, key, start, end)) return slot;
    }
  }

  /** The key must not be there yet, and `hash[slot]` must be set. */
  add(hash: number, slot: number): void {
    const shard = this.#shards[hash & (SHARDS - 1)]!;
    if ((shard.used + 1) * 10 > shard.slots.length * 7) shard.rehash(this.#tasks.hash);
    shard.insert(hash, slot);
  }

  remove(slot: number): void {
    const hash = this.#tasks.hash[slot]!;
    const shard = this.#shards[hash & (SHARDS - 1)]!;
    const mask = shard.slots.length - 1;
    for (let at = (hash >>> 6) & mask; ; at = (at + 1) & mask) {
      const found = shard.slots[at]!;
      if (found === EMPTY) return;
      if (found === slot) {
        shard.slots[at] = DELETED;
        shard.live--;
        return;
      }
    }
  }

  *slots(): Generator<number> {
    for (const shard of this.#shards) for (const slot of shard.slots) if (slot >= 0) yield slot;
  }
}

class Shard {
  slots = new Int32Array(16).fill(EMPTY);
  live = 0;
  /** Live and deleted entries: both lengthen probes. */
  used = 0;

  insert(hash: number, slot: number): void {
    const mask = this.slots.length - 1;
    let at = (hash >>> 6) & mask;
    while (this.slots[at]! >= 0) at = (at + 1) & mask;
    if (this.slots[at] === EMPTY) this.used++;
    this.slots[at] = slot;
    this.live++;
  }

  rehash(hashes: Int32Array): void {
    const before = this.slots;
    let length = 16;
    while (length * 4 < (this.live + 1) * 10) length *= 2;
    this.slots = new Int32Array(length).fill(EMPTY);
    this.live = 0;
    this.used = 0;
    for (const slot of before) if (slot >= 0) this.insert(hashes[slot]!, slot);
  }
}

/** FNV-1a over bytes with murmur3's finaliser: the low bits of the plain sum are too regular for keys that end in counters. */
export function hashKey(key: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ key[at]!, 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
