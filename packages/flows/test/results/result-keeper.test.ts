import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TaskTimeoutError } from "@heddle/worker/task";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { CorruptResultError, ResultNotFoundError, UnknownSerializerError } from "../../src/results/errors.js";
import { ResultKeeper, deleteResult, loadResult, readResult } from "../../src/results/result-keeper.js";
import { compressed } from "../../src/results/serializers/compressed.js";
import { registerSerializer } from "../../src/results/serializers/serializer-registry.js";
import type { KeeperDescription, ResultOrigin, StoredBlob, StoredResult } from "../../src/results/stored-result.js";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "heddle-keeper-"));
});
afterEach(async () => {
  vi.useRealTimers();
  await rm(directory, { recursive: true, force: true });
});

const FLOW_RUN = "0123456789abcdef0123456789abcdef";
const origin = (number = 0, parameters: Record<string, unknown> = {}): ResultOrigin => ({
  run: { flowRun: FLOW_RUN, number, name: `resize-${number}`, task: "resize" },
  parameters,
});
const keeper = (more: Partial<KeeperDescription> = {}): ResultKeeper =>
  new ResultKeeper({ store: { type: "local", directory }, ...more });
/** As another process gets it. */
const travelled = (stored: StoredResult): StoredResult => JSON.parse(JSON.stringify(stored)) as StoredResult;

describe("a keeper", () => {
  it("keeps a value, which any process loads by what is said of it alone", async () => {
    const value = { rows: new Map([["a", Float64Array.of(1, 2)]]), when: new Date(7) };
    const stored = await keeper().persist(value, origin());
    expect(stored).toEqual({ key: `${FLOW_RUN}/0`, store: { type: "local", directory } });
    expect(await loadResult(travelled(stored))).toEqual(value);
  });

  it.each([[undefined], [null], [true], [false]])("writes %s nowhere", async (value) => {
    const stored = await keeper({ storageKey: "named/{task}" }).persist(value, origin());
    expect(stored).toEqual({ inline: String(value) });
    expect(await loadResult(travelled(stored))).toBe(value);
    expect(await readdir(directory)).toEqual([]);
  });

  it.each([[0], [""], ["undefined"], [NaN], [0n]])("writes %s, which is not one of them", async (value) => {
    const stored = await keeper().persist(value, origin());
    expect(stored).toHaveProperty("key");
    expect(await loadResult(stored)).toBe(value);
  });

  it("reads what was written under other options", async () => {
    const value = { a: [1, 2, 3] };
    const one = await keeper({ serializer: "json" }).persist(value, origin(1));
    const other = await keeper({ serializer: compressed("json", "gzip") }).persist(value, origin(2));
    expect(await loadResult(one)).toEqual(value);
    expect(await loadResult(other)).toEqual(value);
    expect((await readFile(join(directory, FLOW_RUN, "1"))).toString("latin1")).toContain('{"a":[1,2,3]}');
  });

  it("says whose a result is, in the blob", async () => {
    await keeper().persist("x", origin(3));
    const text = (await readFile(join(directory, FLOW_RUN, "3"))).toString("latin1");
    expect(text).toContain('"task":"resize"');
    expect(text).toContain('"taskRun":"resize-3"');
  });

  it("puts a result where its key says", async () => {
    const stored = await keeper({ storageKey: "{task}/{width}x{height}" }).persist(
      [1],
      origin(0, { width: 3, height: "../4" }),
    );
    expect(stored).toHaveProperty("key", "resize/3x=2E.=2F4");
    expect(await readdir(join(directory, "resize"))).toEqual(["3x=2E.=2F4"]);
  });

  it("deletes", async () => {
    const stored = await keeper().persist([1], origin());
    await deleteResult(stored);
    await expect(loadResult(stored)).rejects.toBeInstanceOf(ResultNotFoundError);
    await expect(loadResult(stored)).rejects.toThrow(new RegExp(`${FLOW_RUN}/0 is not in local ${directory}`));
    await deleteResult({ inline: "null" });
  });
});

