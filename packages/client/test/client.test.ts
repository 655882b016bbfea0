import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { asCompleted } from "../src/client/as-completed.js";
import { Client } from "../src/client/client.js";
import { wait } from "../src/client/wait.js";
import { compute } from "../src/delayed/compute.js";
import type { Delayed } from "../src/delayed/delayed.js";
import { delayed } from "../src/delayed/delayed-function.js";
import { SmallCluster } from "./small-cluster.js";

const inc = (x: number): number => x + 1;
const add = (a: number, b: number): number => a + b;
const sum = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0);
const fail = (message: string): never => {
  throw Object.assign(new RangeError(message), { detail: { a: 1 } });
};
const sleep = (ms: number): Promise<number> => new Promise((resolve) => setTimeout(() => resolve(ms), ms));

let cluster: SmallCluster;
let client: Client;

beforeAll(async () => {
  cluster = new SmallCluster({ workers: 2 });
  client = new Client(cluster);
  await client.ready;
  await client.waitForWorkers(2);
});
afterAll(async () => {
  await client.close();
  await cluster[Symbol.asyncDispose]();
});

describe("results", () => {
  it("come back", async () => {
    const a = client.submit(inc, 10);
    expect(a.status).toBe("pending");
    expect(await a.result()).toBe(11);
    expect(a.status).toBe("finished");
    const b = client.submit((x: number, o: { nested: number[] }) => [x, o], a, { nested: [a] });
    expect(await b.result()).toEqual([11, { nested: [11] }]);
  });

  it("are new objects for every call", async () => {
    const future = client.submit(() => ({ list: [1] }));
    const first = await future.result();
    first.list.push(2);
    expect(await future.result()).toEqual({ list: [1] });
  });

  it("that are large are fetched from where they are", async () => {
    const future = client.submit((n: number) => Float64Array.from({ length: n }, (_, i) => i), 100_000);
    const value = await future.result();
    expect(value).toHaveLength(100_000);
    expect(value[99_999]).toBe(99_999);
    const many = client.map((n: number) => "x".repeat(n), [10_000, 20_000, 30_000, 3]);
    expect((await client.gather(many)).map((text) => text.length)).toEqual([10_000, 20_000, 30_000, 3]);
  });

  it("of a map are in order", async () => {
    const xs = Array.from({ length: 5000 }, (_, i) => i);
    expect(await client.gather(client.map(inc, xs))).toEqual(xs.map(inc));
    expect(await client.gather(client.map(add, [1, 2], [10, 20]))).toEqual([11, 22]);
  });

  it("of promises and generators are what they give", async () => {
    expect(await client.submit(sleep, 1).result()).toBe(1);
    const future = client.submit(function* () {
      yield 1;
      yield 2;
    });
    expect(await future.result()).toEqual([1, 2]);
  });

  it("that are the library's undefined, or empty, are no trouble", async () => {
    expect(await client.submit(() => undefined).result()).toBeUndefined();
    expect(await client.submit(() => "").result()).toBe("");
  });

  it("do not come within a timeout that is too short; the task goes on", async () => {
    const future = client.submit(sleep, 300);
    await expect(future.result({ timeout: "20ms" })).rejects.toMatchObject({
      code: "HEDDLE_WAIT_TIMEOUT",
      timeout: 20,
    });
    expect(await future.result({ timeout: "30s" })).toBe(300);
  });
});

