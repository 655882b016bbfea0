/** The dialling side of a data connection: one request at a time, bulk copied once, from the socket to where it belongs. */
import { createHash, randomBytes } from "node:crypto";
import { request as httpRequest, type IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import {
  CONNECT_TIMEOUT,
  decodeFrame,
  encodeFrame,
  type ConnectOptions,
  type DataReply,
  type DataRequest,
  type EncodedValue,
} from "@heddle/protocol";
import { PeerUnreachableError, TransferError } from "./errors.js";
import { PartsReceiver, columnsProblem, type Allocate } from "./value-columns.js";
import { FrameParser, FramingError, Opcode, clientFrameHead } from "./websocket-frames.js";

const WEBSOCKET_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
/** Raw frames: large enough to be cheap, small enough to let others through. */
export const FRAME_BYTES = 1024 * 1024;
/** A message (not the raw frames after it) is at most this long. */
const MESSAGE_BYTES = 64 * 1024 * 1024;

/** A reply, with the values that came with it. */
export interface Exchange {
  readonly reply: DataReply;
  readonly values: readonly EncodedValue[];
}

interface Pending {
  readonly allocate: Allocate;
  readonly resolve: (exchange: Exchange) => void;
  readonly reject: (error: Error) => void;
}

export class DataSocket {
  readonly address: string;
  readonly #stream: Duplex;
  readonly #parser: FrameParser;
  #pending: Pending | undefined;
  /** The message of a reply, as far as it has come. */
  #message: Buffer | undefined;
  #messageBytes = 0;
  #reply: DataReply | undefined;
  #parts: PartsReceiver | undefined;
  #failure: Error | undefined;
  onClosed: () => void = () => {};

  private constructor(address: string, stream: Duplex, head: Buffer) {
    this.address = address;
    this.#stream = stream;
    this.#parser = new FrameParser({
      begin: (bytes) => this.#begin(bytes),
      payload: (chunk) => this.#payload(chunk),
      end: () => this.#end(),
      control: (opcode, payload) => this.#control(opcode, payload),
    });
    stream.on("data", (chunk: Buffer) => this.#receive(chunk));
    stream.on("error", (error) => this.#fail(new PeerUnreachableError(address, error.message, { cause: error })));
    stream.on("close", () => this.#fail(new PeerUnreachableError(address, "it closed the connection")));
    if (head.length > 0) this.#receive(head);
  }

  /**
   * @throws PeerUnreachableError
   */
  static async connect(address: string, options: ConnectOptions): Promise<DataSocket> {
    const url = URL.canParse(address) ? new URL(address) : undefined;
    if (url === undefined || (url.protocol !== "ws:" && url.protocol !== "wss:"))
      throw new PeerUnreachableError(address, "it is not a ws:// or wss:// address");
    const secure = url.protocol === "wss:";
    // Loaded when needed: TLS is half of the time a process takes to start.
    const request = secure ? (await import("node:https")).request : httpRequest;
    const key = randomBytes(16).toString("base64");
    return new Promise((resolve, reject) => {
      const fail = (reason: string, cause?: unknown): void =>
        reject(new PeerUnreachableError(address, reason, { cause }));
      const attempt = request({
        host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
        port: url.port === "" ? (secure ? 443 : 80) : Number(url.port),
        path: url.pathname,
        agent: false,
        timeout: options.timeout ?? CONNECT_TIMEOUT,
        ...(options.signal === undefined ? {} : { signal: options.signal }),
        ...(secure ? options.tls : {}),
        headers: {
          connection: "Upgrade",
          upgrade: "websocket",
          "sec-websocket-version": "13",
          "sec-websocket-key": key,
          ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }),
        },
      });
      attempt.on("upgrade", (response: IncomingMessage, stream: Socket, head: Buffer) => {
        const accepted = createHash("sha1")
          .update(key + WEBSOCKET_GUID)
          .digest("base64");
        if (response.headers["sec-websocket-accept"] !== accepted) {
          stream.destroy();
          return fail("it does not speak WebSocket");
        }
        stream.setTimeout(0);
        stream.setNoDelay(true);
        resolve(new DataSocket(address, stream, head));
      });
      attempt.on("response", (response) => {
        response.destroy();
        fail(response.statusCode === 401 ? "it refused the token" : `it answers with HTTP ${response.statusCode}`);
      });
      attempt.on("timeout", () =>
        attempt.destroy(new Error(`no answer within ${options.timeout ?? CONNECT_TIMEOUT} ms`)),
      );
      attempt.on("error", (error) => fail(error.message, error));
      attempt.end();
    });
  }

  get idle(): boolean {
    return this.#pending === undefined && this.#failure === undefined;
  }

  /** While nothing is asked of it, an open socket does not keep the process alive. */
  ref(keep: boolean): void {
    const stream = this.#stream as Socket;
    if (keep) stream.ref();
    else stream.unref();
  }

  /**
   * Sends a request, and what follows it as raw frames; takes in the reply, and what follows that.
   *
   * @throws PeerUnreachableError, TransferError
   */
  exchange(request: DataRequest, parts: readonly Uint8Array[], allocate: Allocate): Promise<Exchange> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) return reject(this.#failure);
      this.#pending = { allocate, resolve, reject };
      this.#send(encodeFrame([request]));
      if (parts.length > 0) void this.#sendParts(parts);
    });
  }

  destroy(): void {
    this.#stream.destroy();
  }

  #send(payload: Uint8Array, opcode: number = Opcode.binary): boolean {
    this.#stream.cork();
    this.#stream.write(clientFrameHead(opcode, payload.length));
    const more = this.#stream.write(payload);
    process.nextTick(() => this.#stream.uncork());
    return more;
  }

  async #sendParts(parts: readonly Uint8Array[]): Promise<void> {
    for (const part of parts) {
      for (let at = 0; at < part.length; at += FRAME_BYTES) {
        if (this.#failure !== undefined) return;
        if (this.#send(part.subarray(at, at + FRAME_BYTES))) continue;
        await new Promise<void>((resolve) => {
          this.#stream.once("drain", resolve);
          this.#stream.once("close", resolve);
        });
      }
    }
  }

  #receive(chunk: Buffer): void {
    try {
      this.#parser.push(chunk);
    } catch (error) {
      const reason = error instanceof FramingError || error instanceof Error ? error.message : String(error);
      this.#fail(new TransferError(this.address, reason, { cause: error }));
    }
  }

  #begin(bytes: number): void {
    if (this.#parts !== undefined) return;
    if (this.#pending === undefined) throw new FramingError("a reply nobody asked for");
    if (bytes > MESSAGE_BYTES) throw new FramingError(`a message of ${bytes} bytes`);
    this.#message = Buffer.allocUnsafeSlow(bytes);
    this.#messageBytes = 0;
  }

  #payload(chunk: Uint8Array): void {
    if (this.#parts !== undefined) {
      if (!this.#parts.take(chunk)) throw new FramingError("more bytes than were announced");
      return;
    }
    if (this.#messageBytes + chunk.length > this.#message!.length)
      throw new FramingError("a message in several frames");
    this.#message!.set(chunk, this.#messageBytes);
    this.#messageBytes += chunk.length;
  }

  #end(): void {
    if (this.#parts === undefined) {
      const [reply] = decodeFrame(this.#message!.subarray(0, this.#messageBytes)) as unknown as DataReply[];
      this.#message = undefined;
      if (reply === undefined) throw new FramingError("a frame without a reply");
      this.#reply = reply;
      if (reply.op !== "found") return this.#finish([]);
      const problem = columnsProblem(reply, Number.MAX_SAFE_INTEGER);
      if (problem !== undefined) throw new FramingError(problem);
      this.#parts = new PartsReceiver(reply, this.#pending!.allocate);
    }
    if (this.#parts.complete) this.#finish(this.#parts.values());
  }

  #finish(values: readonly EncodedValue[]): void {
    const { resolve } = this.#pending!;
    const reply = this.#reply!;
    this.#pending = undefined;
    this.#reply = undefined;
    this.#parts = undefined;
    resolve({ reply, values });
  }

  #control(opcode: number, payload: Buffer): void {
    if (opcode === Opcode.ping) this.#send(payload, Opcode.pong);
    if (opcode !== Opcode.close) return;
    this.#stream.end();
    const reason = payload.length > 2 ? `: ${payload.subarray(2).toString()}` : "";
    this.#fail(new PeerUnreachableError(this.address, `it closed the connection${reason}`));
  }

  #fail(error: Error): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    this.#stream.destroy();
    this.#pending?.reject(error);
    this.#pending = undefined;
    this.onClosed();
  }
}
