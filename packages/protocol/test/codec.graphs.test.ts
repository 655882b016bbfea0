import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ValueDecoder, ValueEncoder } from "../src/codec/index.js";
import { difference, roundTrip } from "./codec.support.js";

// A graph is drawn as a list of nodes whose parts are leaves or other nodes, so that sharing and cycles of any form come up.

type Part = { leaf: unknown } | { node: number };

const anyString = fc.oneof(
  fc.string(),
  fc.string({ unit: "grapheme" }),
  fc.string({ unit: "binary", maxLength: 60 }),
  // Lone surrogates, too.
  fc.array(fc.integer({ min: 0xd700, max: 0xe000 }), { maxLength: 5 }).map((codes) => String.fromCharCode(...codes)),
  fc.string({ minLength: 40, maxLength: 200 }),
);
const name = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom("a", "b", "c", "d", "0", "7", "", "length", "constructor", "toString") },
  { weight: 1, arbitrary: fc.constant("__proto__") },
  { weight: 2, arbitrary: anyString },
);
const number = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.integer({ min: -300, max: 300 }),
  fc.constantFrom(-0, NaN, Infinity, -Infinity, 2 ** 31, -(2 ** 31), 2 ** 53, Number.MIN_VALUE),
);
const primitive = fc.oneof(
  number,
  anyString,
  fc.boolean(),
  fc.constantFrom(null, undefined),
  fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }),
);
const view = fc.oneof(
  fc.uint8Array(),
  fc.int16Array(),
  fc.float64Array(),
  fc.bigUint64Array(),
  fc.uint8ClampedArray(),
  fc.float32Array(),
  fc.uint8Array().map((bytes) => new DataView(bytes.buffer)),
);
const leaf = fc.oneof(
  { weight: 6, arbitrary: primitive },
  { weight: 1, arbitrary: fc.date({ noInvalidDate: false }) },
  { weight: 1, arbitrary: view },
  { weight: 1, arbitrary: fc.array(number, { maxLength: 40 }) },
  {
    weight: 1,
    arbitrary: fc.oneof(number, anyString, fc.boolean(), fc.bigInt()).map((each) => Object(each) as object),
  },
  { weight: 1, arbitrary: fc.constantFrom(/a(b)?/giu, /^$/s) },
);
const part: fc.Arbitrary<Part> = fc.oneof(
  { weight: 3, arbitrary: leaf.map((each) => ({ leaf: each })) },
  { weight: 2, arbitrary: fc.nat({ max: 19 }).map((index) => ({ node: index })) },
);
const node = fc.record({
  kind: fc.constantFrom<Kind[]>("object", "object", "array", "array", "map", "set", "sparse", "named"),
  parts: fc.array(fc.tuple(name, part), { maxLength: 12 }),
});
type Kind = "object" | "array" | "map" | "set" | "sparse" | "named";

const graph = fc.array(node, { minLength: 1, maxLength: 20 }).map((nodes) => {
  const objects = nodes.map(({ kind }) =>
    kind === "object" ? {} : kind === "map" ? new Map<unknown, unknown>() : kind === "set" ? new Set<unknown>() : [],
  );
  nodes.forEach(({ kind, parts }, at) => {
    const object = objects[at]!;
    for (const [key, each] of parts) {
      const value = "leaf" in each ? each.leaf : objects[each.node % objects.length];
      if (object instanceof Map) object.set(value !== null && typeof value === "object" ? value : key, value);
      else if (object instanceof Set) object.add(value);
      else if (!Array.isArray(object)) define(object, key, value);
      else if (kind === "sparse") object[object.length + (key.length % 4)] = value;
      else if (kind === "named" && key.length > 1 && key !== "length") define(object, key, value);
      else object.push(value);
    }
  });
  return objects[0];
});

function define(object: object, key: string, value: unknown): void {
  Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
}

describe("graphs of any form", () => {
  it("come back with every value, name, hole and identity", () => {
    fc.assert(
      fc.property(graph, (value) => {
        expect(difference(value, roundTrip(value))).toBeUndefined();
      }),
      { numRuns: 3000 },
    );
  });

  it("come back as structuredClone gives them", () => {
    fc.assert(
      fc.property(graph, (value) => {
        expect(difference(structuredClone(value), roundTrip(value))).toBeUndefined();
      }),
      { numRuns: 1000 },
    );
  });

  it("come back from one encoder and one decoder, ten thousand in a row", () => {
    const encoder = new ValueEncoder({ outOfBandBytes: 64 });
    const decoder = new ValueDecoder();
    const values = fc.sample(graph, { numRuns: 10_000, seed: 1 });
    values.forEach((value, at) => {
      const { head, buffers } = encoder.encode(value);
      const found = difference(value, decoder.decode(head, buffers));
      if (found !== undefined) throw new Error(`value ${String(at)}: ${found}`);
    });
  });

  it("come back where code must not be generated from strings", () => {
    const original = globalThis.Function;
    // What the runtime does under --disallow-code-generation-from-strings.
    globalThis.Function = function refuse() {
      throw new EvalError("Code generation from strings disallowed for this context");
    } as unknown as FunctionConstructor;
    try {
      const encoder = new ValueEncoder();
      const records = Array.from({ length: 500 }, (_, id) => ({ id, name: `n${String(id)}`, nested: { id } }));
      const { head, buffers } = encoder.encode(records);
      expect(difference(records, new ValueDecoder().decode(head, buffers))).toBeUndefined();
    } finally {
      globalThis.Function = original;
    }
  });
});
