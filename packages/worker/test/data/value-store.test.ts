import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { EncodedValue } from "@heddle/protocol";
import { ValueStore, type ValueStoreOptions } from "../../src/data/value-store.js";
import type { FinishedRuns } from "../../src/executor/interface.js";

const MiB = 1024 ** 2;
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "heddle-store-test-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function storeOf(options: Partial<ValueStoreOptions> = {}): ValueStore {
  return new ValueStore({
    target: Infinity,
    spillFolder: folder,
    allocate: (bytes) => new Uint8Array(new SharedArrayBuffer(bytes)),
    onDropped: () => {},
    ...options,
  });
}

function value(fill: number, headBytes: number, ...bufferBytes: number[]): EncodedValue {
  return {
    head: new Uint8Array(headBytes).fill(fill),
    buffers: bufferBytes.map((bytes) => new Uint8Array(new SharedArrayBuffer(bytes)).fill(fill)),
  };
}

function report(heads: readonly Uint8Array[], buffers: readonly (readonly Uint8Array[])[] = []): FinishedRuns {
  const rows = heads.length;
  return {
    thread: 0,
    rows,
    tasks: new Int32Array(rows),
    runs: new Int32Array(rows),
    startedAt: new Float64Array(rows),
    busy: new Int32Array(rows),
    waited: 0,
    decoded: 0,
    headLengths: Int32Array.from(heads, (head) => head.length),
    heads: new Uint8Array(Buffer.concat(heads)),
    bufferCounts: Int32Array.from(heads, (_, row) => buffers[row]?.length ?? 0),
    buffers: buffers.flat(),
  };
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe("a store of values", () => {
  it("keeps the rows of a report, and counts their bytes exactly", () => {
    const store = storeOf();
    const heads = [1, 2, 3, 4].map((fill) => new Uint8Array(fill * 10).fill(fill));
    const big = new Uint8Array(new SharedArrayBuffer(MiB)).fill(9);
    store.keep(report(heads, [[], [], [big]]), null, Int32Array.of(11, 12, 13, 14));
    expect(store.managed).toBe(100 + MiB);
    expect([...store.get(12)!.head]).toEqual([...heads[1]!]);
    expect(store.get(13)!.buffers[0]!.buffer).toBe(big.buffer);
    expect(store.get(15)).toBeUndefined();
    store.drop([11, 12, 13, 14, 99]);
    expect(store.managed).toBe(0);
  });

  it("keeps only the rows that are wanted", () => {
    const store = storeOf();
    const heads = [1, 2, 3].map((fill) => new Uint8Array(10).fill(fill));
    store.keep(report(heads), Int32Array.of(0, 2), Int32Array.of(11, 12, 13));
    expect(store.has(12)).toBe(false);
    expect([...store.get(13)!.head]).toEqual([...heads[2]!]);
    expect(store.managed).toBe(20);
  });

  it("lets a large report go when few of its values are left", () => {
    const store = storeOf();
    const heads = Array.from({ length: 100 }, (_, row) => new Uint8Array(1000).fill(row));
    const ids = Int32Array.from({ length: 100 }, (_, row) => row);
    store.keep(report(heads), null, ids);
    expect(store.managed).toBe(100_000);
    store.drop(ids.subarray(1));
    expect(store.managed).toBeLessThanOrEqual(25_000);
    expect([...store.get(0)!.head]).toEqual([...heads[0]!]);
    store.drop([0]);
    expect(store.managed).toBe(0);
  });

  it("says which buffers it needs no more, dropped or written to disk", async () => {
    const dropped: Uint8Array[] = [];
    const store = storeOf({ onDropped: (buffers) => dropped.push(...buffers) });
    const [first, second] = [value(1, 10, MiB), value(2, 10, MiB, MiB)];
    store.put(1, first);
    store.put(2, second);
    store.drop([1]);
    expect(dropped).toHaveLength(1);
    expect(dropped[0]).toBe(first.buffers[0]);
    store.spill(4 * MiB);
    await until(() => dropped.length === 3);
    expect(dropped[2]).toBe(second.buffers[1]);
    await store.close();
  });

  it("replaces a value that is put again", () => {
    const store = storeOf();
    store.put(1, value(1, 10, 100));
    store.put(1, value(2, 20));
    expect(store.managed).toBe(20);
    expect(store.get(1)!.head[0]).toBe(2);
  });

  it("moves the least recently used to disk beyond its target, and back when asked for", async () => {
    const store = storeOf({ target: 2.5 * MiB });
    for (const id of [1, 2, 3]) store.put(id, value(id, 10, MiB));
    store.get(1);
    store.put(4, value(4, 10, MiB));
    await until(() => store.spilled > 0 && store.managed <= 2.5 * MiB);
    expect(store.get(2)).toBeUndefined();
    expect(store.has(2)).toBe(true);
    const [second, first] = await store.read(Int32Array.of(2, 1));
    const expected = value(2, 10, MiB);
    expect(second!.head).toEqual(expected.head);
    expect(Buffer.from(second!.buffers[0]!).equals(Buffer.from(expected.buffers[0]!))).toBe(true);
    expect(second!.buffers[0]!.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(first!.head[0]).toBe(1);
    await store.close();
    expect(readdirSync(folder)).toEqual([]);
  });

  it("spills small values with the others of their report", async () => {
    const store = storeOf();
    const heads = Array.from({ length: 50 }, (_, row) => new Uint8Array(1000).fill(row));
    store.keep(
      report(heads),
      null,
      Int32Array.from(heads, (_, row) => row),
    );
    store.spill(1);
    await until(() => store.spilled === 50_000);
    expect(store.managed).toBe(0);
    const [seventh] = await store.read(Int32Array.of(7));
    expect([...seventh!.head]).toEqual([...heads[7]!]);
    expect(store.managed).toBe(50_000);
    expect(store.spilled).toBe(0);
    await store.close();
  });

  it("forgets files of values that are dropped, also while they are written or read", async () => {
    const store = storeOf();
    store.put(1, value(1, 10, MiB));
    store.put(2, value(2, 10, MiB));
    store.spill(4 * MiB);
    store.drop([1]);
    await until(() => store.spilled > 0);
    const reading = store.read(Int32Array.of(2));
    store.drop([2]);
    expect(await reading).toEqual([undefined]);
    const spills = join(folder, readdirSync(folder)[0]!);
    await until(() => readdirSync(spills).length === 0);
    expect([store.managed, store.spilled]).toEqual([0, 0]);
    await store.close();
  });

  it("says which values are lost with their files", async () => {
    const lost: number[] = [];
    const store = storeOf({ onLost: (tasks) => lost.push(...tasks) });
    store.put(1, value(1, 10, MiB));
    store.put(2, value(2, 10));
    store.spill(4 * MiB);
    await until(() => store.managed === 0);
    const spills = join(folder, readdirSync(folder)[0]!);
    for (const file of readdirSync(spills)) writeFileSync(join(spills, file), "short");
    expect(await store.read(Int32Array.of(1))).toEqual([undefined]);
    expect(lost).toEqual([1]);
    expect(store.has(1)).toBe(false);
    await store.close();
    expect(existsSync(spills)).toBe(false);
  });

  it("sets values aside, and takes them over under other ids, in whatever order", () => {
    const store = storeOf();
    for (const id of [1, 2, 3]) store.put(id, value(id, 10));
    store.setAside();
    expect(store.has(1)).toBe(false);
    store.put(9, value(9, 10));
    store.keep(report([new Uint8Array(10).fill(4)]), null, Int32Array.of(4), true);
    store.adopt(Int32Array.of(1, 2, 4), Int32Array.of(2, 1, 5));
    expect([1, 2, 3, 5, 9].map((id) => store.get(id)?.head[0])).toEqual([2, 1, undefined, 4, 9]);
    expect(store.managed).toBe(40);
  });
});
