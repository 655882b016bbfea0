/** One hash for values that are alike, whatever order their parts came in: what cache keys of arguments are made of. */
import { createHash } from "node:crypto";
import { isAnyArrayBuffer, isDate, isMap, isNativeError, isRegExp, isSet } from "node:util/types";
import type { capture as captureFunction } from "@heddle/closures";
import { structured } from "../serializers/structured.js";

type AnyFunction = Parameters<typeof captureFunction>[0];

/** A value that no hash can stand for. `path` says where: `value.rows[3]`. */
export class UnhashableError extends Error {
  constructor(path: string, problem: string, options?: ErrorOptions) {
    super(`${path} ${problem}`, options);
  }
}

let capture: typeof captureFunction | undefined;

/** A function or an instance was met, and what takes them apart has not been loaded. */
class CaptureNeeded extends Error {}

/**
 * SHA-256 of a value, in hexadecimal.
 *
 * Alike are: objects with the same properties, maps with the same entries and sets with the same items, in any order; functions of the
 * same code over the same values; instances of the same class with the same properties. Not alike: 0 and -0, 1 and 1n, an Int8Array
 * and a Uint8Array, an array and the same with one more hole.
 *
 * @throws UnhashableError for promises, streams, unique symbols, instances with private fields and the like
 */
export async function canonicalHash(value: unknown, path = "value"): Promise<string> {
  try {
    return hashOnce(value, path);
  } catch (error) {
    if (!(error instanceof CaptureNeeded)) throw error;
    ({ capture } = await import("@heddle/closures"));
    // Installs the same for instances.
    await structured.encode(() => undefined);
    return hashOnce(value, path);
  }
}

function hashOnce(value: unknown, path: string): string {
  try {
    const walk = new Walk();
    return digest(walk.token(value, path));
  } catch (error) {
    if (error instanceof RangeError) throw new UnhashableError(path, "is nested too deeply", { cause: error });
    throw error;
  }
}

/** An object as a key may have a `toString` that throws, or none. */
function named(key: unknown): string {
  return key === null || (typeof key !== "object" && typeof key !== "function") ? String(key) : "an object";
}

function digest(...parts: (string | Uint8Array)[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest("hex");
}

class Walk {
  /** Digests of objects that are done, and depths of those under way. */
  readonly #done = new Map<object, string>();
  readonly #underWay = new Map<object, number>();

  /** Text that no two different values share: primitives as they are, objects by their digest. */
  token(value: unknown, path: string): string {
    switch (typeof value) {
      case "undefined":
        return "u";
      case "boolean":
        return value ? "t" : "f";
      case "number":
        return `n${Object.is(value, -0) ? "-0" : String(value)}`;
      case "bigint":
        return `i${value}`;
      case "string":
        // Escapes what UTF-8 would lose.
        return JSON.stringify(value);
      case "symbol": {
        const key = Symbol.keyFor(value);
        if (key === undefined) throw new UnhashableError(path, `is the unique symbol ${String(value)}`);
        return `y${JSON.stringify(key)}`;
      }
      case "function":
        return `c${this.#closure(value, path)}`;
      case "object":
        return value === null ? "0" : this.#object(value, path);
    }
  }

  #object(value: object, path: string): string {
    const known = this.#done.get(value);
    if (known !== undefined) return known;
    const depth = this.#underWay.get(value);
    if (depth !== undefined) return `^${this.#underWay.size - depth}`;
    this.#underWay.set(value, this.#underWay.size);
    const token = `#${this.#digest(value, path)}`;
    this.#underWay.delete(value);
    this.#done.set(value, token);
    return token;
  }

  #digest(value: object, path: string): string {
    if (Array.isArray(value)) {
      let text = `[${value.length}`;
      for (let i = 0; i < value.length; i++) text += `,${i in value ? this.token(value[i], `${path}[${i}]`) : "-"}`;
      return digest(text);
    }
    if (ArrayBuffer.isView(value)) {
      const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
      // A Buffer is a Uint8Array here as everywhere.
      return digest(`v${value[Symbol.toStringTag as never] as string}:`, bytes);
    }
    if (isAnyArrayBuffer(value)) return digest("b:", new Uint8Array(value));
    if (isMap(value)) {
      const entries = [...value].map(
        ([key, item]) => `${this.token(key, `a key of ${path}`)}>${this.token(item, `${path}.get(${named(key)})`)}`,
      );
      return digest(`m${entries.sort().join()}`);
    }
    if (isSet(value))
      return digest(
        `s${[...value]
          .map((item) => this.token(item, `an item of ${path}`))
          .sort()
          .join()}`,
      );
    if (isDate(value)) return digest(`d${value.getTime()}`);
    if (isRegExp(value)) return digest(`r${value.flags}/${value.source}`);
    if (value instanceof URL) return digest(`l${value.href}`);
    if (isNativeError(value))
      return digest(`e${JSON.stringify([value.name, value.message])}${this.#properties(value, path)}`);
    const prototype = Object.getPrototypeOf(value) as object | null;
    if (prototype === null || Object.getPrototypeOf(prototype) === null)
      return digest(`{${this.#properties(value, path)}}`);
    return digest(`k${this.#classOf(value, path)}${this.#properties(value, path)}`);
  }

  #properties(value: object, path: string): string {
    return Object.keys(value)
      .sort()
      .map((key) => `${JSON.stringify(key)}:${this.token((value as Record<string, unknown>)[key], `${path}.${key}`)}`)
      .join();
  }

  /** What cannot be taken apart has state that the hash would not see. */
  #classOf(value: object, path: string): string {
    if (capture === undefined) throw new CaptureNeeded();
    try {
      void structured.encode(value);
    } catch (error) {
      throw new UnhashableError(path, `cannot be part of a cache key: ${(error as Error).message}`, { cause: error });
    }
    return this.#closure(value.constructor, path);
  }

  #closure(fn: AnyFunction, path: string): string {
    if (capture === undefined) throw new CaptureNeeded();
    try {
      return capture(fn).token;
    } catch (error) {
      throw new UnhashableError(path, `cannot be part of a cache key: ${(error as Error).message}`, { cause: error });
    }
  }
}
