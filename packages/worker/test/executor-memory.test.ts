import { describe, expect, it } from "vitest";
import { Harness, Input } from "./executor-harness.js";

const MiB = 2 ** 20;
const make = (n: number) => new Uint8Array(n).fill(7);
const read = (x: Uint8Array) => x[5];

/** A result that the second thread has read, and that nobody but the reader returned refers to: not the frame of a test either. */
async function retired(harness: Harness, bytes: number): Promise<{ last(): number; done(): void }> {
  let buffer: Uint8Array | undefined = await madeAndRead(harness, bytes);
  harness.pool.retire([buffer]);
  return { last: () => buffer!.at(-1)!, done: () => void (buffer = undefined) };
}

async function madeAndRead(harness: Harness, bytes: number): Promise<Uint8Array> {
  const { encoded } = await harness.run(make, bytes);
  const [task] = harness.execute(1, [{ fn: read, args: [new Input(encoded!)] }]);
  expect((await harness.outcome(task!)).value).toBe(7);
  const buffer = encoded!.buffers[0]!;
  // Outcomes keep the values they are about.
  harness.outcomes.length = 0;
  return buffer;
}

/** Room for collections, and for what they have to tell each other. */
async function collected(harness: Harness): Promise<void> {
  harness.pool.collect(true);
  await new Promise((resolve) => setTimeout(resolve, 20));
}

async function free(harness: Harness): Promise<void> {
  while (harness.pool.heldBytes > 0) await collected(harness);
}

describe("shared memory", () => {
  it("that no value needs any more counts until every thread has let go of it", async () => {
    await using harness = await Harness.start({ threads: 2, keepBytes: 0 });
    const reader = await retired(harness, 8 * MiB);
    await collected(harness);
    expect(harness.pool.heldBytes).toBe(8 * MiB);
    reader.done();
    await free(harness);
  });

  it("is used again for the same size, not before the last reader is gone", async () => {
    await using harness = await Harness.start({ threads: 2 });
    const reader = await retired(harness, 4 * MiB);
    for (let i = 0; i < 5; i++) await collected(harness);
    expect(harness.pool.allocate(4 * MiB).every((byte) => byte === 0)).toBe(true);
    expect(reader.last()).toBe(7);
    reader.done();
    do await collected(harness);
    while (harness.pool.allocate(4 * MiB).at(-1) !== 7);
    expect(harness.pool.heldBytes).toBe(0);
  });

  it("goes back to the thread that makes results of that size", async () => {
    await using harness = await Harness.start({ threads: 2 });
    (await retired(harness, 2 * MiB)).done();
    const fill = (n: number, value: number) => new Uint8Array(n).fill(value);
    let value = 100;
    while (harness.pool.heldBytes > 0) {
      await collected(harness);
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
    const hoard = (x: Uint8Array) => void ((globalThis as { kept?: Uint8Array }).kept = x);
    const hoarded = async () => {
      const { encoded } = await harness.run(make, 8 * MiB);
      const [task] = harness.execute(1, [{ fn: hoard, args: [new Input(encoded!)] }]);
      await harness.outcome(task!);
      harness.outcomes.length = 0;
      harness.pool.retire(encoded!.buffers);
    };
    await hoarded();
    for (let i = 0; i < 5; i++) await collected(harness);
    expect(harness.pool.heldBytes).toBe(8 * MiB);
    harness.execute(1, [{ fn: () => process.exit(0) }]);
    await harness.until(() => harness.replaced.length > 0);
    await free(harness);
  });
});
