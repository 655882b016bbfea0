import { ownProperty } from "./own-property.js";
import type { Integrity } from "./wire/heads.js";

/** Properties that V8 computes, and does not look at when it says whether an object is frozen. */
const COMPUTED = ["prototype", "length", "stack"] as const;

/** Undefined for what can be extended, and for primitives. */
export function integrityOf(value: unknown): Integrity | undefined {
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return undefined;
  if (Object.isExtensible(value)) return undefined;
  if (!Object.isSealed(value)) return "fixed";
  const isFrozen = Object.isFrozen(value) && COMPUTED.every((key) => ownProperty(value, key)?.writable !== true);
  return isFrozen ? "frozen" : "sealed";
}

export function impose(integrity: Integrity, value: object): void {
  if (integrity === "frozen") Object.freeze(value);
  else if (integrity === "sealed" && !hasElements(value)) Object.seal(value);
  else Object.preventExtensions(value);
}

/** V8 calls such an array sealed when it is only closed, and newer releases refuse to seal it. Its other properties say it themselves. */
function hasElements(value: object): boolean {
  return ArrayBuffer.isView(value) && value.byteLength > 0;
}
