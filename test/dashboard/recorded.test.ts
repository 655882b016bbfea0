/** Where the time of threads went, as the dashboard tells programs: inputs on their way, decoding, runs that were stopped or lost. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client, LocalCluster } from "heddle";
import type { TaskDetail, WorkerDetail } from "@heddle/protocol/dashboard";
import { afterAll, beforeAll, expect, test } from "vitest";

let cluster: LocalCluster;
let client: Client;
let cookie = "";
const folder = mkdtempSync(join(tmpdir(), "heddle-recorded-"));

beforeAll(async () => {
  cluster = new LocalCluster({ workers: 2, threadsPerWorker: 1, dashboard: { port: 0 } });
  await cluster.ready;
  client = new Client(cluster);
  const session = await fetch(new URL("api/v1/session", cluster.dashboardUrl));
  cookie = session.headers.get("set-cookie")?.split(";")[0] ?? "";
});
afterAll(async () => {
  await client?.close();
  await cluster?.close();
  rmSync(folder, { recursive: true, force: true });
});

async function asked<T>(path: string): Promise<T | undefined> {
  const answer = await fetch(new URL(path, cluster.dashboardUrl), { headers: { cookie } });
  return answer.ok ? ((await answer.json()) as T) : undefined;
}

/** What a metric comes to over all groups. */
async function seconds(metric: string): Promise<number> {
  const text = await (await fetch(new URL("metrics", cluster.dashboardUrl), { headers: { cookie } })).text();
  const samples = [...text.matchAll(new RegExp(`^${metric}\\S* (\\S+)$`, "gm"))];
  return samples.reduce((sum, [, value]) => sum + Number(value), 0);
}

/** As soon as the record has the run. */
async function recorded(key: string, state?: string): Promise<TaskDetail> {
  let found: TaskDetail | undefined;
  await expect
    .poll(
      async () => {
        found = await asked<TaskDetail>(`api/v1/task?key=${encodeURIComponent(key)}`);
        return found?.split !== undefined && (state === undefined || found.state === state);
      },
      { timeout: 60_000 },
    )
    .toBe(true);
  return found!;
}

test("20 MB from another worker: the run waits for them, decodes them, and the split says so", async () => {
  const [first, second] = (await client.workers()).map(({ name }) => name) as [string, string];
  const make = () => Array.from({ length: 200_000 }, (_, i) => `${i}`.padEnd(100, "x"));
  const big = client.with({ workers: [first] }).submit(make);
  await big.result();
  const length = client.with({ workers: [second] }).submit((list: readonly string[]) => list.length, big);
  expect(await length.result()).toBe(200_000);
  const { split, worker } = await recorded(length.key);
  expect(worker).toBe(second);
  expect(split!.transfer).toBeGreaterThan(1);
  expect(split!.deserialise).toBeGreaterThan(1);
  for (const part of ["transfer", "deserialise"])
    await expect.poll(() => seconds(`heddle_task_${part}_seconds_total`)).toBeGreaterThan(0.001);
});

test("a run that is cancelled has a row with what it took of its thread, its time of grace included", async () => {
  const begun = join(folder, "begun");
  const hold = (file: string) => {
    process.getBuiltinModule("node:fs").writeFileSync(file, "");
    for (;;);
  };
  const cancelled = client.submit(hold, begun);
  await expect.poll(() => existsSync(begun), { timeout: 60_000 }).toBe(true);
  await cancelled.cancel();
  const row = await recorded(cancelled.key, "cancelled");
  expect(row.endedAt! - row.startedAt!).toBeGreaterThan(400);
});

test("a worker's failures are counted", async () => {
  const failing = client.submit((): never => {
    throw new Error("no");
  });
  await expect(failing.result()).rejects.toThrow("no");
  const failures = async (): Promise<number[]> => {
    const details = [0, 1].map((id) => asked<WorkerDetail>(`api/v1/workers/${id}`));
    return (await Promise.all(details)).map((detail) => detail?.summary.failures ?? -1);
  };
  await expect.poll(async () => (await failures()).sort(), { timeout: 60_000 }).toEqual([0, 1]);
});

test("a run that was lost with its worker has a row, until its end was heard of", async () => {
  const lasting = join(folder, "lasting");
  const hold = (file: string) => {
    const { writeFileSync } = process.getBuiltinModule("node:fs");
    // Long enough for its worker to have told of it.
    for (const until = Date.now() + 3_000; Date.now() < until;);
    writeFileSync(file, `${process.pid}`);
    for (;;);
  };
  const future = client.submit(hold, lasting);
  await expect.poll(() => existsSync(lasting) && readFileSync(lasting, "utf8"), { timeout: 60_000 }).toMatch(/^\d+$/);
  process.kill(Number(readFileSync(lasting, "utf8")), "SIGKILL");
  // It runs again by now, so this is the row of the first time.
  const row = await recorded(future.key);
  expect(row.endedAt! - row.startedAt!).toBeGreaterThan(2_900);
  await future.cancel({ force: true });
});
