import { describe, expect, it } from "vitest";
import { Submitter } from "../src/client/submitter.js";
import type { Future } from "../src/client/future.js";
import { delayed } from "../src/delayed/delayed-function.js";
import { ForeignFutureError, InvalidArgumentError, ReleasedFutureError } from "../src/errors/usage.js";
import { annotate } from "../src/options/annotate.js";
import { NO_OPTIONS } from "../src/options/task-options.js";
import { OfflineSession } from "./offline.js";

function offline(): { session: OfflineSession; client: Submitter } {
  const session = new OfflineSession();
  return { session, client: new Submitter(session, NO_OPTIONS) };
}

const inc = (x: number): number => x + 1;
const add = (a: number, b: number): number => a + b;

describe("submit", () => {
  it("writes one row per call, in order, with the arguments as they are", async () => {
    const { session, client } = offline();
    client.submit(add, 1, 2);
    client.submit(add, 3, 4);
    const rows = await session.rows();
    expect(rows.map((row) => row.args)).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(session.chunks).toMatchObject([{ rows: 2, last: true, graphSize: 2, first: 0, functionOf: 0 }]);
    expect(session.definitions.some((definition) => definition.hash === rows[0]!.function)).toBe(true);
  });

  it("reads arguments when it is called", async () => {
    const { session, client } = offline();
    const list = [1];
    client.submit((xs: number[]) => xs.length, list);
    list.push(2);
    expect((await session.rows())[0]!.args).toEqual([[1]]);
  });

  it("gives equal calls equal keys, and others others", () => {
    const { client } = offline();
    const key = (future: Future<unknown>): string => future.key;
    expect(key(client.submit(inc, 1))).toBe(key(client.submit(inc, 1)));
    expect(key(client.submit(inc, 1))).not.toBe(key(client.submit(inc, 2)));
    expect(key(client.submit(inc, 1))).toMatch(/^inc-[0-9a-f]{32}$/);
    const other = (x: number): number => x + 2;
    expect(key(client.submit(inc, 1)).slice(4)).not.toBe(key(client.submit(other, 1)).slice(6));
    const impure = client.with({ pure: false });
    expect(key(impure.submit(inc, 1))).not.toBe(key(impure.submit(inc, 1)));
  });

  it("gives a task that depends on another a key that says on which", () => {
    const { client } = offline();
    const [a, b] = [client.submit(inc, 1), client.submit(inc, 2)];
    const again = client.submit(inc, 1);
    expect(client.submit(inc, a).key).toBe(client.submit(inc, again).key);
    expect(client.submit(inc, a).key).not.toBe(client.submit(inc, b).key);
    expect(client.submit(add, a, b).key).not.toBe(client.submit(add, b, a).key);
  });

  it("has the same key for a dependency that was sent before", async () => {
    const { session, client } = offline();
    const a = client.submit(inc, 1);
    const early = client.submit(inc, a).key;
    await session.rows();
    expect(client.submit(inc, a).key).toBe(early);
  });

  it("finds futures anywhere in plain arguments, each once", async () => {
    const { session, client } = offline();
    const a = client.submit(inc, 1);
    const b = client.submit(inc, 2);
    client.submit((x: unknown) => x, { deep: [a, { b }], map: new Map([["a", a]]) });
    const row = (await session.rows())[2]!;
    expect(row.deps).toEqual([0, 1]);
    expect(row.args).toEqual([{ deep: ["#0", { b: "#1" }], map: new Map([["a", "#0"]]) }]);
  });

  it("takes many dependencies, some of them twice", async () => {
    const { session, client } = offline();
    const many = client.map(
      inc,
      Array.from({ length: 100 }, (_, index) => index),
    );
    client.submit((xs: number[]) => xs.length, [...many, ...many]);
    const row = (await session.rows()).at(-1)!;
    expect(row.deps).toEqual(many.map((_, index) => index));
    expect(row.args).toEqual([[...row.deps, ...row.deps].map((dep) => `#${dep}`)]);
  });

  it("makes rows of the Delayeds among the arguments", async () => {
    const { session, client } = offline();
    const lazy = delayed(inc);
    const three = lazy(lazy(1));
    const future = client.submit(add, three, [three] as never);
    const rows = await session.rows();
    expect(rows.map((row) => [row.args, row.deps])).toEqual([
      [[1], []],
      [["#0"], [0]],
      [["#1", ["#1"]], [1]],
    ]);
    expect(future.key).toBe(rows[2]!.key);
    expect(session.chunks.flatMap((chunk) => [chunk.graphSize, chunk.last])).toEqual([3, true]);
  });

  it("refuses futures of another client, released ones, and what is no function", () => {
    const { client } = offline();
    const foreign = offline().client.submit(inc, 1);
    expect(() => client.submit(inc, foreign)).toThrow(ForeignFutureError);
    const released = client.submit(inc, 1);
    released.release();
    expect(() => client.submit(inc, released)).toThrow(ReleasedFutureError);
    expect(() => client.submit(5 as never)).toThrow(InvalidArgumentError);
  });

  it("leaves nothing behind when an argument cannot be encoded", async () => {
    const { session, client } = offline();
    client.submit(inc, 1);
    expect(() => client.submit((x: unknown) => x, { path: [new Promise(() => {})] })).toThrow(/value\[0\]\.path\[0\]/);
    client.submit(inc, 2);
    expect((await session.rows()).map((row) => row.args)).toEqual([[1], [2]]);
  });

  it("refuses to be called by a getter of an argument", async () => {
    const { session, client } = offline();
    const trap = {
      get x(): number {
        client.submit(inc, 1);
        return 1;
      },
    };
    expect(() => client.submit((x: unknown) => x, trap)).toThrow(/getter/);
    client.submit(inc, 2);
    expect((await session.rows()).map((row) => row.args)).toEqual([[2]]);
  });

  it("refuses arguments larger than a frame takes", () => {
    const { client } = offline();
    expect(() => client.submit((x: Uint8Array) => x.length, new Uint8Array(40 * 2 ** 20))).toThrow(/scatter/);
  });
});

