/** The dashboard's doors, over real sockets: who comes in, by what, and what everybody is told. */
import { once } from "node:events";
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { request, type IncomingMessage } from "node:http";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { DashboardServer, type DashboardServerOptions } from "../../src/dashboard/http/index.js";
import type { DashboardSource } from "../../src/dashboard/source.js";
import { emptySource } from "./empty-source.js";

const token = "s3cret-token";
const page = mkdtempSync(join(tmpdir(), "heddle-page-"));
const secret = join(page, "..", "heddle-not-of-the-page.txt");
mkdirSync(join(page, "assets"));
writeFileSync(join(page, "index.html"), `<!doctype html><title>Heddle</title>${" ".repeat(2000)}`);
writeFileSync(join(page, "assets", "main-1a2b3c4d.js"), "export {};\n".repeat(500));
writeFileSync(secret, "nobody's business");
afterAll(() => {
  rmSync(page, { recursive: true });
  rmSync(secret);
});

interface Reply {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly text: string;
}

class Visitor {
  constructor(readonly port: number) {}

  async ask(path: string, headers: Record<string, string> = {}, method = "GET", body?: string): Promise<Reply> {
    const outgoing = request({ host: "127.0.0.1", port: this.port, path, method, headers });
    outgoing.end(body);
    const [answer] = (await once(outgoing, "response")) as [IncomingMessage];
    let text = "";
    for await (const part of answer) text += String(part);
    return { status: answer.statusCode ?? 0, headers: answer.headers, text };
  }

  /** What this page's own script would send. */
  async post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Reply> {
    const own = { host: `127.0.0.1:${this.port}`, origin: `http://127.0.0.1:${this.port}` };
    const json = { "content-type": "application/json", "x-heddle-dashboard": "1" };
    return this.ask(path, { ...own, ...json, ...headers }, "POST", JSON.stringify(body));
  }

  /** @returns the status of a refusal; 101 when it was let in */
  async upgrade(headers: Record<string, string>, path = "/ws?v=1"): Promise<number> {
    const socket = new WebSocket(`ws://127.0.0.1:${this.port}${path}`, "dash.v1", { headers });
    return new Promise((resolve) => {
      socket.on("open", () => {
        socket.terminate();
        resolve(101);
      });
      socket.on("unexpected-response", (_request, response) => {
        resolve(response.statusCode ?? 0);
        socket.terminate();
      });
      socket.on("error", () => {});
    });
  }
}

async function serving(
  options: Partial<DashboardServerOptions> = {},
  source: DashboardSource = emptySource,
): Promise<{
  server: DashboardServer;
  visitor: Visitor;
}> {
  const server = new DashboardServer(source, {
    host: "127.0.0.1",
    port: 0,
    nextFree: false,
    token,
    actionsWithoutToken: false,
    trustOwnUser: false,
    allowedHosts: ["dash.example"],
    allowedOrigins: ["https://ops.example"],
    pageFolder: page,
    ...options,
  });
  return { server, visitor: new Visitor(await server.start()) };
}

let server: DashboardServer;
let visitor: Visitor;
beforeAll(async () => ({ server, visitor } = await serving({ viewToken: "only-look" })));
afterAll(() => server.close());

const methods = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"];

describe("Host", () => {
  it.each(methods)("refuses a name of somebody else for %s", async (method) => {
    for (const host of ["evil.example", "localhost.evil.example", `127.0.0.1.evil.example:${visitor.port}`, "@"])
      expect((await visitor.ask("/api/v1/minimap", { host, authorization: `Bearer ${token}` }, method)).status).toBe(
        421,
      );
  });
  it("refuses a name of somebody else for an upgrade, with and without the token", async () => {
    const host = "evil.example";
    expect(await visitor.upgrade({ host, origin: "http://evil.example" })).toBe(421);
    expect(await visitor.upgrade({ host, authorization: `Bearer ${token}` })).toBe(421);
  });
  it.each(["127.0.0.1", "localhost", "LOCALHOST:99", "[::1]:8787", "dash.example", "dash.example:8443"])(
    "accepts %s",
    async (host) => expect((await visitor.ask("/", { host })).status).toBe(200),
  );
});

