import assert from "node:assert";
import vm from "node:vm";
import { describe, expect, it } from "vitest";
import { HeddleError, registerError } from "../src/errors.js";
import { difference, refusal, roundTrip } from "./codec.support.js";

function expectSame(value: unknown): void {
  expect(difference(value, roundTrip(value))).toBeUndefined();
}

describe("primitives", () => {
  it("keeps numbers at the edges of their encodings", () => {
    const edges = [0, 127, 128, 255, 256, 32767, 32768, 65535, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 53, 1e300, 0.1];
    for (const edge of edges)
      for (const number of [edge, -edge, -edge - 1, edge + 1]) expect(roundTrip(number)).toBe(number);
    for (const number of [NaN, Infinity, -Infinity, -0, Number.MIN_VALUE, Number.EPSILON])
      expect(roundTrip(number)).toBe(number);
  });

  it("keeps strings of every length around the limits of the fast paths", () => {
    for (const unit of ["a", "é", "漢", "😀", "\ud800", "\0"]) {
      for (const length of [0, 1, 8, 9, 12, 13, 16, 17, 42, 47, 48, 64, 127, 128, 129, 4095, 4096, 4097, 20_000]) {
        const text = unit.repeat(length);
        expect(roundTrip(text)).toBe(text);
        expect(roundTrip("x" + text)).toBe("x" + text);
      }
    }
  });

  it("keeps bigints, registered symbols, null, undefined and booleans", () => {
    const value = [0n, -1n, 2n ** 64n, -(2n ** 4000n), Symbol.for("heddle"), null, undefined, true, false];
    expect(roundTrip(value)).toEqual(value);
  });
});

describe("arrays", () => {
  it("packs numbers, and gives an ordinary array back", () => {
    const ramps = [1, 100, 10_000, 1e6, 1e12, 0.5].map((step) =>
      Array.from({ length: 300 }, (_, i) => (i - 150) * step),
    );
    for (const array of [...ramps, [1, 2, 3, 4, 5, 6, 7, NaN], new Array(50_000).fill(1.5)]) expectSame(array);
  });

  it("does not walk a length of a billion", () => {
    const array: unknown[] = [];
    array[999_999_999] = { last: true };
    array[5] = "five";
    const copy = roundTrip({ array }).array;
    expect(copy.length).toBe(1_000_000_000);
    expect(Object.keys(copy)).toEqual(["5", "999999999"]);
    expect(copy[999_999_999]).toEqual({ last: true });
  });

  it("keeps an array that is nothing but length", () => {
    for (const length of [1, 50, 2 ** 32 - 1]) {
      const copy = roundTrip(new Array(length));
      expect(copy.length).toBe(length);
      expect(Object.keys(copy)).toEqual([]);
    }
  });

  it("keeps holes among many elements", () => {
    const array = Array.from<unknown, object | undefined>({ length: 200 }, (_, i) => ({ i }));
    // eslint-disable-next-line @typescript-eslint/no-array-delete -- a hole is what is wanted
    delete array[100];
    array[101] = undefined;
    expectSame(array);
    expectSame(Object.assign(array, { name: "x" }));
  });
});

