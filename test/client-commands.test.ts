/** What a client asks of a cluster, on real processes. */
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Client, LocalCluster, wait } from "heddle";
import { Folder } from "./support/programs.js";

let cluster: LocalCluster;
let client: Client;
beforeAll(async () => {
  cluster = new LocalCluster({
    workers: 2,
    port: 0,
    dashboard: false,
    silenceLogs: true,
    resources: { GPU: 1 },
  });
  client = new Client(cluster);
  await cluster.ready;
});
afterAll(async () => {
  await client.close();
  await cluster.close();
});

const inc = (x: number): number => x + 1;
const spin = (_: number): never => {
  for (;;);
};
const started = async (...keys: string[]): Promise<void> => {
  await expect
    .poll(async () => (await client.tasks({ state: "processing" })).map(({ key }) => key), { timeout: 20_000 })
    .toEqual(expect.arrayContaining(keys));
};

describe("cancel", () => {
  it("stops code that never yields, and its slot is free again", async () => {
    const endless = client.map(spin, [1, 2]);
    await started(...endless.map(({ key }) => key));
    await client.cancel(endless);
    expect(endless.map(({ status }) => status)).toEqual(["cancelled", "cancelled"]);
    await expect(endless[0]!.result()).rejects.toThrow(endless[0]!.key);
    expect(await client.gather(client.map(inc, [1, 2, 3]))).toEqual([2, 3, 4]);
  });

  it("stops what waits for it as well", async () => {
    const endless = client.submit(spin, 3);
    const above = client.submit(inc, endless);
    await client.cancel(endless);
    expect(above.status).toBe("cancelled");
  });

  it("leaves a task alone that another client wants, unless forced", async () => {
    await using other = new Client(cluster);
    const slow = async (ms: number): Promise<number> => {
      await new Promise((resolve) => setTimeout(resolve, ms));
      return ms;
    };
    const mine = client.submit(slow, 700);
    const theirs = other.submit(slow, 700);
    await started(mine.key);
    await client.cancel(mine);
    expect(mine.status).toBe("cancelled");
    expect(await theirs.result()).toBe(700);

    const again = client.submit(slow, 60_000);
    const alsoTheirs = other.submit(slow, 60_000);
    await started(again.key);
    // Until this is answered, the other client's wish may still be on its way.
    await other.workers();
    await client.cancel(again, { force: true });
    await expect(alsoTheirs.result()).rejects.toMatchObject({ code: "HEDDLE_TASK_CANCELLED" });
  });
});

describe("options", () => {
  it("put tasks where their resources are, as many at a time as there are", async () => {
    const needy = client.with({ resources: { GPU: 1 }, pure: false });
    const seen = await client.gather(Array.from({ length: 4 }, () => needy.submit(() => process.pid)));
    expect(new Set(seen).size).toBeLessThanOrEqual(2);
    const impossible = client.with({ resources: { TPU: 1 }, pure: false }).submit(inc, 1);
    expect((await client.explain(impossible)).reason).toMatch(/TPU/);
    await client.cancel(impossible);
  });

  it("put tasks on the workers that are named, or elsewhere when that is allowed", async () => {
    const pids = await client.run(() => process.pid);
    for (const [name, pid] of Object.entries(pids))
      expect(
        await client
          .with({ workers: [name], pure: false })
          .submit(() => process.pid)
          .result(),
      ).toBe(pid);
    const nowhere = client.with({ workers: ["nobody"], pure: false });
    expect((await client.explain(nowhere.submit(inc, 5))).reason).toMatch(/nobody/);
    expect(await nowhere.with({ allowOtherWorkers: true }).submit(inc, 5).result()).toBe(6);
  });

  it("let the more urgent go first", async () => {
    const [worker] = await client.workers();
    const here = client.with({ workers: [worker!.name], pure: false });
    const blocker = here.submit(() => {
      const end = Date.now() + 400;
      while (Date.now() < end);
    });
    const at = (): number => performance.timeOrigin + performance.now();
    const later = Array.from({ length: 3 }, () => here.submit(at));
    const urgent = here.with({ priority: 5 }).submit(at);
    await blocker.result();
    const times = await client.gather(later);
    expect(await urgent.result()).toBeLessThan(Math.max(...times));
  });

  it("limit the time of a task that waits", async () => {
    const future = client.with({ timeout: "100ms" }).submit(() => new Promise(() => {}));
    await expect(future.result()).rejects.toMatchObject({ code: "HEDDLE_TASK_TIMEOUT", timeout: 100 });
  });
});

it("fireAndForget lets a task run though its future is gone", async () => {
  using folder = new Folder();
  const file = join(folder.path, "fired");
  const late = async (path: string): Promise<void> => {
    await new Promise((resolve) => setTimeout(resolve, 300));
    writeFileSync(path, "fired");
  };
  const mark = client.submit(late, file);
  await client.fireAndForget(mark);
  mark.release();
  await expect.poll(() => existsSync(file), { timeout: 10_000 }).toBe(true);
  await expect
    .poll(async () => (await client.tasks()).some(({ key }) => key === mark.key), { timeout: 10_000 })
    .toBe(false);
});

it("restart gives every worker a fresh start, and cancels what there is", async () => {
  const before = await client.run(() => {
    (globalThis as { dirty?: boolean }).dirty = true;
    return process.pid;
  });
  const endless = client.submit(spin, 4);
  const done = client.submit(inc, 100);
  await done.result();
  await client.restart();
  expect(Object.keys(await client.run(() => 1)).sort()).toEqual(Object.keys(before).sort());
  await wait([endless], { timeout: "10s" });
  expect([endless.status, done.status]).toEqual(["cancelled", "cancelled"]);
  expect(await client.submit(inc, 100).result()).toBe(101);
});

it("retireWorkers moves what a worker holds, and waitForWorkers sees it go and come", async () => {
  const futures = client.map((n: number) => new Float64Array(20_000).fill(n), [1, 2, 3, 4]);
  await client.gather(futures);
  const [first] = await client.workers();
  await client.retireWorkers([first!.name]);
  await expect
    .poll(async () => (await client.workers()).map(({ name }) => name), { timeout: 20_000 })
    .not.toContain(first!.name);
  expect((await client.gather(futures)).map((array) => array[0])).toEqual([1, 2, 3, 4]);
  await expect.poll(() => cluster.workerNames, { timeout: 20_000 }).not.toContain(first!.name);
  await cluster.scale(2);
  await client.waitForWorkers(2, { timeout: "20s" });
  await expect(client.waitForWorkers(9, { timeout: 50 })).rejects.toMatchObject({ code: "HEDDLE_WAIT_TIMEOUT" });
});
