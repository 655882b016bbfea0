/** What is remembered under a cache key: where the result of the last run under it is. */
import { hash } from "node:crypto";
import type { ResultStore } from "../result-store.js";
import type { CacheHit, StoredResult } from "../stored-result.js";

/** As it is kept: JSON. Where the result is in the store of the record, the store is not named, as it may be reached in many ways. */
interface CacheRecord {
  readonly heddleCache: 1;
  readonly cacheKey: string;
  readonly stored: StoredResult | { readonly key: string };
  readonly completed: number;
  readonly expires?: number;
}

/** Cache keys are text of any length and content. */
function recordKey(cacheKey: string): string {
  const digest = hash("sha256", cacheKey, "hex");
  return `cache/${digest.slice(0, 2)}/${digest}`;
}

const RECORD_KEY = /^cache\/[0-9a-f]{2}\/[0-9a-f]{64}$/;
const RECORD_START = Buffer.from('{"heddleCache":');

/** A record of a cache, by its key and how it begins. */
export function isCacheRecord(key: string, head: Uint8Array): boolean {
  return RECORD_KEY.test(key) && RECORD_START.equals(head.subarray(0, RECORD_START.length));
}

/** @throws StorageError */
export async function writeCacheRecord(store: ResultStore, hit: CacheHit): Promise<void> {
  const { cacheKey, stored, completed, expires } = hit;
  const isHere = "key" in stored && JSON.stringify(stored.store) === JSON.stringify(store.describe());
  const record: CacheRecord = {
    heddleCache: 1,
    cacheKey,
    stored: isHere ? { key: stored.key } : stored,
    completed,
    ...(expires === undefined ? {} : { expires }),
  };
  await store.write(recordKey(cacheKey), Buffer.from(JSON.stringify(record)));
}

/**
 * @returns undefined when there is none, it has expired, or is no record: then the task runs and writes a new one
 * @throws StorageError
 */
export async function readCacheRecord(
  store: ResultStore,
  cacheKey: string,
  now: number,
): Promise<CacheHit | undefined> {
  const bytes = await store.read(recordKey(cacheKey));
  const record = bytes && parse(bytes);
  if (record === undefined || record.cacheKey !== cacheKey) return undefined;
  const { stored, completed, expires } = record;
  if (expires !== undefined && expires <= now) return undefined;
  return {
    cacheKey,
    stored: "inline" in stored || "store" in stored ? stored : { key: stored.key, store: store.describe() },
    completed,
    ...(expires === undefined ? {} : { expires }),
  };
}

export async function deleteCacheRecord(store: ResultStore, cacheKey: string): Promise<void> {
  await store.delete(recordKey(cacheKey));
}

function parse(bytes: Uint8Array): CacheRecord | undefined {
  let record: Partial<Record<keyof CacheRecord, unknown>> | null;
  try {
    record = JSON.parse(Buffer.from(bytes).toString()) as typeof record;
  } catch {
    return undefined;
  }
  if (record?.heddleCache !== 1 || typeof record.completed !== "number") return undefined;
  if (record.expires !== undefined && typeof record.expires !== "number") return undefined;
  return isStored(record.stored) ? (record as CacheRecord) : undefined;
}

function isStored(stored: unknown): boolean {
  if (typeof stored !== "object" || stored === null) return false;
  const { key, inline, store } = stored as Record<string, unknown>;
  if (inline !== undefined) return typeof inline === "string";
  return typeof key === "string" && (store === undefined || (typeof store === "object" && store !== null));
}