describe("errors", () => {
  it("are the task's own", async () => {
    const future = client.submit(fail, "too far");
    const error = await future.exception();
    expect(error).toBeInstanceOf(RangeError);
    expect(error).toMatchObject({ name: "RangeError", message: "too far", detail: { a: 1 } });
    expect(error!.stack).toContain("client.test.ts");
    await expect(future.result()).rejects.toThrow("too far");
    expect(future.status).toBe("error");
  });

  it("pass on to what depends on it", async () => {
    const future = client.submit(inc, client.submit(fail, "below"));
    await expect(future.result()).rejects.toMatchObject({ name: "RangeError", message: "below" });
  });

  it("end a gather, or are left out of it", async () => {
    const futures = [client.submit(inc, 1), client.submit(fail, "skip me"), client.submit(inc, 2)];
    await expect(client.gather(futures)).rejects.toThrow("skip me");
    expect(await client.gather(futures, { errors: "skip" })).toEqual([2, 3]);
  });

  it("of what is thrown but no error keep what it was", async () => {
    const future = client.submit(() => {
      // eslint-disable-next-line @typescript-eslint/only-throw-error -- what this is about
      throw "just text";
    });
    await expect(future.result()).rejects.toMatchObject({ code: "HEDDLE_THROWN_VALUE", thrown: "just text" });
  });

  it("of a result that cannot travel say where", async () => {
    const future = client.submit(() => ({ deep: [new WeakMap()] }));
    await expect(future.result()).rejects.toThrow(/deep\[0\]/);
  });

  it("of a timeout name it", async () => {
    const future = client.with({ timeout: "50ms" }).submit(() => {
      for (;;);
    });
    await expect(future.result()).rejects.toMatchObject({ code: "HEDDLE_TASK_TIMEOUT" });
  });

  it("of a key in use for something else", async () => {
    const one = client.with({ key: "same" }).submit(inc, 1);
    const other = client.with({ key: "same" }).submit(inc, 2);
    expect(await one.result()).toBe(2);
    await expect(other.result()).rejects.toMatchObject({ code: "HEDDLE_KEY_CONFLICT" });
  });
});

describe("waiting", () => {
  it("gives what is done and what is not", async () => {
    const futures = [client.submit(sleep, 1), client.submit(sleep, 60_000)];
    const { done, notDone } = await wait(futures, { returnWhen: "firstCompleted" });
    expect(done).toEqual([futures[0]]);
    expect(notDone).toEqual([futures[1]]);
    expect((await wait(futures, { timeout: 10 })).notDone).toEqual([futures[1]]);
    await client.cancel(futures[1]!);
    expect(futures[1]!.status).toBe("cancelled");
    expect((await wait(futures)).notDone).toEqual([]);
    await expect(futures[1]!.result()).rejects.toMatchObject({ code: "HEDDLE_TASK_CANCELLED" });
  });

  it("ends with the first error, if asked to", async () => {
    const futures = [client.submit(sleep, 60_001), client.submit(fail, "early")];
    const { done } = await wait(futures, { returnWhen: "firstException" });
    expect(done).toEqual([futures[1]]);
    await client.cancel(futures);
  });

  it("goes through futures as they are done, and those added meanwhile", async () => {
    const slow = client.submit(sleep, 200);
    const fast = client.submit(inc, 41);
    const order: unknown[] = [];
    const stream = asCompleted<number>([slow, fast]);
    for await (const future of stream) {
      order.push(await future.result());
      if (future === fast) stream.add(client.submit(inc, 42));
    }
    expect(order).toEqual([42, 43, 200]);
  });

  it("calls back", async () => {
    const future = client.submit(inc, 77);
    expect(await new Promise((resolve) => future.onDone((done) => resolve(done)))).toBe(future);
    expect(await new Promise((resolve) => future.onDone((done) => resolve(done.status)))).toBe("finished");
  });
});

