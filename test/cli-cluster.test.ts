/** Schedulers, workers and scripts by the command line, each a process. */
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Client } from "heddle";
import { descendantsOf, isAlive } from "./support/processes.js";
import { Folder, heddle, run, type Program } from "./support/programs.js";

let folder: Folder;
beforeEach(() => {
  folder = new Folder();
});
afterEach(() => folder[Symbol.dispose]());

/** A scheduler on a free port, and its address. */
async function startScheduler(...args: string[]): Promise<{ program: Program; address: string }> {
  const program = heddle(folder, ["scheduler", "--port", "0", "--no-dashboard", ...args]);
  const [, address] = await program.prints(/scheduler at (\S+)/);
  return { program, address: address! };
}

async function startWorker(address: string, ...args: string[]): Promise<{ program: Program; pid: number }> {
  const program = heddle(folder, ["worker", address, ...args]);
  const [, pid] = await program.prints(/\(process (\d+)\) has joined/);
  return { program, pid: Number(pid) };
}

async function json(...args: string[]): Promise<unknown> {
  await using program = heddle(folder, [...args, "--json"]);
  const { status, stdout, stderr } = await run(program);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  return JSON.parse(stdout);
}

async function text(...args: string[]): Promise<string> {
  await using program = heddle(folder, args);
  return (await run(program)).stdout;
}

describe("a cluster by hand", () => {
  it("answers what is asked of it", async () => {
    const { program, address } = await startScheduler();
    await using _scheduler = program;
    const { program: worker } = await startWorker(address, "--name", "anna", "--threads", "2", "--resources", "GPU=1");
    await using _worker = worker;
    await using client = new Client(address);
    const one = client.submit((x: number) => x + 1, 1);
    await one.result();
    const needy = client.with({ resources: { TPU: 1 } }).submit(() => 1);
    const failing = client.submit(() => {
      throw new TypeError("no good");
    });
    await failing.exception();

    expect(await json("status", address)).toMatchObject({
      address,
      clients: 1,
      states: { memory: 1, noWorker: 1, erred: 1 },
      workers: [{ name: "anna", threads: 2, resources: { GPU: 1 }, status: "running" }],
    });
    expect(await text("status", address)).toMatch(/1 workers, 1 clients, 3 tasks[^]*anna/);

    expect(await json("tasks", address, "--state", "erred")).toMatchObject([
      { key: failing.key, state: "erred", error: expect.stringContaining("no good") as string },
    ]);
    expect(await json("tasks", address, "--limit", "2")).toHaveLength(2);
    expect(await text("tasks", address, "--limit", "2")).toContain("there are more");

    expect(await json("story", one.key, "--address", address)).toContainEqual(
      expect.objectContaining({ from: "processing", to: "memory", cause: "finished", worker: "anna" }),
    );
    expect(await text("story", one.key, "--address", address)).toMatch(/processing +memory/);
    expect(await json("explain", needy.key, "--address", address)).toMatchObject({ key: needy.key, state: "noWorker" });
    expect(await text("explain", needy.key, "--address", address)).toMatch(/is noWorker: .*TPU/);

    expect(await json("cancel", needy.key, "--address", address)).toEqual({ cancelled: 1 });
    await expect.poll(() => needy.status).toBe("cancelled");
    await using nothing = heddle(folder, ["cancel", "no-such-key", "--address", address]);
    expect((await run(nothing)).status).toBe(1);
    await using unknown = heddle(folder, ["explain", "no-such-key", "--address", address]);
    expect(await run(unknown)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("(HEDDLE_UNKNOWN_KEY)") as string,
    });
  });

  it("ends in order at Ctrl-C, and its parts wait for each other", async () => {
    const { program: scheduler, address } = await startScheduler();
    await using _scheduler = scheduler;
    const { program: worker, pid } = await startWorker(address);
    await using _worker = worker;
    worker.interrupt();
    expect(await worker.ended).toEqual({ status: 0, signal: null });
    expect(isAlive(pid)).toBe(false);
    scheduler.interrupt();
    expect(await scheduler.ended).toEqual({ status: 0, signal: null });
  });
});

