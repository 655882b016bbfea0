/** Clients and workers by hand: what a test says to a scheduler, word by word, and what it hears. */
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { WebSocket } from "ws";
import {
  HEDDLE_VERSION,
  PROTOCOL_VERSION,
  connect,
  decodeFrame,
  encodeFrame,
  type ClientHello,
  type ConnectOptions,
  type WireMessage,
  type WorkerHello,
} from "@heddle/protocol";
import { SchedulerServer, type SchedulerServerOptions } from "../../src/index.js";

export async function scheduler(options: SchedulerServerOptions = {}): Promise<SchedulerServer> {
  const server = new SchedulerServer({
    port: 0,
    dashboard: false,
    log: () => {},
    settings: { "scheduler.validate": true, ...(options.settings as object) },
    ...without(options),
  });
  await server.start();
  return server;
}

function without({ settings: _settings, ...rest }: SchedulerServerOptions): SchedulerServerOptions {
  return rest;
}

export function clientHello(changes: Partial<ClientHello> = {}): ClientHello {
  return {
    op: "hello",
    protocol: PROTOCOL_VERSION,
    role: "client",
    id: randomUUID(),
    name: "test",
    heddle: HEDDLE_VERSION,
    node: process.version,
    pid: process.pid,
    ...changes,
  };
}

export function workerHello(changes: Partial<WorkerHello> = {}): WorkerHello {
  return {
    op: "hello",
    protocol: PROTOCOL_VERSION,
    role: "worker",
    id: randomUUID(),
    heddle: HEDDLE_VERSION,
    node: process.version,
    pid: process.pid,
    host: "test",
    dataAddress: "ws://127.0.0.1:1",
    threads: 1,
    memoryLimit: 1e9,
    resources: {},
    asyncPerThread: 256,
    ...changes,
  };
}

/** A connection that has been welcomed. */
export class Peer {
  readonly heard: WireMessage[] = [];
  closed: { code: number; reason: string } | undefined;
  #changed = (): void => {};

  private constructor(
    readonly welcome: {
      readonly index: number;
      readonly name?: string;
      readonly epoch: string;
      readonly heartbeat: number;
    },
    readonly send: (message: WireMessage) => void,
    readonly terminate: () => void,
    readonly close: () => void,
  ) {}

  static async join(address: string, hello: ClientHello | WorkerHello, options: ConnectOptions = {}): Promise<Peer> {
    const connection = await connect(address, hello, options);
    const channel = connection.open<WireMessage, WireMessage>({
      onMessages: (messages) => peer.#note(() => peer.heard.push(...messages)),
      onClose: (code, reason) => peer.#note(() => (peer.closed = { code, reason })),
    });
    const peer = new Peer(
      connection.welcome,
      (message) => channel.send(message),
      () => channel.terminate(),
      () => channel.close(),
    );
    return peer;
  }

  /** The first message of an op that has not been taken, when it is there. */
  async take<T extends WireMessage>(op: string): Promise<T> {
    for (;;) {
      const index = this.heard.findIndex((message) => message.op === op);
      if (index !== -1) return this.heard.splice(index, 1)[0] as T;
      if (this.closed !== undefined) throw new Error(`closed (${this.closed.code} ${this.closed.reason}) before ${op}`);
      await this.#change();
    }
  }

  async untilClosed(): Promise<{ code: number; reason: string }> {
    while (this.closed === undefined) await this.#change();
    return this.closed;
  }

  /** The scheduler still answers it. */
  async answers(): Promise<boolean> {
    const id = Math.floor(Math.random() * 1e9);
    this.send({ op: "ask", id, what: { what: "identity" } } as WireMessage);
    return (await this.take<WireMessage & { id: number }>("answer")).id === id;
  }

  #note(change: () => void): void {
    change();
    this.#changed();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => (this.#changed = resolve));
  }
}

/** A socket without manners: nothing is said on it that the test does not say. */
export async function rawSocket(address: string, headers: Record<string, string> = {}): Promise<WebSocket> {
  const socket = new WebSocket(address, { headers, perMessageDeflate: false });
  socket.binaryType = "nodebuffer";
  socket.on("error", () => {});
  await once(socket, "open");
  return socket;
}

/** How a raw socket was closed, and what it was told before. */
export async function ending(socket: WebSocket): Promise<{ code: number; reason: string; told: WireMessage[] }> {
  const told: WireMessage[] = [];
  socket.on("message", (data: Buffer) => told.push(...decodeFrame(data)));
  const [code, reason] = (await once(socket, "close")) as [number, Buffer];
  return { code, reason: reason.toString(), told };
}

export function frame(...messages: object[]): Buffer {
  return encodeFrame(messages as WireMessage[]);
}
