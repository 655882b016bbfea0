import { describe, expect, it } from "vitest";
import { askScheduler } from "@heddle/client/cluster";
import { Client, ClusterClosedError, KilledWorkerError, LocalCluster } from "heddle";
import { descendantsOf, isAlive } from "./support/processes.js";

const quiet = { port: 0, dashboard: false, silenceLogs: true } as const;
const quick = { "nanny.backoff": "50ms", "scheduler.reconnectGrace": "1s" };

/** The scheduler of a cluster is the child of this process that is no worker. */
async function schedulerPid(client: Client, before: readonly number[]): Promise<number> {
  const workers = new Set((await client.workers()).map((worker) => worker.pid));
  const others = descendantsOf(process.pid).filter((pid) => !workers.has(pid) && !before.includes(pid));
  expect(others).toHaveLength(1);
  return others[0]!;
}

describe("a worker that dies", () => {
  it("is started again under its name, and what it did is done again", async () => {
    await using cluster = new LocalCluster({ ...quiet, workers: 2, config: quick });
    await using client = new Client(cluster);
    await cluster.ready;
    const held = client.with({ workers: ["worker-1"] }).submit(() => new Float64Array(20_000).fill(3));
    await held.result();
    const [victim] = (await client.workers()).filter((worker) => worker.name === "worker-1");
    process.kill(victim!.pid, "SIGKILL");
    const isBack = async (): Promise<boolean> => {
      const [worker] = (await client.workers()).filter(({ name }) => name === "worker-1");
      return worker !== undefined && worker.pid !== victim!.pid;
    };
    await expect.poll(isBack, { timeout: 20_000 }).toBe(true);
    // Its result is computed again where it may be.
    expect(await client.submit((xs: Float64Array) => xs[0]! + xs.length, held).result()).toBe(20_003);
  });

  it("again and again makes the task fail that it ran, with how each attempt ended", async () => {
    await using cluster = new LocalCluster({
      ...quiet,
      workers: 1,
      config: { ...quick, "scheduler.allowedFailures": 1 },
    });
    await using client = new Client(cluster);
    await cluster.ready;
    const killer = client.submit(() => process.kill(process.pid, "SIGKILL"));
    const error = await killer.result().then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(KilledWorkerError);
    expect((error as KilledWorkerError).message).toContain("SIGKILL");
    // And the cluster goes on.
    expect(await client.submit(() => "well").result()).toBe("well");
  });

  it("too often is given up, and the rest goes on", async () => {
    await using cluster = new LocalCluster({ ...quiet, workers: 2, config: { ...quick, "nanny.maxRestarts": 0 } });
    await using client = new Client(cluster);
    await cluster.ready;
    const [victim] = await client.workers();
    process.kill(victim!.pid, "SIGKILL");
    await expect.poll(() => cluster.workerNames.length, { timeout: 10_000 }).toBe(1);
    expect(await client.submit(() => "one is enough").result()).toBe("one is enough");
  });
});

describe("a scheduler that dies", () => {
  it("comes back at the same address, and nothing is lost", async () => {
    const before = descendantsOf(process.pid);
    await using cluster = new LocalCluster({ ...quiet, workers: 2, config: quick });
    await using client = new Client(cluster);
    await cluster.ready;
    const { address } = cluster;
    const held = client.submit(() => new Float64Array(20_000).fill(3));
    await held.result();
    const running = client.submit(async () => {
      await new Promise((resolve) => setTimeout(resolve, 1500));
      return "finished all the same";
    });
    await expect.poll(async () => (await client.tasks({ state: "processing" })).length).toBe(1);
    const workers = (await client.workers()).map((worker) => worker.pid).sort();

    const scheduler = await schedulerPid(client, before);
    process.kill(scheduler, "SIGKILL");

    expect(await running.result({ timeout: "30s" })).toBe("finished all the same");
    expect(await client.submit((xs: Float64Array) => xs.length, held).result({ timeout: "30s" })).toBe(20_000);
    expect(cluster.address).toBe(address);
    expect((await client.workers()).map((worker) => worker.pid).sort()).toEqual(workers);
    expect(await schedulerPid(client, before)).not.toBe(scheduler);
  });
});

describe("the end of a cluster", () => {
  it("that a client asks for takes everything along", async () => {
    const before = descendantsOf(process.pid);
    await using cluster = new LocalCluster({ ...quiet, workers: 1 });
    await cluster.ready;
    const reason = new Promise((resolve) => cluster.onClose(resolve));
    await askScheduler(cluster.address, { what: "shutdown" }, { token: cluster.token });
    expect(await reason).toBeInstanceOf(ClusterClosedError);
    await cluster.close();
    expect(descendantsOf(process.pid).filter((pid) => !before.includes(pid))).toEqual([]);
  });

  it("does not wait for a task that never ends", async () => {
    const cluster = new LocalCluster({ ...quiet, workers: 1, config: { "cluster.closeTimeout": "2s" } });
    await using client = new Client(cluster);
    await cluster.ready;
    const endless = client.submit(() => {
      for (;;);
    });
    endless.result().catch(() => {});
    await expect.poll(async () => (await client.tasks({ state: "processing" })).length).toBe(1);
    const pids = (await client.workers()).map((worker) => worker.pid);
    await cluster.close();
    expect(pids.filter(isAlive)).toEqual([]);
  });
});
