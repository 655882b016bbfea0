/** Keeps results beyond their run, and finds them again: for the engine, and for workers that run its tasks. */
import { CodecError } from "@heddle/protocol";
import { readBlob, writeBlob, type BlobHeader } from "./blob.js";
import { deleteCacheRecord, readCacheRecord, writeCacheRecord } from "./caching/cache-record.js";
import { errorPayload } from "./error-values.js";
import { CorruptResultError, ResultNotFoundError } from "./errors.js";
import { fillKeyTemplate } from "./key-template.js";
import type { ResultStore, StoreDescription } from "./result-store.js";
import type { SerializerDescription } from "./serializers/serializer.js";
import { openSerializer } from "./serializers/serializer-registry.js";
import { structured } from "./serializers/structured.js";
import type {
  CacheHit,
  InlineResult,
  KeeperDescription,
  LoadedResult,
  ResultOrigin,
  StoredResult,
} from "./stored-result.js";
import { sharedStore } from "./stores/store-registry.js";

const INLINE = new Map<unknown, InlineResult>([
  [undefined, { inline: "undefined" }],
  [null, { inline: "null" }],
  [true, { inline: "true" }],
  [false, { inline: "false" }],
]);
const INLINE_VALUES: Readonly<Record<InlineResult["inline"], unknown>> = {
  undefined: undefined,
  null: null,
  true: true,
  false: false,
};

/** Alone in its flow run, and the same when the run is repeated: a result that is written again takes the place of the first. */
const DEFAULT_KEY = "{flowRun}/{number}";

/**
 * Keeps and finds results as a description says.
 *
 * @example
 * ```ts
 * const keeper = new ResultKeeper({ store: { type: "local", directory: "/mnt/results" } });
 * const stored = await keeper.persist(value, { run });
 * // in another process
 * const value = await loadResult(stored);
 * ```
 */
export class ResultKeeper {
  readonly #store: ResultStore;
  readonly #description: StoreDescription;
  readonly #serializer: SerializerDescription;
  readonly #storageKey: string;
  readonly #always: boolean;

  /** @throws InvalidStoreError for a description of no store */
  constructor(description: KeeperDescription) {
    this.#store = sharedStore(description.store);
    // As the store describes itself: paths made absolute, defaults filled in.
    this.#description = this.#store.describe();
    this.#serializer = description.serializer ?? "structured";
    this.#storageKey = description.storageKey ?? DEFAULT_KEY;
    this.#always = description.always ?? false;
  }