describe("Origin", () => {
  it.each(methods)("refuses pages of others for %s", async (method) => {
    for (const origin of ["http://evil.example", "null", "http://127.0.0.1:1", "file://"])
      expect((await visitor.ask("/api/v1/minimap", { origin, host: `127.0.0.1:${visitor.port}` }, method)).status).toBe(
        403,
      );
  });
  it("refuses upgrades of others' pages and of nobody's", async () => {
    const cookie = await cookieOf(visitor);
    expect(await visitor.upgrade({ cookie })).toBe(403);
    expect(await visitor.upgrade({ cookie, origin: "null" })).toBe(403);
    expect(await visitor.upgrade({ cookie, origin: "http://evil.example" })).toBe(403);
  });
  it("lets its own page, a configured one, and a program with the token upgrade", async () => {
    const cookie = await cookieOf(visitor);
    expect(await visitor.upgrade({ cookie, origin: `http://127.0.0.1:${visitor.port}` })).toBe(101);
    expect(await visitor.upgrade({ cookie, origin: "https://ops.example" })).toBe(101);
    expect(await visitor.upgrade({ authorization: `Bearer ${token}` })).toBe(101);
  });
  it("refuses what a form or another site's script can send", async () => {
    const form = { "content-type": "text/plain" };
    expect((await visitor.post("/api/v1/login", { token }, form)).status).toBe(415);
    expect((await visitor.post("/api/v1/login", { token }, { "sec-fetch-site": "cross-site" })).status).toBe(403);
    expect((await visitor.post("/api/v1/login", { token }, { "sec-fetch-site": "same-site" })).status).toBe(403);
    const bare = { "content-type": "application/json", origin: `http://127.0.0.1:${visitor.port}` };
    const withHost = { ...bare, host: `127.0.0.1:${visitor.port}` };
    expect((await visitor.ask("/api/v1/login", withHost, "POST", JSON.stringify({ token }))).status).toBe(400);
  });
  it("takes null for its own page's where the browser says so, and for nobody else's", async () => {
    const own = { origin: "null", "sec-fetch-site": "same-origin" };
    expect((await visitor.post("/api/v1/login", { token }, own)).status).toBe(200);
    for (const site of ["cross-site", "same-site", "none"])
      expect((await visitor.post("/api/v1/login", { token }, { ...own, "sec-fetch-site": site })).status).toBe(403);
  });
  it("is not loaded into a page of another site, but a link to it may be followed", async () => {
    const site = { "sec-fetch-site": "cross-site" };
    expect((await visitor.ask("/", { ...site, "sec-fetch-mode": "no-cors" })).status).toBe(403);
    expect((await visitor.ask("/", { ...site, "sec-fetch-mode": "navigate" })).status).toBe(200);
  });
});

it("tells a program that there is no room before its upgrade, and lets a page in to be told", async () => {
  const crowded = await serving({}, { ...emptySource, full: "64 pages look already" });
  try {
    const { port } = crowded.visitor;
    const cookie = await cookieOf(crowded.visitor);
    expect(await crowded.visitor.upgrade({ cookie, origin: `http://127.0.0.1:${port}` })).toBe(101);
    expect(await crowded.visitor.upgrade({ authorization: `Bearer ${token}` })).toBe(503);
    const connection = { connection: "Upgrade", upgrade: "websocket", "sec-websocket-version": "13" };
    const { status, text } = await crowded.visitor.ask("/ws?v=1", {
      ...connection,
      "sec-websocket-key": "bm90aGluZyBzZWNyZXQhIQ==",
      authorization: `Bearer ${token}`,
    });
    expect([status, JSON.parse(text)]).toEqual([
      503,
      { code: "HEDDLE_DASHBOARD_FULL", message: "64 pages look already" },
    ]);
  } finally {
    await crowded.server.close();
  }
});