describe("map", () => {
  it("writes one row per item, and futures in order", async () => {
    const { session, client } = offline();
    const futures = client.map(add, [1, 2, 3], [4, 5, 6]);
    const rows = await session.rows();
    expect(rows.map((row) => row.args)).toEqual([
      [1, 4],
      [2, 5],
      [3, 6],
    ]);
    expect(rows.map((row) => row.key)).toEqual(futures.map((future) => future.key));
  });

  it("has the keys that submit has", () => {
    const { client } = offline();
    expect(client.map(inc, [7])[0]!.key).toBe(client.submit(inc, 7).key);
  });

  it("sends chunks while it writes, the first one early", async () => {
    const { session, client } = offline();
    const xs = Array.from({ length: 50_000 }, (_, index) => index);
    client.map(inc, xs);
    expect(session.chunks.length).toBeGreaterThan(5);
    expect(session.chunks[0]!.rows).toBeLessThan(2000);
    expect(session.flushes).toBe(session.chunks.length);
    const rows = await session.rows();
    expect(rows.map((row) => row.task)).toEqual(xs);
    expect(rows.map((row) => (row.args as number[])[0])).toEqual(xs);
    expect(new Set(rows.map((row) => row.key)).size).toBe(xs.length);
  });

  it("takes futures and Delayeds as items", async () => {
    const { session, client } = offline();
    const a = client.submit(inc, 1);
    const futures = client.map(inc, [10, a, delayed(inc)(5), 11]);
    const rows = await session.rows();
    const byKey = new Map(rows.map((row) => [row.key, row]));
    expect(futures.map((future) => byKey.get(future.key)!.args)).toEqual([
      [10],
      ["#0"],
      [expect.stringMatching(/^#/)],
      [11],
    ]);
    expect(rows.length).toBe(6);
  });

  it("refuses lists of different lengths, and what is no list", () => {
    const { client } = offline();
    expect(() => client.map(add, [1, 2], [1])).toThrow(/2, 1/);
    expect(() => client.map(inc, 5 as never)).toThrow(InvalidArgumentError);
    expect(client.map(inc, [])).toEqual([]);
  });

  it("takes back its rows when an item cannot be encoded, sent ones too", async () => {
    const { session, client } = offline();
    client.submit(inc, -1);
    const items = [...Array.from({ length: 5000 }, (_, index) => index), new WeakMap()];
    expect(() => client.map((x: unknown) => x, items)).toThrow(/WeakMap/);
    client.submit(inc, -2);
    const rows = await session.rows();
    const held = rows.filter((row) => session.core.held(row.task));
    expect(held.map((row) => row.args)).toEqual([[-1], [-2]]);
    expect(rows.length).toBeLessThan(5000);
  });
});

describe("options", () => {
  it("travel with the row, in a form that is checked", async () => {
    const { session, client } = offline();
    client
      .with({ priority: 3, timeout: "2s", workers: "w1" })
      .with({ priority: 4, annotations: { a: 1 } })
      .submit(inc, 1);
    client.submit(inc, 2);
    expect((await session.rows()).map((row) => row.options)).toEqual([
      { priority: 4, timeout: 2000, workers: ["w1"], annotations: { a: 1 } },
      undefined,
    ]);
  });

  it("may give the key, which for map is what keys begin with", async () => {
    const { session, client } = offline();
    client.with({ key: "one" }).submit(inc, 1);
    client.with({ key: "many" }).map(inc, [1, 2]);
    client.with({ name: "called" }).submit(inc, 1);
    const rows = await session.rows();
    expect(rows.slice(0, 3).map((row) => row.key)).toEqual(["one", "many-0", "many-1"]);
    expect(rows[3]).toMatchObject({ group: "called", key: expect.stringMatching(/^called-/) as string });
  });

  it("hold for everything submitted inside annotate, beneath those of with", async () => {
    const { session, client } = offline();
    await annotate({ priority: 5, annotations: { owner: "me" } }, async () => {
      client.submit(inc, 1);
      await Promise.resolve();
      annotate({ retries: 2, annotations: { step: 1 } }, () => client.with({ priority: 6 }).submit(inc, 2));
    });
    client.submit(inc, 3);
    expect((await session.rows()).map((row) => row.options)).toEqual([
      { priority: 5, annotations: { owner: "me" } },
      { priority: 6, retries: 2, annotations: { owner: "me", step: 1 } },
      undefined,
    ]);
  });

  it("are one entry for many rows", async () => {
    const { session, client } = offline();
    const urgent = client.with({ priority: 1 });
    annotate({ retries: 1 }, () => {
      for (let index = 0; index < 10; index++) urgent.submit(inc, index);
    });
    await session.rows();
    expect(session.chunks[0]!.options).toEqual([{ priority: 1, retries: 1 }]);
  });

  it("refuses names that do not exist, with a suggestion, and values that make no sense", () => {
    const { client } = offline();
    expect(() => client.with({ retires: 2 } as never)).toThrow(/Did you mean retries\?/);
    for (const options of [
      { retries: -1 },
      { timeout: "soon" },
      { priority: NaN },
      { resources: { GPU: -1 } },
      { key: "" },
    ])
      expect(() => client.with(options), JSON.stringify(options)).toThrow();
  });
});
