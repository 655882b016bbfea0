import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CloseCode, PROTOCOL_VERSION, RefusedError, UnauthorizedError, connect } from "@heddle/protocol";
import type { SchedulerServer } from "../../src/index.js";
import { Peer, clientHello, ending, frame, rawSocket, scheduler, workerHello } from "./peers.js";

let server: SchedulerServer;
beforeEach(async () => {
  server = await scheduler({ settings: { "scheduler.helloTimeout": "300ms" } });
});
afterEach(() => server.close());

describe("handshake", () => {
  it("welcomes clients and workers, each with a number of their own", async () => {
    const first = await Peer.join(server.address, clientHello());
    const second = await Peer.join(server.address, clientHello());
    expect(first.welcome).toMatchObject({ index: 0, epoch: server.epoch, heartbeat: 1000 });
    expect(second.welcome.index).toBe(1);
    const worker = await Peer.join(server.address, workerHello({ name: "anna" }));
    expect(worker.welcome).toMatchObject({ index: 0, name: "anna" });
  });

  it("gives a name to workers without one, and none twice", async () => {
    await Peer.join(server.address, workerHello({ name: "worker-1" }));
    const names = [];
    for (let i = 0; i < 2; i++) names.push((await Peer.join(server.address, workerHello())).welcome.name);
    expect(names).toEqual(["worker-2", "worker-3"]);
  });

  it("refuses a worker's name that is taken, and gives it away when its bearer has gone", async () => {
    const anna = await Peer.join(server.address, workerHello({ name: "anna" }));
    const refused = connect(server.address, workerHello({ name: "anna" }));
    await expect(refused).rejects.toMatchObject({
      code: "HEDDLE_REFUSED",
      refusal: { code: "HEDDLE_WORKER_NAME_TAKEN", fields: { worker: "anna" } },
    });
    anna.terminate();
    await expect.poll(() => server.state().workers.length).toBe(0);
    expect((await Peer.join(server.address, workerHello({ name: "anna" }))).welcome.index).toBe(1);
  });

  it("takes the newer of two connections of the same worker", async () => {
    const hello = workerHello({ name: "anna" });
    const older = await Peer.join(server.address, hello);
    const newer = await Peer.join(server.address, hello);
    await older.untilClosed();
    expect(newer.welcome).toMatchObject({ index: 1, name: "anna" });
    expect(server.state().workers).toHaveLength(1);
  });

  it("refuses another version and names both", async () => {
    const socket = await rawSocket(server.address);
    socket.send(frame({ ...clientHello(), protocol: 99 }));
    const { told, code } = await ending(socket);
    expect(code).toBe(CloseCode.refused);
    expect(told).toMatchObject([{ op: "refused", protocol: PROTOCOL_VERSION }]);
    const { message } = (told[0] as unknown as { error: { message: string } }).error;
    expect(message).toContain("99");
    expect(message).toContain(String(PROTOCOL_VERSION));
  });

  it.each([
    ["another role", { ...clientHello(), role: "king" }],
    ["a first message that is no hello", { op: "goodbye" }],
    ["a hello without id", { ...clientHello(), id: undefined }],
  ])("refuses %s, and says why", async (_name, message) => {
    const attempt = connect(server.address, message as never);
    await expect(attempt).rejects.toBeInstanceOf(RefusedError);
    await expect(attempt).rejects.toMatchObject({ refusal: { code: "HEDDLE_MESSAGE_MALFORMED" } });
  });

  it("closes a connection that says nothing", async () => {
    const { code, reason } = await ending(await rawSocket(server.address));
    expect(code).toBe(CloseCode.timeout);
    expect(reason).toContain("no hello");
  });

  it("closes a connection that begins with text", async () => {
    const socket = await rawSocket(server.address);
    socket.send("hello?");
    expect((await ending(socket)).code).toBe(CloseCode.malformed);
  });

  it("takes no more than a small hello from a stranger, whole or not", async () => {
    const whole = await rawSocket(server.address);
    whole.send(frame({ ...clientHello(), name: "x".repeat(100_000) }));
    expect((await ending(whole)).code).toBe(CloseCode.malformed);

    const endless = await rawSocket(server.address);
    const ended = ending(endless);
    endless.send(Buffer.alloc(65_000), { fin: false });
    endless.send(Buffer.alloc(65_000), { fin: false });
    expect((await ended).code).toBe(CloseCode.malformed);
  });
});

describe("token", () => {
  const token = "s3cret";

  it("lets in who shows it, and nobody else", async () => {
    await using guarded = await scheduler({ token });
    expect((await Peer.join(guarded.address, clientHello(), { token })).welcome.index).toBe(0);
    for (const wrong of [undefined, "", "S3CRET", "s3cret0"])
      await expect(connect(guarded.address, clientHello(), { token: wrong })).rejects.toBeInstanceOf(UnauthorizedError);
  });

  it("is required on any address but loopback, and made when there is none", async () => {
    await using open = await scheduler({ host: "0.0.0.0" });
    expect(open.madeToken).toBe(true);
    const address = `ws://127.0.0.1:${new URL(open.address).port}`;
    await expect(connect(address, clientHello(), { token: "guess" })).rejects.toBeInstanceOf(UnauthorizedError);
    expect((await Peer.join(address, clientHello(), { token: open.token })).welcome.index).toBe(0);
    expect(server.madeToken).toBe(false);
  });
});
