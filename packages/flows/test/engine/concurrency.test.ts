import { describe, expect, it } from "vitest";
import { InvalidArgumentError } from "@heddle/client";
import "../support/own-home.js";
import { CancelledRunError, concurrency, flow, task } from "../../src/index.js";

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

describe("[concurrency] without a cluster it counts in this process", () => {
  it("lets so many at once, first come, first served", async () => {
    const running = { now: 0, most: 0 };
    const order: number[] = [];
    const query = task(
      async (i: number) =>
        concurrency("database", 2).run(async () => {
          order.push(i);
          running.most = Math.max(running.most, ++running.now);
          await sleep(2);
          running.now--;
          return i;
        }),
      { name: "query" },
    );
    const numbers = Array.from({ length: 10 }, (_, i) => i);
    expect(await flow(() => query.map(numbers), { name: "f" })()).toEqual(numbers);
    expect(running.most).toBe(2);
    expect(order).toEqual(numbers);
  });

  it("across flows, and outside of any", async () => {
    const held = await concurrency("shared", 1).acquire();
    let done = false;
    const running = flow(async () => concurrency("shared", 1).run(() => (done = true)), { name: "f" })();
    await sleep(5);
    expect(done).toBe(false);
    held.release();
    held.release();
    expect(await running).toBe(true);
  });

  it("gives a slot back at the end of the scope, and when the body throws", async () => {
    const limit = concurrency("scoped", 1);
    {
      using slot = await limit.acquire();
      expect(slot).toBeDefined();
    }
    await expect(
      limit.run(() => {
        throw new Error("x");
      }),
    ).rejects.toThrow("x");
    expect(await limit.run(() => 1)).toBe(1);
  });

  it("takes several slots; more than there are when it can be alone", async () => {
    const limit = concurrency("many", 2);
    const first = await limit.acquire();
    let all: unknown;
    const waiting = limit.acquire(5).then((slot) => {
      all = slot;
      return slot;
    });
    await sleep(1);
    expect(all).toBeUndefined();
    first.release();
    (await waiting).release();
    (await limit.acquire(2)).release();
  });

  it("does not keep a run that is cancelled waiting", async () => {
    using held = await concurrency("taken", 1).acquire();
    const waits = task(async () => concurrency("taken", 1).run(() => 1), { name: "waits" });
    await flow(
      async () => {
        const future = waits.submit();
        await sleep(5);
        future.cancel();
        await expect(future.result()).rejects.toBeInstanceOf(CancelledRunError);
        return 1;
      },
      { name: "f" },
    )();
    held.release();
    expect(await concurrency("taken", 1).run(() => 2)).toBe(2);
  });

  it("refuses what is no name, limit or number of slots", async () => {
    expect(() => concurrency("", 1)).toThrow(InvalidArgumentError);
    expect(() => concurrency("x", 0)).toThrow(InvalidArgumentError);
    expect(() => concurrency("x", 1.5)).toThrow(InvalidArgumentError);
    await expect(concurrency("x", 1).acquire(0)).rejects.toBeInstanceOf(InvalidArgumentError);
  });
});
