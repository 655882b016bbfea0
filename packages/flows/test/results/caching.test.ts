import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CacheKeyError } from "../../src/results/errors.js";
import { INPUTS, RUN_ID, SOURCE, sourceToken, type CachePolicy } from "../../src/results/caching/cache-policy.js";
import { UnhashableError, canonicalHash } from "../../src/results/caching/canonical-hash.js";

class Point {
  constructor(
    readonly x: number,
    readonly y: number,
  ) {}
}
class OtherPoint {
  constructor(
    readonly x: number,
    readonly y: number,
  ) {}
  readonly kind = "other";
}

describe("the hash of a value", () => {
  it("does not depend on the order of properties, entries and items", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(fc.string(), fc.anything({ withMap: true, withSet: true, withDate: true, withBigInt: true })),
        async (value) => {
          const entries = Object.entries(value);
          const backwards = Object.fromEntries([...entries].reverse());
          expect(await canonicalHash(backwards)).toBe(await canonicalHash(value));
          expect(await canonicalHash(new Map([...entries].reverse()))).toBe(await canonicalHash(new Map(entries)));
          const keys = Object.keys(value);
          expect(await canonicalHash(new Set([...keys].reverse()))).toBe(await canonicalHash(new Set(keys)));
        },
      ),
      { numRuns: 60 },
    );
  });

  it("takes keys of maps that cannot be made strings", async () => {
    const map = (): Map<unknown, number> =>
      new Map([
        [{ toString: "not a function" }, 1],
        [Object.create(null), 2],
      ]);
    expect(await canonicalHash(map())).toBe(await canonicalHash(map()));
  });

  const factor = 2;
  const different: [string, () => unknown][] = [
    ["undefined", () => undefined],
    ["null", () => null],
    ["true", () => true],
    ["'true'", () => "true"],
    ["0", () => 0],
    ["-0", () => -0],
    ["0n", () => 0n],
    ["'0'", () => "0"],
    ["NaN", () => NaN],
    ["''", () => ""],
    ["half a surrogate pair", () => "\ud800"],
    ["another half", () => "\ud801"],
    ["[]", () => []],
    ["[undefined]", () => [undefined]],
    ["a hole", () => new Array<unknown>(1)],
    ["[[]]", () => [[]]],
    ["[[],[]]", () => [[], []]],
    ["['a,b']", () => ["a,b"]],
    ["['a','b']", () => ["a", "b"]],
    ["{}", () => ({})],
    ["{a:1}", () => ({ a: 1 })],
    ["{a:undefined}", () => ({ a: undefined })],
    ["Map{}", () => new Map()],
    ["Map{a:1}", () => new Map([["a", 1]])],
    ["Set{}", () => new Set()],
    ["Set{a}", () => new Set(["a"])],
    ["Date(1)", () => new Date(1)],
    ["Date(2)", () => new Date(2)],
    ["/a/", () => /a/],
    ["/a/g", () => /a/g],
    ["URL", () => new URL("https://a.b/")],
    ["Int8Array", () => Int8Array.of(1, 2)],
    ["Uint8Array", () => Uint8Array.of(1, 2)],
    ["Uint16Array", () => Uint16Array.of(513)],
    ["ArrayBuffer", () => Uint8Array.of(1, 2).buffer],
    ["Error", () => new Error("a")],
    ["TypeError", () => new TypeError("a")],
    ["Symbol.for", () => Symbol.for("a")],
    ["a function", () => (x: number) => x * factor],
    ["another", () => (x: number) => x + factor],
    ["a class", () => Point],
    ["an instance", () => new Point(1, 2)],
    ["of the same class", () => new Point(2, 1)],
    ["of another class", () => new OtherPoint(1, 2)],
    ["the same, plain", () => ({ x: 1, y: 2 })],
  ];

  it.each(different)("is the same for %s made twice", async (_name, make) => {
    expect(await canonicalHash(make())).toBe(await canonicalHash(make()));
  });

  it("is another for each other value", async () => {
    const hashes = await Promise.all(different.map(([, make]) => canonicalHash(make())));
    expect(new Set(hashes).size).toBe(different.length);
    expect(hashes.every((hash) => /^[0-9a-f]{64}$/.test(hash))).toBe(true);
  });

  it("counts a Buffer as the Uint8Array it is, and of a view what it shows", async () => {
    const bytes = Uint8Array.of(9, 1, 2, 9);
    expect(await canonicalHash(Buffer.from([1, 2]))).toBe(await canonicalHash(bytes.subarray(1, 3)));
  });

  it("sees what a function closes over", async () => {
    const made = (by: number) => (x: number) => x * by;
    expect(await canonicalHash(made(2))).toBe(await canonicalHash(made(2)));
    expect(await canonicalHash(made(2))).not.toBe(await canonicalHash(made(3)));
  });

  it("ends for cycles, and knows them apart", async () => {
    const one: unknown[] = [1];
    one.push(one);
    const same: unknown[] = [1];
    same.push(same);
    const outer: unknown[] = [1, [1]];
    (outer[1] as unknown[]).push(outer);
    expect(await canonicalHash(one)).toBe(await canonicalHash(same));
    expect(await canonicalHash(one)).not.toBe(await canonicalHash(outer));
  });

  it("takes time for what is there, not for how often it is referred to", async () => {
    let doubled: unknown = ["x"];
    for (let i = 0; i < 60; i++) doubled = [doubled, doubled];
    expect(await canonicalHash(doubled)).toHaveLength(64);
  });

  class Secretive {
    readonly #hidden = Math.random();
    get shown(): number {
      return this.#hidden;
    }
  }
  it.each<[string, () => unknown, RegExp]>([
    ["a promise", () => ({ a: [Promise.resolve()] }), /value\.a\[0\] cannot be part/],
    ["a unique symbol", () => Symbol("s"), /unique symbol Symbol\(s\)/],
    ["state that cannot be seen", () => ({ s: new Secretive() }), /value\.s cannot be part.*private fields/],
    [
      "something nested too deeply",
      () => {
        let deep: unknown = 1;
        for (let i = 0; i < 100_000; i++) deep = [deep];
        return deep;
      },
      /nested too deeply/,
    ],
  ])("is refused for %s, saying where it is", async (_name, make, message) => {
    await expect(canonicalHash(make())).rejects.toThrow(message);
    await expect(canonicalHash(make())).rejects.toBeInstanceOf(UnhashableError);
  });
});

