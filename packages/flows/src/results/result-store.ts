/** Where results are kept beyond the process that made them. */
import type { Json } from "../history/run-event.js";

/**
 * Bytes by key. Every adapter passes the contract suite in this package's tests.
 *
 * Keys are relative paths of `/`-separated parts (letters, digits and `._-=@`); anything else, or a path that leaves the root, is
 * refused with InvalidStorageKeyError. Writes are atomic: a reader sees the whole old value or the whole new one.
 */
export interface ResultStore {
  /** @returns undefined when there is nothing under the key: a miss is no error. @throws StorageError when the store is down or refuses */
  read(key: string): Promise<Uint8Array | undefined>;
  write(key: string, bytes: Uint8Array): Promise<void>;
  exists(key: string): Promise<boolean>;
  delete(key: string): Promise<void>;
  /** How another process makes the same store again. */
  describe(): StoreDescription;
  close(): Promise<void>;
}

/** Plain JSON without secrets: those are named by the environment variable they are read from, `{ "env": "NAME" }`. */
export interface StoreDescription {
  /** "local", "memory", "http", "redis", "s3", or a name given to `registerStore`. */
  readonly type: string;
  readonly [option: string]: Json;
}
