/** The dialling side of a data connection: one request at a time; bulk is read from the socket to where it belongs. */
import { connect as connectTcp, type OnReadOpts, type Socket } from "node:net";
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
import { Handshake } from "./websocket-handshake.js";

/** Raw frames: large enough to be cheap, small enough to let others through. */
export const FRAME_BYTES = 1024 * 1024;
/** A message (not the raw frames after it) is at most this long. */
const MESSAGE_BYTES = 64 * 1024 * 1024;

/** For what comes after the end. */
const NOWHERE = Buffer.alloc(1024);

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
  readonly #stream: Socket;
  readonly #parser: FrameParser;
  /** Until the other side has agreed to speak WebSocket. */
  #handshake: Handshake | undefined = new Handshake();
  #opened!: () => void;
  readonly #opening: Promise<void>;
  #pending: Pending | undefined;
  /** The message of a reply, as far as it has come. */
  #message: Buffer | undefined;
  #messageBytes = 0;
  #reply: DataReply | undefined;
  #parts: PartsReceiver | undefined;
  #failure: Error | undefined;
  onClosed: () => void = () => {};

  private constructor(address: string, url: URL, open: (reading: OnReadOpts) => Socket, options: ConnectOptions) {
    this.address = address;
    this.#parser = new FrameParser({
      begin: (bytes) => this.#begin(bytes),
      space: () => this.#space(),
      filled: (bytes) => this.#filled(bytes),
      end: () => this.#end(),
      control: (opcode, payload) => this.#control(opcode, payload),
    });
    const stream = open({
      buffer: () => this.#nextSpace(),
      callback: (bytes) => this.#receive(bytes),
    });
    this.#stream = stream;
    this.#opening = new Promise((resolve) => (this.#opened = resolve));
    const patience = options.timeout ?? CONNECT_TIMEOUT;
    stream.setTimeout(patience, () => this.#fail(this.#unreachable(`no answer within ${patience} ms`)));
    stream.setNoDelay(true);
    stream.on("error", (error) => this.#fail(this.#unreachable(error.message, error)));
    stream.on("close", () => this.#fail(this.#unreachable("it closed the connection")));
    stream.write(this.#handshake!.request(url, options.token));
  }

  /**
   * @throws PeerUnreachableError
   */
  static async connect(address: string, options: ConnectOptions): Promise<DataSocket> {
    const url = URL.canParse(address) ? new URL(address) : undefined;
    if (url === undefined || (url.protocol !== "ws:" && url.protocol !== "wss:"))
      throw new PeerUnreachableError(address, "it is not a ws:// or wss:// address");
    const secure = url.protocol === "wss:";
    const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
    const port = url.port === "" ? (secure ? 443 : 80) : Number(url.port);
    // Loaded when needed: TLS is half of the time a process takes to start.
    const tls = secure ? await import("node:tls") : undefined;
    const socket = new DataSocket(
      address,
      url,
      (onread) => {
        if (tls === undefined) return connectTcp({ host, port, onread });
        // The option is passed on to the socket below, which the types do not say.
        const secured = { ...options.tls, host, port, onread, servername: host };
        return tls.connect(secured);
      },
      options,
    );
    return socket.#open(options.signal);
  }

  async #open(signal: AbortSignal | undefined): Promise<this> {
    const abort = (): void => this.#fail(this.#unreachable("the attempt was given up"));
    signal?.addEventListener("abort", abort);
    if (signal?.aborted === true) abort();
    await this.#opening;
    signal?.removeEventListener("abort", abort);
    if (this.#failure !== undefined) throw this.#failure;
    return this;
  }

  get idle(): boolean {
    return this.#pending === undefined && this.#failure === undefined;
  }

  /** While nothing is asked of it, an open socket does not keep the process alive. */
  ref(keep: boolean): void {
    if (keep) this.#stream.ref();
    else this.#stream.unref();
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

  /** Where the socket reads to. */
  #nextSpace(): Uint8Array {
    try {
      if (this.#failure === undefined) return this.#handshake?.space ?? this.#parser.space;
    } catch (error) {
      this.#fail(new TransferError(this.address, (error as Error).message, { cause: error }));
    }
    return NOWHERE;
  }

  /** @returns whether more should be read */
  #receive(bytes: number): boolean {
    if (this.#failure !== undefined) return false;
    try {
      if (this.#handshake === undefined) this.#parser.filled(bytes);
      else this.#shakeHands(this.#handshake, bytes);
    } catch (error) {
      this.#fail(new TransferError(this.address, (error as Error).message, { cause: error }));
    }
    return this.#failure === undefined;
  }

  #shakeHands(handshake: Handshake, bytes: number): void {
    handshake.filled(bytes);
    let rest: Buffer | undefined;
    try {
      rest = handshake.finish();
    } catch (error) {
      this.#fail(this.#unreachable((error as Error).message));
    }
    if (rest === undefined) return;
    this.#handshake = undefined;
    this.#stream.setTimeout(0);
    this.#opened();
    this.#parser.push(rest);
  }

  #begin(bytes: number): void {
    if (this.#parts !== undefined) return;
    if (this.#pending === undefined) throw new FramingError("a reply nobody asked for");
    if (bytes > MESSAGE_BYTES) throw new FramingError(`a message of ${bytes} bytes`);
    this.#message = Buffer.allocUnsafeSlow(bytes);
    this.#messageBytes = 0;
  }

  #space(): Uint8Array {
    const space = this.#parts === undefined ? this.#message!.subarray(this.#messageBytes) : this.#parts.space;
    if (space === undefined || space.length === 0) throw new FramingError("more bytes than were announced");
    return space;
  }

  #filled(bytes: number): void {
    if (this.#parts === undefined) this.#messageBytes += bytes;
    else this.#parts.filled(bytes);
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
    this.#fail(this.#unreachable(`it closed the connection${reason}`));
  }

  #unreachable(reason: string, cause?: unknown): PeerUnreachableError {
    return new PeerUnreachableError(this.address, reason, { cause });
  }

  #fail(error: Error): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    this.#stream.destroy();
    this.#opened();
    this.#pending?.reject(error);
    this.#pending = undefined;
    this.onClosed();
  }
}
