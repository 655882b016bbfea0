import { afterAll, describe, expect, it } from "vitest";
import { FunctionNotSerializableError } from "../src/index.js";
import { makeTagged, Tagged } from "./fixtures/tagged.js";
import { TaskThread } from "./support/task-thread.js";

class Point {
  constructor(
    public x: number,
    public y: number,
  ) {}
  norm(): number {
    return Math.hypot(this.x, this.y);
  }
}
class Point3 extends Point {
  constructor(
    x: number,
    y: number,
    public z = 0,
  ) {
    super(x, y);
  }
  override norm(): number {
    return Math.hypot(super.norm(), this.z);
  }
}
class Problem extends Error {
  constructor(
    message: string,
    readonly detail: number,
  ) {
    super(message);
    this.name = "Problem";
  }
}
class Table extends Map<string, number> {
  total(): number {
    return [...this.values()].reduce((sum, value) => sum + value, 0);
  }
}
class Stack extends Array<number> {
  top(): number | undefined {
    return this.at(-1);
  }
}
class Secret {
  #value = 1;
  value(): number {
    return this.#value;
  }
}
const registry: string[] = [];
class Registered {
  constructor(readonly name: string) {
    registry.push(name);
  }
}

describe("functions and instances in arguments and results", () => {
  const thread = new TaskThread();
  afterAll(() => thread.end());

  it("passes a function as an argument", async () => {
    const factor = 3;
    expect(
      await thread.run(
        (f: (x: number) => number, x: number) => f(x),
        (x: number) => x * factor,
        14,
      ),
    ).toBe(42);
  });

  it("returns a function", async () => {
    const add = await thread.run((a: number) => (b: number) => a + b, 40);
    expect(add(2)).toBe(42);
  });

  it("keeps the class of an instance on the way there", async () => {
    const result = await thread.run((p: Point) => [p instanceof Point, p.norm()], new Point(3, 4));
    expect(result).toEqual([true, 5]);
  });

  it("keeps the class of an instance on the way back", async () => {
    const point = await thread.run((x: number) => new Point3(x, 0, 4), 3);
    expect(point).toBeInstanceOf(Point3);
    expect(point).toBeInstanceOf(Point);
    expect(point.norm()).toBe(5);
    expect(Object.getPrototypeOf(point)).toBe(Point3.prototype);
  });

  it("has one class for several tasks", async () => {
    const first = await thread.run(() => new Point(1, 2));
    expect(await thread.run((p: unknown) => p instanceof Point, first)).toBe(true);
    expect(await thread.run((p: unknown, type: typeof Point) => p instanceof type, first, Point)).toBe(true);
  });

  it("keeps instances of imported classes", async () => {
    const tagged = await thread.run(
      (t: Tagged) => [t instanceof Tagged, makeTagged(`${t.tag}!`)] as const,
      new Tagged("a"),
    );
    expect(tagged[0]).toBe(true);
    expect(tagged[1].tag).toBe("a!");
    expect(tagged[1]).toBeInstanceOf(Tagged);
  });

  it("keeps own errors, maps and arrays", async () => {
    const table = new Table([
      ["a", 1],
      ["b", 2],
    ]);
    const [total, problem, stack] = await thread.run(
      (t: Table) => [t.total(), new Problem("bad", 7), Stack.from([1, 2])] as const,
      table,
    );
    expect(total).toBe(3);
    expect(problem).toBeInstanceOf(Problem);
    expect(problem).toMatchObject({ message: "bad", detail: 7, name: "Problem" });
    expect(stack).toBeInstanceOf(Stack);
    expect((stack as Stack).top()).toBe(2);
  });

  it("keeps cycles and shared references through instances", async () => {
    interface Linked {
      self?: unknown;
      other?: unknown;
    }
    class Link implements Linked {
      self?: unknown;
      other?: unknown;
    }
    const link = new Link();
    link.self = link;
    link.other = [link];
    const back = await thread.run((l: Linked) => ({ l, same: l.self === l && (l.other as unknown[])[0] === l }), link);
    expect(back.same).toBe(true);
    expect(back.l.self).toBe(back.l);
    expect(back.l).toBeInstanceOf(Link);
  });

  it("keeps accessors and hidden properties of instances", async () => {
    const point = Object.defineProperty(new Point(1, 2), "hidden", { value: 5 });
    const keys = await thread.run((p: Point) => [Object.keys(p), (p as unknown as { hidden: number }).hidden], point);
    expect(keys).toEqual([["x", "y"], 5]);
  });

  const CLOSED: Readonly<Record<string, () => object>> = {
    "an instance": () => new Point(1, 2),
    "an instance with hidden and computed properties": () =>
      Object.defineProperties(new Point(1, 2), { hidden: { value: 5 }, sum: { get: () => 3 }, set: { set: () => {} } }),
    "a Map of one's own": () => Object.assign(new Table([["a", 1]]), { label: "t" }),
    "an array of one's own": () => Object.assign(Stack.from([1, 2]), { label: "s" }),
    "an error of one's own": () => new Problem("bad", 7),
    "an instance that holds itself": () => {
      const point = new Point(1, 2) as Point & { self?: object; others?: object };
      return Object.assign(point, { self: point, others: [new Point3(0, 0), point] });
    },
  };
  const WAYS = [Object.freeze, Object.seal, Object.preventExtensions];
  it.each(Object.keys(CLOSED).flatMap((kind) => WAYS.map((way) => ({ kind, way, name: way.name }))))(
    "$name keeps its effect on $kind, there and back",
    async ({ kind, way }) => {
      const value = way(CLOSED[kind]!());
      const before = [Object.isExtensible(value), Object.isSealed(value), Object.isFrozen(value)];
      const [there, back] = await thread.run(
        (at: object) => [[Object.isExtensible(at), Object.isSealed(at), Object.isFrozen(at)], at] as const,
        value,
      );
      expect(there).toEqual(before);
      expect([Object.isExtensible(back), Object.isSealed(back), Object.isFrozen(back)]).toEqual(before);
      expect(back).toEqual(value);
    },
  );

  it("keeps what is frozen in what an argument uses, and its class", async () => {
    class Shut {
      static limit = 1;
      limit(): number {
        return Shut.limit;
      }
    }
    Object.freeze(Shut);
    Object.freeze(Shut.prototype);
    const settings = Object.freeze({ deep: Object.freeze([1]) });
    const read = Object.freeze(() => settings);
    expect(
      await thread.run(
        (shut: Shut, use: () => { deep: object }) =>
          [shut, shut.constructor, Object.getPrototypeOf(shut) as object, use, use(), use().deep].map((at) =>
            Object.isFrozen(at),
          ),
        new Shut(),
        read,
      ),
    ).toEqual([false, true, true, true, true, true]);
  });

  it("copies frozen plain data as structuredClone does: not frozen", async () => {
    const data = [{ a: 1 }, [1], new Map([["k", 1]]), new Set([1]), new Date(0)].map((part) => Object.freeze(part));
    const isFrozen = (at: readonly object[]): boolean[] => at.map((part) => Object.isFrozen(part));
    expect(isFrozen(structuredClone(data))).toEqual(data.map(() => false));
    const [there, back] = await thread.run(
      (at: readonly object[]) => [at.map((part) => Object.isFrozen(part)), at.map(Object.freeze)] as const,
      data,
    );
    expect(there).toEqual(data.map(() => false));
    expect(isFrozen(back)).toEqual(data.map(() => false));
  });

  it("refuses an instance with private fields", async () => {
    await expect(thread.run((s: Secret) => s.value(), new Secret())).rejects.toThrow(FunctionNotSerializableError);
    await expect(thread.run((s: Secret) => s.value(), new Secret())).rejects.toThrow(/private fields/);
  });

  it("copies a class over changing data with each function", async () => {
    expect(await thread.run(() => [new Registered("a").name, registry.length])).toEqual(["a", 1]);
    expect(await thread.run(() => [new Registered("b").name, registry.length])).toEqual(["b", 1]);
  });
});
