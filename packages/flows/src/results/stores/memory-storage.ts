import { checkStorageKey } from "../storage-key.js";
import type { ResultStore, StoreDescription } from "../result-store.js";
import { checkOptions, description, textOption } from "./store-options.js";

const contents = new Map<string, Map<string, Uint8Array>>();

/**
 * Results in the memory of this process, for tests. Stores of one name share what they hold, so one that is rebuilt from its
 * description in the same thread has the same results.
 */
export class MemoryStorage implements ResultStore {
  readonly #name: string;
  readonly #blobs: Map<string, Uint8Array>;

  constructor(options: { readonly name?: string } = {}) {
    checkOptions("memory", options, ["name"]);
    this.#name = options.name === undefined ? "default" : textOption("memory", "name", options.name);
    let blobs = contents.get(this.#name);
    if (blobs === undefined) contents.set(this.#name, (blobs = new Map<string, Uint8Array>()));
    this.#blobs = blobs;
  }

  async read(key: string): Promise<Uint8Array | undefined> {
    checkStorageKey(key);
    return this.#blobs.get(key)?.slice();
  }

  async write(key: string, bytes: Uint8Array): Promise<void> {
    checkStorageKey(key);
    this.#blobs.set(key, bytes.slice());
  }

  async exists(key: string): Promise<boolean> {
    checkStorageKey(key);
    return this.#blobs.has(key);
  }

  async delete(key: string): Promise<void> {
    checkStorageKey(key);
    this.#blobs.delete(key);
  }

  describe(): StoreDescription {
    return description("memory", { name: this.#name });
  }

  async close(): Promise<void> {}
}
