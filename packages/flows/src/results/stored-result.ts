/** What is said about results that are kept: where they lie, whose they are, and how a keeper of them is built anywhere. */
import type { TaskRunIdentity } from "../runner/task-runner.js";
import type { StoreDescription } from "./result-store.js";
import type { SerializerDescription } from "./serializers/serializer.js";

/** Where a persisted result is; plain JSON. */
export type StoredResult = StoredBlob | InlineResult;

export interface StoredBlob {
  /** Key in the store. */
  readonly key: string;
  /** How to rebuild the store. */
  readonly store: StoreDescription;
}

/** Results that say it all by themselves take no room in a store. */
export interface InlineResult {
  readonly inline: "undefined" | "null" | "true" | "false";
}

/** A result as it was: a value, or what the run threw. */
export type LoadedResult =
  { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: unknown };

/** Which run a result is of: what key templates may name. */
export interface ResultOrigin {
  /** `number` -1: the flow run itself. */
  readonly run: Pick<TaskRunIdentity, "flowRun" | "number" | "name" | "task">;
  /** Arguments by the name of their parameter. Needed only where `resultStorageKey` names one. */
  readonly parameters?: Readonly<Record<string, unknown>>;
}

/** An earlier run under the same cache key that completed and has not expired. */
export interface CacheHit {
  readonly cacheKey: string;
  readonly stored: StoredResult;
  /** Milliseconds since the epoch. */
  readonly completed: number;
  /** Milliseconds since the epoch; absent: never. */
  readonly expires?: number;
}

/** All that a process needs to keep and find results: plain JSON, no secrets. */
export interface KeeperDescription {
  readonly store: StoreDescription;
  /** Default: structured. */
  readonly serializer?: SerializerDescription;
  /** Template of `resultStorageKey`. Default: flow run and number. */
  readonly storageKey?: string;
  /** true: undefined, null, true and false are written too. Of a task that must find whatever it has made. */
  readonly always?: boolean;
}