describe("the token", () => {
  it("is wanted by everything but the page, its session and health", async () => {
    for (const path of ["/api/v1/minimap", "/api/v1/task?key=a", "/api/v1/chunks/a/1", "/api/v1/flows", "/metrics"])
      expect({ path, status: (await visitor.ask(path)).status }).toEqual({ path, status: 401 });
    for (const path of ["/", "/healthz", "/api/v1/session"])
      expect({ path, status: (await visitor.ask(path)).status }).toEqual({ path, status: 200 });
    expect(
      await visitor.upgrade({ origin: `http://127.0.0.1:${visitor.port}`, host: `127.0.0.1:${visitor.port}` }),
    ).toBe(401);
  });
  it("tells nothing of the cluster to who has not shown it", async () => {
    const session = JSON.parse((await visitor.ask("/api/v1/session")).text) as Record<string, unknown>;
    expect(session).toMatchObject({ authenticated: false, cluster: "", workerCommand: "" });
  });
  it("does not count in a query", async () => {
    expect((await visitor.ask(`/api/v1/minimap?token=${token}`)).status).toBe(401);
    expect(await visitor.upgrade({ origin: `http://127.0.0.1:${visitor.port}` }, `/ws?v=1&token=${token}`)).toBe(401);
  });
  it("opens a session whose cookie no script reads and no other site sends", async () => {
    const login = await visitor.post("/api/v1/login", { token });
    expect(login.status).toBe(200);
    const [cookie = ""] = login.headers["set-cookie"] ?? [];
    expect(cookie).toMatch(/^heddle-\d+=[\w-]{43}; Path=\/; Max-Age=\d+; HttpOnly; SameSite=Strict$/);
    const [pair = ""] = cookie.split(";");
    expect((await visitor.ask("/api/v1/minimap", { cookie: pair })).status).toBe(200);
    const own = { cookie: pair };
    expect((await visitor.post("/api/v1/logout", {}, own)).status).toBe(204);
    expect((await visitor.ask("/api/v1/minimap", { cookie: pair })).status).toBe(401);
  });
  it("cannot be tried for ever", async () => {
    const { server, visitor } = await serving();
    try {
      for (let attempt = 0; attempt < 5; attempt++)
        expect((await visitor.post("/api/v1/login", { token: `wrong ${attempt}` })).status).toBe(401);
      expect((await visitor.post("/api/v1/login", { token })).status).toBe(429);
    } finally {
      await server.close();
    }
  });
  it("for looking does not act", async () => {
    const look = { authorization: "Bearer only-look" };
    expect((await visitor.ask("/api/v1/minimap", look)).status).toBe(200);
    expect((await visitor.post("/api/v1/actions/cancel", { keys: ["a"] }, look)).status).toBe(403);
    const act = { authorization: `Bearer ${token}` };
    expect((await visitor.post("/api/v1/actions/cancel", { keys: ["a"] }, act)).text).toBe('{"count":1}');
  });
  it("where there is none, anybody looks and nobody acts, unless it was allowed", async () => {
    for (const allowed of [false, true]) {
      const { server, visitor } = await serving({ token: undefined, actionsWithoutToken: allowed });
      try {
        expect((await visitor.ask("/api/v1/minimap")).status).toBe(200);
        expect((await visitor.post("/api/v1/actions/retry", { keys: ["a"] })).status).toBe(allowed ? 200 : 403);
      } finally {
        await server.close();
      }
    }
  });
  it.runIf(process.platform === "linux")("is not asked of this process's own user", async () => {
    const { server, visitor } = await serving({ trustOwnUser: true });
    try {
      const session = await visitor.ask("/api/v1/session");
      expect(JSON.parse(session.text)).toMatchObject({ authenticated: true, opened: true, role: "operate" });
      expect(session.headers["set-cookie"]).toHaveLength(1);
      const [cookie = ""] = session.headers["set-cookie"]![0]!.split(";");
      const again = await visitor.ask("/api/v1/session", { cookie });
      expect(JSON.parse(again.text)).toMatchObject({ authenticated: true, opened: false });
      expect(again.headers["set-cookie"]).toBeUndefined();
      for (const headers of [{ "x-forwarded-for": "10.0.0.1" }, { host: "dash.example" }]) {
        const behindProxy = await visitor.ask("/api/v1/session", headers);
        expect(JSON.parse(behindProxy.text)).toMatchObject({ authenticated: false });
        expect(behindProxy.headers["set-cookie"]).toBeUndefined();
      }
      for (const host of ["localhost:9999", "[::1]:8787", hostname()])
        expect(JSON.parse((await visitor.ask("/api/v1/session", { host })).text)).toMatchObject({ opened: true });
    } finally {
      await server.close();
    }
  });
});

