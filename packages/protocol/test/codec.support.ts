import { inspect, types } from "node:util";
import { CodecError, ValueDecoder, ValueEncoder } from "../src/codec/index.js";

const encoder = new ValueEncoder();
const decoder = new ValueDecoder();

/** Through bytes and back, with buffers copied as a wire would. */
export function roundTrip<T>(value: T): T {
  const { head, buffers } = encoder.encode(value);
  return decoder.decode(
    head,
    buffers.map((buffer) => Uint8Array.from(buffer)),
  ) as T;
}

/** The error with which a value is refused. */
export function refusal(value: unknown, by: ValueEncoder = encoder): CodecError {
  try {
    by.encode(value);
  } catch (error) {
    if (error instanceof CodecError) return error;
    throw error;
  }
  throw new Error("it was encoded");
}

/**
 * Where two graphs first differ, or nothing if no program could tell them apart (by anything but `===` with the originals). Knows
 * -0, NaN, holes, undefined against absent, order of keys, prototypes, and which objects are the same object.
 */
export function difference(a: unknown, b: unknown): string | undefined {
  return new Comparison().compare(a, b, "value");
}

class Comparison {
  private readonly there = new Map<object, object>();
  private readonly back = new Map<object, object>();

  compare(a: unknown, b: unknown, path: string): string | undefined {
    if (!isObject(a) || !isObject(b))
      return Object.is(a, b) ? undefined : `${path}: ${inspect(a)} against ${inspect(b)}`;
    if (this.there.has(a) || this.back.has(b)) {
      return this.there.get(a) === b && this.back.get(b) === a ? undefined : `${path}: other identity`;
    }
    this.there.set(a, b);
    this.back.set(b, a);
    if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return `${path}: other prototype`;
    return this.internals(a, b, path) ?? this.properties(a, b, path);
  }

  private internals(a: object, b: object, path: string): string | undefined {
    if (a instanceof Map) return this.lists([...a].flat(), [...(b as typeof a)].flat(), `${path}<entries>`);
    if (a instanceof Set) return this.lists([...a], [...(b as typeof a)], `${path}<items>`);
    if (a instanceof Date) return this.compare(a.getTime(), (b as typeof a).getTime(), `${path}<time>`);
    if (a instanceof RegExp) return this.compare(a.toString(), (b as typeof a).toString(), `${path}<pattern>`);
    if (a instanceof URL) return this.compare(a.href, (b as typeof a).href, `${path}<href>`);
    if (types.isBoxedPrimitive(a)) return this.compare(a.valueOf(), b.valueOf(), `${path}<primitive>`);
    if (types.isAnyArrayBuffer(a)) return this.bytes(new Uint8Array(a), new Uint8Array(b as ArrayBuffer), path);
    if (ArrayBuffer.isView(a)) {
      const other = b as ArrayBufferView;
      return this.bytes(
        new Uint8Array(a.buffer, a.byteOffset, a.byteLength),
        new Uint8Array(other.buffer, other.byteOffset, other.byteLength),
        path,
      );
    }
    if (Array.isArray(a)) return this.compare(a.length, (b as unknown[]).length, `${path}.length`);
    return undefined;
  }

  private bytes(a: Uint8Array, b: Uint8Array, path: string): string | undefined {
    return Buffer.from(a).equals(b) ? undefined : `${path}: other bytes`;
  }

  private lists(a: unknown[], b: unknown[], path: string): string | undefined {
    if (a.length !== b.length) return `${path}: ${String(a.length)} against ${String(b.length)}`;
    for (let i = 0; i < a.length; i++) {
      const found = this.compare(a[i], b[i], `${path}[${String(i)}]`);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  private properties(a: object, b: object, path: string): string | undefined {
    if (ArrayBuffer.isView(a)) return undefined;
    const names = Object.getOwnPropertyNames(a);
    const others = Object.getOwnPropertyNames(b);
    if (names.join() !== others.join()) return `${path}: [${names.join()}] against [${others.join()}]`;
    for (const name of names) {
      const mine = Object.getOwnPropertyDescriptor(a, name)!;
      const other = Object.getOwnPropertyDescriptor(b, name)!;
      if (mine.enumerable !== other.enumerable) return `${path}.${name}: other enumerability`;
      const found = this.compare(mine.value, other.value, `${path}.${name}`);
      if (found !== undefined) return found;
    }
    return undefined;
  }
}

function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}
