import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { findToken } from "@heddle/protocol";
// By the package's name: what is started is the compiled file beside it.
import { spawnScheduler, spawnSchedulerThread, type SpawnSchedulerOptions } from "@heddle/scheduler/process";
import { Peer, clientHello, workerHello } from "../server/peers.js";

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "heddle-spawn-"));
  vi.stubEnv("HEDDLE_HOME", home);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(home, { recursive: true, force: true });
});

const token = "s3cret";

function options(changes: Partial<SpawnSchedulerOptions> = {}): SpawnSchedulerOptions {
  return {
    settings: { "scheduler.validate": true },
    host: "127.0.0.1",
    port: 0,
    nextFreePort: false,
    dashboard: { port: 0, nextFreePort: false },
    token,
    reportPatience: 0,
    recovering: false,
    onLog: () => {},
    onShutdown: () => {},
    ...changes,
  };
}

/** A process that has ended may wait for its new parent to take note of it: on Linux that shows. */
const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return process.platform !== "linux" || !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
};

describe.each([
  ["process", spawnScheduler],
  ["thread", spawnSchedulerThread],
])("a scheduler on a %s", (kind, start) => {
  it("serves, is found by its user, and ends when it is closed", async () => {
    const scheduler = await start(options());
    // Dialled before it is ready: the port is there already.
    const peer = await Peer.join(scheduler.address, clientHello(), { token });
    expect(await peer.answers()).toBe(true);
    await scheduler.ready;
    expect((await fetch(`${scheduler.dashboardUrl}healthz`)).status).toBe(200);
    expect(findToken(scheduler.address)).toBe(token);
    await scheduler.close(5000);
    expect(await scheduler.ended).toMatchObject({ exitCode: 0, signal: null });
    expect(findToken(scheduler.address)).toBeUndefined();
    if (kind === "process") expect(alive(scheduler.pid)).toBe(false);
  });

  it("comes back to the port it had", async () => {
    const first = await start(options());
    await first.ready;
    await first.close(5000);
    const port = Number(new URL(first.address).port);
    const second = await start(options({ port, recovering: true }));
    await second.ready;
    expect(second.address).toBe(first.address);
    await second.close(5000);
  });

  it("says what keeps it from starting", async () => {
    const blocker = createServer().listen(0, "127.0.0.1");
    await once(blocker, "listening");
    const { port } = blocker.address() as { port: number };
    await expect(start(options({ port }))).rejects.toMatchObject({ name: "PortInUseError", port });

    const starting = start(options({ dashboard: { port, nextFreePort: false } })).then(async (scheduler) => {
      await scheduler.ready;
    });
    await expect(starting).rejects.toMatchObject({ name: "PortInUseError", code: "HEDDLE_PORT_IN_USE", port });
    blocker.close();
  });

  it("passes on what it logs and that a client asked for the end", async () => {
    const lines: string[] = [];
    let asked = 0;
    const scheduler = await start(options({ onLog: (line) => lines.push(line), onShutdown: () => asked++ }));
    const rogue = await Peer.join(scheduler.address, clientHello({ name: "rogue" }), { token });
    rogue.send({ op: "frobnicate" });
    await expect.poll(() => lines.join("\n")).toContain("client rogue is disconnected");
    const client = await Peer.join(scheduler.address, clientHello(), { token });
    client.send({ op: "ask", id: 1, what: { what: "shutdown" } } as never);
    await expect.poll(() => asked).toBe(1);
    await scheduler.close(5000);
  });

  it("hears how a worker's process ended", async () => {
    const scheduler = await start(options({ reportPatience: 60_000 }));
    const worker = await Peer.join(scheduler.address, workerHello({ pid: 4711 }), { token });
    const client = await Peer.join(scheduler.address, clientHello(), { token });
    worker.terminate();
    scheduler.reportExit(4711, "signal SIGKILL");
    const workers = async (): Promise<unknown> => {
      client.send({ op: "ask", id: 1, what: { what: "workers" } } as never);
      return (await client.take<{ op: string; value: unknown }>("answer")).value;
    };
    await expect.poll(workers).toEqual([]);
    await scheduler.close(5000);
  });
});

describe("a scheduler process", () => {
  it("is reported with signal and last lines when it is killed", async () => {
    const scheduler = await spawnScheduler(options());
    await scheduler.ready;
    process.kill(scheduler.pid, "SIGKILL");
    expect(await scheduler.ended).toMatchObject({ pid: scheduler.pid, signal: "SIGKILL" });
  });

  it("lets Ctrl-C pass, and ends in order at SIGTERM", async () => {
    const scheduler = await spawnScheduler(options());
    await scheduler.ready;
    process.kill(scheduler.pid, "SIGINT");
    const peer = await Peer.join(scheduler.address, clientHello(), { token });
    expect(await peer.answers()).toBe(true);
    process.kill(scheduler.pid, "SIGTERM");
    expect(await scheduler.ended).toMatchObject({ exitCode: 0 });
    expect(findToken(scheduler.address)).toBeUndefined();
  });

  it("keeps nobody alive, and does not outlive who started it, however that ends", async () => {
    const script = `
      import { spawnScheduler } from "@heddle/scheduler/process";
      const scheduler = await spawnScheduler(${JSON.stringify(options())});
      const hold = setInterval(() => {}, 1000);
      await scheduler.ready;
      console.log(scheduler.pid);
      if (process.argv[1] === "leave") clearInterval(hold);
    `;
    for (const end of ["leave", "SIGKILL", "SIGTERM"] as const) {
      const child = spawn(process.execPath, ["--input-type=module", "-e", script, end], {
        cwd: import.meta.dirname,
        stdio: ["ignore", "pipe", "inherit"],
      });
      const [output] = (await once(child.stdout, "data")) as [Buffer];
      const pid = Number(output.toString());
      expect(pid).toBeGreaterThan(0);
      const ended = once(child, "exit");
      if (end !== "leave") child.kill(end);
      await ended;
      await expect.poll(() => alive(pid), { timeout: 10_000 }).toBe(false);
    }
  });
});
