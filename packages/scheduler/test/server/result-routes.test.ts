import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SchedulerServer } from "../../src/index.js";
import { Peer, clientHello } from "./peers.js";

let folder: string;
let server: SchedulerServer;
let log: string[];

async function start(settings: Record<string, unknown> = {}): Promise<void> {
  server = new SchedulerServer({
    port: 0,
    dashboard: { port: 0 },
    log: (line) => log.push(line),
    settings: { "scheduler.resultsFolder": folder, ...settings },
  });
  await server.start();
}
const at = (key: string): string => `${server.address.replace("ws:", "http:")}/api/results/${key}`;
const put = (key: string, body: string | Uint8Array<ArrayBuffer>): Promise<Response> =>
  fetch(at(key), { method: "PUT", body });
const drafts = (): Promise<string[]> => readdir(join(folder, ".drafts"));

beforeEach(async () => {
  log = [];
  folder = await mkdtemp(join(tmpdir(), "heddle-served-"));
});
afterEach(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

describe("the scheduler's result store", () => {
  it("answers GET, HEAD, PUT, DELETE", async () => {
    await start();
    expect((await put("a/b", "hello")).status).toBe(204);
    const got = await fetch(at("a/b"));
    expect(got.status).toBe(200);
    expect(await got.text()).toBe("hello");
    expect(Object.fromEntries(got.headers)).toMatchObject({
      "content-length": "5",
      "content-type": "application/octet-stream",
      "content-disposition": "attachment",
      "x-content-type-options": "nosniff",
      "cache-control": "no-store",
      "heddle-results": "1",
    });
    const head = await fetch(at("a/b"), { method: "HEAD" });
    expect([head.status, head.headers.get("content-length")]).toEqual([200, "5"]);
    expect((await fetch(at("a/b"), { method: "DELETE" })).status).toBe(204);
    const miss = await fetch(at("a/b"));
    expect([miss.status, miss.headers.get("heddle-results")]).toEqual([404, "1"]);
    expect(await miss.json()).toMatchObject({ code: "HEDDLE_RESULT_NOT_FOUND" });
    expect((await fetch(at("a/b"), { method: "DELETE" })).status).toBe(204);
    expect((await fetch(at("a"))).status).toBe(404);
  });

  it.each(["%2e%2e%2fup", "a%2f..%2f..%2fup", "a//b", "", ".drafts/x", "a%00b", "%zz", "a%5Cb"])(
    "refuses the path %j",
    async (path) => {
      await start();
      // By hand: fetch would straighten the path first.
      const { hostname, port } = new URL(server.address);
      const status = await new Promise<number>((resolve, reject) => {
        httpRequest({ hostname, port, method: "PUT", path: `/api/results/${path}` }, (response) => {
          response.resume();
          resolve(response.statusCode!);
        })
          .on("error", reject)
          .end("x");
      });
      expect(status).toBe(400);
      expect(await readdir(folder)).toEqual([]);
    },
  );

  it("knows no other method", async () => {
    await start();
    const response = await fetch(at("a"), { method: "POST", body: "x" });
    expect([response.status, response.headers.get("allow")]).toEqual([405, "GET, HEAD, PUT, DELETE"]);
  });

  it("refuses a key that is the beginning of another", async () => {
    await start();
    await put("a/b", "x");
    expect((await put("a", "x")).status).toBe(409);
    expect((await put("a/b/c", "x")).status).toBe(409);
    expect(await drafts()).toEqual([]);
  });

  it("is not served beside the dashboard", async () => {
    await start();
    expect((await fetch(new URL("/api/results/a", server.dashboardUrl))).headers.get("heddle-results")).toBeNull();
  });

  it("keeps what is there when its scheduler ends", async () => {
    await start();
    await put("kept", "still here");
    await server.close();
    await start();
    expect(await (await fetch(at("kept"))).text()).toBe("still here");
  });

  it("counts what is there, and forgets drafts of processes that are gone", async () => {
    await mkdir(join(folder, ".drafts"));
    await mkdir(join(folder, "old"));
    await writeFile(join(folder, "old", "result"), new Uint8Array(800));
    await writeFile(join(folder, ".drafts", "fresh"), new Uint8Array(5_000));
    await writeFile(join(folder, ".drafts", "stale"), "");
    await utimes(join(folder, ".drafts", "stale"), new Date(0), new Date(0));
    await start({ "scheduler.maxResults": 1_000 });
    expect((await put("new", new Uint8Array(300))).status).toBe(507);
    expect((await put("new", new Uint8Array(200))).status).toBe(204);
    expect((await put("old/result", new Uint8Array(750))).status).toBe(204);
    expect((await put("newer", new Uint8Array(50))).status).toBe(204);
    expect((await put("newest", new Uint8Array(1))).status).toBe(507);
    expect(await drafts()).toEqual(["fresh"]);
  });

  it("stops an upload of unknown length at the limit", async () => {
    await start({ "scheduler.maxResult": 100_000 });
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.enqueue(new Uint8Array(10_000));
      },
    });
    const ended = await fetch(at("endless"), { method: "PUT", body: endless, duplex: "half" }).then(
      (response) => response.status,
      () => 413,
    );
    expect(ended).toBe(413);
    await expect.poll(drafts).toEqual([]);
    expect((await fetch(at("endless"))).status).toBe(404);
  });

  it("keeps nothing of an upload whose sender goes away, and what was there stays", async () => {
    await start();
    await put("half", "whole");
    const { hostname, port } = new URL(server.address);
    const socket = connect(Number(port), hostname);
    socket.write(
      `PUT /api/results/half HTTP/1.1\r\nHost: ${hostname}:${port}\r\nContent-Length: 1000\r\n\r\nonly this`,
    );
    await expect.poll(drafts).toHaveLength(1);
    socket.destroy();
    await expect.poll(drafts).toEqual([]);
    expect(await (await fetch(at("half"))).text()).toBe("whole");
    expect(log.filter((line) => line.includes("results"))).toEqual([]);
  });

  it("serves its members while large results go in and out", async () => {
    await start();
    const peer = await Peer.join(server.address, clientHello({ name: "bystander" }));
    const large = new Uint8Array(8_000_000).fill(7);
    const moving = Promise.all(
      Array.from({ length: 6 }, async (_, i) => {
        await put(`large/${i}`, large);
        return (await (await fetch(at(`large/${i}`))).arrayBuffer()).byteLength;
      }),
    );
    expect(await peer.answers()).toBe(true);
    expect(await moving).toEqual(Array(6).fill(8_000_000));
    expect(await peer.answers()).toBe(true);
  });
});