describe("objects", () => {
  it("keeps null prototypes, odd names and their order", () => {
    expectSame(Object.assign(Object.create(null), { a: 1, b: [2] }));
    expectSame({ b: 1, a: 2, 10: 3, 9: 4, "": 5, é: 6, constructor: 7, toString: 8, "a\u2028b": 9, '"': 10 });
    expectSame({});
  });

  it("keeps objects with hundreds of names, and hundreds of kinds of object", () => {
    const wide = (n: number): object => Object.fromEntries(Array.from({ length: n }, (_, i) => [`k${String(i)}`, i]));
    expectSame([wide(127), wide(128), wide(129), wide(3000), wide(127), wide(129)]);
    expectSame(Array.from({ length: 20_000 }, (_, i) => ({ [`a${String(i % 9000)}`]: i, b: i })));
  });

  it("keeps odd names in objects met often", () => {
    expectSame(Array.from({ length: 300 }, (_, i) => ({ '"]; throw 1; //': i, "\u2028": i, 5: i, "a-b": { c: i } })));
  });

  it("reads getters, and leaves out what structuredClone leaves out", () => {
    const value = Object.defineProperty({ get a() { return 1; }, [Symbol.for("s")]: 2 }, "hidden", { value: 3 }); // prettier-ignore
    const copy = roundTrip(value);
    expect(Object.getOwnPropertyDescriptors(copy)).toEqual(Object.getOwnPropertyDescriptors(structuredClone(value)));
  });

  it("keeps plain objects, arrays, maps, errors and views of another realm", () => {
    const value = vm.runInNewContext(`({ o: { a: [1, { b: 2 }] }, m: new Map([[1, new Set([2])]]), d: new Date(5),
      e: new TypeError("bad"), f: new Float64Array([1.5]), n: [1, 2, 3, 4, 5, 6, 7, 8, 9] })`) as Record<
      string,
      unknown
    >;
    const copy = roundTrip(value);
    expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
    expect(copy["o"]).toEqual({ a: [1, { b: 2 }] });
    expect(copy["m"]).toEqual(new Map([[1, new Set([2])]]));
    expect(copy["d"]).toEqual(new Date(5));
    expect(copy["e"]).toBeInstanceOf(TypeError);
    expect(copy["f"]).toEqual(new Float64Array([1.5]));
    expect(copy["n"]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it("does not take a class for plain because it is called Object", () => {
    const Impostor = { Object: class Object {} }.Object;
    expect(refusal(new Impostor()).message).toContain("class Object");
  });
});

describe("collections and builtin classes", () => {
  it("keeps maps and sets with any keys, in order", () => {
    const key = { k: 1 };
    expectSame(new Map<unknown, unknown>([[key, key], [NaN, 1], [0, "zero"], ["x", new Map([[key, []]])], [undefined, null]])); // prettier-ignore
    expectSame(new Set<unknown>([key, [key], NaN, undefined, new Set([key])]));
  });

  it("keeps dates, valid or not", () => {
    expectSame([new Date(0), new Date(NaN), new Date(8.64e15), new Date(-1)]);
  });

  it("keeps regular expressions with lastIndex", () => {
    const sticky = /a(b)?[/]\//dgimsuy;
    sticky.lastIndex = 3;
    const copy = roundTrip(sticky);
    expect([copy.source, copy.flags, copy.lastIndex]).toEqual([sticky.source, sticky.flags, 3]);
    expectSame(new RegExp(""));
  });

  it("keeps URLs", () => {
    expect(roundTrip(new URL("https://a.b/c?d=é#f")).href).toBe("https://a.b/c?d=%C3%A9#f");
    expect(roundTrip(new URL("https://a.b"))).toBeInstanceOf(URL);
  });

  it("refuses what only looks like a builtin", () => {
    const builtins = [
      Map,
      Set,
      Date,
      RegExp,
      URL,
      ArrayBuffer,
      Uint8Array,
      DataView,
      Number,
      Error,
      DOMException,
      Array,
    ];
    for (const type of builtins) {
      expect(refusal({ a: Object.create(type.prototype as object) as object }).path).toBe("value.a");
    }
  });

  it("refuses a collection that its own getters change", () => {
    const map = new Map<string, object>();
    map.set("a", { get b() { map.set("c", {}); return 1; } }); // prettier-ignore
    expect(refusal(map).message).toContain("changes while it is encoded");
  });
});

describe("errors", () => {
  it("keeps every builtin class", () => {
    for (const type of [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError]) {
      const error = new type("what", { cause: { why: 1 } });
      expectSame(error);
      expect(roundTrip(error)).toBeInstanceOf(type);
    }
    expectSame(new Error());
    expectSame(Object.assign(new Error("x"), { message: { odd: true } }));
  });

  it("keeps AggregateError and its errors", () => {
    const error = new AggregateError([new TypeError("a"), 2], "both");
    expectSame(error);
    expect(roundTrip(error).errors[0]).toBeInstanceOf(TypeError);
  });

  it("keeps DOMException", () => {
    const copy = roundTrip(new DOMException("stop", "AbortError"));
    expect(copy).toBeInstanceOf(DOMException);
    expect([copy.name, copy.message, copy.code]).toEqual(["AbortError", "stop", 20]);
  });

  it("keeps cycles through errors", () => {
    const error = new Error("self");
    error.cause = { error };
    const copy = roundTrip(error);
    expect((copy.cause as { error: Error }).error).toBe(copy);
  });

  it("brings a registered Heddle error back as its class", () => {
    class TestOnlyError extends HeddleError {
      constructor(readonly task: string) {
        super("HEDDLE_TEST_ONLY", `failed ${task}`, { cause: new Error("root") });
      }
    }
    registerError(TestOnlyError);
    const copy = roundTrip(new TestOnlyError("t-1"));
    expect(Object.getPrototypeOf(copy)).toBe(TestOnlyError.prototype);
    expect(copy).toBeInstanceOf(HeddleError);
    expect([copy.code, copy.task, copy.message, copy.name]).toEqual([
      "HEDDLE_TEST_ONLY",
      "t-1",
      "failed t-1",
      "TestOnlyError",
    ]);
    expect((copy.cause as Error).message).toBe("root");
  });

  it("brings any other class of error back as its builtin base, under its name", () => {
    class ParseError extends SyntaxError {
      override name = "ParseError";
      line = 3;
    }
    class Inherited extends RangeError {}
    Inherited.prototype.name = "Inherited";

    const parse = roundTrip(new ParseError("odd"));
    expect(Object.getPrototypeOf(parse)).toBe(SyntaxError.prototype);
    expect([parse.name, parse.message, parse.line]).toEqual(["ParseError", "odd", 3]);

    const original = new Inherited("far");
    const inherited = roundTrip(original);
    expect(Object.getPrototypeOf(inherited)).toBe(RangeError.prototype);
    expect([inherited.name, inherited.stack]).toEqual(["Inherited", original.stack]);
    expect(Object.keys(inherited)).toEqual([]);
  });

  it("keeps what Node's own errors say", () => {
    const thrown = (action: () => unknown): NodeJS.ErrnoException => {
      try {
        action();
      } catch (error) {
        return error as NodeJS.ErrnoException;
      }
      throw new Error("it did not throw");
    };
    const type = thrown(() => Buffer.from(5 as never));
    expect([roundTrip(type).code, roundTrip(type).name]).toEqual(["ERR_INVALID_ARG_TYPE", "TypeError"]);
    const assertion = thrown(() => { assert.deepStrictEqual({ a: 1 }, { a: 2 }); }) as unknown as assert.AssertionError; // prettier-ignore
    const copy = roundTrip(assertion);
    expect([copy.name, copy.code, copy.actual]).toEqual(["AssertionError", "ERR_ASSERTION", { a: 1 }]);
  });

  it("keeps an error without a stack without one", () => {
    const error = new Error("bare");
    delete error.stack;
    expect(Object.hasOwn(roundTrip(error), "stack")).toBe(false);
  });
});

describe("identity", () => {
  it("keeps shared and cyclic references through every kind of holder", () => {
    const hub: Record<string, unknown> = { name: "hub" };
    const holders = [
      hub,
      [hub],
      { hub },
      new Map([[hub, hub]]),
      new Set([hub]),
      Object.assign(new Error("e"), { hub }),
    ];
    hub["holders"] = holders;
    expectSame(hub);
  });

  it("keeps identity among thousands of objects", () => {
    const nodes = Array.from({ length: 5000 }, (_, id) => ({
      id,
      next: undefined as object | undefined,
      date: new Date(id),
    }));
    nodes.forEach((node, at) => (node.next = nodes[(at * 7919 + 1) % nodes.length]));
    expectSame(nodes);
  });

  it("makes new objects with each decoding", () => {
    const value = { a: [1] };
    expect(roundTrip(value).a).not.toBe(value.a);
  });
});

describe("nesting", () => {
  interface Link {
    next: Link | undefined;
    value: number;
  }

  it("keeps a linked list of 100,000 objects", () => {
    let head: Link | undefined;
    for (let value = 0; value < 100_000; value++) head = { next: head, value };
    let length = 0;
    for (let at = roundTrip(head); at !== undefined; at = at.next) {
      expect(at.value).toBe(99_999 - length);
      length++;
    }
    expect(length).toBe(100_000);
  });

  it("keeps deep arrays, maps, records and sparse arrays, with references across the depth", () => {
    const bottom = { bottom: true };
    let deep: unknown = bottom;
    for (let i = 0; i < 20_000; i++) {
      if (i % 5 === 0) deep = [i, deep, bottom];
      else if (i % 5 === 1)
        deep = new Map<unknown, unknown>([["k", deep], ["after", i]]); // prettier-ignore
      else if (i % 5 === 2) deep = Object.assign(Object.create(null), { deep, i });
      else if (i % 5 === 3) deep = Object.assign(new Array(3).fill(deep, 1, 2), { named: bottom });
      else deep = { first: i, ["__proto__"]: deep, last: bottom };
    }
    const copy = roundTrip(deep);
    // Not by recursion, which could not get down there.
    let a = deep;
    let b = copy;
    for (let i = 19_999; i >= 0; i--) {
      const [below, other] = [a, b].map((at) => {
        if (i % 5 === 0 || i % 5 === 3) return (at as unknown[])[1];
        if (i % 5 === 1) return (at as Map<unknown, unknown>).get("k");
        if (i % 5 === 2) return (at as { deep: unknown }).deep;
        return Object.getOwnPropertyDescriptor(at, "__proto__")!.value as unknown;
      });
      if (i % 5 === 0) expect((b as unknown[])[0]).toBe(i);
      if (i % 5 === 1) expect([...(b as Map<unknown, unknown>).keys()]).toEqual(["k", "after"]);
      if (i % 5 === 4) expect(Object.keys(b as object)).toEqual(["first", "__proto__", "last"]);
      [a, b] = [below, other];
    }
    expect(b).toEqual(bottom);
    expect((copy as { named: unknown; 1: Record<string, unknown> }).named ?? (copy as { last: unknown }).last).toBe(b);
  });

  it("says so where depth cannot be unfolded", () => {
    let sets: unknown = 0;
    for (let i = 0; i < 100_000; i++) sets = new Set([sets]);
    expect(refusal(sets).code).toBe("HEDDLE_VALUE_TOO_DEEP");
    expect(refusal(sets).path.length).toBeLessThan(1000);
  });

  it("names what cannot be encoded far down", () => {
    let head: unknown = { callback() {} };
    for (let i = 0; i < 10_000; i++) head = { next: head };
    const { path, message } = refusal(head);
    expect(message).toContain("the function callback");
    expect(path).toMatch(/^value….*\.callback$/);
  });
});