describe("what a run threw", () => {
  class Odd extends RangeError {
    readonly extra = { rows: [1] };
    override readonly name = "Odd";
  }

  it("is thrown again after a reload, with name, message, stack, fields and cause", async () => {
    const error = new Odd("too much", { cause: new TypeError("below") });
    const stored = await keeper().persistError(error, origin());
    const again = (await loadResult(travelled(stored)).catch((thrown: unknown) => thrown)) as Odd;
    expect(again).toBeInstanceOf(RangeError);
    expect(again).toMatchObject({ name: "Odd", message: "too much", stack: error.stack, extra: { rows: [1] } });
    expect(again.cause).toMatchObject({ name: "TypeError", message: "below" });
  });

  it("is of its class when that is one of the library", async () => {
    const stored = await keeper().persistError(new TaskTimeoutError(50), origin());
    const { ok, ...rest } = await readResult(stored);
    expect(ok).toBe(false);
    expect((rest as { error: unknown }).error).toBeInstanceOf(TaskTimeoutError);
    expect(rest).toMatchObject({ error: { code: "HEDDLE_TASK_TIMEOUT", timeout: 50 } });
  });

  it("is kept in part when it cannot be kept whole", async () => {
    const error = Object.assign(new Error("in part", { cause: Promise.resolve() }), {
      fine: 1,
      handle: Promise.resolve(),
    });
    Object.defineProperty(error, "bad", {
      enumerable: true,
      get() {
        throw new Error("no");
      },
    });
    const stored = await keeper().persistError(error, origin());
    const again = (await loadResult(stored).catch((thrown: unknown) => thrown)) as Error;
    expect(again).toMatchObject({ message: "in part", fine: 1, cause: "[object Promise]" });
    expect(Object.keys(again)).toEqual(["fine"]);
  });

  it("need not be an error", async () => {
    const stored = await keeper().persistError("just text", origin());
    await expect(loadResult(stored)).rejects.toBe("just text");
    const odd = await keeper().persistError(Promise.resolve(), origin(1));
    await expect(loadResult(odd)).rejects.toBe("[object Promise]");
  });
});

describe("garbage under a key", () => {
  it.each([
    ["text", () => Buffer.from("<html>not found</html>".repeat(10))],
    ["nothing", () => Buffer.alloc(0)],
    ["half of it", (bytes: Buffer) => bytes.subarray(0, bytes.length / 2)],
    ["one changed bit", (bytes: Buffer) => ((bytes[bytes.length - 3]! ^= 4), bytes)],
  ])("is refused with a coded error: %s", async (_name, spoil) => {
    const stored = (await keeper().persist({ a: "value" }, origin())) as StoredBlob;
    const file = join(directory, stored.key);
    await writeFile(file, spoil(await readFile(file)));
    await expect(loadResult(stored)).rejects.toBeInstanceOf(CorruptResultError);
    await expect(loadResult(stored)).rejects.toMatchObject({
      code: "HEDDLE_RESULT_CORRUPT",
      key: stored.key,
      store: `local ${directory}`,
      message: expect.stringContaining(directory) as string,
    });
  });

  it("is what a serializer makes of bytes that are none of its own", async () => {
    registerSerializer({
      name: "liar",
      encode: () => Buffer.from("{"),
      decode: (bytes) => JSON.parse(Buffer.from(bytes).toString()) as unknown,
    });
    const stored = await keeper({ serializer: "liar" }).persist(1, origin());
    await expect(loadResult(stored)).rejects.toMatchObject({
      code: "HEDDLE_RESULT_CORRUPT",
      store: `local ${directory}`,
      problem: /^liar: /,
    });
  });

  it("is not what this process only lacks the serializer for", async () => {
    registerSerializer({ name: "elsewhere", encode: () => Buffer.from("x"), decode: () => 1 });
    const stored = (await keeper({ serializer: "elsewhere" }).persist(5, origin())) as StoredBlob;
    const file = join(directory, stored.key);
    const { readBlob, writeBlob } = await import("../../src/results/blob.js");
    const { header, payload } = readBlob(stored.key, directory, await readFile(file));
    await writeFile(file, writeBlob({ ...header, serializer: "nowhere" }, payload));
    await expect(loadResult(stored)).rejects.toBeInstanceOf(UnknownSerializerError);
  });
});

