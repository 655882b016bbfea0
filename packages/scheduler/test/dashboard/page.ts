/** A page without a browser: a socket that keeps what it is sent. */
import { WebSocket } from "ws";
import { FRAME_HEADER, FrameType, ROW_BYTES, readFrameHeader, type FrameHeader } from "@heddle/protocol/dashboard";

export interface Frame extends FrameHeader {
  readonly bytes: Buffer;
}

/** A row of a `tasks` frame, as far as tests look at it. Times in milliseconds. */
export interface Row {
  readonly seq: number;
  readonly lane: number;
  readonly group: number;
  readonly end: number;
  readonly duration: number;
  readonly nbytes: number;
  readonly flowRun: number;
  readonly state: number;
  readonly attempt: number;
  readonly flags: number;
}

export class TestPage implements Disposable {
  readonly frames: Frame[] = [];
  readonly socket: WebSocket;
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  readonly #rows: Row[] = [];
  #wake: () => void = () => {};

  private constructor(socket: WebSocket) {
    this.socket = socket;
    this.closed = new Promise((resolve) => {
      socket.on("close", (code, reason) => {
        resolve({ code, reason: reason.toString() });
        this.#wake();
      });
    });
    socket.on("message", (bytes: Buffer) => {
      const header = readFrameHeader(new DataView(bytes.buffer, bytes.byteOffset));
      this.frames.push({ ...header, bytes });
      if (header.type === FrameType.tasks) for (const row of rowsOf(bytes)) this.#rows.push(row);
      this.#wake();
    });
  }

  static async open(url: string): Promise<TestPage> {
    const origin = new URL(url).origin;
    const socket = new WebSocket(`${url.replace("http", "ws")}ws?v=1`, "dash.v1", { origin });
    const page = new TestPage(socket);
    await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
    return page;
  }

  say(message: unknown): void {
    this.socket.send(typeof message === "string" || message instanceof Uint8Array ? message : JSON.stringify(message));
  }

  of(type: number): Frame[] {
    return this.frames.filter((frame) => frame.type === type);
  }

  json<T>(type: number): T[] {
    return this.of(type).map((frame) => JSON.parse(frame.bytes.subarray(FRAME_HEADER).toString()) as T);
  }

  rows(): readonly Row[] {
    return this.#rows;
  }

  /** Resolves when what is looked for is there; a test that never sees it fails by its time limit. */
  async until<T>(look: () => T | undefined | false): Promise<T> {
    for (;;) {
      const found = look();
      if (found !== undefined && found !== false) return found;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  [Symbol.dispose](): void {
    this.socket.terminate();
  }
}

export function rowsOf(frame: Buffer): Row[] {
  const { base, flags } = readFrameHeader(new DataView(frame.buffer, frame.byteOffset, frame.byteLength));
  const unit = (flags & 1) === 1 ? 64e-3 : 1e-3;
  const rows: Row[] = [];
  for (let at = FRAME_HEADER; at < frame.length; at += ROW_BYTES) {
    const stateAttempt = frame.readUInt8(at + 30);
    rows.push({
      seq: frame.readUInt32LE(at),
      lane: frame.readUInt16LE(at + 4),
      group: frame.readUInt16LE(at + 6),
      end: base + frame.readInt32LE(at + 8) * unit,
      duration: frame.readUInt32LE(at + 12) * unit,
      nbytes: frame.readFloatLE(at + 20),
      flowRun: frame.readUInt16LE(at + 28),
      state: stateAttempt & 15,
      attempt: stateAttempt >> 4,
      flags: frame.readUInt8(at + 31),
    });
  }
  return rows;
}

/** Frames that stand one after another, each preceded by its length. */
export function framesIn(bytes: Buffer): Buffer[] {
  const frames: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += 4 + bytes.readUInt32LE(at))
    frames.push(bytes.subarray(at + 4, at + 4 + bytes.readUInt32LE(at)));
  return frames;
}
