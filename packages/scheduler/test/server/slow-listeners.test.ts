/** Clients that listen to what is published and do not read it. */
import { once } from "node:events";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { WebSocket } from "ws";
import { decodeFrame, type EventsPublished, type WireMessage } from "@heddle/protocol";
import type { SchedulerServer } from "../../src/index.js";
import { Peer, clientHello, frame, rawSocket, scheduler, workerHello } from "./peers.js";

const TOPIC = "flow:1";
/** More than the buffers of both ends of a connection hold. */
const COUNT = 2_000;
const line = new Uint8Array(16 * 1024);
const end = new Uint8Array([1]);

let log: string[];
let server: SchedulerServer;
let socket: WebSocket;
let worker: Peer;
/** One that reads. */
let reader: Peer;
let heard: WireMessage[];
beforeEach(async () => {
  log = [];
  server = await scheduler({ log: (text) => log.push(text), settings: { "scheduler.maxClientBacklog": "256KiB" } });
  socket = await rawSocket(server.address);
  socket.send(frame(clientHello({ name: "sleeper" })));
  await once(socket, "message");
  heard = [];
  socket.on("message", (data: Buffer) => heard.push(...decodeFrame(data)));
  socket.send(frame({ op: "subscribe", topics: [TOPIC] }));
  await answer(1);
  worker = await Peer.join(server.address, workerHello());
  reader = await Peer.join(server.address, clientHello({ name: "reader" }));
  reader.send({ op: "subscribe", topics: ["mark"] } as WireMessage);
  expect(await reader.answers()).toBe(true);
});
afterEach(async () => {
  socket.terminate();
  await server.close();
});

/** Resolves when the scheduler has answered, which it does in order. */
async function answer(id: number): Promise<void> {
  socket.send(frame({ op: "ask", id, what: { what: "identity" } }));
  await expect.poll(() => heard.some((message) => isAnswer(message, id)), { timeout: 30_000 }).toBe(true);
}

function isAnswer(message: WireMessage, id: number): boolean {
  return message.op === "answer" && (message as WireMessage & { id: number }).id === id;
}

/** What a worker says of its runs, as fast as it can, while nobody reads. @returns how many must arrive */
async function publish(): Promise<number> {
  socket.pause();
  let mustArrive = 0;
  for (let i = 0; i < COUNT; i++) {
    worker.send({
      op: "publish",
      topic: TOPIC,
      events: line,
      ...(i === COUNT - 1 ? { dropped: 5 } : {}),
    } as WireMessage);
    if (i % 20 === 0) {
      mustArrive++;
      worker.send({ op: "publish", topic: TOPIC, events: end, mustArrive: true } as WireMessage);
    }
    if (i % 50 === 49) await passedOn();
  }
  return mustArrive;
}

/** Everything that the worker has said was passed on. */
async function passedOn(): Promise<void> {
  worker.send({ op: "publish", topic: "mark", events: end } as WireMessage);
  await reader.take("published");
}

const news = (): EventsPublished[] =>
  heard.filter((message) => message.op === "published") as unknown as EventsPublished[];
const missed = (): number => news().reduce((sum, each) => sum + (each.missed ?? 0), 0);
const lines = (): number => news().filter(({ events }) => events.length === line.length).length;

it("are told how much they missed before the answer to a question; what must arrive they hear, and are not cut off", async () => {
  const mustArrive = await publish();
  socket.send(frame({ op: "ask", id: 2, what: { what: "identity" } }));
  socket.resume();
  await expect.poll(() => heard.some((message) => isAnswer(message, 2)), { timeout: 30_000 }).toBe(true);
  expect(missed()).toBeGreaterThan(0);
  expect(lines() + missed()).toBe(COUNT + 5);
  expect(news().filter(({ events }) => events.length === end.length)).toHaveLength(mustArrive);
  expect(log.join("\n")).not.toMatch(/sleeper/);
});

it("are told when they read again, though nothing else is said to them", async () => {
  await publish();
  socket.resume();
  await expect.poll(() => lines() + missed(), { timeout: 30_000 }).toBe(COUNT + 5);
  expect(missed()).toBeGreaterThan(0);
  // Once, and not again by the answer.
  await answer(2);
  expect(lines() + missed()).toBe(COUNT + 5);
});
