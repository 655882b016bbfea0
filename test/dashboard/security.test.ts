/** Who comes in, with browsers that mean well and browsers that were lured elsewhere, against a cluster of real processes. */
import { once } from "node:events";
import { createServer, request, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { startFeed, type Feed } from "@heddle/scheduler/dashboard-feed";
import { LocalCluster } from "heddle";
import { chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { WebSocket } from "ws";
import { useBrowser } from "./support/browser.js";
import { chromiumPath } from "./support/chromium.js";

const TOKEN = "correct-horse-battery-staple";
const REFUSED = /401|403|429|WebSocket|Failed to load/;
const looks = useBrowser();

let feed: Feed;
beforeAll(async () => {
  feed = await startFeed({
    rate: 50,
    seed: 24,
    http: { token: TOKEN, viewToken: "only-look", actionsWithoutToken: false },
  });
});
afterAll(() => feed?.close());

describe("a browser", () => {
  it("without the token is asked for it, and is told nothing before", async () => {
    const page = await looks.at(feed.url, { expected: REFUSED });
    await page.getByLabel("Token").waitFor();
    const text = await page.evaluate<string>("document.body.innerText");
    for (const { name } of feed.cluster.workers) expect(text).not.toContain(name);
    expect(await page.evaluate("fetch('api/v1/minimap').then((r) => r.status)")).toBe(401);
    expect(await page.evaluate("fetch('metrics').then((r) => r.status)")).toBe(401);

    await page.getByLabel("Token").fill("wrong");
    await page.keyboard.press("Enter");
    await page.getByText("this is not the token of this cluster").waitFor();
    await page.getByLabel("Token").fill(TOKEN);
    await page.keyboard.press("Enter");
    await page.locator(".worker-cell").first().waitFor();
    await page.locator('.connection[data-state="live"]').waitFor();

    const [cookie] = await page.context().cookies();
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: "Strict", path: "/" });
    expect(cookie!.value).toMatch(/^[\w-]{43}$/);
    expect(await page.evaluate("document.cookie")).toBe("");
    await page.reload();
    await page.locator(".worker-cell").first().waitFor();
  });

  it("comes in by the address that the scheduler prints, which loses its token at once", async () => {
    const page = await looks.at(`${feed.url}#token=${TOKEN}`, { expected: REFUSED });
    await page.locator(".worker-cell").first().waitFor();
    expect(page.url()).not.toContain(TOKEN);
    expect(await page.evaluate("history.length")).toBeLessThanOrEqual(2);
  });

  it("with the token for looking looks, and is refused what acts", async () => {
    const page = await looks.at(`${feed.url}#token=only-look`, { expected: REFUSED });
    await page.locator(".worker-cell").first().waitFor();
    const act = `fetch("api/v1/actions/cancel", { method: "POST", body: '{"keys":["a"]}',
      headers: { "content-type": "application/json", "x-heddle-dashboard": "1" } }).then((r) => r.status)`;
    expect(await page.evaluate(act)).toBe(403);
  });
});

