/** How tasks and flows say where their results are kept. */
import type { ResultStore, StoreDescription } from "../results/result-store.js";
import { checkKeyTemplate } from "../results/key-template.js";
import { openStore, storeFromText } from "../results/stores/store-registry.js";
import type { SerializerDescription } from "../results/serializers/serializer.js";
import type { OptionChecks } from "./checks.js";

/** A store, a description of one, a directory, or a URL. */
export type ResultStorage = ResultStore | StoreDescription | string;

/** @throws InvalidOptionError, InvalidStoreError */
export function resolveStorage<O extends { readonly resultStorage?: ResultStorage }>(
  checks: OptionChecks<O>,
): StoreDescription | undefined {
  const given: unknown = checks.options.resultStorage;
  if (given === undefined) return undefined;
  if (typeof given === "string" && given !== "") return storeFromText(given).describe();
  if (typeof given === "object" && given !== null) {
    if ("describe" in given && typeof given.describe === "function") return (given as ResultStore).describe();
    if ("type" in given && typeof given.type === "string") return openStore(given as StoreDescription).describe();
  }
  return checks.fail("resultStorage", "a store (new LocalStorage(...)), its description, a directory or a URL");
}

/** @throws InvalidOptionError */
export function resolveSerializer<O extends { readonly resultSerializer?: SerializerDescription }>(
  checks: OptionChecks<O>,
): SerializerDescription | undefined {
  const given: unknown = checks.options.resultSerializer;
  if (given === undefined || (typeof given === "string" && given !== "")) return given;
  if (typeof given === "object" && given !== null && "compressed" in given) return given as SerializerDescription;
  return checks.fail("resultSerializer", `"structured", "json", the name of one of your own, or compressed(...)`);
}

/** @throws StorageKeyTemplateError */
export function resolveStorageKey<O extends { readonly resultStorageKey?: string }>({
  options,
}: OptionChecks<O>): string | undefined {
  const { resultStorageKey } = options;
  if (resultStorageKey !== undefined) checkKeyTemplate(resultStorageKey);
  return resultStorageKey;
}
