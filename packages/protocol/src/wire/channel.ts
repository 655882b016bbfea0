/**
 * A WebSocket that carries batches: what is sent during one turn of the event loop leaves as one frame, or earlier when it has
 * grown to 256 KiB. Nothing waits on a timer.
 */
import type { WebSocket } from "ws";
import { HeddleError } from "../errors.js";
import { decodeFrame, encodeFrame, type WireMessage } from "./frame.js";

/** A pending frame of about this size leaves before the end of the turn. */
const FLUSH_BYTES = 256 * 1024;

/** Close codes of ours; those below 4000 are the WebSocket protocol's. */
export const CloseCode = {
  normal: 1000,
  goingAway: 1001,
  malformed: 4400,
  unauthorized: 4401,
  refused: 4403,
  timeout: 4408,
  tooSlow: 4413,
} as const;

export interface ChannelHandlers<In extends WireMessage> {
  /** Every message of one frame. An error thrown here closes the channel: it came from what the peer sent. */
  onMessages(messages: readonly In[]): void;
  /** Once, whatever the reason; nothing is received after it. */
  onClose(code: number, reason: string): void;
}

export class Channel<Out extends WireMessage, In extends WireMessage> {
  readonly #socket: WebSocket;
  readonly #handlers: ChannelHandlers<In>;
  #pending: Out[] = [];
  #pendingBytes = 0;
  #scheduled: NodeJS.Immediate | undefined;
  #closed = false;

  /**
   * Takes over an open socket; `perMessageDeflate` is off and `maxPayload` explicit, whoever made it. `early` are frames that
   * arrived before there was a channel: delivered before any other, after the current turn.
   */
  constructor(socket: WebSocket, handlers: ChannelHandlers<In>, early: readonly Buffer[] = []) {
    this.#socket = socket;
    this.#handlers = handlers;
    socket.binaryType = "nodebuffer";
    if (early.length > 0) process.nextTick(() => early.forEach((data) => this.#receive(data, true)));
    socket.on("message", (data, isBinary) => this.#receive(data as Buffer, isBinary));
    socket.on("close", (code, reason) => this.#ended(code, reason.toString()));
    // ws reports protocol violations (oversized or malformed frames) here, then closes by itself.
    socket.on("error", (error) => this.#ended(CloseCode.malformed, error.message));
  }

  /** Queues a message for the frame of this turn. Messages sent after the channel has closed are dropped: `onClose` has told. */
  send(message: Out): void {
    if (this.#closed) return;
    this.#pending.push(message);
    this.#pendingBytes += columnBytes(message);
    if (this.#pendingBytes >= FLUSH_BYTES) this.flush();
    else this.#scheduled ??= setImmediate(() => this.flush());
  }

  /** Sends what is pending now. */
  flush(): void {
    if (this.#scheduled !== undefined) {
      clearImmediate(this.#scheduled);
      this.#scheduled = undefined;
    }
    if (this.#pending.length === 0 || this.#closed) return;
    const messages = this.#pending;
    this.#pending = [];
    this.#pendingBytes = 0;
    this.#socket.send(encodeFrame(messages), { binary: true, compress: false }, ignoreLateError);
  }

  /** Bytes the operating system has not taken yet: the measure for back-pressure. */
  get buffered(): number {
    return this.#socket.bufferedAmount + this.#pendingBytes;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** From now on an open connection does not keep the process alive. */
  unref(): void {
    // ws has no public way to its socket.
    (this.#socket as unknown as { _socket?: { unref(): void } })._socket?.unref();
  }

  /** Sends what is pending, then closes; cuts the socket when the peer has not answered within `patience` milliseconds. */
  close(code: number = CloseCode.normal, reason = "", patience = 1000): void {
    if (this.#closed) return;
    this.flush();
    this.#socket.close(code, reason.slice(0, 120));
    const cut = setTimeout(() => this.#socket.terminate(), patience);
    cut.unref();
    this.#socket.once("close", () => clearTimeout(cut));
  }

  /** Cuts the connection without a word. */
  terminate(): void {
    this.#socket.terminate();
  }

  #receive(data: Buffer, isBinary: boolean): void {
    if (this.#closed) return;
    try {
      if (!isBinary) throw new HeddleError("HEDDLE_FRAME_MALFORMED", "received text where binary frames are spoken");
      this.#handlers.onMessages(decodeFrame(data) as unknown as In[]);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.close(CloseCode.malformed, reason);
      this.#ended(CloseCode.malformed, reason);
    }
  }

  #ended(code: number, reason: string): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#scheduled !== undefined) clearImmediate(this.#scheduled);
    this.#pending = [];
    this.#handlers.onClose(code, reason);
  }
}

/** `close` tells of a broken connection; a failed write adds nothing to it. */
function ignoreLateError(): void {}

function columnBytes(message: WireMessage): number {
  let bytes = 64;
  for (const field in message) {
    const value = (message as unknown as Record<string, unknown>)[field];
    if (ArrayBuffer.isView(value)) bytes += value.byteLength;
  }
  return bytes;
}