describe("the cache", () => {
  it("gives what was kept under a key, in any keeper of the store", async () => {
    const stored = await keeper().keep([1, 2], origin(), { cacheKey: "k ../odd\n", expiration: 0 });
    const found = await keeper({ serializer: "json" }).cached("k ../odd\n");
    expect(found).toMatchObject({ value: [1, 2], hit: { cacheKey: "k ../odd\n", stored } });
    expect(found!.hit.expires).toBeUndefined();
    expect(await keeper().cached("another")).toBeUndefined();
  });

  it("keeps inline results too", async () => {
    await keeper().keep(undefined, origin(), { cacheKey: "nothing", expiration: 0 });
    expect(await keeper().cached("nothing")).toMatchObject({
      value: undefined,
      hit: { stored: { inline: "undefined" } },
    });
  });

  it("forgets a result when its time is over", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: 1_000_000 });
    await keeper().keep("v", origin(), { cacheKey: "k", expiration: 60_000 });
    expect((await keeper().lookup("k"))!.expires).toBe(1_060_000);
    vi.setSystemTime(1_059_999);
    expect(await keeper().cached("k")).toMatchObject({ value: "v" });
    vi.setSystemTime(1_060_000);
    expect(await keeper().cached("k")).toBeUndefined();
  });

  it("forgets on demand", async () => {
    await keeper().keep("v", origin(), { cacheKey: "k", expiration: 0 });
    await keeper().forget("k");
    expect(await keeper().cached("k")).toBeUndefined();
  });

  it("takes a result that is gone, damaged or an error for none", async () => {
    const gone = await keeper().keep("v", origin(0), { cacheKey: "gone", expiration: 0 });
    await deleteResult(gone);
    expect(await keeper().cached("gone")).toBeUndefined();

    const damaged = (await keeper().keep("v", origin(1), { cacheKey: "damaged", expiration: 0 })) as StoredBlob;
    await writeFile(join(directory, damaged.key), "garbage");
    expect(await keeper().cached("damaged")).toBeUndefined();

    const error = await keeper().persistError(new Error("no"), origin(2));
    await keeper().remember("error", error, 0);
    expect(await keeper().cached("error")).toBeUndefined();
  });

  it.each([
    "",
    "garbage",
    "null",
    "{}",
    '{"heddleCache":1}',
    "[1",
    '{"heddleCache":1,"cacheKey":"k","completed":1,"stored":5}',
  ])("takes a record that reads %j for none", async (text) => {
    await keeper().keep("v", origin(), { cacheKey: "k", expiration: 0 });
    const cache = join(directory, "cache");
    const [record] = (await readdir(cache, { recursive: true })).filter((name) => name.length > 60);
    await writeFile(join(cache, record!), text);
    expect(await keeper().cached("k")).toBeUndefined();
  });

  it("is found where the same store is reached by another path", async () => {
    await keeper().keep([7], origin(), { cacheKey: "k", expiration: 0 });
    const moved = `${directory}-moved`;
    const { rename } = await import("node:fs/promises");
    await rename(directory, moved);
    directory = moved;
    expect(await keeper().cached("k")).toMatchObject({ value: [7], hit: { stored: { store: { directory: moved } } } });
  });

  it("survives writers of one key at once: a reader gets one of their results, whole", async () => {
    const size = 50_000;
    const values = Array.from({ length: 12 }, (_, i) => new Uint8Array(size).fill(i + 1));
    await keeper().keep(values[0], origin(0), { cacheKey: "k", expiration: 0 });
    let writing = true;
    const reading = (async () => {
      while (writing) {
        const { value } = (await keeper().cached("k"))! as { value: Uint8Array };
        expect(value.byteLength).toBe(size);
        expect(value.every((byte) => byte === value[0])).toBe(true);
      }
    })();
    await Promise.all(values.map((value, i) => keeper().keep(value, origin(i + 1), { cacheKey: "k", expiration: 0 })));
    // And all of them in the same place.
    const place = { storageKey: "the/same" };
    await Promise.all(values.map((value, i) => keeper(place).keep(value, origin(i), { cacheKey: "k", expiration: 0 })));
    writing = false;
    await reading;
  });
});
