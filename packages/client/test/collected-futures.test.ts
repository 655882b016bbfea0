/** Futures that nothing refers to while somebody waits for what they stand for. */
import { setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Client, delayed } from "../src/index.js";
import { SmallCluster } from "./small-cluster.js";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

let cluster: SmallCluster;
let client: Client;
beforeAll(async () => {
  cluster = new SmallCluster();
  client = new Client(cluster);
  await client.ready;
});
afterAll(async () => {
  await client.close();
  await cluster[Symbol.asyncDispose]();
});

async function slow(x: number): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, 200));
  return x;
}

async function slowToFail(): Promise<never> {
  await new Promise((resolve) => setTimeout(resolve, 200));
  throw new Error("slow to fail");
}

/** Finalisers run in a task of their own after the collection. */
async function whileCollecting<T>(pending: Promise<T>): Promise<T> {
  pending.catch(() => {});
  for (let round = 0; round < 5; round++) {
    await sleep(10);
    collectGarbage();
  }
  return pending;
}

describe("garbage collection while a task runs", () => {
  it("does not take the task from under result()", async () => {
    expect(await whileCollecting(client.submit(slow, 1).result())).toBe(1);
  });

  it("does not take it from under exception()", async () => {
    expect((await whileCollecting(client.submit(slowToFail).exception()))?.message).toBe("slow to fail");
  });

  it("does not take the tasks of a map from under gather()", async () => {
    expect(await whileCollecting(client.gather(client.map(slow, [2, 3])))).toEqual([2, 3]);
  });

  it("does not take a persisted graph from under compute()", async () => {
    const persisted = (): Promise<number> => client.persist(delayed(slow)(4))[0].compute();
    expect(await whileCollecting(persisted())).toBe(4);
  });
});
