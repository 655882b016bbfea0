/** What is unusual about objects as objects: it travels, or is refused, and is never lost. */
import { describe, expect, it } from "vitest";
import { capture, FunctionNotSerializableError } from "../src/index.js";
import { shapeOf, travel } from "./support/travel.js";

const hidden = { value: 5, enumerable: false };
type Old = (new () => object) & Record<string, unknown>;
const old = (): Old => function (this: object) {} as unknown as Old;

const TRAVELS: Readonly<Record<string, () => unknown>> = {
  "read-only, hidden and permanent properties": () =>
    Object.defineProperties(
      {},
      { a: { value: 1 }, b: { ...hidden, writable: true }, c: { ...hidden, configurable: true } },
    ),
  "accessors with variables": () => {
    const held = { n: 1 };
    return { get value() { return held.n; }, set value(next) { held.n = next; } }; // prettier-ignore
  },
  "negative zero, holes, undefined": () => [-0, , undefined, { z: -0 }, new Map([[1, -0]])],
  "an array with properties": () => Object.assign([1, 2], { label: "x", [Symbol.for("s")]: 1 }),
  "as many properties as holes in an array": () => Object.assign(new Array<number>(4), { 1: 1, a: 1, b: 2, c: 3 }),
  "a property of an array that is too large for an index": () => Object.assign([1], { 4294967295: 2 }),
  "a sparse array with a read-only length": () =>
    Object.defineProperty(Object.assign(new Array<number>(5000), { 4000: 1 }), "length", { writable: false }),
  "an array with a read-only length": () => Object.defineProperty([1, 2], "length", { writable: false }),
  "an array with a permanent element": () => Object.defineProperty([1, 2], 0, { configurable: false }),
  "an array with an accessor": () => Object.defineProperty([1, 2], 1, { get: () => 3, enumerable: true }),
  "an array without a prototype": () => Object.setPrototypeOf([1], null) as unknown,
  "a Map without a prototype": () => Object.setPrototypeOf(new Map([[1, 2]]), null) as unknown,
  "symbols on a Map, an error and a function": () => {
    const key = Symbol("key");
    const error = Object.assign(new Error("x"), { [key]: 3 });
    Object.defineProperty(error, "stack", { value: error.stack, writable: true, configurable: true });
    return [key, Object.assign(new Map(), { [key]: 1 }), error, Object.assign(() => 1, { [key]: 4 })];
  },
  "an instance of an Array of one's own, with fields": () => {
    class Stack extends Array<number> {
      label = "s";
    }
    return Stack.from([1, 2]);
  },
  "statics defined by hand": () => {
    const data = [1];
    class Own {
      static data = data;
    }
    Object.defineProperties(Own, { a: { value: 1 }, b: { get: () => data.length, configurable: true } });
    return Own;
  },
  "the prototype of a class, as itself": () => {
    class Own {}
    return [Own.prototype, Own, new Own()];
  },
  "the prototype of a function, as itself": () => {
    const Fn = old();
    return [Fn["prototype"] as object, Fn, new Fn()];
  },
  "a replaced prototype": () => {
    const Fn = old();
    const prototype = { hello: 1 };
    Fn["prototype"] = prototype;
    return [prototype, Fn, new Fn()];
  },
  "a replaced prototype with a visible constructor": () => {
    const Fn = old();
    Fn["prototype"] = { constructor: Fn, hello: 1 };
    return [Fn, new Fn()];
  },
  "inheritance by hand": () => {
    const [Parent, Child] = [Object.assign(old(), { shared: [1] }), old()] as const;
    Child["prototype"] = Object.create(Parent["prototype"] as object, {
      constructor: { value: Child, writable: true },
    }) as object;
    Object.setPrototypeOf(Child, Parent);
    return [Child, new Child()];
  },
  "a prototype without a constructor": () => {
    const Fn = old();
    delete (Fn["prototype"] as { constructor?: unknown }).constructor;
    return Fn;
  },
  "a read-only prototype": () => Object.defineProperty(old(), "prototype", { writable: false }),
  "a prototype that is no object": () => Object.assign(old(), { prototype: 5 }),
  "the prototype of a generator": () => {
    function* generate() {
      yield 1;
    }
    (generate.prototype as unknown as Record<string, unknown>)["extra"] = 1;
    return generate;
  },
  "another length": () => Object.defineProperty((a: number) => a, "length", { value: 7 }),
  "a name that can be set": () =>
    Object.defineProperty(() => 1, "name", { value: "x", writable: true, enumerable: true }),
  "a name that is no text": () => Object.defineProperty(() => 1, "name", { value: 5 }),
  "a function without a prototype to inherit from": () => Object.setPrototypeOf(() => 1, null) as unknown,
  "properties and name of a bound function": () => {
    const bound = Object.assign(function (this: unknown, a: number) { return a; }.bind(1), { unit: [1] }); // prettier-ignore
    return [bound as unknown, Object.defineProperty((() => 2).bind(null), "name", { value: "other" })];
  },
  "a URL and its parameters": () => {
    const url = new URL("https://example.org/?q=1");
    return [url.searchParams, url];
  },
};

