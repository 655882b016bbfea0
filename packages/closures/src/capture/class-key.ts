import type { AnyFunction } from "../any-function.js";
import { keyOfRevivedClass, rememberClass } from "../class-identity.js";
import { Encoder } from "./encoder.js";

/**
 * The key of a class by its content: code, parent, constants and static fields. Undefined for a class over data that can change.
 * Encodes the class by itself, its own classes included as plain parts, so that classes which refer to each other have keys too.
 */
export function classKey(type: AnyFunction): string | undefined {
  const revived = keyOfRevivedClass(type);
  if (revived !== undefined) return revived;
  const encoder = new Encoder({ shareClasses: false });
  const root = encoder.encode(type);
  if (encoder.mutable) return undefined;
  const key = encoder.finish(root).token;
  rememberClass(key, type);
  return key;
}
