/** Making stores from what describes them. */
import { homedir } from "node:os";
import { join } from "node:path";
import { closest, heddleHome } from "@heddle/protocol";
import { InvalidStoreError } from "../errors.js";
import type { ResultStore, StoreDescription } from "../result-store.js";
import { HttpStorage } from "./http-storage.js";
import { LocalStorage } from "./local-storage.js";
import { MemoryStorage } from "./memory-storage.js";
import { RedisStorage } from "./redis-storage.js";
import { S3Storage, type S3StorageOptions } from "./s3-storage.js";
import { checkOptions, textOption } from "./store-options.js";

/** Makes a store from its own description. Throws when it makes no sense. */
export type StoreFactory = (description: StoreDescription) => ResultStore;

/** Descriptions come from users' settings and over wires, so the stores' constructors check what they are given. */
const factories = new Map<string, StoreFactory>([
  ["local", ({ type: _, directory, ...options }) => new LocalStorage(directory as string, options)],
  [
    "memory",
    (given) => {
      checkOptions("memory", given, ["name"]);
      return new MemoryStorage({ name: textOption("memory", "name", given["name"]) });
    },
  ],
  ["http", ({ type: _, url, ...options }) => new HttpStorage(url as string, options)],
  ["redis", ({ type: _, url, ...options }) => new RedisStorage(url as string, options)],
  ["s3", ({ type: _, ...options }) => new S3Storage(options as unknown as S3StorageOptions)],
]);

/**
 * Teaches this process a type of store. Each process that uses such a store needs it: call it in a module that tasks import.
 *
 * @throws InvalidStoreError for a name that is taken
 */
export function registerStore(type: string, factory: StoreFactory): void {
  textOption(type, "its type", type);
  const known = factories.get(type);
  // A module may be evaluated more than once, in one thread, when it travels with functions.
  if (known !== undefined && known.toString() !== factory.toString())
    throw new InvalidStoreError(type, "there is such a type already");
  factories.set(type, factory);
}

/**
 * The store that a description stands for, of its caller alone.
 *
 * @throws InvalidStoreError
 */
export function openStore(description: StoreDescription): ResultStore {
  const { type } = description;
  const factory = factories.get(type);
  if (factory !== undefined) return factory(description);
  const near = closest(String(type), [...factories.keys()]);
  throw new InvalidStoreError(
    String(type),
    `there is no such type${near === undefined ? "" : `; did you mean ${near}?`} One of your own needs registerStore in each process`,
  );
}

const shared = new Map<string, ResultStore>();

/** The one store of this process for a description, so that all its users share connections. Not to be closed by one of them. */
export function sharedStore(description: StoreDescription): ResultStore {
  const key = JSON.stringify(description);
  let store = shared.get(key);
  if (store === undefined) shared.set(key, (store = openStore(description)));
  return store;
}

/**
 * A store by what people write in a setting: a directory (absolute, `./…`, `~/…` or a plain name), or a URL. Of an S3 URL the path is
 * the prefix: `s3://bucket/prefix`.
 *
 * @throws InvalidStoreError
 */
export function storeFromText(text: string): ResultStore {
  if (/^s3:\/\//.test(text)) {
    const { hostname: bucket, pathname } = new URL(text);
    const prefix = pathname.slice(1);
    return new S3Storage({ bucket, ...(prefix === "" ? {} : { prefix }) });
  }
  if (/^(https?|wss?):\/\//.test(text)) return new HttpStorage(text);
  if (/^rediss?:\/\//.test(text)) return new RedisStorage(text);
  if (/^file:\/\//.test(text)) return new LocalStorage(new URL(text));
  if (/^[a-z][a-z0-9+]*:\/\//i.test(text))
    throw new InvalidStoreError(
      text,
      "it must be a directory, or a URL that begins with http, https, redis, rediss or s3",
    );
  return new LocalStorage(text.replace(/^~(?=$|\/)/, homedir()));
}

/** Where results go that nobody has said anything about: `results` under HEDDLE_HOME, by default `~/.heddle`. */
export function homeStore(): LocalStorage {
  return new LocalStorage(join(heddleHome(), "results"));
}
