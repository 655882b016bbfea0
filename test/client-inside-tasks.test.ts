/** Clients inside tasks: work that makes work, on the workers it runs on. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Client, LocalCluster, compute, delayed, getClient, secede } from "heddle";

let cluster: LocalCluster;
let client: Client;
beforeAll(async () => {
  cluster = new LocalCluster({ workers: 2, port: 0, dashboard: false, silenceLogs: true });
  client = new Client(cluster);
  await cluster.ready;
});
afterAll(async () => {
  await client.close();
  await cluster.close();
});

const fib = async (n: number): Promise<number> => {
  if (n < 2) return n;
  const [a, b] = await getClient().gather(getClient().map(fib, [n - 1, n - 2]));
  return a! + b!;
};

describe("getClient in a task", () => {
  it("submits more tasks than there are threads, and waits for them without taking one", async () => {
    expect(await client.submit(fib, 10).result({ timeout: "50s" })).toBe(55);
  });

  it("is one client for all tasks of a thread", async () => {
    const same = client.submit(async () => {
      const first = getClient();
      await first.submit((x: number) => x, 1).result();
      return first === getClient();
    });
    expect(await same.result()).toBe(true);
  });

  it("computes graphs, of functions made there", async () => {
    const nested = client.submit(async (n: number) => {
      const square = delayed((x: number) => x * x);
      const sum = delayed((xs: number[]) => xs.reduce((a, b) => a + b));
      const client = getClient();
      const squares = sum(Array.from({ length: n }, (_, i) => square(i)));
      const [total] = client.persist(squares);
      return [await squares.compute(), await client.submit((x: number) => -x, total).result()];
    }, 10);
    expect(await nested.result()).toEqual([285, -285]);
  });

  it("shares keys with every other client", async () => {
    const slowly = async (ms: number): Promise<number> => {
      await new Promise((resolve) => setTimeout(resolve, ms));
      return Math.random();
    };
    const outside = client.submit(slowly, 300);
    const inside = client.submit(async (fn: typeof slowly) => getClient().submit(fn, 300).result(), slowly);
    expect(await inside.result()).toBe(await outside.result());
  });

  it("gives errors of what it submitted as they are", async () => {
    const outer = client.submit(async () => {
      const inner = getClient().submit((): number => {
        throw new RangeError("from below");
      });
      return inner.result();
    });
    await expect(outer.result()).rejects.toMatchObject({ name: "RangeError", message: "from below" });
  });
});

describe("secede", () => {
  it("lets a worker with one thread run what the task waits for", async () => {
    const [worker] = await client.workers();
    const here = client.with({ workers: [worker!.name], pure: false });
    const waits = here.submit(async (name: string) => {
      await secede();
      return getClient()
        .with({ workers: [name] })
        .submit(() => "ran beside")
        .result();
    }, worker!.name);
    expect(await waits.result({ timeout: "30s" })).toBe("ran beside");
  });
});

it("a worker refuses clients that nobody submitted", async () => {
  await expect(client.run(() => new Client("ws://127.0.0.1:9"))).rejects.toMatchObject({
    code: "HEDDLE_IMPORTED_PROGRAM",
  });
});

it("compute uses the newest client that is open", async () => {
  expect(await compute(delayed((x: number) => x + 1)(1))).toEqual([2]);
});
