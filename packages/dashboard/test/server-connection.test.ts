/** The line to the server, against a real WebSocket server. */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { DASHBOARD_SUBPROTOCOL, FRAME_HEADER, FrameType, writeFrameHeader } from "@heddle/protocol/dashboard";
import { afterEach, beforeEach, expect, test } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { ServerConnection } from "../src/data/connection.js";
import type { Connection } from "../src/data/messages.js";

let server: WebSocketServer;
let connection: ServerConnection | undefined;
const states: Connection["state"][] = [];

beforeEach(async () => {
  states.length = 0;
  server = new WebSocketServer({ port: 0, host: "127.0.0.1", handleProtocols: () => DASHBOARD_SUBPROTOCOL });
  await once(server, "listening");
  server.on("connection", (socket) => {
    const hello = new ArrayBuffer(FRAME_HEADER + 2);
    writeFrameHeader(new DataView(hello), { type: FrameType.hello, flags: 0, seq: 0, base: 0 });
    new Uint8Array(hello).set([0x7b, 0x7d], FRAME_HEADER);
    socket.send(hello);
  });
});
afterEach(async () => {
  connection?.close();
  for (const socket of server.clients) socket.terminate();
  await new Promise((resolve) => server.close(resolve));
});

/** @param answers - to the questions whether it may come in, one after another */
function connect(...answers: (() => Promise<boolean>)[]): ServerConnection {
  connection = new ServerConnection({
    open: (protocol) => new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}/`, protocol),
    authenticated: () => answers.shift()!(),
    onFrame: () => undefined,
    onState: ({ state }) => states.push(state),
  });
  connection.start();
  return connection;
}

test("asks whether it may come in, and says when it may not", async () => {
  connect(() => Promise.resolve(false));
  await expect.poll(() => states).toEqual(["unauthenticated"]);
  expect(server.clients.size).toBe(0);
});

test("comes in when nobody says whether it may", async () => {
  connect(() => Promise.reject(new Error("no answer")));
  await expect.poll(() => states).toEqual(["connecting", "live"]);
});

test("stays in when it hears late that it might not have come in before somebody logged in", async () => {
  const { promise: late, resolve: answer } = withResolvers<boolean>();
  connect(() => late).reconnect();
  await expect.poll(() => states).toEqual(["connecting", "live"]);
  answer(false);
  await late;
  await new Promise((resolve) => setImmediate(resolve));
  expect(states).toEqual(["connecting", "live"]);
  expect(server.clients.size).toBe(1);
});

test("does not come back to life after it was closed", async () => {
  const { promise: late, resolve: answer } = withResolvers<boolean>();
  connect(() => late).close();
  answer(true);
  await late;
  await new Promise((resolve) => setImmediate(resolve));
  expect(states).toEqual([]);
  expect(server.clients.size).toBe(0);
});

test("comes back after the line was cut, and does not when it may not any more", async () => {
  connect(
    () => Promise.resolve(true),
    () => Promise.resolve(true),
    () => Promise.resolve(false),
  );
  await expect.poll(() => states).toEqual(["connecting", "live"]);
  for (const socket of server.clients) socket.terminate();
  await expect.poll(() => states).toEqual(["connecting", "live", "reconnecting", "live"]);
  for (const socket of server.clients) socket.terminate();
  await expect.poll(() => states.at(-1)).toBe("unauthenticated");
});

/** `Promise.withResolvers`, which Node 20 has not. */
function withResolvers<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((done) => (resolve = done));
  return { promise, resolve };
}
