import { describe, expect, it } from "vitest";
import { Harness, Input } from "./executor-harness.js";

const MiB = 2 ** 20;
const make = (n: number) => new Uint8Array(n).fill(7);
const read = (x: Uint8Array) => x[5];

/** Outcomes keep what they are about: what is to come free must go from there too. */
async function madeAndRead(harness: Harness, bytes: number): Promise<Uint8Array> {
  const { encoded } = await harness.run(make, bytes);
  const [task] = harness.execute(1, [{ fn: read, args: [new Input(encoded!)] }]);
  expect((await harness.outcome(task!)).value).toBe(7);
  const buffer = encoded!.buffers[0]!;
  harness.outcomes.length = 0;
  return buffer;
}

async function free(harness: Harness): Promise<void> {
  while (harness.pool.heldBytes > 0) {
    harness.pool.collect(true);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe("shared memory", () => {
  it("that no value needs any more counts until every thread has let go of it", async () => {
    await using harness = await Harness.start({ threads: 2, keepBytes: 0 });
    harness.pool.retire([await madeAndRead(harness, 8 * MiB)]);
    expect(harness.pool.heldBytes).toBe(8 * MiB);
    await free(harness);
  });

  it("is used again for the same size, not before the last reader is gone", async () => {
    await using harness = await Harness.start({ threads: 2 });
    let buffer: Uint8Array | undefined = await madeAndRead(harness, 4 * MiB);
    harness.pool.retire([buffer]);
    for (let i = 0; i < 5; i++) {
      harness.pool.collect(true);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    // Somebody here still reads it.
    expect(harness.pool.allocate(4 * MiB).every((byte) => byte === 0)).toBe(true);
    expect(buffer[4 * MiB - 1]).toBe(7);
    buffer = undefined;
    let again: Uint8Array;
    do {
      harness.pool.collect(true);
      await new Promise((resolve) => setTimeout(resolve, 20));
      again = harness.pool.allocate(4 * MiB);
    } while (again[4 * MiB - 1] !== 7);
    expect(again.byteLength).toBe(4 * MiB);
    expect(harness.pool.heldBytes).toBe(0);
  });

  it("goes back to the thread that makes results of that size", async () => {
    await using harness = await Harness.start({ threads: 2 });
    harness.pool.retire([await madeAndRead(harness, 2 * MiB)]);
    const fill = (n: number, value: number) => new Uint8Array(n).fill(value);
    let value = 100;
    while (harness.pool.heldBytes > 0) {
      harness.pool.collect(true);
      await new Promise((resolve) => setTimeout(resolve, 20));
      // Once it has come free, the next result of its size takes it along to the thread, for the one after that.
      await harness.run(fill, 2 * MiB, value++);
    }
    await harness.run(fill, 2 * MiB, value);
    harness.outcomes.forEach((outcome, i) => {
      expect((outcome.value as Uint8Array).every((byte) => byte === 100 + i)).toBe(true);
    });
  });

  it("of a thread that was ended is let go of", async () => {
    await using harness = await Harness.start({ threads: 2, keepBytes: 0 });
    const hoard = (x: Uint8Array) => void ((globalThis as { kept?: unknown[] }).kept ??= []).push(x);
    const buffer = await (async () => {
      const { encoded } = await harness.run(make, 8 * MiB);
      const [task] = harness.execute(1, [{ fn: hoard, args: [new Input(encoded!)] }]);
      await harness.outcome(task!);
      harness.outcomes.length = 0;
      return new WeakRef(encoded!.buffers[0]!);
    })();
    harness.pool.retire([buffer.deref()!]);
    for (let i = 0; i < 5; i++) {
      harness.pool.collect(true);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(harness.pool.heldBytes).toBe(8 * MiB);
    harness.execute(1, [{ fn: () => process.exit(0) }]);
    await harness.until(() => harness.replaced.length > 0);
    await free(harness);
  });
});
