import { describe, expect, it } from "vitest";
import { Client } from "../src/client/client.js";
import { delayed } from "../src/delayed/delayed-function.js";
import { SmallCluster } from "./small-cluster.js";

const inc = (x: number): number => x + 1;
const big = (n: number): Float64Array => new Float64Array(n).fill(n);
const sleep = (ms: number): Promise<number> => new Promise((resolve) => setTimeout(() => resolve(ms), ms));

describe("a scheduler that dies and comes back", () => {
  it("is given everything again: running, waiting, finished and submitted meanwhile", async () => {
    await using cluster = new SmallCluster({ workers: 2 });
    await using client = new Client(cluster);
    const finished = client.submit(inc, 1);
    const large = client.submit(big, 50_000);
    const data = await client.scatter(new Float64Array(20_000).fill(3));
    await client.gather([finished, large]);
    const running = client.submit(sleep, 1500);
    const [inner] = client.persist(delayed(inc)(delayed(inc)(5)));
    const waiting = client.submit((a: number, b: number) => a + b, running, inner);
    await new Promise((resolve) => setTimeout(resolve, 100));

    const restarted = cluster.restartScheduler();
    const meanwhile = client.submit((a: number, b: Float64Array) => a + b.length, finished, large);
    await restarted;

    expect(await finished.result()).toBe(2);
    expect(await meanwhile.result()).toBe(50_002);
    expect((await large.result())[7]).toBe(50_000);
    expect(await waiting.result()).toBe(1507);
    expect((await data.result())[0]).toBe(3);
    expect(await client.submit((xs: Float64Array) => xs[1]!, data).result()).toBe(3);
  });

  it("does not run again what failed", async () => {
    await using cluster = new SmallCluster({ reconnectGrace: "200ms" });
    await using client = new Client(cluster);
    const failed = client.submit((): number => {
      throw new Error("once");
    });
    await failed.exception();
    await cluster.restartScheduler();
    await client.submit(inc, 1).result();
    expect(failed.status).toBe("error");
    await expect(failed.result()).rejects.toThrow("once");
    await expect(client.story(failed)).rejects.toMatchObject({ code: "HEDDLE_UNKNOWN_KEY" });
  });

  it("runs what failed again when something new needs it, or it is retried", async () => {
    await using cluster = new SmallCluster({ reconnectGrace: "200ms" });
    await using client = new Client(cluster);
    const flaky = (name: string): number => {
      const attempts = globalThis as unknown as Record<string, number | undefined>;
      attempts[name] = (attempts[name] ?? 0) + 1;
      if (attempts[name] < 2) throw new Error("once");
      return attempts[name];
    };
    const [needed, retried] = [client.submit(flaky, "needed"), client.submit(flaky, "retried")];
    await Promise.all([needed.exception(), retried.exception()]);
    await cluster.restartScheduler();
    expect(await client.submit(inc, needed).result()).toBe(3);
    expect(retried.status).toBe("error");
    await client.retry(retried);
    expect(await retried.result()).toBe(2);
  });

  it("that does not come back in time rejects what is pending", async () => {
    await using cluster = new SmallCluster();
    await using client = new Client(cluster, { reconnectTimeout: 300 });
    const finished = client.submit(inc, 1);
    await finished.result();
    const running = client.submit(sleep, 60_000);
    await client.workers();
    await cluster.scheduler.close();
    await expect(running.result()).rejects.toMatchObject({ code: "HEDDLE_SCHEDULER_UNREACHABLE" });
    expect(running.status).toBe("lost");
    expect(await finished.result()).toBe(2);
    await expect(client.workers()).rejects.toMatchObject({ code: "HEDDLE_SCHEDULER_UNREACHABLE" });
    expect(() => client.submit(inc, 2)).toThrow(/cannot reach/);
  });
});

describe("a worker that dies", () => {
  it("takes results with it, which are computed again for whoever asks", async () => {
    await using cluster = new SmallCluster({ workers: 2 });
    await using client = new Client(cluster);
    const futures = client.map(big, [20_000, 20_001, 20_002, 20_003]);
    await client.gather(futures);
    const [first] = cluster.workers;
    const gone = cluster.workers.shift()!;
    await gone.close();
    expect(first).toBe(gone);
    expect((await client.gather(futures)).map((value) => value.length)).toEqual([20_000, 20_001, 20_002, 20_003]);
  });

  it("loses scattered data that nobody else holds", async () => {
    await using cluster = new SmallCluster({ workers: 2 });
    await using client = new Client(cluster);
    await client.waitForWorkers(2);
    const data = await client.scatter(new Float64Array(20_000), { workers: ["w1"] });
    const index = cluster.workers.findIndex((worker) => worker.name === "w1");
    await cluster.workers.splice(index, 1)[0]!.close();
    // An orderly end hands over what only it holds, if there is time.
    await expect.poll(() => client.whoHas(), { timeout: 10_000 }).not.toEqual({ [data.key]: ["w1"] });
    if (data.status === "finished") expect((await data.result()).length).toBe(20_000);
    else {
      expect(data.status).toBe("lost");
      await expect(data.result()).rejects.toMatchObject({ code: "HEDDLE_DATA_LOST" });
    }
  });
});

describe("connecting", () => {
  it("to nobody says where and why", async () => {
    const client = new Client("ws://127.0.0.1:9", { timeout: 500 });
    const pending = client.submit(inc, 1);
    await expect(client.ready).rejects.toMatchObject({
      code: "HEDDLE_SCHEDULER_UNREACHABLE",
      address: "ws://127.0.0.1:9",
    });
    await expect(pending.result()).rejects.toThrow(/127\.0\.0\.1:9.*nothing listens/);
    await client.close();
  });

  it("with a wrong token is refused at once", async () => {
    await using cluster = new SmallCluster({ workers: 0, token: "right" });
    const { address } = await cluster.place;
    const client = new Client(address, { token: "wrong" });
    await expect(client.ready).rejects.toMatchObject({ code: "HEDDLE_UNAUTHORIZED" });
    await client.close();
    await using welcome = new Client(address, { token: "right" });
    await welcome.ready;
  });

  it("refuses what is neither cluster nor address, and options that do not exist", () => {
    expect(() => new Client(5 as never)).toThrow(/address/);
    expect(() => new Client("ws://127.0.0.1:9", { tokn: "x" } as never)).toThrow(/token/);
  });
});

describe("closing", () => {
  it("rejects what is pending, and refuses what comes after", async () => {
    await using cluster = new SmallCluster({ workers: 0 });
    const client = new Client(cluster);
    const pending = client.submit(inc, 1).result();
    pending.catch(() => {});
    await client.ready;
    await client.close();
    await client.close();
    await expect(pending).rejects.toMatchObject({ code: "HEDDLE_CLIENT_CLOSED" });
    expect(() => client.submit(inc, 2)).toThrow(/closed/);
    await expect(client.workers()).rejects.toMatchObject({ code: "HEDDLE_CLIENT_CLOSED" });
  });
});
