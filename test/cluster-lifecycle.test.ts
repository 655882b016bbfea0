import { once } from "node:events";
import { createServer } from "node:net";
import { hostname } from "node:os";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  Client,
  ClusterClosedError,
  ClusterNotReadyError,
  InvalidArgumentError,
  InvalidOptionError,
  LocalCluster,
  PortInUseError,
  UnknownSettingError,
  currentCluster,
  type LocalClusterOptions,
} from "heddle";
import { isAlive } from "./support/processes.js";

/** Ports of their own, so that tests do not meet each other. */
const quiet: LocalClusterOptions = { port: 0, dashboard: false, silenceLogs: true };

describe("a LocalCluster", () => {
  it("starts when it is made, tells its address when it is ready, and ends with its scope", async () => {
    let pids: number[] = [];
    {
      await using cluster = new LocalCluster({ ...quiet, workers: 2, dashboard: { port: 0 } });
      expect(currentCluster()).toBe(cluster);
      for (const field of ["address", "token", "dashboardUrl"] as const)
        expect(() => cluster[field]).toThrow(ClusterNotReadyError);
      await cluster.ready;
      expect(cluster.address).toMatch(/^ws:\/\/127\.0\.0\.1:\d+$/);
      expect((await fetch(`${cluster.dashboardUrl}healthz`)).status).toBe(200);
      expect(cluster.workerNames).toEqual(["worker-1", "worker-2"]);

      await using client = new Client(cluster);
      expect(await client.submit((x: number) => x + 1, 10).result()).toBe(11);
      pids = (await client.workers()).map((worker) => worker.pid);
      expect(pids.every(isAlive)).toBe(true);
    }
    expect(currentCluster()).toBeUndefined();
    expect(pids.filter(isAlive)).toEqual([]);
  });

  it("can be used before it is ready", async () => {
    await using cluster = new LocalCluster({ ...quiet, workers: 1 });
    await using client = new Client(cluster);
    expect(await client.submit(() => "early").result()).toBe("early");
  });

  it("gives its workers what was asked for", async () => {
    await using cluster = new LocalCluster({
      ...quiet,
      workers: 1,
      threadsPerWorker: 3,
      memoryLimit: "512MiB",
      resources: { GPU: 2 },
      config: { "scheduler.heartbeat": "300ms" },
    });
    await using client = new Client(cluster);
    await cluster.ready;
    expect(await client.workers()).toMatchObject([
      { name: "worker-1", threads: 3, memoryLimit: 512 * 1024 ** 2, resources: { GPU: 2 }, status: "running" },
    ]);
  });

  it("takes the next free port by default, so that two can run", async () => {
    const options = { workers: 0, silenceLogs: true };
    await using one = new LocalCluster(options);
    await using two = new LocalCluster(options);
    await Promise.all([one.ready, two.ready]);
    expect(one.address).not.toBe(two.address);
    expect(one.dashboardUrl).not.toBe(two.dashboardUrl);
    expect(currentCluster()).toBe(two);
  });

  it("is found by its user through its address alone, and by nobody without the token", async () => {
    await using cluster = new LocalCluster({ ...quiet, workers: 0 });
    await cluster.ready;
    await using client = new Client(cluster.address);
    expect(await client.workers()).toEqual([]);
    await using stranger = new Client(cluster.address, { token: "guess" });
    await expect(stranger.ready).rejects.toMatchObject({ code: "HEDDLE_UNAUTHORIZED" });
  });

  it("can be reached from other machines when it listens everywhere", async () => {
    await using cluster = new LocalCluster({ ...quiet, workers: 1, host: "0.0.0.0" });
    await cluster.ready;
    expect(new URL(cluster.address).hostname).toBe(hostname());
    await using client = new Client(cluster);
    expect(await client.submit(() => new Float64Array(20_000).length).result()).toBe(20_000);
  });

  it("may have no workers, and get some", async () => {
    await using cluster = new LocalCluster({ ...quiet, workers: 0 });
    await cluster.ready;
    await using client = new Client(cluster);
    const future = client.submit(() => 1);
    await cluster.scale(1);
    expect(await future.result()).toBe(1);
  });

  it("closes at any time, any number of times", async () => {
    const cluster = new LocalCluster({ ...quiet, workers: 2 });
    const ready = cluster.ready;
    ready.catch(() => {});
    await Promise.all([cluster.close(), cluster.close()]);
    await expect(ready).rejects.toBeInstanceOf(ClusterClosedError);
    expect(cluster.closed).toBe(true);
    await cluster.close();
    await expect(cluster.scale(3)).rejects.toBeInstanceOf(ClusterClosedError);
  });

  it("tells those who listen that it has closed, early or late", async () => {
    const cluster = new LocalCluster({ ...quiet, workers: 0 });
    const heard: string[] = [];
    cluster.onClose((reason) => heard.push(`early ${reason.code}`));
    cluster.onClose(() => heard.push("taken back"))();
    await cluster.ready;
    await cluster.close();
    cluster.onClose((reason) => heard.push(`late ${reason.code}`));
    expect(heard).toEqual(["early HEDDLE_CLUSTER_CLOSED", "late HEDDLE_CLUSTER_CLOSED"]);
  });
});

