import { randomBytes } from "node:crypto";
import { createServer } from "node:net";
import { once } from "node:events";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CloseCode, encodeFrame, type WireMessage } from "@heddle/protocol";
import { PortInUseError, SchedulerServer, type SchedulerServerOptions } from "../../src/index.js";
import { Peer, clientHello, ending, frame, rawSocket, scheduler, workerHello } from "./peers.js";

let log: string[];
let server: SchedulerServer;
let bystander: Peer;
beforeEach(async () => {
  log = [];
  server = await scheduler({
    log: (line) => log.push(line),
    settings: { "scheduler.maxPayload": "1MiB", "scheduler.maxClientBacklog": "256KiB" },
  });
  bystander = await Peer.join(server.address, clientHello({ name: "bystander" }));
});
afterEach(async () => {
  // Whatever the others did, the cluster goes on.
  expect(await bystander.answers()).toBe(true);
  await server.close();
});

/** A raw socket that has been welcomed. */
async function welcomed(hello: object = clientHello({ name: "rogue" })) {
  const socket = await rawSocket(server.address);
  socket.send(frame(hello));
  await once(socket, "message");
  return socket;
}

describe("frames", () => {
  const good = encodeFrame([{ op: "want", tasks: Int32Array.from([1, 2, 3]) } as WireMessage]);

  it.each([
    ["random bytes", randomBytes(500)],
    ["nothing", Buffer.alloc(0)],
    ["a cut frame", good.subarray(0, good.length - 8)],
    ["half a preamble", good.subarray(0, 7)],
    [
      "a header that claims too much",
      Buffer.concat([good.subarray(0, 4), Buffer.from([255, 255, 255, 127]), good.subarray(8)]),
    ],
  ])("of %s close their connection, with the reason", async (_name, bytes) => {
    const socket = await welcomed();
    socket.send(bytes);
    expect(await ending(socket)).toMatchObject({ code: CloseCode.malformed, reason: /frame/ });
    await expect.poll(() => log.join("\n")).toContain("client rogue is disconnected");
  });

  it("of text close theirs", async () => {
    const socket = await welcomed();
    socket.send("SELECT * FROM tasks");
    expect((await ending(socket)).code).toBe(CloseCode.malformed);
  });

  it("over the limit close theirs before they are read", async () => {
    const socket = await welcomed();
    const ended = ending(socket);
    socket.send(Buffer.alloc(2 * 1024 * 1024));
    expect((await ended).code).toBe(1009);
  });
});

describe("messages", () => {
  it.each([
    ["of no kind", clientHello(), { op: "frobnicate" }],
    ["of a worker from a client", clientHello(), { op: "stopped", tasks: new Int32Array(), runs: new Int32Array() }],
    ["of a client from a worker", workerHello(), { op: "want", tasks: new Int32Array() }],
    ["whose columns disagree", workerHello(), { op: "stopped", tasks: new Int32Array(1), runs: new Int32Array(2) }],
    ["with a question that is none", clientHello(), { op: "ask", id: 1, what: { what: "constructor" } }],
  ])("%s close their connection, with the reason", async (_name, hello, message) => {
    const socket = await welcomed(hello);
    socket.send(frame(message));
    expect(await ending(socket)).toMatchObject({ code: CloseCode.malformed, reason: /makes no sense/ });
  });

  it("before a bad one in the same frame are acted upon, those after it are not", async () => {
    const ask = (id: number) => ({ op: "ask", id, what: { what: "identity" } });
    const socket = await welcomed();
    const ended = ending(socket);
    socket.send(frame(ask(1), { op: "frobnicate" }, ask(2)));
    const { told } = await ended;
    expect(told.filter((message) => message.op === "answer")).toMatchObject([{ id: 1 }]);
  });

  it("about tasks that nobody knows do no harm", async () => {
    const client = await Peer.join(server.address, clientHello());
    const tasks = Int32Array.from([0, 77, 2 ** 31 - 1]);
    for (const message of [
      { op: "want", tasks },
      { op: "unwant", tasks },
      { op: "cancel", tasks, force: true },
      { op: "retry", tasks },
    ])
      client.send(message);
    const worker = await Peer.join(server.address, workerHello());
    const runs = tasks;
    for (const message of [
      { op: "stopped", tasks, runs, startedAt: new Float64Array(3), busy: tasks, waited: tasks, threads: tasks },
      { op: "added", tasks, nbytes: new Float64Array(3) },
      { op: "dropped", tasks },
      { op: "missing", tasks, holders: tasks },
      { op: "revoked", tasks, runs, granted: new Uint8Array(3) },
      { op: "seceded", tasks, runs, left: new Uint8Array(3) },
      { op: "returned", id: 5, ok: true, bytes: new Uint8Array(1) },
    ])
      worker.send(message);
    expect(await client.answers()).toBe(true);
    expect(worker.closed).toBeUndefined();
    expect(log.filter((line) => line.includes("internal error"))).toEqual([]);
  });
});

it("disconnects a client that does not read, before its answers fill the memory", async () => {
  const socket = await welcomed(clientHello({ name: "sleeper" }));
  const ended = once(socket, "close");
  socket.pause();
  const asks = Array.from({ length: 2000 }, (_, id) => ({ op: "ask", id, what: { what: "versions" } }));
  for (let round = 0; round < 200 && socket.readyState === socket.OPEN; round++) {
    socket.send(frame(...asks));
    if (log.some((line) => line.includes("sleeper"))) break;
    await new Promise((resolve) => setImmediate(resolve));
  }
  await expect
    .poll(() => log.join("\n"), { timeout: 10_000 })
    .toMatch(/client sleeper is disconnected: it does not read/);
  socket.resume();
  await ended;
});

describe("ports", () => {
  const start = async (options: SchedulerServerOptions): Promise<SchedulerServer> => {
    const other = new SchedulerServer({ dashboard: false, log: () => {}, ...options });
    await other.start();
    return other;
  };

  it("in use are reported with what to do, and left alone", async () => {
    const port = Number(new URL(server.address).port);
    await expect(start({ port })).rejects.toBeInstanceOf(PortInUseError);
    await expect(start({ port })).rejects.toMatchObject({ code: "HEDDLE_PORT_IN_USE", port, host: "127.0.0.1" });
    await expect(start({ port })).rejects.toThrow(/choose another with --port/);
  });

  it("in use give way to the next free one where that is allowed", async () => {
    const port = Number(new URL(server.address).port);
    await using other = await start({ port, nextFreePort: true });
    expect(Number(new URL(other.address).port)).toBeGreaterThan(port);
  });

  it("for browsers that are in use keep the other port free as well", async () => {
    const blocker = createServer().listen(0, "127.0.0.1");
    await once(blocker, "listening");
    const taken = (blocker.address() as { port: number }).port;
    await expect(start({ port: 0, dashboard: { port: taken } })).rejects.toMatchObject({ port: taken });
    blocker.close();
  });

  it("on an address of another machine are a coded error", async () => {
    await expect(start({ host: "203.0.113.7", port: 0 })).rejects.toMatchObject({ code: "HEDDLE_LISTEN_FAILED" });
  });
});
