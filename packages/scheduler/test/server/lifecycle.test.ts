import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { request } from "node:https";
import type { IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { CloseCode, findToken, tokenFile } from "@heddle/protocol";
import { SchedulerNotRunningError, SchedulerServer } from "../../src/index.js";
import { Peer, clientHello, rawSocket, scheduler, workerHello } from "./peers.js";

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "heddle-server-"));
  vi.stubEnv("HEDDLE_HOME", home);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(home, { recursive: true });
});

describe("lifecycle", () => {
  it("has no address before it is started, starts once, closes any number of times", async () => {
    const server = new SchedulerServer({ port: 0, dashboard: { port: 0 } });
    expect(() => server.address).toThrow(SchedulerNotRunningError);
    await server.start();
    expect(server.address).toMatch(/^ws:\/\/127\.0\.0\.1:\d+$/);
    expect(server.dashboardUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
    expect((await fetch(`${server.dashboardUrl}healthz`)).status).toBe(200);
    await expect(server.start()).rejects.toBeInstanceOf(SchedulerNotRunningError);
    await Promise.all([server.close(), server.close()]);
    await expect(fetch(server.address.replace("ws", "http"))).rejects.toThrow();
  });

  it("tells its members that it closes", async () => {
    const server = await scheduler();
    const members = [await Peer.join(server.address, clientHello()), await Peer.join(server.address, workerHello())];
    await server.close();
    for (const member of members) expect((await member.untilClosed()).code).toBe(CloseCode.goingAway);
  });

  it("does not wait for a member that does not answer", async () => {
    const server = await scheduler();
    const deaf = await rawSocket(server.address);
    deaf.pause();
    const slow = await Peer.join(server.address, clientHello());
    await server.close(50);
    await slow.untilClosed();
    deaf.terminate();
  });

  it("comes back on the port it had", async () => {
    const first = await scheduler();
    const port = Number(new URL(first.address).port);
    const member = await Peer.join(first.address, clientHello());
    await first.close();
    await member.untilClosed();
    await using second = await scheduler({ port });
    expect(second.address).toBe(first.address);
    expect(second.epoch).not.toBe(first.epoch);
  });

  it("ends when a client asks for the end of the cluster, after the workers were told", async () => {
    let asked = 0;
    await using server = await scheduler({ onShutdown: () => asked++ });
    const client = await Peer.join(server.address, clientHello());
    client.send({ op: "ask", id: 1, what: { what: "shutdown" } } as never);
    await client.take("answer");
    expect(asked).toBe(1);
  });
});

describe("token files", () => {
  it("are left for the user's other programs, and taken away at the end", async () => {
    const server = await scheduler({ token: "s3cret" });
    const port = Number(new URL(server.address).port);
    expect(statSync(tokenFile(port)).mode & 0o777).toBe(0o600);
    expect(findToken(server.address)).toBe("s3cret");
    await server.close();
    expect(findToken(server.address)).toBeUndefined();
  });

  it("that were named are made once, and read from then on", async () => {
    const file = join(home, "made", "token");
    const first = await scheduler({ tokenFile: file });
    expect(first.madeToken).toBe(true);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    await first.close();
    await using second = await scheduler({ tokenFile: file });
    expect(second.madeToken).toBe(false);
    expect(second.token).toBe(readFileSync(file, "utf8").trim());
    expect(second.token).toBe(first.token);
  });
});

describe("TLS", () => {
  const pem = (name: string) => readFileSync(new URL(`./fixtures/${name}.pem`, import.meta.url));
  const tls = { cert: pem("cert"), key: pem("key") };

  it("is spoken on both ports", async () => {
    await using server = await scheduler({ tls, dashboard: { port: 0 } });
    expect(server.address).toMatch(/^wss:/);
    expect(server.dashboardUrl).toMatch(/^https:/);
    const peer = await Peer.join(server.address, clientHello(), { tls: { ca: tls.cert } });
    expect(await peer.answers()).toBe(true);
    const outgoing = request(`${server.dashboardUrl}healthz`, { ca: tls.cert });
    outgoing.end();
    const [response] = (await once(outgoing, "response")) as [IncomingMessage];
    expect(response.statusCode).toBe(200);
    response.destroy();
  });

  it("asks for a certificate where an authority is given", async () => {
    await using server = await scheduler({ tls: { ...tls, ca: tls.cert } });
    const attempt = Peer.join(server.address, clientHello(), { tls: { ca: tls.cert } });
    await expect(attempt).rejects.toMatchObject({ code: "HEDDLE_SCHEDULER_UNREACHABLE" });
    const peer = await Peer.join(server.address, clientHello(), { tls: { ca: tls.cert, ...tls } });
    expect(await peer.answers()).toBe(true);
  });
});

describe("the end of a worker", () => {
  it("waits for the report of who watches its process", async () => {
    await using server = await scheduler({ reportPatience: 60_000 });
    const worker = await Peer.join(server.address, workerHello({ pid: 4711 }));
    worker.terminate();
    await worker.untilClosed();
    // By the time somebody else has been let in, the broken connection has been noticed.
    await Peer.join(server.address, clientHello());
    expect(server.state().workers).toHaveLength(1);
    server.reportExit(4711, "signal SIGKILL");
    await expect.poll(() => server.state().workers.length).toBe(0);
  });

  it("that said goodbye does not wait", async () => {
    await using server = await scheduler({ reportPatience: 60_000 });
    const worker = await Peer.join(server.address, workerHello());
    worker.send({ op: "status", status: "closing", reason: "told to" } as never);
    worker.close();
    await expect.poll(() => server.state().workers.length).toBe(0);
  });
});
