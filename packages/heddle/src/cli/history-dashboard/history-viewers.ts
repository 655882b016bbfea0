/** Pages that look at run history: told which flow runs changed, as soon as the history says so. */
import type { WebSocket } from "ws";
import {
  FRAME_HEADER,
  FrameType,
  writeFrameHeader,
  type DashboardHello,
  type FlowNews,
  type FrameTypeCode,
} from "@heddle/protocol/dashboard";
import type { HistoryReader } from "@heddle/flows";

/** Milliseconds between two looks at the history; nobody looks while nobody watches. */
const INTERVAL = 500;
/** Pages at once, as with a cluster. */
const MAX_VIEWERS = 64;
const TRY_AGAIN_LATER = 1013;
const UNSUPPORTED = 1003;
/** Bytes that may wait for a page that does not read. */
const MAX_BACKLOG = 4 * 1024 * 1024;

export class HistoryViewers {
  readonly #reader: HistoryReader;
  readonly #sockets = new Set<WebSocket>();
  #timer: NodeJS.Timeout | undefined;
  #change = 0;

  constructor(reader: HistoryReader) {
    this.#reader = reader;
  }

  get count(): number {
    return this.#sockets.size;
  }

  attach(socket: WebSocket, hello: DashboardHello): void {
    if (this.#sockets.size >= MAX_VIEWERS) {
      socket.close(TRY_AGAIN_LATER, "too many pages look at this dashboard");
      return;
    }
    this.#sockets.add(socket);
    socket.on("close", () => this.#left(socket));
    // What a page may ask for makes no difference here: there is one topic.
    socket.on("message", (data, binary) => {
      if (binary || (data as Buffer).length > 1024) socket.close(UNSUPPORTED, "this is nothing that a page says");
    });
    socket.on("error", () => socket.terminate());
    socket.send(frame(FrameType.hello, hello));
    if (this.#timer !== undefined) return;
    this.#change = this.#reader.tail().change;
    this.#timer = setInterval(() => this.#look(), INTERVAL);
  }

  close(): void {
    for (const socket of this.#sockets) socket.close(1001, "the dashboard is closing");
    clearInterval(this.#timer);
  }

  #left(socket: WebSocket): void {
    this.#sockets.delete(socket);
    if (this.#sockets.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #look(): void {
    const { change, flowRuns } = this.#reader.tail(this.#change);
    this.#change = change;
    if (flowRuns.length === 0) return;
    const news: FlowNews = { changed: flowRuns.map(({ id }) => id) };
    const bytes = frame(FrameType.flow, news);
    for (const socket of this.#sockets) {
      if (socket.bufferedAmount > MAX_BACKLOG) socket.close(TRY_AGAIN_LATER, "this page does not read");
      else socket.send(bytes);
    }
  }
}

function frame(type: FrameTypeCode, body: unknown): Buffer {
  const json = Buffer.from(JSON.stringify(body));
  const bytes = Buffer.alloc(FRAME_HEADER + json.length);
  writeFrameHeader(new DataView(bytes.buffer, bytes.byteOffset), { type, flags: 0, seq: 0, base: Date.now() });
  json.copy(bytes, FRAME_HEADER);
  return bytes;
}
