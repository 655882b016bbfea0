import { expect, it } from "vitest";
import { Client } from "../src/index.js";
import { SmallCluster } from "./small-cluster.js";

it("a scheduler that knows nothing names functions anew, and workers do not mistake them", async () => {
  await using cluster = new SmallCluster({ reconnectGrace: "200ms" });
  {
    await using client = new Client(cluster);
    expect(await client.submit(() => "first").result()).toBe("first");
  }
  await cluster.restartScheduler();
  await using client = new Client(cluster);
  await client.waitForWorkers(1);
  expect(await client.submit(() => "second").result()).toBe("second");
});

it("20,000 functions take no lasting room on a worker, and the first of them still runs at the end", async () => {
  await using cluster = new SmallCluster();
  await using client = new Client(cluster);
  const returning = (value: number) => () => value;
  /** Bytes of the thread's heap after a collection. */
  const heap = client.with({ pure: false });
  const used = async (): Promise<number> =>
    heap
      .submit(async () => {
        const v8 = await import("node:v8");
        const vm = await import("node:vm");
        v8.setFlagsFromString("--expose-gc");
        (vm.runInNewContext("gc") as () => void)();
        return v8.getHeapStatistics().used_heap_size;
      })
      .result();
  const runAll = async (from: number, to: number): Promise<void> => {
    for (let start = from; start < to; start += 500) {
      const values = Array.from({ length: 500 }, (_, index) => start + index);
      const futures = values.map((value) => client.submit(returning(value)));
      expect(await client.gather(futures)).toEqual(values);
      for (const future of futures) future.release();
    }
  };
  const first = returning(0);
  await runAll(0, 3_000);
  const before = await used();
  await runAll(3_000, 20_000);
  expect((await used()) - before).toBeLessThan(4 * 2 ** 20);
  expect(await client.submit(first).result()).toBe(0);
});