describe("heddle worker", () => {
  it("has a nanny that starts it again, and that it does not outlive", async () => {
    const { program: scheduler, address } = await startScheduler();
    await using _scheduler = scheduler;
    const { program: worker, pid } = await startWorker(address, "--name", "anna");
    await using _worker = worker;
    expect(pid).not.toBe(worker.pid);
    process.kill(pid, "SIGKILL");
    await worker.prints(/joined[^]*anna \(process \d+\) has joined/);
    const [again] = descendantsOf(worker.pid);
    expect(isAlive(again!)).toBe(true);
    process.kill(worker.pid, "SIGKILL");
    await expect.poll(() => isAlive(again!), { timeout: 10_000 }).toBe(false);
  });

  it("runs in the command's own process without one", async () => {
    const { program: scheduler, address } = await startScheduler();
    await using _scheduler = scheduler;
    const { program: worker, pid } = await startWorker(address, "--no-nanny");
    await using _worker = worker;
    expect(pid).toBe(worker.pid);
    await using client = new Client(address);
    expect(await client.submit(() => "here").result()).toBe("here");
    worker.interrupt();
    expect(await worker.ended).toEqual({ status: 0, signal: null });
  });

  it("is refused a name that is taken", async () => {
    const { program: scheduler, address } = await startScheduler();
    await using _scheduler = scheduler;
    const { program: worker } = await startWorker(address, "--name", "anna");
    await using _worker = worker;
    await using second = heddle(folder, ["worker", address, "--name", "anna"]);
    const { status, stderr } = await run(second);
    expect(status).toBe(1);
    expect(stderr).toContain("a living worker is called anna already");
  });
});

describe("a token", () => {
  it("is made for any address but loopback, printed once, and kept where its user alone reads it", async () => {
    const file = join(folder.path, "token");
    const { program: scheduler, address } = await startScheduler("--host", "0.0.0.0", "--token-file", file);
    await using _scheduler = scheduler;
    const [, token] = await scheduler.prints(/token: (\S+)/);
    expect(readFileSync(file, "utf8").trim()).toBe(token);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const here = `ws://127.0.0.1:${new URL(address).port}`;

    await using stranger = heddle(folder, ["status", here], { HEDDLE_HOME: join(folder.path, "elsewhere") });
    expect(await run(stranger)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("HEDDLE_UNAUTHORIZED") as string,
    });
    const named = { HEDDLE_HOME: join(folder.path, "elsewhere") };
    await using friend = heddle(folder, ["status", here, "--token-file", file], named);
    expect((await run(friend)).status).toBe(0);
    // The same user needs no telling.
    expect(await text("status", here)).toContain("0 workers");
  });

  it("and a certificate let a worker and a script in from afar", async () => {
    const pem = (name: string) => join(import.meta.dirname, `../packages/scheduler/test/server/fixtures/${name}.pem`);
    const tls = ["--tls-cert", pem("cert"), "--tls-key", pem("key")];
    const { program: scheduler, address } = await startScheduler("--token-file", join(folder.path, "token"), ...tls);
    await using _scheduler = scheduler;
    expect(address).toMatch(/^wss:/);
    const { program: worker } = await startWorker(address, "--tls-ca", pem("cert"));
    await using _worker = worker;
    const file = folder.write(
      "script.mjs",
      'import { Client } from "heddle"; const client = new Client(); console.log(await client.submit(() => 6 * 7).result()); await client.close();',
    );
    await using ran = heddle(folder, ["run", "--address", address, "--tls-ca", pem("cert"), file]);
    expect(await run(ran)).toMatchObject({ status: 0, stdout: "42\n" });
  });
});

describe("heddle cluster", () => {
  it("runs until Ctrl-C, and leaves nothing", async () => {
    await using cluster = heddle(folder, ["cluster", "--workers", "2", "--port", "0", "--dashboard-port", "0"]);
    const [, address] = await cluster.prints(/cluster at (\S+), 2 workers/);
    await cluster.prints(/dashboard: http/);
    const children = descendantsOf(cluster.pid);
    expect(children).toHaveLength(3);
    expect(await json("status", address!)).toMatchObject({ workers: [{}, {}] });
    cluster.interrupt();
    expect(await cluster.ended).toEqual({ status: 0, signal: null });
    expect(children.filter(isAlive)).toEqual([]);
  });
});

describe("heddle run", () => {
  const source = `
    import { Client } from "heddle";
    const client = new Client();
    const sum = client.submit((xs: number[]) => xs.reduce((a, b) => a + b), process.argv.slice(2).map(Number));
    console.log("sum", await sum.result());
    await client.close();
    process.exitCode = 7;
  `;

  it("runs TypeScript against a cluster, and exits as the script does", async () => {
    await using cluster = heddle(folder, ["cluster", "--workers", "1", "--port", "0", "--no-dashboard"]);
    const [, address] = await cluster.prints(/cluster at (\S+),/);
    const file = folder.write("script.ts", source);
    await using ran = heddle(folder, ["run", "--address", address!, file, "20", "22"]);
    expect(await run(ran)).toMatchObject({ status: 7, stdout: "sum 42\n" });
    await using plain = heddle(folder, ["run", folder.write("script.mjs", source.replace(": number[]", "")), "1"], {
      HEDDLE_ADDRESS: address!,
    });
    expect(await run(plain)).toMatchObject({ status: 7, stdout: "sum 1\n" });
  });
});
