import { request, type IncomingMessage } from "node:http";
import { connect as connectTcp } from "node:net";
import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { SchedulerServer } from "../../src/index.js";
import { scheduler } from "./peers.js";

const token = "s3cret";
let server: SchedulerServer;
let port: number;
beforeAll(async () => {
  server = await scheduler({
    token,
    settings: { "scheduler.allowedOrigins": ["https://ops.example"], "scheduler.allowedHosts": ["cluster.example"] },
  });
  port = Number(new URL(server.address).port);
});
afterAll(() => server.close());

interface Reply {
  readonly status: number;
  readonly body: string;
  readonly headers: IncomingMessage["headers"];
}

/** Any request, with any Host: fetch would not let us. */
async function ask(path: string, headers: Record<string, string> = {}, method = "GET"): Promise<Reply> {
  const outgoing = request({ host: "127.0.0.1", port, path, method, headers });
  outgoing.end();
  const answered = once(outgoing, "response") as Promise<[IncomingMessage]>;
  const upgraded = once(outgoing, "upgrade") as Promise<[IncomingMessage]>;
  upgraded.catch(() => {});
  const [response] = await Promise.race([answered, upgraded]);
  if (response.statusCode === 101) {
    outgoing.destroy();
    response.destroy();
    return { status: 101, body: "", headers: response.headers };
  }
  let body = "";
  for await (const chunk of response) body += String(chunk);
  return { status: response.statusCode!, body, headers: response.headers };
}

const bearer = { authorization: `Bearer ${token}` };
const upgrade = {
  connection: "Upgrade",
  upgrade: "websocket",
  "sec-websocket-version": "13",
  "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
};

describe("HTTP interface", () => {
  it("tells its health to anybody, and its state to who shows the token", async () => {
    const health = await ask("/health");
    expect(health.status).toBe(200);
    expect(JSON.parse(health.body)).toMatchObject({ status: "running" });
    expect((await ask("/api/state")).status).toBe(401);
    const state = await ask("/api/state", bearer);
    expect(JSON.parse(state.body)).toMatchObject({ address: server.address, workers: [], tasks: { processing: 0 } });
    expect((await ask("/", bearer)).body).toContain(server.address);
  });

  it("lets a browser ask its user for the token, for pages alone", async () => {
    expect((await ask("/")).headers["www-authenticate"]).toMatch(/^Basic /);
    const basic = (password: string) => ({
      authorization: `Basic ${Buffer.from(`me:${password}`).toString("base64")}`,
    });
    expect((await ask("/", basic(token))).status).toBe(200);
    expect((await ask("/", basic("guess"))).status).toBe(401);
    expect((await ask("/", { ...basic(token), ...upgrade })).status).toBe(401);
  });

  it("says what there is, and what may be done with it", async () => {
    expect((await ask("/nothing", bearer)).status).toBe(404);
    expect((await ask("/api/state", bearer, "POST")).status).toBe(405);
  });

  it("lets no browser keep, embed or sniff what it says", async () => {
    expect((await ask("/health")).headers).toMatchObject({
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
      "content-security-policy": expect.stringContaining("frame-ancestors 'none'") as string,
    });
  });

  it("answers what is not HTTP by hanging up", async () => {
    const socket = connectTcp(port, "127.0.0.1");
    socket.write(Buffer.from([0, 1, 2, 3, 255, 254, 10, 13, 10, 13, 10]));
    socket.resume();
    await once(socket, "close");
    expect((await ask("/health")).status).toBe(200);
  });
});

describe("Host", () => {
  const methods = ["GET", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"];

  it.each(methods)("of another name is refused for %s", async (method) => {
    for (const path of ["/health", "/api/state", "/nothing"])
      expect((await ask(path, { host: `evil.example:${port}` }, method)).status).toBe(421);
  });

  it("of another name is refused for an upgrade", async () => {
    await using open = await scheduler();
    const at = new URL(open.address);
    const outgoing = request({ host: at.hostname, port: at.port, headers: { ...upgrade, host: "evil.example" } });
    outgoing.end();
    const [response] = (await once(outgoing, "response")) as [IncomingMessage];
    expect(response.statusCode).toBe(421);
    response.destroy();
  });

  it.each(["127.0.0.1", "localhost", "LOCALHOST:1", "[::1]:9", "10.1.2.3", "cluster.example"])(
    "%s is fine",
    async (host) => {
      expect((await ask("/health", { host })).status).toBe(200);
    },
  );

  it("of any name is fine with the token, which no rebound page can know", async () => {
    expect((await ask("/api/state", { host: "scheduler", ...bearer })).status).toBe(200);
    expect((await ask("/", { host: "scheduler", ...bearer, ...upgrade })).status).toBe(101);
  });
});

describe("Origin", () => {
  it.each(["http://evil.example", "null"])("%s is refused, whatever the method and whoever asks", async (origin) => {
    for (const method of ["GET", "POST", "DELETE", "OPTIONS"])
      expect((await ask("/health", { origin, ...bearer }, method)).status).toBe(403);
    expect((await ask("/", { origin, ...bearer, ...upgrade })).status).toBe(403);
  });

  it("of a page served from here may read, and not upgrade", async () => {
    const own = { origin: `http://127.0.0.1:${port}`, host: `127.0.0.1:${port}` };
    expect((await ask("/health", own)).status).toBe(200);
    expect((await ask("/", { ...own, ...bearer, ...upgrade })).status).toBe(403);
  });

  it("that was allowed may do both", async () => {
    const allowed = { origin: "https://ops.example", ...bearer };
    expect((await ask("/api/state", allowed)).status).toBe(200);
    expect((await ask("/", { ...allowed, ...upgrade })).status).toBe(101);
  });
});