describe("a page of somebody else", () => {
  /** What it tries, all of it, in a browser that is logged in here. @returns what came of each */
  const ATTACK = (target: string): string => `(async () => {
    const url = ${JSON.stringify(target)};
    const seen = {};
    const attempt = async (name, tried) => { seen[name] = await tried().then((r) => r, () => "refused"); };
    const read = (r) => (r.type === "opaque" ? "opaque" : String(r.status));
    await attempt("read", () => fetch(url + "api/v1/minimap", { credentials: "include" }).then(read));
    await attempt("page", () => fetch(url, { credentials: "include" }).then(read));
    for (const method of ["POST", "PUT", "DELETE"])
      await attempt(method, () => fetch(url + "api/v1/actions/cancel", { method, credentials: "include", body: '{"keys":["a"]}',
        headers: { "content-type": "application/json", "x-heddle-dashboard": "1" } }).then(read));
    await attempt("socket", () => new Promise((resolve, reject) => {
      const socket = new WebSocket(url.replace("http", "ws") + "ws?v=1", "dash.v1");
      socket.onopen = () => resolve("open");
      socket.onerror = reject;
    }));
    await attempt("script", () => new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = url + "api/v1/session";
      script.onload = () => resolve("loaded");
      script.onerror = reject;
      document.head.append(script);
    }));
    await attempt("frame", () => new Promise((resolve) => {
      const frame = document.createElement("iframe");
      frame.src = url;
      frame.onload = () => { let text = "refused"; try { text = frame.contentDocument?.body?.innerText ?? "refused"; } catch {} resolve(text); };
      document.body.append(frame);
    }));
    return seen;
  })()`;

  it("of another origin, or that has rebound its name to this machine, gets and does nothing", async () => {
    const evil = createServer((_request, response) => {
      response.setHeader("content-type", "text/html");
      response.end("<!doctype html><title>evil</title><body>");
    }).listen(0, "127.0.0.1");
    await once(evil, "listening");
    const browser = await chromium.launch({
      executablePath: await chromiumPath(),
      args: ["--no-sandbox", "--disable-gpu", "--host-resolver-rules=MAP evil.example 127.0.0.1"],
    });
    try {
      const context = await browser.newContext();
      const own = await context.newPage();
      await own.goto(`${feed.url}#token=${TOKEN}`);
      await own.locator(".worker-cell").first().waitFor();

      const other = await context.newPage();
      await other.goto(`http://127.0.0.1:${(evil.address() as AddressInfo).port}/`);
      const nothing = Object.fromEntries(
        ["read", "page", "POST", "PUT", "DELETE", "socket", "script", "frame"].map((name) => [name, "refused"]),
      );
      expect(await other.evaluate(ATTACK(feed.url))).toEqual(nothing);

      // The name now is this machine's: the browser takes it for the same origin, and only Host tells.
      const rebound = feed.url.replace("127.0.0.1", "evil.example");
      const answer = await other.goto(rebound);
      expect(answer!.status()).toBe(421);
      expect(await answer!.text()).toContain("HEDDLE_HOST_REFUSED");
      const seen = await other.evaluate<Record<string, string>>(ATTACK(rebound));
      expect(seen["socket"]).toBe("refused");
      for (const name of ["read", "page", "POST", "PUT", "DELETE"]) expect(["421", "refused"]).toContain(seen[name]);
      await own.locator('.connection[data-state="live"]').waitFor();
    } finally {
      await browser.close();
      evil.close();
    }
  });
});

test("the dashboard of a cluster on this machine holds every method and every upgrade against Host and Origin", async () => {
  await using cluster = new LocalCluster({ workers: 0, dashboard: { port: 0 } });
  await cluster.ready;
  const { port, host, origin } = new URL(cluster.dashboardUrl!);
  const status = async (method: string, path: string, headers: Record<string, string>): Promise<number> => {
    const asked = request({ host: "127.0.0.1", port, path, method, headers });
    asked.end();
    const [answer] = (await once(asked, "response")) as [IncomingMessage];
    answer.resume();
    expect(answer.headers["access-control-allow-origin"]).toBeUndefined();
    expect(answer.headers["x-content-type-options"]).toBe("nosniff");
    expect(answer.headers["content-security-policy"]).toBe(POLICY);
    return answer.statusCode!;
  };
  const upgrade = (headers: Record<string, string>): Promise<number> =>
    new Promise((resolve) => {
      const socket = new WebSocket(`ws://${host}/ws?v=1`, "dash.v1", { headers });
      socket.on("open", () => {
        resolve(101);
        socket.terminate();
      });
      socket.on("unexpected-response", (_request, response) => {
        resolve(response.statusCode!);
        socket.terminate();
      });
      socket.on("error", () => {});
    });
  for (const method of ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
    for (const path of ["/", "/api/v1/session", "/api/v1/actions/cancel", "/metrics"]) {
      expect(await status(method, path, { host: "evil.example" })).toBe(421);
      expect(await status(method, path, { host, origin: "http://evil.example" })).toBe(403);
      expect(await status(method, path, { host, origin: "null" })).toBe(403);
    }
  expect(await status("GET", "/", { host })).toBe(200);
  expect(await upgrade({ host: "evil.example", origin })).toBe(421);
  expect(await upgrade({ host, origin: "http://evil.example" })).toBe(403);
  expect(await upgrade({ host, origin: "null" })).toBe(403);
  expect(await upgrade({ host })).toBe(403);
  // Let in by both, it still has no session.
  expect(await upgrade({ host, origin })).toBe(401);
  expect(await upgrade({ host, origin, authorization: "Bearer wrong" })).toBe(401);
});

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; " +
  "connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; " +
  "object-src 'none'; require-trusted-types-for 'script'; trusted-types dash";
