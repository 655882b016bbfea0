import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { hostname } from "node:os";
import type { Duplex } from "node:stream";
import { WebSocketServer, type WebSocket } from "ws";
import {
  HeddleError,
  MAX_PAYLOAD,
  decodeFrame,
  encodeFrame,
  isLoopback,
  offsetsOf,
  sameToken,
  toPlainError,
  type Column,
  type DataReply,
  type DataRequest,
  type EncodedValue,
  type PutData,
  type TlsOptions,
} from "@heddle/protocol";
import { FRAME_BYTES } from "./data-socket.js";
import { PartsReceiver, columnsProblem, packValues, type Allocate, type PackedValues } from "./value-columns.js";

/** Answers with more than this count as transfers, of which there are at most `outgoing` at a time. */
const SMALL_ANSWER = 64 * 1024;
/** Milliseconds until who was told "busy" should ask again. */
const RETRY_AFTER = 50;
/** Milliseconds in which a receiver has to take something. */
const STALL = 30_000;
/** Bytes that may wait in a socket before the next frame waits for them. */
const HIGH_WATER = 4 * FRAME_BYTES;

/** Where a server finds what it is asked for. */
export interface DataSource {
  /** Values by task id, in the order asked; undefined where one is not held. May have to read them from disk. */
  read(tasks: Int32Array): readonly (EncodedValue | undefined)[] | Promise<readonly (EncodedValue | undefined)[]>;
  /** Takes in values that a client put here. */
  put(tasks: Int32Array, values: readonly EncodedValue[], keyLengths: Column, keys: Uint8Array): void;
  allocate: Allocate;
  /** Bytes that a single request may bring. */
  readonly limit: number;
}

export interface DataServerOptions {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 0, any free one. */
  readonly port?: number;
  /** What others call this machine. Default: `host`; the machine's name where that is every address it has. */
  readonly publicHost?: string | undefined;
  /** undefined: whoever reaches the port may ask. Only for loopback. */
  readonly token?: string | undefined;
  readonly tls?: TlsOptions | undefined;
  /** Transfers to others at the same time. Default 10. */
  readonly outgoing?: number;
}

/**
 * Serves a worker's results to its peers and to clients, on a port of its own: the holder of the data is the WebSocket server, so that bulk
 * is never masked.
 */
