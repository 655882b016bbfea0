/**
 * The framing of RFC 6455, as far as a client needs it that receives bulk: payloads are handed on piece by piece as they leave the
 * socket, so that they can be copied to where they belong at once. (A general client gathers each frame first: one more copy
 * of everything, which is as much work as the rest of a transfer.)
 */
export const Opcode = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

const FIN = 0x80;
const MASKED = 0x80;
/** Control frames carry at most this. */
const CONTROL_BYTES = 125;

/** A client's frames are masked; the zero mask is legal and leaves the payload as it is. */
export function clientFrameHead(opcode: number, length: number): Buffer {
  const extended = length < 126 ? 0 : length < 65536 ? 2 : 8;
  const head = Buffer.alloc(2 + extended + 4);
  head[0] = FIN | opcode;
  if (extended === 0) {
    head[1] = MASKED | length;
  } else if (extended === 2) {
    head[1] = MASKED | 126;
    head.writeUInt16BE(length, 2);
  } else {
    head[1] = MASKED | 127;
    head.writeUInt32BE(Math.floor(length / 2 ** 32), 2);
    head.writeUInt32BE(length % 2 ** 32, 6);
  }
  return head;
}

export interface FrameHandlers {
  /** A data message begins, of at least `bytes`. */
  begin(bytes: number): void;
  /** The next bytes of its payload; only valid during the call. */
  payload(chunk: Uint8Array): void;
  /** It is complete. */
  end(): void;
  /** Ping, pong or close, with its payload. */
  control(opcode: number, payload: Buffer): void;
}

/** What a server sends is not what a WebSocket server may send. */
export class FramingError extends Error {}

/** Takes the bytes of a socket apart into frames. */
export class FrameParser {
  readonly #handlers: FrameHandlers;
  /** Head of a frame, or payload of a control frame, that came in pieces. */
  readonly #partial = Buffer.alloc(CONTROL_BYTES);
  #partialBytes = 0;
  #inPayload = false;
  #opcode = 0;
  #fin = false;
  #length = 0;
  #left = 0;
  /** Inside a data message whose last frame has not come. */
  #inMessage = false;

  constructor(handlers: FrameHandlers) {
    this.#handlers = handlers;
  }

  /**
   * @throws FramingError
   */
  push(chunk: Buffer): void {
    for (let at = 0; at < chunk.length;)
      at = this.#inPayload ? this.#takePayload(chunk, at) : this.#takeHead(chunk, at);
  }

  #takeHead(chunk: Buffer, from: number): number {
    let at = from;
    while (at < chunk.length) {
      this.#partial[this.#partialBytes++] = chunk[at++]!;
      if (this.#partialBytes >= 2 && this.#partialBytes === this.#headBytes()) {
        this.#beginFrame();
        break;
      }
    }
    return at;
  }

  #headBytes(): number {
    const length = this.#partial[1]! & 0x7f;
    return length === 127 ? 10 : length === 126 ? 4 : 2;
  }

  #beginFrame(): void {
    const head = this.#partial;
    const short = head[1]! & 0x7f;
    this.#opcode = head[0]! & 0x0f;
    this.#fin = (head[0]! & FIN) !== 0;
    this.#length =
      short === 127
        ? head.readUInt32BE(2) * 2 ** 32 + head.readUInt32BE(6)
        : short === 126
          ? head.readUInt16BE(2)
          : short;
    if ((head[0]! & 0x70) !== 0) throw new FramingError("a frame uses an extension that was not agreed on");
    if ((head[1]! & MASKED) !== 0) throw new FramingError("a server's frame is masked");
    if (this.#opcode >= Opcode.close) {
      if (this.#length > CONTROL_BYTES || !this.#fin) throw new FramingError("a control frame is too long");
    } else if (this.#opcode !== Opcode.binary && this.#opcode !== Opcode.continuation) {
      throw new FramingError("text where binary frames are spoken");
    } else if ((this.#opcode === Opcode.continuation) !== this.#inMessage) {
      throw new FramingError("frames of two messages are mixed");
    }
    this.#partialBytes = 0;
    this.#left = this.#length;
    this.#inPayload = true;
    if (this.#opcode === Opcode.binary) {
      this.#inMessage = true;
      this.#handlers.begin(this.#length);
    }
    if (this.#left === 0) this.#endFrame();
  }

  #takePayload(chunk: Buffer, from: number): number {
    const to = Math.min(chunk.length, from + this.#left);
    this.#left -= to - from;
    if (this.#opcode >= Opcode.close) {
      chunk.copy(this.#partial, this.#length - this.#left - (to - from), from, to);
    } else {
      this.#handlers.payload(from === 0 && to === chunk.length ? chunk : chunk.subarray(from, to));
    }
    if (this.#left === 0) this.#endFrame();
    return to;
  }

  #endFrame(): void {
    this.#inPayload = false;
    if (this.#opcode >= Opcode.close) {
      this.#handlers.control(this.#opcode, Buffer.from(this.#partial.subarray(0, this.#length)));
    } else if (this.#fin) {
      this.#inMessage = false;
      this.#handlers.end();
    }
  }
}
