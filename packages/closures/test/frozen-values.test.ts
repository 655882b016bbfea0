/** What is frozen, sealed or closed to new properties here is so on a worker, whatever it is. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { capture } from "../src/index.js";
import { shapeOf, travel } from "./support/travel.js";

class Row {
  static made: unknown[] = [];
  value = 1;
  double(): number {
    return this.value * 2;
  }
}
class Table extends Map<string, unknown> {
  label = "t";
}
class Problem extends TypeError {
  detail = 1;
}

/** Own properties can be put on these, and travel. */
const OPEN: Readonly<Record<string, () => object>> = {
  object: () => ({ a: 1 }),
  "object without a prototype": () => Object.assign(Object.create(null) as object, { a: 1 }),
  array: () => [1, undefined, 3],
  "array with holes": () => Object.assign(new Array<number>(4), { 1: 1 }),
  instance: () => new Row(),
  Map: () => new Map<unknown, unknown>([["k", { deep: 1 }]]),
  Set: () => new Set([1, "b"]),
  "instance of a Map of one's own": () => new Table([["k", 1]]),
  Error: () => withPlainStack(new Error("bad", { cause: { why: 1 } })),
  "instance of an error of one's own": () => withPlainStack(new Problem("bad")),
  arrow:
    () =>
    (a: number, b = 2) =>
      a + b,
  function: () =>
    function named(this: unknown) {
      return this;
    },
  method: () => ({ method: () => 1 }).method,
  "async function": () => async () => Promise.resolve(1),
  generator: () =>
    function* () {
      yield 1;
    },
  "bound function": () =>
    function (this: { n: number }, by: number) {
      return this.n * by;
    }.bind({ n: 2 }),
  class: () => {
    const data = [1];
    return class Own {
      static kind = "own";
      static parts = { n: data };
      static read() {
        return this.kind;
      }
      read() {
        return data;
      }
    };
  },
  "prototype of a function": () => {
    function Old(this: { n: number }) {
      this.n = 1;
    }
    return Old.prototype as object;
  },
  "prototype of a class": () => {
    const data = [1];
    return class {
      read() {
        return data;
      }
    }.prototype;
  },
};

/** These are refused with properties of one's own. */
const CLOSED: Readonly<Record<string, () => object>> = {
  Date: () => new Date(5),
  RegExp: () => /a+/g,
  URL: () => new URL("https://example.org/?q=1"),
  URLSearchParams: () => new URLSearchParams("q=1"),
  ArrayBuffer: () => new Uint8Array([1, 2]).buffer,
  Uint8Array: () => new Uint8Array([1, 2]),
  "empty Uint8Array": () => new Uint8Array(),
  DataView: () => new DataView(new ArrayBuffer(4), 1, 2),
  Number: () => Object(1.5) as object,
  String: () => Object("text") as object,
};

const WAYS = {
  frozen: (value: object) => Object.freeze(value),
  sealed: (value: object) => Object.seal(value),
  closed: (value: object) => Object.preventExtensions(value),
};

function withPlainStack<E extends Error>(error: E): E {
  return Object.defineProperty(error, "stack", { value: error.stack, writable: true, configurable: true });
}

/** Whether the language allows it: typed arrays with elements can neither be frozen nor, in some releases, sealed. */
function make(create: () => object, way: keyof typeof WAYS): object | undefined {
  try {
    return WAYS[way](create());
  } catch {
    return undefined;
  }
}

const ways = Object.keys(WAYS) as (keyof typeof WAYS)[];
const kinds = { ...OPEN, ...CLOSED };

describe.each(ways)("%s", (way) => {
  it.each(Object.keys(kinds))("%s", (kind) => {
    const value = make(kinds[kind]!, way);
    if (value === undefined) {
      expect(kind).toMatch(/Uint8Array|DataView/);
      return;
    }
    const there = travel(value);
    expect(Object.isExtensible(there)).toBe(false);
    expect([Object.isFrozen(there), Object.isSealed(there)]).toEqual([Object.isFrozen(value), Object.isSealed(value)]);
    expect(shapeOf(there)).toEqual(shapeOf(value));
  });
});

it("graphs of all kinds, in cycles, with properties of their own, some of them frozen", () => {
  const node = fc.record({
    kind: fc.constantFrom(...Object.keys(kinds)),
    way: fc.option(fc.constantFrom(...ways), { nil: undefined }),
    links: fc.array(fc.record({ to: fc.nat(5), hidden: fc.boolean(), fixed: fc.boolean(), symbol: fc.boolean() }), {
      maxLength: 3,
    }),
  });
  fc.assert(
    fc.property(fc.array(node, { minLength: 1, maxLength: 6 }), (plan) => {
      const values = plan.map(({ kind }) => kinds[kind]!());
      const symbol = Symbol("link");
      plan.forEach(({ kind, links }, index) => {
        if (!(kind in OPEN) || kind === "prototype of a class") return;
        links.forEach(({ to, hidden, fixed, symbol: bySymbol }, at) =>
          Object.defineProperty(values[index]!, bySymbol && at === 0 ? symbol : `link${at}`, {
            value: values[to % values.length],
            enumerable: !hidden,
            configurable: !fixed,
            writable: !fixed,
          }),
        );
      });
      plan.forEach(({ way }, index) => way && make(() => values[index]!, way));
      const all = [values, symbol];
      expect(shapeOf(travel(all))).toEqual(shapeOf(all));
    }),
    { numRuns: 150 },
  );
});

it("a class, its prototype and its parent each by itself", () => {
  const data = [1];
  class Parent {
    static list = data;
    up() {
      return data;
    }
  }
  class Child extends Parent {
    down() {
      return super.up();
    }
  }
  Object.freeze(Child);
  Object.seal(Parent.prototype);
  const [parent, child] = travel([Parent, Child] as const);
  expect([child, parent, child.prototype, parent.prototype].map((at) => Object.isExtensible(at))).toEqual([
    false,
    true,
    true,
    false,
  ]);
  expect(new child().down()).toEqual([1]);
  expect(shapeOf([parent, child])).toEqual(shapeOf([Parent, Child]));
});

it("freezing is a change: what was captured before is captured anew", () => {
  const helper = Object.assign((x: number) => x + 1, { unit: "m" });
  for (const value of [helper, Row, new Map(), new Date(0), { a: 1 }, [1]]) {
    const read = (): unknown => value;
    const before = capture(read).token;
    expect(capture(read).token).toBe(before);
    Object.freeze(value);
    expect(capture(read).token).not.toBe(before);
  }
});