describe("cache policies", () => {
  const resize = (width: number): number => width * 2;
  const key = (
    policy: CachePolicy,
    parameters: Record<string, unknown>,
    { fn = resize, flowRun = "one", task = "resize" } = {},
  ): Promise<string | undefined> | string | undefined =>
    policy.keyFunction(fn)(
      { run: { flowRun, number: 1, name: `${task}-0`, task, tags: [] }, task: { name: task, fn } },
      parameters,
    );

  it("INPUTS: arguments by name, in any order; one that is undefined was not given", async () => {
    const one = await key(INPUTS, { a: 1, b: { c: [2], d: 3 } });
    expect(one).toMatch(/^resize:[0-9a-f]{64}$/);
    expect(await key(INPUTS, { b: { d: 3, c: [2] }, a: 1 })).toBe(one);
    expect(await key(INPUTS, { a: 1, b: { c: [2], d: 3 }, e: undefined })).toBe(one);
    expect(await key(INPUTS, { a: 1, b: { c: [2], d: 3 } }, { flowRun: "two" })).toBe(one);
    expect(await key(INPUTS, { a: 2, b: { c: [2], d: 3 } })).not.toBe(one);
    expect(await key(INPUTS, { a: 1, b: { c: [2], d: 3 } }, { task: "other" })).not.toBe(one);
  });

  it("without: some arguments do not count", async () => {
    const policy = INPUTS.without("verbose");
    expect(await key(policy, { a: 1, verbose: true })).toBe(await key(policy, { a: 1, verbose: Promise.resolve() }));
    expect(await key(policy, { a: 1 })).not.toBe(await key(policy, { a: 2 }));
  });

  it("RUN_ID: only within a flow run", async () => {
    expect(await key(RUN_ID, { a: 1 })).toBe(await key(RUN_ID, { a: 2 }));
    expect(await key(RUN_ID, {})).not.toBe(await key(RUN_ID, {}, { flowRun: "two" }));
  });

  it("SOURCE: until the code changes, or a constant it uses", async () => {
    const made = (by: number) => (x: number) => x * by;
    expect(await key(SOURCE, { a: 1 }, { fn: made(2) })).toBe(await key(SOURCE, { a: 2 }, { fn: made(2) }));
    expect(await key(SOURCE, {}, { fn: made(2) })).not.toBe(await key(SOURCE, {}, { fn: made(3) }));
    expect(await key(SOURCE, {}, { fn: made(2) })).not.toBe(await key(SOURCE, {}, { fn: (x: number) => x }));
    // Where there is no closure to be taken, by its text.
    expect(sourceToken(Math.max)).toMatch(/^[0-9a-f]{64}$/);
  });

  it("plus: both have to be the same", async () => {
    const policy = INPUTS.plus(RUN_ID).plus(SOURCE).without("v");
    expect(policy.parts).toEqual({ inputs: true, runId: true, source: true, except: ["v"] });
    const one = await key(policy, { a: 1 });
    expect(await key(policy, { a: 1, v: 5 })).toBe(one);
    expect(await key(policy, { a: 2 })).not.toBe(one);
    expect(await key(policy, { a: 1 }, { flowRun: "two" })).not.toBe(one);
    expect(await key(policy, { a: 1 }, { fn: (x: number) => -x })).not.toBe(one);
  });

  it("says which task and argument cannot be part of a key, and what to do", async () => {
    const failing = async (): Promise<unknown> => key(INPUTS, { socket: Promise.resolve() });
    await expect(failing()).rejects.toBeInstanceOf(CacheKeyError);
    await expect(failing()).rejects.toThrow(
      /task resize has no cache key: its arguments\.socket .*without\(parameter\)/,
    );
  });

  it("gives the same key in every process", async () => {
    const script = `
      import { INPUTS } from ${JSON.stringify(new URL("../../src/results/caching/cache-policy.ts", import.meta.url).href)};
      const context = { run: { flowRun: "other" }, task: { name: "resize" } };
      const parameters = { b: new Map([["x", Float64Array.of(1.5)]]), a: [1n, new Date(3)] };
      console.log(await INPUTS.keyFunction(() => 0)(context, parameters));`;
    const { stdout, stderr } = spawnSync(process.execPath, ["--import", "tsx", "--input-type=module", "-e", script], {
      encoding: "utf8",
      cwd: new URL("../../../..", import.meta.url),
    });
    const here = await key(INPUTS, { a: [1n, new Date(3)], b: new Map([["x", Float64Array.of(1.5)]]) });
    expect(stderr + stdout).toBe(`${here}\n`);
  });

  it("travels with the task it is of", async () => {
    const { Reviver, capture } = await import("@heddle/closures");
    const policy = INPUTS.plus(SOURCE);
    const keyOf = policy.keyFunction(resize);
    const { token, definitions } = capture(keyOf);
    const reviver = new Reviver({ baseDir: new URL("../..", import.meta.url).pathname });
    for (const { hash, bytes, needs } of definitions) reviver.define(hash, bytes, needs);
    const revived = (await reviver.revive(token)) as typeof keyOf;
    const context = {
      run: { flowRun: "r", number: 0, name: "n", task: "resize", tags: [] },
      task: { name: "resize", fn: resize },
    };
    expect(await revived(context, { width: 4 })).toBe(await keyOf(context, { width: 4 }));
    await reviver.dispose();
  });
});