  /**
   * Keeps a value. undefined, null, true and false are not written anywhere: what is returned says it all.
   *
   * @param expires - milliseconds since the epoch, noted with the result
   * @throws StorageError; CodecError, ResultNotSerializableError, UnknownSerializerError when it cannot become bytes
   */
  async persist(value: unknown, origin: ResultOrigin, expires?: number): Promise<StoredResult> {
    const inline = INLINE.get(value);
    if (inline !== undefined && !this.#always) return inline;
    // Not every serializer takes undefined.
    const serializer = inline === undefined ? this.#serializer : structured.name;
    const payload = await openSerializer(serializer).encode(value);
    return this.#write({ kind: "value", serializer }, payload, origin, expires);
  }

  /** Keeps what a run threw, with name, message, stack and fields. @throws StorageError */
  async persistError(thrown: unknown, origin: ResultOrigin): Promise<StoredResult> {
    return this.#write({ kind: "error", serializer: structured.name }, await errorPayload(thrown), origin, undefined);
  }

  /**
   * The value that the same run has kept before. A result that is gone or damaged is none, and so is that of another run under its key.
   *
   * @throws StorageError; UnknownSerializerError when this process cannot read it
   */
  async kept(origin: ResultOrigin): Promise<{ readonly value: unknown } | undefined> {
    const key = fillKeyTemplate(this.#storageKey, origin);
    const bytes = await this.#store.read(key);
    if (bytes === undefined) return undefined;
    try {
      const { header, loaded } = await decoded(key, storeName(this.#description), bytes);
      const { flowRun, number } = origin.run;
      const isOwn = header.about?.["flowRun"] === flowRun && header.about["number"] === number;
      return loaded.ok && isOwn ? { value: loaded.value } : undefined;
    } catch (error) {
      if (error instanceof CorruptResultError) return undefined;
      throw error;
    }
  }

  /**
   * An unexpired result under a cache key. That it can still be read is not sure: see {@link ResultKeeper.cached}.
   *
   * @throws StorageError
   */
  lookup(cacheKey: string): Promise<CacheHit | undefined> {
    return readCacheRecord(this.#store, cacheKey, Date.now());
  }

  /**
   * The value of an unexpired result under a cache key. A result that is gone or damaged is none.
   *
   * @throws StorageError; UnknownSerializerError when this process cannot read it
   */
  async cached(cacheKey: string): Promise<{ readonly hit: CacheHit; readonly value: unknown } | undefined> {
    const hit = await this.lookup(cacheKey);
    if (hit === undefined) return undefined;
    try {
      const loaded = await readResult(hit.stored);
      return loaded.ok ? { hit, value: loaded.value } : undefined;
    } catch (error) {
      if (error instanceof ResultNotFoundError || error instanceof CorruptResultError) return undefined;
      throw error;
    }
  }

  /**
   * Makes a kept result the one of a cache key, in place of an earlier one.
   *
   * @param expiration - milliseconds that it is good for; 0: for ever
   * @throws StorageError
   */
  async remember(cacheKey: string, stored: StoredResult, expiration: number, completed = Date.now()): Promise<void> {
    const expires = expiration > 0 ? { expires: completed + expiration } : {};
    await writeCacheRecord(this.#store, { cacheKey, stored, completed, ...expires });
  }

  /** Lets the next run under a cache key run. */
  async forget(cacheKey: string): Promise<void> {
    await deleteCacheRecord(this.#store, cacheKey);
  }

  /** Keeps a value, and under its cache key if it has one: first the one, then the other, so that no key leads to half a result. */
  async keep(
    value: unknown,
    origin: ResultOrigin,
    caching?: { readonly cacheKey: string; readonly expiration: number },
  ): Promise<StoredResult> {
    if (caching === undefined) return this.persist(value, origin);
    const completed = Date.now();
    const expires = caching.expiration > 0 ? completed + caching.expiration : undefined;
    const stored = await this.persist(value, origin, expires);
    await this.remember(caching.cacheKey, stored, caching.expiration, completed);
    return stored;
  }

  async #write(
    how: Pick<BlobHeader, "kind" | "serializer">,
    payload: Uint8Array,
    origin: ResultOrigin,
    expires: number | undefined,
  ): Promise<StoredResult> {
    const key = fillKeyTemplate(this.#storageKey, origin);
    const { flowRun, number, name, task } = origin.run;
    const header: BlobHeader = {
      ...how,
      created: Date.now(),
      ...(expires === undefined ? {} : { expires }),
      about: { flowRun, number, task, taskRun: name },
    };
    await this.#store.write(key, writeBlob(header, payload));
    return { key, store: this.#description };
  }
}

const keepers = new Map<string, ResultKeeper>();

/** The one keeper of this process for a description. */
export function keeperFor(description: KeeperDescription): ResultKeeper {
  const key = JSON.stringify(description);
  let keeper = keepers.get(key);
  if (keeper === undefined) keepers.set(key, (keeper = new ResultKeeper(description)));
  return keeper;
}

/**
 * Reads a kept result.
 *
 * @throws StorageError, ResultNotFoundError, CorruptResultError, UnknownSerializerError, CompressionUnavailableError
 */
export async function readResult(stored: StoredResult): Promise<LoadedResult> {
  if ("inline" in stored) return { ok: true, value: INLINE_VALUES[stored.inline] };
  const { key, store } = stored;
  const bytes = await sharedStore(store).read(key);
  if (bytes === undefined) throw new ResultNotFoundError(key, storeName(store));
  return (await decoded(key, storeName(store), bytes)).loaded;
}

/** @throws CorruptResultError, UnknownSerializerError, CompressionUnavailableError */
async function decoded(
  key: string,
  store: string,
  bytes: Uint8Array,
): Promise<{ readonly header: BlobHeader; readonly loaded: LoadedResult }> {
  const { header, payload } = readBlob(key, store, bytes);
  const serializer = openSerializer(header.serializer);
  let value: unknown;
  try {
    value = await serializer.decode(payload);
  } catch (error) {
    if (isMalformed(error))
      throw new CorruptResultError(key, store, `${serializer.name}: ${(error as Error).message}`, { cause: error });
    throw error;
  }
  return { header, loaded: header.kind === "error" ? { ok: false, error: value } : { ok: true, value } };
}

/** The value of a kept result; throws what its run threw. @throws as {@link readResult} */
export async function loadResult(stored: StoredResult): Promise<unknown> {
  const loaded = await readResult(stored);
  if (loaded.ok) return loaded.value;
  // Whatever it was, an Error as a rule.
  throw loaded.error;
}

/** Deletes a kept result. @throws StorageError */
export async function deleteResult(stored: StoredResult): Promise<void> {
  if ("key" in stored) await sharedStore(stored.store).delete(stored.key);
}

/** What the reader of bytes makes of bytes that are none of its own. Anything else is about modules, classes or the machine. */
function isMalformed(error: unknown): boolean {
  if (error instanceof CodecError) return error.code === "HEDDLE_CODEC_MALFORMED";
  return error instanceof RangeError || error instanceof SyntaxError || /^(Z_|ZSTD_)/.test(codeOf(error));
}

function codeOf(error: unknown): string {
  const { code } = error as { code?: unknown };
  return typeof code === "string" ? code : "";
}

function storeName(store: StoreDescription): string {
  const place = store["directory"] ?? store["url"] ?? store["bucket"] ?? store["name"];
  return typeof place === "string" ? `${store.type} ${place}` : store.type;
}
