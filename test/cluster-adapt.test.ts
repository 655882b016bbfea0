/** A cluster that follows what there is to do. */
import { expect, it } from "vitest";
import { Client, InvalidArgumentError, InvalidOptionError, LocalCluster } from "heddle";

const options = { workers: 1, port: 0, dashboard: false, config: { "worker.memoryLimit": "512MiB" } } as const;

it("grows while tasks queue, and shrinks when they are done", async () => {
  await using cluster = new LocalCluster(options);
  cluster.adapt({ minimum: 1, maximum: 3 });
  await using client = new Client(cluster);
  const slow = client.map(
    async (x: number) => {
      const end = Date.now() + 400;
      while (Date.now() < end);
      return x;
    },
    Array.from({ length: 24 }, (_, i) => i),
  );
  await client.waitForWorkers(3, { timeout: "30s" });
  expect(await client.gather(slow)).toHaveLength(24);
  expect(cluster.workerNames.length).toBeLessThanOrEqual(3);
  await expect.poll(() => cluster.workerNames.length, { timeout: 30_000 }).toBe(1);
  await expect.poll(async () => (await client.workers()).length, { timeout: 30_000 }).toBe(1);
});

it("begins with nobody, starts a worker for the first task, and obeys scale again", async () => {
  await using cluster = new LocalCluster({ ...options, workers: 0 });
  cluster.adapt({ maximum: 2 });
  await using client = new Client(cluster);
  expect(await client.submit(() => 1).result()).toBe(1);
  await cluster.scale(2);
  expect(cluster.workerNames).toHaveLength(2);
});

it("refuses limits that are none", async () => {
  await using cluster = new LocalCluster({ ...options, workers: 0 });
  expect(() => cluster.adapt({ minimum: 3, maximum: 2 })).toThrow(InvalidArgumentError);
  expect(() => cluster.adapt({ minimum: -1 })).toThrow(InvalidArgumentError);
  expect(() => cluster.adapt({ maximum: 0 })).toThrow(InvalidArgumentError);
  expect(() => cluster.adapt({ maximun: 2 } as never)).toThrow(InvalidOptionError);
});
