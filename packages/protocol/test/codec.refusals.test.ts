import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { ByteSink, ValueDecoder, ValueEncoder } from "../src/codec/index.js";
import { refusal } from "./codec.support.js";

describe("what cannot be encoded", () => {
  it("is named by its path through every kind of holder", () => {
    const bad = Symbol("bad");
    const cases: [unknown, string][] = [
      [bad, "value"],
      [{ a: [0, 1, 2, new Map([["k", { b: bad }]])] }, 'value.a[3].get("k").b'],
      [{ "not an identifier": { "": bad } }, 'value["not an identifier"][""]'],
      [new Map([[bad, 1]]), "value.keys()[0]"],
      [new Map<unknown, unknown>([[1, bad]]), "value.get(1)"],
      [new Map<unknown, unknown>([[0, 0], [{}, bad]]), "value.values()[1]"], // prettier-ignore
      [new Set([1, [bad]]), "value.values()[1][0]"],
      [new Error("x", { cause: bad }), "value.cause"],
      [Object.assign(new Error("x"), { response: { body: bad } }), "value.response.body"],
      [Object.assign([1], { named: bad }), "value.named"],
      [Object.assign(new Array<unknown>(1000), { 500: bad }), "value[500]"],
      [Object.assign(Object.create(null), { a: bad }), "value.a"],
      [
        { wide: Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`k${String(i)}`, i === 150 ? bad : i])) },
        "value.wide.k150",
      ],
    ];
    for (const [value, path] of cases) {
      const error = refusal(value);
      expect(error.path).toBe(path);
      expect(error.message).toBe(
        `Cannot encode ${path}: it is the unique symbol Symbol(bad). Use a string, or a registered symbol: Symbol.for(name).`,
      );
    }
  });

  it("is named by its path among objects met often", () => {
    const records = Array.from({ length: 500 }, (_, id) => ({ id, name: "x", data: { load: id } }));
    Object.assign(records[321]!.data, { load: () => 1 });
    expect(refusal({ records }).path).toBe("value.records[321].data.load");
  });

  it("says what it is and what to do", () => {
    class Account {}
    function* count(): Generator<number> {
      yield 1;
    }
    const cases: [unknown, RegExp][] = [
      [function charge() {}, /the function charge\. Pass data/],
      [() => 1, /an anonymous function/],
      [Promise.resolve(), /a Promise\. Await it first/],
      [new WeakMap(), /class WeakMap\. Weak references/],
      [new WeakRef({}), /class WeakRef/],
      [count(), /a generator\. Collect/],
      [new Map().keys(), /an iterator\. Collect/],
      [new Account(), /an instance of class Account, .* Pass a plain object/],
      [new (class {})(), /an unnamed class/],
      [new Proxy({ a: 1 }, {}), /a Proxy/],
      [new Proxy([1], {}), /a Proxy/],
      [new Proxy(new Map(), {}), /a Proxy/],
      [new Proxy(Object.create(null) as object, {}), /a Proxy/],
      [new Proxy(new Error("x"), {}), /a Proxy/],
      [Readable.from([]), /a stream/],
      [{ then: 1, x: Object.create({ then() {} }) as object }, /thenable/],
      [Object.assign(Object.create({ constructor: undefined }) as object, {}), /an unnamed class/],
    ];
    for (const [value, message] of cases) {
      const error = refusal([value]);
      expect(error.code).toBe("HEDDLE_VALUE_NOT_ENCODABLE");
      expect(error.message).toMatch(message);
    }
  });

  it("leaves the encoder and the sink as they were", () => {
    const encoder = new ValueEncoder();
    const sink = new ByteSink();
    const big = new Uint8Array(100_000);
    encoder.append("before", sink);
    const { length } = sink;
    for (let i = 0; i < 300; i++) {
      const shared = { a: 1 };
      expect(() => encoder.append([shared, big, { b: shared, c: Symbol("x") }], sink)).toThrow("value[2].c");
      expect(sink.length).toBe(length);
      expect(encoder.takeBuffers()).toEqual([]);
    }
    const good = [{ a: 1 }, { b: { a: 1 }, c: 2 }];
    encoder.append(good, sink);
    const decoder = new ValueDecoder();
    expect(decoder.decode(sink.bytes, [], 0)).toBe("before");
    expect(decoder.decode(sink.bytes, [], length)).toEqual(good);
  });

  it("passes on what a getter throws", () => {
    const value = { get a(): never { throw new TypeError("mine"); } }; // prettier-ignore
    expect(() => new ValueEncoder().encode([value])).toThrow(new TypeError("mine"));
  });
});
