import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { RunFlag } from "@heddle/protocol";
// Processes run what is built.
import {
  Nanny,
  WorkerStartError,
  spawnWorkerProcess,
  type NannyOptions,
  type WorkerProcess,
} from "@heddle/worker/process";
import { Definitions, SchedulerEndpoint, decoded } from "../server/scheduler-endpoint.js";

const processes: WorkerProcess[] = [];
afterEach(async () => {
  for (const started of processes.splice(0)) {
    started.kill();
    await started.ended;
  }
});

function started(address: string, options: Partial<NannyOptions> = {}) {
  const lines: string[] = [];
  const output: string[] = [];
  const worker = spawnWorkerProcess({
    address,
    connectTimeout: 1000,
    onLog: (line) => lines.push(line),
    onOutput: (stream, text) => output.push(`${stream}: ${text}`),
    ...options,
  });
  processes.push(worker);
  return { worker, lines, output };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 10));
}

describe("a worker process", () => {
  it("joins, runs tasks, passes on what they print, and ends in order", async () => {
    await using scheduler = await SchedulerEndpoint.start();
    const { worker, output } = started(scheduler.address, { name: "fred", threads: 2 });
    expect((await worker.ready).name).toBe("fred");
    const member = await scheduler.member();
    expect(member.hello).toMatchObject({ pid: worker.pid, threads: 2, name: "fred" });
    const task = (x: number): number => {
      console.log("hello");
      console.error("bad\nnews");
      return x * process.pid;
    };
    member.send(...new Definitions().submit({ task: 1, fn: task, args: [2], flags: RunFlag.inline }));
    expect(decoded((await member.finished(1)).inline!)).toBe(2 * worker.pid);
    await until(() => output.length >= 2);
    expect(output).toEqual(["stdout: hello\n", "stderr: bad\nnews\n"]);
    const end = await worker.close(10_000);
    expect(end.orderly).toEqual({ reason: "it was asked to close", expected: true });
    expect(member.of("status")).toMatchObject([{ status: "closing" }]);
    expect(isAlive(worker.pid)).toBe(false);
  });

  it("does not take Ctrl-C, and takes SIGTERM for a wish to end in order", async () => {
    await using scheduler = await SchedulerEndpoint.start();
    const { worker } = started(scheduler.address);
    await worker.ready;
    process.kill(worker.pid, "SIGINT");
    const member = await scheduler.member();
    member.send(...new Definitions().submit({ task: 1, fn: () => 1 }));
    await member.finished(1);
    process.kill(worker.pid, "SIGTERM");
    expect((await worker.ended).orderly).toEqual({ reason: "signal SIGTERM", expected: true });
  });

  it("ends though a task sits in a native call that does not return", async () => {
    await using scheduler = await SchedulerEndpoint.start();
    const { worker } = started(scheduler.address);
    await worker.ready;
    const member = await scheduler.member();
    const native = (): void => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 600_000);
    member.send(...new Definitions().submit({ task: 1, fn: native }));
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect((await worker.close(20_000)).orderly).toMatchObject({ expected: true });
  });

  it("says why it could not join", async () => {
    const { worker } = started("ws://127.0.0.1:1", { connectTimeout: 50 });
    await expect(worker.ready).rejects.toMatchObject({ code: "HEDDLE_SCHEDULER_UNREACHABLE" });
    expect((await worker.ended).orderly).toMatchObject({ expected: false });
  });

  it("reports how it died", async () => {
    await using scheduler = await SchedulerEndpoint.start();
    const { worker } = started(scheduler.address);
    await worker.ready;
    worker.kill();
    expect(await worker.ended).toMatchObject({ pid: worker.pid, exitCode: null, signal: "SIGKILL" });
    const early = started(scheduler.address);
    early.worker.kill();
    await expect(early.worker.ready).rejects.toBeInstanceOf(WorkerStartError);
  });

  it("takes what it wrote to disk with it, even when it is killed", async () => {
    const folder = mkdtempSync(join(tmpdir(), "heddle-process-test-"));
    try {
      await using scheduler = await SchedulerEndpoint.start();
      const { worker } = started(scheduler.address, { memoryLimit: 256 * 1024 ** 2, spillFolder: folder });
      await worker.ready;
      const member = await scheduler.member();
      const fill = (n: number) => new Uint8Array(n);
      const tasks = Array.from({ length: 8 }, (_, task) => ({ task, fn: fill, args: [32 * 1024 ** 2] }));
      member.send(...new Definitions().submit(...tasks));
      await until(() => readdirSync(folder).length > 0);
      worker.kill();
      await worker.ended;
      expect(readdirSync(folder)).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it("does not outlive the process that started it, even when that is killed", async () => {
    await using scheduler = await SchedulerEndpoint.start();
    const parent = spawn(
      process.execPath,
      [fileURLToPath(new URL("./fixtures/parent.mjs", import.meta.url)), scheduler.address],
      { stdio: ["ignore", "pipe", "inherit"] },
    );
    const [line] = (await once(parent.stdout, "data")) as [Buffer];
    const pid = Number(line.toString());
    expect(isAlive(pid)).toBe(true);
    parent.kill("SIGKILL");
    await until(() => !isAlive(pid));
  });
});

describe("a nanny", () => {
  async function nursed(options: Partial<NannyOptions> = {}) {
    const scheduler = await SchedulerEndpoint.start();
    const exits: string[] = [];
    const givenUp: string[] = [];
    const nanny = new Nanny({
      address: scheduler.address,
      name: "fred",
      backoff: 10,
      onLog: () => {},
      onOutput: () => {},
      onExit: (_end, detail) => exits.push(detail),
      onGivenUp: (reason) => givenUp.push(reason),
      ...options,
    });
    return {
      scheduler,
      nanny,
      exits,
      givenUp,
      async [Symbol.asyncDispose]() {
        await nanny.close(5000);
        await scheduler[Symbol.asyncDispose]();
      },
    };
  }

  it("starts a worker again that died, and says how it died", async () => {
    await using cluster = await nursed();
    const { nanny, scheduler, exits } = cluster;
    expect((await nanny.start()).name).toBe("fred");
    const first = nanny.pid;
    process.kill(first, "SIGKILL");
    const again = await scheduler.member(1);
    expect(again.hello).toMatchObject({ name: "fred", pid: nanny.pid });
    expect(nanny.pid).not.toBe(first);
    expect(exits[0]).toContain("signal SIGKILL");
  });

  it("gives up when it dies all the time", async () => {
    await using cluster = await nursed({ maxRestarts: 1 });
    const { nanny, scheduler, givenUp, exits } = cluster;
    await nanny.start();
    process.kill(nanny.pid, "SIGKILL");
    await scheduler.member(1);
    process.kill(nanny.pid, "SIGKILL");
    await until(() => givenUp.length > 0);
    expect(givenUp[0]).toContain("2 times within a minute");
    expect(exits).toHaveLength(2);
  });

  it("lets a worker go that the scheduler sent away", async () => {
    await using cluster = await nursed();
    const { nanny, scheduler, givenUp } = cluster;
    await nanny.start();
    const member = await scheduler.member();
    member.send({ op: "stop", reason: "retired", restart: false });
    await until(() => givenUp.length > 0);
    expect(givenUp).toEqual(["retired"]);
    expect(isAlive(nanny.pid)).toBe(false);
  });

  it("passes on why the first start failed", async () => {
    await using cluster = await nursed({ address: "ws://127.0.0.1:1", connectTimeout: 50 });
    await expect(cluster.nanny.start()).rejects.toMatchObject({ code: "HEDDLE_SCHEDULER_UNREACHABLE" });
    expect(isAlive(cluster.nanny.pid)).toBe(false);
  });
});