describe("a LocalCluster in this process", () => {
  it("does the same without processes", async () => {
    await using cluster = new LocalCluster({ ...quiet, workers: 2, processes: false });
    await cluster.ready;
    await using client = new Client(cluster);
    expect(await client.gather(client.map((x: number) => x * x, [1, 2, 3]))).toEqual([1, 4, 9]);
    expect((await client.workers()).map((worker) => worker.pid)).toEqual([process.pid, process.pid]);
    await cluster.scale(1);
    expect(await client.submit(() => "still here").result()).toBe("still here");
  });

  it("goes on while the program itself computes", async () => {
    await using cluster = new LocalCluster({
      ...quiet,
      workers: 1,
      processes: false,
      config: { "scheduler.workerTtl": "1s" },
    });
    await cluster.ready;
    await using client = new Client(cluster);
    const until = performance.now() + 2_000;
    while (performance.now() < until);
    expect(await client.workers()).toMatchObject([{ name: "worker-1", status: "running" }]);
    expect(await client.submit(() => 1).result()).toBe(1);
  });
});

describe("scale", () => {
  let cluster: LocalCluster;
  let client: Client;
  beforeAll(async () => {
    cluster = new LocalCluster({ ...quiet, workers: 1 });
    client = new Client(cluster);
    await cluster.ready;
  });
  afterAll(async () => {
    await client.close();
    await cluster.close();
  });

  it("adds workers with names of their own, and takes away without losing what they hold", async () => {
    await cluster.scale(3);
    expect((await client.workers()).map((worker) => worker.name).sort()).toEqual(["worker-1", "worker-2", "worker-3"]);
    // Something on every worker.
    const held = ["worker-1", "worker-2", "worker-3"].map((name) =>
      client.with({ workers: [name], pure: false }).submit(() => new Float64Array(20_000).fill(7)),
    );
    await Promise.all(held.map((future) => future.result()));
    const before = new Map((await client.workers()).map((worker) => [worker.name, worker.pid]));

    await cluster.scale(1);
    const after = await client.workers();
    expect(after).toHaveLength(1);
    expect(cluster.workerNames).toEqual([after[0]!.name]);
    for (const [name, pid] of before) expect(isAlive(pid)).toBe(name === after[0]!.name);
    const again = await client.gather(
      held.map((future) => client.submit((xs: Float64Array) => xs.length + xs[0]!, future)),
    );
    expect(again).toEqual([20_007, 20_007, 20_007]);
  });

  it("lets a worker finish what it runs", async () => {
    await cluster.scale(2);
    const slow = client.map(
      async (i: number) => {
        await new Promise((resolve) => setTimeout(resolve, 400));
        return i;
      },
      [1, 2, 3, 4],
    );
    await expect
      .poll(async () => (await client.workers()).every((worker) => Number(worker["processing"] ?? 1) > 0))
      .toBe(true);
    await cluster.scale(1);
    expect(await client.gather(slow)).toEqual([1, 2, 3, 4]);
  });

  it.each([-1, 1.5, NaN])("refuses %d", async (workers) => {
    await expect(cluster.scale(workers)).rejects.toBeInstanceOf(InvalidArgumentError);
    expect(cluster.closed).toBe(false);
  });
});

describe("bad input", () => {
  it.each<[object, RegExp]>([
    [{ wrokers: 2 }, /Did you mean workers\?/],
    [{ dashboard: { prot: 1 } }, /Did you mean port\?/],
    [{ workers: -1 }, /whole number from 0/],
    [{ workers: "2" }, /whole number from 0/],
    [{ threadsPerWorker: 0 }, /at least 1/],
    [{ memoryLimit: "100MiB" }, /256 MiB/],
    [{ resources: { GPU: -1 } }, /not an amount/],
  ])("%j is refused at once", (options, message) => {
    expect(() => new LocalCluster(options)).toThrow(InvalidOptionError);
    expect(() => new LocalCluster(options)).toThrow(message);
    expect(currentCluster()).toBeUndefined();
  });

  it("in settings is refused at once", () => {
    expect(() => new LocalCluster({ config: { "scheduler.wrokerTtl": "1s" } })).toThrow(UnknownSettingError);
    expect(() => new LocalCluster({ memoryLimit: "much" })).toThrow(/memoryLimit/);
    expect(() => new LocalCluster({ port: 70_000 })).toThrow(/port/);
  });

  it("of a port that somebody else has makes `ready` reject, and leaves nothing", async () => {
    const blocker = createServer().listen(0, "127.0.0.1");
    await once(blocker, "listening");
    const { port } = blocker.address() as { port: number };
    for (const options of [{ port }, { port: 0, dashboard: { port } }]) {
      const cluster = new LocalCluster({ ...quiet, workers: 1, ...options });
      await expect(cluster.ready).rejects.toBeInstanceOf(PortInUseError);
      await cluster.close();
      expect(cluster.closed).toBe(true);
      expect(currentCluster()).toBeUndefined();
    }
    blocker.close();
  });

  it("of a host that is not this machine makes `ready` reject", async () => {
    const cluster = new LocalCluster({ ...quiet, host: "203.0.113.7" });
    await expect(cluster.ready).rejects.toMatchObject({ code: "HEDDLE_LISTEN_FAILED" });
    await cluster.close();
  });
});
