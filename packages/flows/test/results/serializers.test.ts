import { gunzipSync } from "node:zlib";
import * as zlib from "node:zlib";
import { describe, expect, it } from "vitest";
import {
  CompressionUnavailableError,
  ResultNotSerializableError,
  UnknownSerializerError,
} from "../../src/results/errors.js";
import { compressed } from "../../src/results/serializers/compressed.js";
import { openSerializer, registerSerializer } from "../../src/results/serializers/serializer-registry.js";
import type { SerializerDescription } from "../../src/results/serializers/serializer.js";

async function through(description: SerializerDescription, value: unknown): Promise<unknown> {
  const serializer = openSerializer(description);
  const bytes = await serializer.encode(value);
  // As a store gives them: other memory, somewhere in a larger buffer.
  const elsewhere = new Uint8Array(bytes.byteLength + 8).subarray(8);
  elsewhere.set(bytes);
  return serializer.decode(elsewhere);
}

class Point {
  constructor(
    readonly x: number,
    readonly y: number,
  ) {}
  get length(): number {
    return Math.hypot(this.x, this.y);
  }
}

describe.each<[string, SerializerDescription]>([
  ["structured", "structured"],
  ["compressed(structured, gzip)", compressed("structured", "gzip")],
])("%s", (_name, description) => {
  it.each([
    ["a number", 42.5],
    ["text", "grün \ud83d\ude00"],
    ["plain data", { a: [1, null, undefined, { b: "c" }], d: -0, e: NaN, f: 2n ** 70n }],
    ["a Date, a Map, a Set", [new Date(5), new Map([[{ k: 1 }, new Set([1, "x"])]]), /a+/gi, new URL("https://x.y/z")]],
    ["small typed arrays", [Int8Array.of(-1, 2), Float64Array.of(0.5), Buffer.from("bytes")]],
    [
      "large typed arrays",
      { big: Float64Array.from({ length: 20_000 }, (_, i) => i / 3), odd: new Uint8Array(70_001).fill(7) },
    ],
  ])("keeps %s", async (_what, value) => {
    expect(await through(description, value)).toEqual(value);
  });

  it("keeps cycles and shared references", async () => {
    const shared = { n: 1 };
    const value: Record<string, unknown> = { shared, again: shared };
    value["self"] = value;
    const back = (await through(description, value)) as typeof value;
    expect(back["self"]).toBe(back);
    expect(back["shared"]).toBe(back["again"]);
  });

  it("keeps functions with what they close over, and instances of classes", async () => {
    const factor = 3;
    const back = (await through(description, { triple: (x: number) => x * factor, p: new Point(3, 4) })) as {
      triple: (x: number) => number;
      p: Point;
    };
    expect(back.triple(14)).toBe(42);
    expect(back.p).toBeInstanceOf(Point);
    expect(back.p.length).toBe(5);
  });

  it("says where in a value something is that cannot be kept", async () => {
    await expect(through(description, { rows: [{ p: Promise.resolve(1) }] })).rejects.toThrow(/rows\[0\]\.p/);
  });
});

describe("structured", () => {
  it("gives large typed arrays as views on what was read", async () => {
    const serializer = openSerializer("structured");
    const bytes = await serializer.encode([new Float64Array(50_000), new Float64Array(50_000)]);
    const [first, second] = (await serializer.decode(bytes)) as Float64Array[];
    expect(first!.buffer).toBe(bytes.buffer);
    expect(second!.buffer).toBe(bytes.buffer);
  });
});

describe("json", () => {
  it.each([["text"], [0], [true], [null], [[1, [2, { a: "b" }]]], [{ a: { b: [] } }], [Object.create(null)]])(
    "keeps %j",
    async (value) => {
      expect(await through("json", value)).toEqual(value);
    },
  );

  it("writes what other tools read", async () => {
    const bytes = await openSerializer("json").encode({ rows: [1, 2] });
    expect(Buffer.from(bytes).toString()).toBe('{"rows":[1,2]}');
    const squeezed = await openSerializer(compressed("json")).encode({ rows: [1, 2] });
    expect(gunzipSync(squeezed).toString()).toBe('{"rows":[1,2]}');
  });

  it("leaves out properties that are undefined", async () => {
    expect(await through("json", { a: undefined, b: 1 })).toStrictEqual({ b: 1 });
  });

  const cycle: unknown[] = [];
  cycle.push(cycle);
  it.each<[string, () => unknown, RegExp]>([
    ["undefined", () => undefined, /value is undefined/],
    ["NaN", () => ({ a: [NaN] }), /value\.a\[0\] is NaN/],
    ["-0", () => -0, /value is -0/],
    ["a bigint", () => 10n, /value is a bigint/],
    ["a Date", () => ({ when: new Date(0) }), /value\.when is a Date/],
    ["a Map", () => new Map(), /value is a Map/],
    ["undefined in an array", () => [1, undefined], /value\[1\] is undefined/],
    ["a function", () => ({ f: () => 1 }), /value\.f is a function/],
    ["an instance", () => new Point(1, 2), /value is a Point/],
    ["a typed array", () => new Uint8Array(2), /value is a Uint8Array/],
    ["a cycle", () => cycle, /value\[0\] is an object that it is a part of/],
    ["what says itself how it is JSON", () => ({ toJSON: 1 }), /toJSON/],
  ])("refuses %s, saying where it is", async (_name, value, message) => {
    await expect(through("json", value())).rejects.toThrow(message);
    await expect(through("json", value())).rejects.toBeInstanceOf(ResultNotSerializableError);
  });
});

describe("compression", () => {
  const hasZstd = "zstdCompress" in zlib;

  it("makes much of the same small", async () => {
    const value = Array.from({ length: 10_000 }, (_, i) => ({ name: "the same", i: i % 3 }));
    const plain = await openSerializer("json").encode(value);
    const small = await openSerializer(compressed("json")).encode(value);
    expect(small.byteLength * 20).toBeLessThan(plain.byteLength);
  });

  it.runIf(hasZstd)("knows zstd", async () => {
    expect(await through(compressed("json", "zstd"), { a: 1 })).toEqual({ a: 1 });
  });

  it.runIf(!hasZstd)("says that this Node has no zstd", () => {
    expect(() => openSerializer(compressed("json", "zstd"))).toThrow(CompressionUnavailableError);
    expect(() => openSerializer(compressed("json", "zstd"))).toThrow(/use gzip, or Node 22.15/);
  });
});

describe("registerSerializer", () => {
  it("teaches one, which can be compressed too", async () => {
    registerSerializer({
      name: "backwards",
      encode: (value) => Buffer.from([...(value as string)].reverse().join("")),
      decode: (bytes) => [...Buffer.from(bytes).toString()].reverse().join(""),
    });
    const bytes = await openSerializer("backwards").encode("abc");
    expect(Buffer.from(bytes).toString()).toBe("cba");
    expect(await through(compressed("backwards"), "abc")).toBe("abc");
  });

  it.each(["structured", "json", "", "a b", "../x"])("takes no serializer named %j", (name) => {
    expect(() => registerSerializer({ name, encode: () => new Uint8Array(), decode: () => 1 })).toThrow(
      UnknownSerializerError,
    );
  });

  it("knows no other", () => {
    expect(() => openSerializer("pickle")).toThrow(/registerSerializer/);
    expect(() => openSerializer({ compressed: "json", method: "lzma" as "gzip" })).toThrow(/gzip and zstd/);
    expect(() => openSerializer(compressed(compressed(compressed())))).toThrow(UnknownSerializerError);
  });
});