const REFUSED: Readonly<Record<string, readonly [make: () => unknown, reason: RegExp]>> = {
  "a Date with a property": [() => Object.assign(new Date(0), { x: 1 }), /Date with extra properties \(x\)/],
  "a URL with a property": [() => Object.assign(new URL("a:b"), { x: 1 }), /URL with extra properties \(x\)/],
  "parameters with a property": [() => Object.assign(new URLSearchParams(), { x: 1 }), /URLSearchParams with extra/],
  "an instance of a URL of one's own": [() => new (class Own extends URL {})("a:b"), /Own, a subclass of URL/],
  "a WeakRef": [() => new WeakRef({}), /which is a WeakRef/],
  "a FinalizationRegistry": [() => new FinalizationRegistry(() => undefined), /which is a FinalizationRegistry/],
  "private fields under a Map": [() => new (class Own extends Map { #x = 1; x() { return this.#x; } })(), /private fields/], // prettier-ignore
  "private fields under an error": [() => new (class Own extends Error { #x = 1; x() { return this.#x; } })(), /private fields/], // prettier-ignore
  "private fields under an array": [() => new (class Own extends Array { #x = 1; x() { return this.#x; } })(), /private fields/], // prettier-ignore
  ...changedClasses({
    "m was deleted": (own) => Reflect.deleteProperty(own.prototype, "m"),
    "s was deleted": (own) => Reflect.deleteProperty(own, "s"),
    "field was deleted": (own) => Reflect.deleteProperty(own, "field"),
    "m was made read-only, permanent or enumerable": (own) =>
      Object.defineProperty(own.prototype, "m", { enumerable: true }),
    "s was made read-only, permanent or enumerable": (own) => Object.defineProperty(own, "s", { writable: false }),
    "its prototype has another constructor": (own) => Object.assign(own.prototype, { constructor: Map }),
    "what it inherits from was replaced": (own) => Object.setPrototypeOf(own.prototype, { z: 1 }) as unknown,
    "what it inherits from was replaced ": (own) => Object.setPrototypeOf(own, class Other {}) as unknown,
  }),
};

function changedClasses(changes: Readonly<Record<string, (own: { prototype: object }) => unknown>>): typeof REFUSED {
  return Object.fromEntries(
    Object.entries(changes).map(([what, change]) => {
      const make = (): unknown => {
        class Own {
          static field = 1;
          static s() {
            return 1;
          }
          m() {
            return 1;
          }
        }
        change(Own);
        return Own;
      };
      return [`a changed class: ${what}`, [make, new RegExp(what.trim())]] as const;
    }),
  );
}

describe("travels", () => {
  it.each(Object.keys(TRAVELS))("%s", (name) => {
    const value = TRAVELS[name]!();
    expect(shapeOf(travel(value))).toEqual(shapeOf(value));
  });

  it("a URL whose parameters change", () => {
    const url = new URL("https://example.org/?q=1");
    const [params, there] = travel([url.searchParams, url] as const);
    params.append("more", "2");
    expect(there.href).toBe("https://example.org/?q=1&more=2");
    const read = (): URL => url;
    const { token } = capture(read);
    url.pathname = "/other";
    expect(capture(read).token).not.toBe(token);
  });
});

describe("is refused", () => {
  it.each(Object.keys(REFUSED))("%s", (name) => {
    const [make, reason] = REFUSED[name]!;
    const value = make();
    let error: unknown;
    try {
      capture(() => value);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(FunctionNotSerializableError);
    expect((error as FunctionNotSerializableError).reason).toMatch(reason);
  });
});

describe("symbols", () => {
  it("of two functions of one definition are one", () => {
    const key = Symbol("key");
    const write = (object: Record<symbol, number>): void => void (object[key] = 1);
    const read = (object: Record<symbol, number>): number | undefined => object[key];
    const [write2, read2, itself] = travel([write, read, key] as const);
    const object: Record<symbol, number> = {};
    write2(object);
    expect(read2(object)).toBe(1);
    expect(Object.getOwnPropertySymbols(object)).toEqual([itself]);
    expect(itself).not.toBe(key);
    expect(itself.description).toBe("key");
  });

  it("of two definitions are two, unless they are registered or well known", () => {
    const key = Symbol("key");
    expect(travel(key)).not.toBe(travel(key));
    expect(travel(Symbol.for("key"))).toBe(Symbol.for("key"));
    expect(travel(Symbol.asyncIterator)).toBe(Symbol.asyncIterator);
    expect([travel(Symbol()).description, travel(Symbol("")).description]).toEqual([undefined, ""]);
  });
});
