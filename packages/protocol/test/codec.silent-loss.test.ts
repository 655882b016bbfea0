import { describe, expect, it } from "vitest";
import { CodecError, ValueDecoder, ValueEncoder } from "../src/codec/index.js";

const encoder = new ValueEncoder();
const decoder = new ValueDecoder();

function roundTrip<T>(value: T): T {
  const { head, buffers } = encoder.encode(value);
  return decoder.decode(head, buffers) as T;
}

function refusal(value: unknown): CodecError {
  try {
    encoder.encode(value);
  } catch (error) {
    if (error instanceof CodecError) return error;
    throw error;
  }
  throw new Error("it was encoded");
}

// What a binary JSON format gets wrong without saying so.
describe("values that are easily lost in silence", () => {
  it("keeps lone surrogates", () => {
    for (const text of ["\ud800", "a\udc00b", "\udc00\ud800", "x".repeat(100) + "\ud83d", "😀\ud800"]) {
      expect(roundTrip(text)).toBe(text);
    }
    expect(Object.keys(roundTrip({ "\ud800": 1 }))).toEqual(["\ud800"]);
  });

  it("keeps __proto__ as an own name", () => {
    const value = JSON.parse('{"__proto__":{"polluted":true},"a":1}') as Record<string, unknown>;
    const copy = roundTrip(value);
    expect(Object.keys(copy)).toEqual(["__proto__", "a"]);
    expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
    expect(copy["polluted"]).toBeUndefined();
    expect(Object.getOwnPropertyDescriptor(copy, "__proto__")?.value).toEqual({ polluted: true });
  });

  it("keeps __proto__ as an own name in objects met often", () => {
    const many = Array.from({ length: 1000 }, () => JSON.parse('{"__proto__":{"polluted":true},"a":1}') as object);
    for (const copy of roundTrip(many)) {
      expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
      expect(Object.keys(copy)).toEqual(["__proto__", "a"]);
    }
  });

  it("keeps negative zero", () => {
    expect(roundTrip(-0)).toBe(-0);
    expect(roundTrip([0, -0])).toEqual([0, -0]);
    expect(roundTrip([1, 2, 3, 4, 5, 6, 7, 8, -0])[8]).toBe(-0);
    expect(roundTrip(new Date(-0)).getTime()).toBe(0);
  });

  it("keeps holes apart from undefined", () => {
    const copy = roundTrip([, undefined, 1, , 2, ,]);
    expect(copy.length).toBe(6);
    expect(Object.keys(copy)).toEqual(["1", "2", "4"]);
    expect(copy[1]).toBeUndefined();
  });

  it("keeps named properties of arrays, short and long, packed and not", () => {
    for (const length of [0, 1, 3, 47, 48, 49, 500]) {
      for (const item of [7, "s"]) {
        const array = Object.assign(new Array<unknown>(length).fill(item), { tag: "x", "01": true });
        const copy = roundTrip(array);
        expect(Object.keys(copy)).toEqual(Object.keys(array));
        expect(copy).toEqual(array);
        expect(copy.tag).toBe("x");
      }
    }
    const match = /(?<letter>b)/d.exec("abc")!;
    expect(roundTrip(match)).toEqual(match);
  });

  it("keeps two views on one buffer sharing it", () => {
    const buffer = new ArrayBuffer(64);
    const value = { a: new Uint8Array(buffer, 0, 32), b: new Float64Array(buffer, 24, 3) };
    const copy = roundTrip(value);
    expect(copy.a.buffer).toBe(copy.b.buffer);
    copy.a[31] = 0x40;
    expect(copy.b[0]).not.toBe(0);
  });

  it("keeps boxed primitives boxed", () => {
    const [number, string, boolean, bigint] = roundTrip([
      Object(-0),
      Object("s"),
      Object(false),
      Object(1n),
    ] as object[]);
    expect(number).toBeInstanceOf(Number);
    expect(Object.is(Number(number), -0)).toBe(true);
    expect(string).toBeInstanceOf(String);
    expect(boolean).toBeInstanceOf(Boolean);
    expect(boolean!.valueOf()).toBe(false);
    expect(bigint).toBeInstanceOf(BigInt);
    expect(refusal(Object(Symbol("s"))).code).toBe("HEDDLE_VALUE_NOT_ENCODABLE");
  });

  it("keeps own fields of errors", () => {
    const error = Object.assign(new TypeError("bad", { cause: new RangeError("root") }), {
      code: "E_BAD",
      extra: { n: 1 },
    });
    const copy = roundTrip(error);
    expect(copy).toBeInstanceOf(TypeError);
    expect(copy.message).toBe("bad");
    expect(copy.code).toBe("E_BAD");
    expect(copy.extra).toEqual({ n: 1 });
    expect(copy.stack).toBe(error.stack);
    expect(copy.cause).toBeInstanceOf(RangeError);
    expect(Object.getOwnPropertyNames(copy).sort()).toEqual(Object.getOwnPropertyNames(error).sort());
    expect(Object.keys(copy)).toEqual(Object.keys(error));
  });

  it("refuses functions and symbols rather than writing undefined", () => {
    const error = refusal({ rows: [{}, { cb() {} }] });
    expect(error.code).toBe("HEDDLE_VALUE_NOT_ENCODABLE");
    expect(error.path).toBe("value.rows[1].cb");
    expect(error.message).toContain("the function cb");
    expect(refusal([Symbol("s")]).path).toBe("value[0]");
  });

  it("refuses promises, weak collections and instances rather than writing {}", () => {
    class Point {
      x = 1;
    }
    expect(refusal({ a: Promise.resolve(1) }).message).toMatch(/value\.a: it is a Promise\. Await/);
    for (const value of [new WeakMap(), new WeakSet(), new WeakRef({})]) {
      expect(refusal(new Map([["k", [value]]])).path).toBe('value.get("k")[0]');
    }
    expect(refusal(new Set([1, new Point()])).message).toContain("class Point");
    expect(refusal(new Set([1, new Point()])).path).toBe("value.values()[1]");
  });
});