export class DataServer {
  readonly #source: DataSource;
  readonly #options: DataServerOptions;
  #server: Server | undefined;
  readonly #sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    skipUTF8Validation: true,
    maxPayload: MAX_PAYLOAD,
  });
  #outgoing = 0;
  #address = "";
  /** Bytes of values sent and received since the start. */
  sent = 0;
  received = 0;

  constructor(source: DataSource, options: DataServerOptions = {}) {
    this.#source = source;
    this.#options = options;
  }

  /** `ws://host:port`; empty before `start`. */
  get address(): string {
    return this.#address;
  }

  /** Resolves when it listens. */
  async start(): Promise<void> {
    const { host = "127.0.0.1", port = 0, tls } = this.#options;
    const secure = tls?.cert !== undefined && tls.key !== undefined;
    const refuse = (_request: IncomingMessage, response: { writeHead(status: number): { end(): void } }): void => {
      response.writeHead(426).end();
    };
    const server = secure ? (await import("node:https")).createServer({ ...tls }, refuse) : createServer(refuse);
    this.#server = server;
    server.on("upgrade", (request, stream, head) => this.#upgrade(request, stream, head));
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, host, resolve);
    });
    const { port: taken } = server.address() as AddressInfo;
    const everywhere = host === "0.0.0.0" || host === "::";
    const name = this.#options.publicHost ?? (everywhere ? hostname() : host);
    this.#address = `${secure ? "wss" : "ws"}://${name.includes(":") ? `[${name}]` : name}:${taken}`;
  }

  /** Stops listening and cuts every transfer. */
  async close(): Promise<void> {
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#server?.closeAllConnections();
    await new Promise<void>((resolve) =>
      this.#server === undefined ? resolve() : this.#server.close(() => resolve()),
    );
  }

  #upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    const refusal = this.#refusal(request);
    if (refusal !== undefined) {
      stream.on("error", () => {});
      stream.end(`HTTP/1.1 ${refusal}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    this.#sockets.handleUpgrade(request, stream, head, (socket) => this.#serve(socket));
  }

  #refusal(request: IncomingMessage): string | undefined {
    // Programs fetch data; a browser's page, which cannot leave the header out, has no business here.
    if (request.headers.origin !== undefined) return "403 Forbidden";
    const { token, host = "127.0.0.1" } = this.#options;
    if (token === undefined) return isLoopback(host) ? undefined : "401 Unauthorized";
    const given = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? "")?.[1];
    return given !== undefined && sameToken(given, token) ? undefined : "401 Unauthorized";
  }

  #serve(socket: WebSocket): void {
    /** A `put` whose raw frames are still coming. */
    let receiving: { request: PutData; parts: PartsReceiver } | undefined;
    /** Requests are answered one after the other. */
    let turn = Promise.resolve();
    socket.binaryType = "nodebuffer";
    socket.on("error", () => socket.terminate());
    socket.on("message", (data: Buffer) => {
      try {
        if (receiving !== undefined) {
          if (!receiving.parts.take(data))
            throw new HeddleError("HEDDLE_TRANSFER_MALFORMED", "more bytes than announced");
        } else {
          const request = requestOf(data);
          if (request.op === "get") {
            turn = turn.then(() => this.#answer(socket, request.id, request.tasks)).catch(() => socket.terminate());
            return;
          }
          const problem = columnsProblem(request, this.#source.limit);
          if (problem !== undefined) throw new HeddleError("HEDDLE_TRANSFER_MALFORMED", problem);
          receiving = { request, parts: new PartsReceiver(request, this.#source.allocate) };
        }
        if (!receiving.parts.complete) return;
        const { request, parts } = receiving;
        receiving = undefined;
        this.#store(request, parts.values());
        reply(socket, { op: "stored", id: request.id });
      } catch (error) {
        // Whatever follows cannot be told apart any more.
        reply(socket, { op: "refused", id: receiving?.request.id ?? -1, error: toPlainError(error) });
        socket.close(4400, "malformed request");
      }
    });
  }

  #store(request: PutData, values: readonly EncodedValue[]): void {
    this.received += bytesOf(values);
    this.#source.put(request.tasks.slice(), values, request.keyLengths, request.keys);
  }

  async #answer(socket: WebSocket, id: number, tasks: Int32Array): Promise<void> {
    const read = this.#source.read(tasks);
    const found = read instanceof Promise ? await read : read;
    const held: number[] = [];
    const absent: number[] = [];
    const values: EncodedValue[] = [];
    for (let row = 0; row < tasks.length; row++) {
      const value = found[row];
      if (value === undefined) {
        absent.push(tasks[row]!);
      } else {
        held.push(tasks[row]!);
        values.push(value);
      }
    }
    const packed = packValues(Int32Array.from(held), values);
    const bulk = packed.bytes > SMALL_ANSWER;
    if (bulk && this.#outgoing >= (this.#options.outgoing ?? 10)) {
      return reply(socket, { op: "busy", id, retryAfter: RETRY_AFTER });
    }
    this.#outgoing += bulk ? 1 : 0;
    try {
      reply(socket, { op: "found", id, ...packed.columns, absent: Int32Array.from(absent) });
      await sendParts(socket, packed);
      this.sent += packed.bytes;
    } finally {
      this.#outgoing -= bulk ? 1 : 0;
    }
  }
}

function requestOf(data: Buffer): DataRequest {
  const request = decodeFrame(data)[0] as unknown as DataRequest | undefined;
  if (request?.op === "get" && request.tasks instanceof Int32Array) return request;
  if (request?.op === "put" && request.keys instanceof Uint8Array) {
    const { keyLengths, keys, tasks } = request;
    if (tasks instanceof Int32Array && offsetsOf(keyLengths, tasks.length)[tasks.length] === keys.length)
      return request;
  }
  throw new HeddleError("HEDDLE_TRANSFER_MALFORMED", "a data connection carries get and put");
}

function reply(socket: WebSocket, message: DataReply): void {
  socket.send(encodeFrame([message]), { binary: true, compress: false }, () => {});
}

/** Each part begins a new frame; more frames follow as earlier ones leave. */
async function sendParts(socket: WebSocket, packed: PackedValues): Promise<void> {
  for (const part of packed.parts) {
    for (let from = 0; from < part.length; from += FRAME_BYTES) {
      const frame = part.subarray(from, from + FRAME_BYTES);
      const sent = new Promise<void>((resolve, reject) => {
        socket.send(frame, { binary: true, compress: false }, (error) => (error == null ? resolve() : reject(error)));
      });
      if (socket.bufferedAmount <= HIGH_WATER) {
        sent.catch(() => {});
        continue;
      }
      // Whoever asks and does not read must not keep a place among the transfers for ever.
      const cut = setTimeout(() => socket.terminate(), STALL);
      await sent.finally(() => clearTimeout(cut));
    }
  }
}

function bytesOf(values: readonly EncodedValue[]): number {
  let bytes = 0;
  for (const { head, buffers } of values) {
    bytes += head.byteLength;
    for (const buffer of buffers) bytes += buffer.byteLength;
  }
  return bytes;
}