describe("commands", () => {
  it("retry what failed", async () => {
    const token = `attempts-${Math.random()}`;
    const flaky = (name: string): number => {
      const attempts = globalThis as unknown as Record<string, number | undefined>;
      attempts[name] = (attempts[name] ?? 0) + 1;
      if (attempts[name] < 2) throw new Error("not yet");
      return attempts[name];
    };
    const [worker] = await client.workers();
    const future = client.with({ workers: [worker!.name] }).submit(flaky, token);
    const above = client.submit(inc, future);
    await expect(above.result()).rejects.toThrow("not yet");
    await client.retry(above);
    expect(await above.result()).toBe(3);
    const others = client.with({ workers: [worker!.name], retries: 1 }).submit(flaky, `${token}-again`);
    expect(await others.result()).toBe(2);
  });

  it("scatter data to be used by many", async () => {
    const big = new Float64Array(50_000).fill(2);
    const future = await client.scatter(big);
    expect(future.status).toBe("finished");
    expect(await client.submit((xs: Float64Array) => xs.length * xs[7]!, future).result()).toBe(100_000);
    expect(await future.result()).toEqual(big);
    const each = await client.scatter([1, "two", { three: 3 }]);
    expect(await client.gather(each)).toEqual([1, "two", { three: 3 }]);
    const [everywhere] = await client.scatter([new Uint8Array(10)], { broadcast: true });
    expect(Object.values(await client.whoHas([everywhere!]))).toEqual([expect.arrayContaining(["w1", "w2"])]);
    const again = await client.scatter(new Float64Array(50_000).fill(2));
    expect(again.key).toBe(future.key);
  });

  it("run a function on every worker", async () => {
    const values = await client.run((a: number) => a + 1, { args: [1] });
    expect(values).toEqual({ w1: 2, w2: 2 });
    expect(Object.keys(await client.run(() => 1, { workers: ["w2"] }))).toEqual(["w2"]);
    await expect(client.run(() => fail("everywhere"))).rejects.toThrow("everywhere");
    await expect(client.run(() => 1, { workers: ["w9"] })).rejects.toMatchObject({ code: "HEDDLE_NO_WORKER" });
  });

  it("tell about workers, tasks, versions, and a task's story", async () => {
    const future = client.with({ key: "told" }).submit(inc, 1);
    await future.result();
    expect((await client.workers()).map(({ name, status }) => [name, status])).toEqual([
      ["w1", "running"],
      ["w2", "running"],
    ]);
    expect((await client.tasks({ state: "memory" })).some(({ key }) => key === "told")).toBe(true);
    expect(Object.keys((await client.versions()).workers)).toEqual(["w1", "w2"]);
    expect((await client.story(future)).at(-1)).toMatchObject({ to: "memory" });
    expect((await client.explain("told")).reason).toMatch(/finished/);
    expect(Object.keys(await client.nbytes([future]))).toEqual(["told"]);
    expect(Object.keys(await client.whoHas("told"))).toEqual(Object.keys(await client.whoHas(future)));
    await expect(client.explain("never heard of")).rejects.toMatchObject({ code: "HEDDLE_UNKNOWN_KEY" });
  });
});

describe("graphs", () => {
  it("are computed, shared parts once", async () => {
    const lazy = delayed(inc);
    const total = delayed(sum, { name: "total" })([lazy(1), lazy(2)]);
    expect(await total.compute()).toBe(5);
    expect(await compute(total, lazy(3), [lazy(4), { a: lazy(5) }])).toEqual([5, 4, [5, { a: 6 }]]);
    const [q, r] = delayed((a: number, b: number): [number, number] => [Math.floor(a / b), a % b], { nout: 2 })(7, 2);
    expect(await compute(q, r)).toEqual([3, 1]);
    const text = delayed({ field: "abcdef" });
    expect(await text.get("field").call("slice", 0, 3).compute()).toBe("abc");
  });

  it("stay on the workers when persisted", async () => {
    const [p] = client.persist(delayed(inc)(1));
    expect(await p.compute()).toBe(2);
    expect(await delayed(inc)(p).compute()).toBe(3);
    expect(await client.submit(inc, p).result()).toBe(3);
  });

  it("of many tasks are right", async () => {
    const add2 = delayed(add);
    let level = Array.from({ length: 4096 }, (_, i): Delayed<number> => delayed(inc)(i));
    while (level.length > 1)
      level = Array.from({ length: level.length / 2 }, (_, i): Delayed<number> =>
        add2(level[2 * i]!, level[2 * i + 1]!),
      );
    expect(await level[0]!.compute()).toBe((4096 * 4097) / 2);
    let chain = delayed(inc)(0);
    for (let i = 1; i < 2000; i++) chain = delayed(inc)(chain);
    expect(await chain.compute()).toBe(2000);
  });
});
