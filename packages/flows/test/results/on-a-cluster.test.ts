/** Results that workers in processes of their own keep and find, with the scheduler's store, without anything set up. */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LocalCluster } from "@heddle/client/cluster";
import {
  ClusterTaskRunner,
  HttpStorage,
  INPUTS,
  SOURCE,
  compressed,
  flow,
  task,
  type ResultStorage,
} from "@heddle/flows";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RedisServer, redisIsHere } from "./support/redis-server.js";

const home = mkdtempSync(join(tmpdir(), "heddle-cluster-results-"));
const served = join(home, "served-results");
let cluster: LocalCluster;

beforeAll(async () => {
  process.env["HEDDLE_HOME"] = home;
  cluster = new LocalCluster({ workers: 2, port: 0, dashboard: false, silenceLogs: true });
  await cluster.ready;
}, 60_000);
afterAll(async () => {
  await cluster.close();
  rmSync(home, { recursive: true, force: true });
});

class Table {
  constructor(readonly rows: readonly number[]) {}
  get total(): number {
    return this.rows.reduce((sum, row) => sum + row, 0);
  }
}

/** Runs a task for each number on the cluster. @returns name of the final state, value and process that computed it, of each run */
function runs(options: { resultStorage: ResultStorage; factor?: number }) {
  const { resultStorage, factor = 2 } = options;
  const table = task(
    (x: number, _unused?: { a: number; b: number }) => [new Table([x, factor]), process.pid] as const,
    {
      name: "table",
      cachePolicy: INPUTS.plus(SOURCE),
      resultStorage,
      resultSerializer: compressed(),
    },
  );
  const total = task(([t]: readonly [Table, number]) => [t.total, t instanceof Table] as const, { name: "total" });
  return flow(
    async (numbers: number[]) => {
      const tables = numbers.map((x, i) => table.submit(x, i === 0 ? { a: 1, b: 2 } : undefined));
      const totals = tables.map((future) => total.submit(future as never));
      const states = await Promise.all(tables.map((future) => future.wait()));
      const values = await Promise.all(totals.map((future) => future.result()));
      const pids = await Promise.all(tables.map(async (future) => (await future.result())[1]));
      return { names: states.map((state) => state.name), values, pids };
    },
    { name: "tables", taskRunner: new ClusterTaskRunner({ cluster }) },
  );
}

function contract(storage: () => ResultStorage): void {
  it("gives workers what others computed, in another flow run", async () => {
    const numbers = [1, 2, 3, 4, 5, 6];
    const first = await runs({ resultStorage: storage() })(numbers);
    expect(first.names).toEqual(numbers.map(() => "Completed"));
    expect(first.pids).not.toContain(process.pid);
    const second = await runs({ resultStorage: storage() })([...numbers, 7]);
    expect(second.names).toEqual([...numbers.map(() => "Cached"), "Completed"]);
    expect(second.pids.slice(0, 6)).toEqual(first.pids);
    expect(second.values).toEqual([...numbers, 7].map((x) => [x + 2, true]));
  });

  it("runs again what uses another value", async () => {
    const { names, values } = await runs({ resultStorage: storage(), factor: 3 })([1, 2]);
    expect(names).toEqual(["Completed", "Completed"]);
    expect(values).toEqual([
      [4, true],
      [5, true],
    ]);
  });
}

describe("on a cluster, with the scheduler's store", () => {
  contract(() => new HttpStorage(cluster.address));

  it("keeps them where the scheduler keeps its results", () => {
    expect(readdirSync(served)).toContain("cache");
  });
});

describe.skipIf(!redisIsHere())(
  redisIsHere() ? "on a cluster, with Redis" : "on a cluster, with Redis: NOT RUN, there is no redis-server on PATH",
  () => {
    let redis: RedisServer;
    beforeAll(async () => {
      redis = await RedisServer.start();
    });
    afterAll(() => redis[Symbol.asyncDispose]());
    contract(() => redis.url);
  },
);
