/**
 * The framing of RFC 6455, as far as a client needs it that receives bulk: payloads are read from the socket to the place where
 * they belong. (A general client reads pieces and joins them to messages, which are then copied to their place: as much work as
 * all the rest of a transfer.)
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
  /** Where the next bytes of its payload belong. Never empty. */
  space(): Uint8Array;
  /** So many bytes were written there. */
  filled(bytes: number): void;
  /** It is complete. */
  end(): void;
  /** Ping, pong or close, with its payload. */
  control(opcode: number, payload: Buffer): void;
}

/** What a server sends is not what a WebSocket server may send. */
export class FramingError extends Error {}

/**
 * Takes the bytes of a socket apart into frames. It says where the next bytes belong, so that a socket can read them to that place:
 * `space`, then `filled`.
 */
export class FrameParser {
  readonly #handlers: FrameHandlers;
  /** Head of a frame, or payload of a control frame. */
  readonly #scratch = Buffer.alloc(CONTROL_BYTES);
  #scratchBytes = 0;
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

  /** Where the next bytes belong. */
  get space(): Uint8Array {
    if (!this.#inPayload) return this.#scratch.subarray(this.#scratchBytes, this.#headBytes());
    if (this.#opcode >= Opcode.close) return this.#scratch.subarray(this.#length - this.#left, this.#length);
    const space = this.#handlers.space();
    return space.length > this.#left ? space.subarray(0, this.#left) : space;
  }

  /**
   * Takes in bytes that were written to `space`.
   *
   * @throws FramingError
   */
  filled(bytes: number): void {
    if (!this.#inPayload) {
      this.#scratchBytes += bytes;
      if (this.#scratchBytes === this.#headBytes()) this.#beginFrame();
      return;
    }
    this.#left -= bytes;
    if (this.#opcode < Opcode.close) this.#handlers.filled(bytes);
    if (this.#left === 0) this.#endFrame();
  }

  /** Takes in bytes from elsewhere. */
  push(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length;) {
      const space = this.space;
      const part = chunk.subarray(at, at + space.length);
      space.set(part);
      at += part.length;
      this.filled(part.length);
    }
  }

  /** The second byte says how long a head is. */
  #headBytes(): number {
    if (this.#scratchBytes < 2) return 2;
    const length = this.#scratch[1]! & 0x7f;
    return length === 127 ? 10 : length === 126 ? 4 : 2;
  }

  #beginFrame(): void {
    const head = this.#scratch;
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
    this.#scratchBytes = 0;
    this.#left = this.#length;
    this.#inPayload = true;
    if (this.#opcode === Opcode.binary) {
      this.#inMessage = true;
      this.#handlers.begin(this.#length);
    }
    if (this.#left === 0) this.#endFrame();
  }

  #endFrame(): void {
    this.#inPayload = false;
    if (this.#opcode >= Opcode.close) {
      this.#handlers.control(this.#opcode, Buffer.from(this.#scratch.subarray(0, this.#length)));
    } else if (this.#fin) {
      this.#inMessage = false;
      this.#handlers.end();
    }
  }
}
