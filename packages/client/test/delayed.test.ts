import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { Submitter } from "../src/client/submitter.js";
import { delayed } from "../src/delayed/delayed-function.js";
import { CyclicGraphError, DelayedUseError } from "../src/errors/usage.js";
import { annotate } from "../src/options/annotate.js";
import { NO_OPTIONS } from "../src/options/task-options.js";
import { OfflineSession } from "./offline.js";

function offline(): { session: OfflineSession; client: Submitter } {
  const session = new OfflineSession();
  return { session, client: new Submitter(session, NO_OPTIONS) };
}

const inc = delayed((x: number) => x + 1, { name: "inc" });
const sum = delayed((xs: number[]) => xs.reduce((a, b) => a + b, 0), { name: "sum" });

describe("graphs", () => {
  it("are written depth first, shared parts once", async () => {
    const { session, client } = offline();
    const shared = inc(1);
    const [a] = client.persist(sum([inc(shared), inc(2), shared]));
    const rows = await session.rows();
    expect(rows.map((row) => row.args)).toEqual([[1], ["#0"], [2], [["#1", "#2", "#0"]]]);
    expect(rows.map((row) => session.core.held(row.task))).toEqual([false, false, false, true]);
    expect(a.key).toBe(rows[3]!.key);
  });

  it("of several roots are one graph", async () => {
    const { session, client } = offline();
    const x = inc(1);
    const y = inc(x);
    client.persist(y, x, y);
    const rows = await session.rows();
    expect(rows.length).toBe(2);
    expect(rows.map((row) => session.core.held(row.task))).toEqual([true, true]);
    expect(session.chunks).toMatchObject([{ last: true, rows: 2 }]);
  });

  it("read their arguments when they are computed", async () => {
    const { session, client } = offline();
    const list = [1];
    const node = sum(list);
    list.push(2);
    client.persist(node);
    expect((await session.rows())[0]!.args).toEqual([[1, 2]]);
  });

  it("have the same key in every compute, unless pure", async () => {
    const { session, client } = offline();
    const node = inc(1);
    client.persist(node);
    client.persist(node);
    client.persist(inc(1));
    const pure = inc.with({ pure: true });
    client.persist(pure(1));
    client.persist(pure(1));
    const keys = (await session.rows()).map((row) => row.key);
    expect(keys[0]).toBe(keys[1]);
    expect(keys[0]).toBe(node.key);
    expect(keys[2]).not.toBe(keys[0]);
    expect(keys[3]).toBe(keys[4]);
  });

  it("go on from what was persisted", async () => {
    const { session, client } = offline();
    const [p] = client.persist(inc(1));
    client.persist(inc(p), p);
    const rows = await session.rows();
    expect(rows.map((row) => row.args)).toEqual([[1], ["#0"]]);
  });

  it("take data, property, method and item apart lazily", async () => {
    const { session, client } = offline();
    const data = delayed({ list: [3, 4] });
    const [q, r] = delayed((a: number, b: number): [number, number] => [Math.floor(a / b), a % b], { nout: 2 })(7, 2);
    client.persist(data.get("list"), data.get("list").call("slice", 0, 1), q, r);
    const rows = await session.rows();
    expect(rows.map((row) => [row.function.replace(/^[0-9a-f]{64}$/, "divmod"), row.args])).toEqual([
      ["builtin:identity", [{ list: [3, 4] }]],
      ["builtin:attribute", ["#0", "list"]],
      ["builtin:attribute", ["#0", "list"]],
      ["builtin:method", ["#2", "slice", 0, 1]],
      ["divmod", [7, 2]],
      ["builtin:attribute", ["#4", 0]],
      ["builtin:attribute", ["#4", 1]],
    ]);
  });

  it("may be plain data with Delayeds in it", async () => {
    const { session, client } = offline();
    client.persist({ a: inc(1), b: [inc(2)] });
    const rows = await session.rows();
    expect(rows.at(-1)).toMatchObject({ function: "builtin:identity", args: [{ a: "#0", b: ["#1"] }] });
  });

  it("have options of function, graph and surroundings, the inner over the outer", async () => {
    const { session, client } = offline();
    const node = inc.with({ retries: 1 })(inc(1));
    annotate({ priority: 1, retries: 9 }, () => client.with({ priority: 2 }).persist(node));
    expect((await session.rows()).map((row) => row.options)).toEqual([
      { priority: 2, retries: 9 },
      { priority: 2, retries: 1 },
    ]);
  });

  it("of a million tasks in a chain are no problem, nor is a wide one", async () => {
    const { session, client } = offline();
    let node = inc(0);
    for (let depth = 0; depth < 1_000_000; depth++) node = inc(node);
    client.persist(sum([node, ...Array.from({ length: 20_000 }, () => inc(1))]));
    let rows = 0;
    let lasts = 0;
    for (const chunk of session.chunks) {
      rows += chunk.rows;
      if (chunk.last) lasts++;
      // Dependencies have lower numbers than what needs them.
      expect(chunk.deps.every((dep) => dep < chunk.first + chunk.rows)).toBe(true);
    }
    expect(rows).toBe(1_020_002);
    expect(lasts).toBe(1);
    expect(session.chunks[0]!.graphSize).toBeGreaterThanOrEqual(rows);
  }, 60_000);

  it("with a cycle are refused, and the cycle is named in order", async () => {
    const { session, client } = offline();
    const list: unknown[] = [];
    const a = delayed((x: unknown) => x, { name: "a" })(list);
    const b = delayed((x: unknown) => x, { name: "b" })(a);
    list.push(inc(1), b);
    let error: unknown;
    try {
      client.persist(sum([b] as never));
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(CyclicGraphError);
    expect((error as CyclicGraphError).keys).toEqual([b.key, a.key, b.key]);
    // Nothing of it stays, and the client goes on.
    client.persist(inc(5));
    expect((await session.rows()).map((row) => row.args)).toEqual([[5]]);
  });

  it("that fail half-way close what they had begun to send", async () => {
    const { session, client } = offline();
    const good = Array.from({ length: 5000 }, (_, index) => inc(index));
    expect(() => client.persist(sum([...good, inc(new WeakSet() as never)]))).toThrow(/WeakSet/);
    expect(session.chunks.length).toBeGreaterThan(1);
    expect(session.chunks.at(-1)).toMatchObject({ last: true, rows: 0 });
    expect(session.core.journal.entries).toBe(0);
    client.persist(inc(5));
    expect((await session.rows()).at(-1)!.args).toEqual([5]);
  });
});

describe("a Delayed", () => {
  const node = inc(1);

  it("refuses iteration, in, JSON and coercion, with a message that helps", () => {
    const refused: (() => unknown)[] = [
      () => [...(node as never as number[])],
      () => "field" in node,
      () => `${node as never as string}`,
      () => +(node as never as number),
      () => (node as never as number) + 1,
      () => JSON.stringify({ node }),
    ];
    for (const use of refused) expect(use).toThrow(DelayedUseError);
    expect(refused[1]).toThrow(/delayed\.get\("field"\)/);
  });

  it("is not thenable, and looks like what it is", async () => {
    expect((await Promise.resolve(node)) === node).toBe(true);
    expect("then" in node).toBe(false);
    expect("get" in node).toBe(true);
    expect((node as never as { then: unknown }).then).toBeUndefined();
    expect(inspect(node)).toBe(`Delayed<${node.key}>`);
  });

  it("is not changed by options: another is made", () => {
    const other = node.with({ name: "other" });
    expect(other === node).toBe(false);
    expect(other.key).toMatch(/^other-/);
    expect(node.key).toMatch(/^inc-/);
  });
});
