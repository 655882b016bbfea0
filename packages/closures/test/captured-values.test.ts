import fc from "fast-check";
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { capture } from "../src/index.js";
import { travel } from "./support/travel.js";

const show = (value: unknown): string =>
  inspect(value, { depth: 30, showHidden: true, maxArrayLength: null, maxStringLength: null });

/** From Node 22 on `stack` shows as an accessor until it is written; what travels is the text. */
function withPlainStack(error: Error): Error {
  return Object.defineProperty(error, "stack", { value: error.stack, writable: true, configurable: true });
}

const leaf = fc.oneof(
  fc.anything({
    withBigInt: true,
    withDate: true,
    withTypedArray: true,
    withSparseArray: true,
    withBoxedValues: true,
    maxDepth: 0,
  }),
  fc.string({ unit: "binary" }),
  fc.double(),
  fc.date({ noInvalidDate: false }),
  fc.constantFrom(/a+/giu, new URL("https://example.org/?q=1"), Symbol.for("shared"), Symbol.iterator, Math.max, JSON),
);
const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { depthSize: "small" },
    leaf,
    fc.array(tie("tree"), { maxLength: 5 }),
    fc.dictionary(fc.oneof(fc.string(), fc.constantFrom("__proto__", "constructor", "toString", "then")), tie("tree"), {
      maxKeys: 5,
    }),
    fc.array(fc.tuple(tie("tree"), tie("tree")), { maxLength: 4 }).map((entries) => new Map(entries)),
    fc.array(tie("tree"), { maxLength: 4 }).map((items) => new Set(items)),
    fc
      .tuple(fc.string(), tie("tree"))
      .map(([message, cause]) => withPlainStack(Object.assign(new RangeError(message, { cause }), { code: 1 }))),
    tie("tree").map((inner) => Object.freeze({ inner })),
  ),
}));

describe("captured values", () => {
  it("are what they were, whatever they are made of", () => {
    fc.assert(
      fc.property(tree, (value) => {
        expect(show(travel(value))).toBe(show(value));
      }),
      { numRuns: 500 },
    );
  });

  it("keep shared and cyclic references", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(9), fc.nat(9), fc.constantFrom("array", "object", "map", "set")), { minLength: 2 }),
        (links) => {
          const nodes = Array.from({ length: 10 }, (_, index) => ({
            index,
            out: [] as unknown[],
            map: new Map(),
            set: new Set(),
          }));
          for (const [from, to, how] of links) {
            if (how === "array") nodes[from]!.out.push(nodes[to]);
            else if (how === "object") Object.assign(nodes[from]!, { [`to${to}`]: nodes[to] });
            else if (how === "map") nodes[from]!.map.set(nodes[to], nodes[from]);
            else nodes[from]!.set.add(nodes[to]);
          }
          const there = travel(nodes);
          expect(show(there)).toBe(show(nodes));
          for (const [from, to, how] of links)
            if (how === "set") expect(there[from]!.set.has(there[to])).toBe(true);
            else if (how === "map") expect(there[from]!.map.get(there[to])).toBe(there[from]);
        },
      ),
      { numRuns: 200 },
    );
  });

  it("have the same token when they are equal, and another when they are not", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        const token = (value: unknown): string => capture(() => value).token;
        expect(token(structuredClone(a))).toBe(token(a));
        expect(token(a) === token(b)).toBe(show(a) === show(b));
      }),
      { numRuns: 200 },
    );
  });
});
