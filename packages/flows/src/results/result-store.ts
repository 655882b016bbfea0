/** Where results are kept beyond the process that made them. */
import type { Json } from "../history/run-event.js";

/**
 * Bytes by key. Every adapter passes the contract suite in this package's tests.
 *
 * Keys are relative paths of `/`-separated parts of letters, digits and `._-=@`, none beginning with a dot, at most 200 characters a
 * part and 800 in all; anything else is refused with InvalidStorageKeyError. A key is not the beginning of another one (`a` beside
 * `a/b`): in a directory the one is a file and the other would be inside it. Writes are atomic: a reader sees the whole old value or
 * the whole new one, and of two writers at once the last to complete wins.
 *
 * What a store does wrong is a StorageError, whose code says whether it is down, slow, full or refuses.
 */
export interface ResultStore {
  /** @returns undefined when there is nothing under the key: a miss is no error. The bytes are the caller's own. */
  read(key: string): Promise<Uint8Array | undefined>;
  /** The bytes must stay as they are until it resolves. */
  write(key: string, bytes: Uint8Array): Promise<void>;
  exists(key: string): Promise<boolean>;
  /** Deleting what is not there is no error. */
  delete(key: string): Promise<void>;
  /** How another process makes the same store again. */
  describe(): StoreDescription;
  /** Lets go of connections. A store that is used again after it connects again. */
  close(): Promise<void>;
}

/** Plain JSON without secrets: those are named by the environment variable they are read from, `{ "env": "NAME" }`. */
export interface StoreDescription {
  /** "local", "memory", "http", "redis", "s3", or a name given to `registerStore`. */
  readonly type: string;
  readonly [option: string]: Json;
}

/** A secret, by the environment variable that holds it in each process that uses the store. */
export interface EnvironmentReference {
  readonly env: string;
}