describe("answers", () => {
  it("carry the policy that the page is built for", async () => {
    for (const path of ["/", "/assets/main-1a2b3c4d.js", "/api/v1/session", "/no-such-thing"]) {
      const { headers } = await visitor.ask(path);
      expect(headers["content-security-policy"]).toBe(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; " +
          "connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; " +
          "object-src 'none'; require-trusted-types-for 'script'; trusted-types dash",
      );
      expect(headers["x-content-type-options"]).toBe("nosniff");
      expect(headers["permissions-policy"]).toMatch(/^(\w+=\(\)(, )?)+$/);
      expect(headers["referrer-policy"]).toBe("no-referrer");
      expect(headers["access-control-allow-origin"]).toBeUndefined();
      expect(headers["x-powered-by"]).toBeUndefined();
    }
  });
  it("come from a table: no path leads out of the page's folder", async () => {
    for (const path of [
      "/../heddle-not-of-the-page.txt",
      "/..%2fheddle-not-of-the-page.txt",
      "/assets/..%2f..%2fetc%2fpasswd",
      "/%00",
    ]) {
      const reply = await visitor.ask(path);
      expect([400, 404]).toContain(reply.status);
      expect(reply.text).not.toContain("business");
    }
  });
  it("are compressed and cached where they never change", async () => {
    const script = await visitor.ask("/assets/main-1a2b3c4d.js", { "accept-encoding": "gzip" });
    expect(script.headers).toMatchObject({
      "content-encoding": "gzip",
      "cache-control": "public, max-age=31536000, immutable",
    });
    expect((await visitor.ask("/")).headers["cache-control"]).toBe("no-cache");
  });
  it("say which parameter is wrong", async () => {
    const auth = { authorization: `Bearer ${token}` };
    for (const [path, parameter] of [
      ["/api/v1/rows?from=-1", "from"],
      ["/api/v1/rows?from=5&to=1", "to"],
      ["/api/v1/tasks?limit=999999", "limit"],
      ["/api/v1/tasks?state=a&state=b", "state"],
      ["/api/v1/groups/__proto__", "id"],
      ["/api/v1/task", "key"],
    ] as const) {
      const reply = await visitor.ask(path, auth);
      expect({ path, status: reply.status }).toEqual({ path, status: 400 });
      expect((JSON.parse(reply.text) as { message: string }).message).toContain(parameter);
    }
    expect((await visitor.post("/api/v1/keys", { seqs: "all" }, auth)).status).toBe(400);
    expect((await visitor.post("/api/v1/keys", [], auth)).status).toBe(400);
    const broken = {
      ...auth,
      "content-type": "application/json",
      origin: `http://127.0.0.1:${visitor.port}`,
      host: `127.0.0.1:${visitor.port}`,
    };
    expect((await visitor.ask("/api/v1/keys", broken, "POST", "{")).status).toBe(400);
    expect(
      (await visitor.ask("/api/v1/keys", broken, "POST", JSON.stringify({ seqs: ["x".repeat(2_000_000)] }))).status,
    ).toBe(413);
  });
  it("are 404 for what is not there", async () => {
    const auth = { authorization: `Bearer ${token}` };
    for (const path of ["/api/v1/task?key=unknown", "/api/v1/groups/9", "/api/v1/nothing", "/api/v1/flows/nope"])
      expect((await visitor.ask(path, auth)).status).toBe(404);
  });
});

it("is served below the path that a reverse proxy leaves in front, and at the root", async () => {
  const { server, visitor } = await serving({ basePath: "/x/y" });
  try {
    expect((await visitor.ask("/x/y")).headers.location).toBe("/x/y/");
    for (const path of ["/x/y/", "/x/y/assets/main-1a2b3c4d.js", "/x/y/api/v1/session", "/", "/healthz"])
      expect({ path, status: (await visitor.ask(path)).status }).toEqual({ path, status: 200 });
    const login = await visitor.post("/x/y/api/v1/login", { token });
    expect(login.headers["set-cookie"]?.[0]).toContain("Path=/x/y/;");
    const [cookie = ""] = (login.headers["set-cookie"]?.[0] ?? "").split(";");
    expect(await visitor.upgrade({ cookie, origin: `http://127.0.0.1:${visitor.port}` }, "/x/y/ws?v=1")).toBe(101);
    expect(server.url).toBe(`http://127.0.0.1:${visitor.port}/x/y/`);
  } finally {
    await server.close();
  }
});

async function cookieOf(visitor: Visitor): Promise<string> {
  const login = await visitor.post("/api/v1/login", { token });
  return (login.headers["set-cookie"]?.[0] ?? "").split(";")[0] ?? "";
}
