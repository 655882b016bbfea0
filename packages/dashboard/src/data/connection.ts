import { DASHBOARD_SUBPROTOCOL, FrameType, readFrameHeader } from "@heddle/protocol/dashboard";
import type { Bye, FrameHeader, PageMessage, Topic } from "@heddle/protocol/dashboard";
import type { Connection } from "./messages.js";

/** As much of a WebSocket as is used; the browser's, or `ws` in tests. */
export interface Socket {
  binaryType: string;
  onopen: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
  readonly readyState: number;
  send(text: string): void;
  close(code?: number): void;
}

export interface ConnectionOptions {
  readonly open: (protocol: string) => Socket;
  /** Whether the server would let this page in; asked after a refused upgrade, whose reason a browser does not tell. */
  readonly authenticated: () => Promise<boolean>;
  readonly onFrame: (header: FrameHeader, bytes: DataView) => void;
  readonly onState: (state: Connection) => void;
  readonly now?: () => number;
}

const FIRST_RETRY = 500;
const LONGEST_RETRY = 10_000;
/** A link without a word for so long is dead: the server sends a series point every second. */
const SILENCE = 15_000;
/** After so long the pill says that it is away, not that it is coming back. */
const AWAY = 3_000;
const OPEN = 1;

/** The line to the server: opens it, opens it again, and says how it is. */
export class ServerConnection {
  private socket: Socket | undefined;
  private state: Connection = { state: "connecting" };
  private topics: readonly Topic[] = [];
  private paused = false;
  private attempts = 0;
  private lostAt = 0;
  private heardAt = 0;
  /** Of the last question whether it may come in: answers to earlier ones count no more. */
  private inquiry = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private watch: ReturnType<typeof setInterval> | undefined;
  private readonly now: () => number;

  constructor(private readonly options: ConnectionOptions) {
    this.now = options.now ?? Date.now;
  }

  start(): void {
    this.watch ??= setInterval(() => this.look(), 1000);
    // Asking may open a session, without which the upgrade would be refused.
    this.ask(() => this.connect());
  }

  close(): void {
    clearInterval(this.watch);
    clearTimeout(this.timer);
    this.inquiry++;
    this.watch = undefined;
    this.drop();
  }

  subscribe(topics: readonly Topic[]): void {
    this.topics = topics;
    this.say({ sub: topics });
  }

  /** Nothing is sent to a paused page; it fetches what it missed when it goes on. */
  pause(paused: boolean): void {
    this.paused = paused;
    this.say({ pause: paused });
    if (this.state.state === "live" || this.state.state === "paused")
      this.become({ state: paused ? "paused" : "live" });
  }

  reconnect(): void {
    this.attempts = 0;
    this.connect();
  }

  /** Goes on when it may come in, or nobody answers. Meanwhile somebody may log in, and have it connect at once. */
  private ask(goOn: () => void): void {
    const inquiry = ++this.inquiry;
    const answered = (allowed: boolean): void => {
      if (inquiry !== this.inquiry) return;
      if (allowed) goOn();
      else this.refused();
    };
    void this.options.authenticated().then(answered, () => answered(true));
  }

  private connect(): void {
    clearTimeout(this.timer);
    this.inquiry++;
    this.drop();
    if (this.attempts === 0) this.become({ state: "connecting" });
    const socket = this.options.open(DASHBOARD_SUBPROTOCOL);
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    socket.onopen = () => {
      this.heardAt = this.now();
      this.say({ sub: this.topics });
      if (this.paused) this.say({ pause: true });
    };
    socket.onmessage = (event: { readonly data: unknown }) => this.receive(event.data);
    socket.onclose = () => this.lost(socket);
    socket.onerror = () => undefined;
  }

  private receive(data: unknown): void {
    if (!(data instanceof ArrayBuffer)) return;
    this.heardAt = this.now();
    const view = new DataView(data);
    const header = readFrameHeader(view);
    if (header.type === FrameType.hello) {
      this.attempts = 0;
      this.lostAt = 0;
      this.become({ state: this.paused ? "paused" : "live" });
    }
    if (header.type === FrameType.bye) {
      const bye = readJson(view) as Bye;
      // A server that is restarted says "closing" too: only its silence afterwards tells. A slow viewer may come back at once.
      if (bye.reason === "closing") this.become({ state: "ended", message: bye.message, since: this.now() });
      if (bye.reason === "full") this.become({ state: "full", message: bye.message, retryAt: this.now() });
      if (bye.reason === "full" || bye.reason === "closing") this.attempts = Math.max(3, this.attempts);
      if (bye.reason === "expired") return this.refused();
      return;
    }
    this.options.onFrame(header, view);
  }

  private lost(socket: Socket): void {
    if (socket !== this.socket) return;
    this.socket = undefined;
    if (this.lostAt === 0) this.lostAt = this.now();
    this.ask(() => this.retryLater());
  }

  private refused(): void {
    this.drop();
    this.become({ state: "unauthenticated" });
  }

  private retryLater(): void {
    if (this.watch === undefined || this.socket !== undefined) return;
    const delay = Math.min(LONGEST_RETRY, FIRST_RETRY * 2 ** Math.min(this.attempts, 6));
    this.attempts++;
    const retryAt = this.now() + delay;
    if (this.state.state === "full") this.become({ ...this.state, retryAt });
    else if (this.state.state !== "ended") {
      const away = this.now() - this.lostAt >= AWAY;
      this.become({ state: away ? "disconnected" : "reconnecting", retryAt, since: this.lostAt });
    }
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.connect(), delay);
  }

  /** Once a second: links that died without a word, and "reconnecting" that has become "disconnected". */
  private look(): void {
    if (this.socket?.readyState === OPEN && this.now() - this.heardAt > SILENCE) this.socket.close();
    if (this.state.state === "reconnecting" && this.now() - this.lostAt >= AWAY)
      this.become({ ...this.state, state: "disconnected" });
    if (this.paused) this.say({ ping: this.now() });
  }

  private drop(): void {
    const socket = this.socket;
    this.socket = undefined;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  private say(message: PageMessage): void {
    if (this.socket?.readyState === OPEN) this.socket.send(JSON.stringify(message));
  }

  private become(state: Connection): void {
    this.state = state;
    this.options.onState(state);
  }
}

const text = new TextDecoder();

/** Body of a JSON frame. */
export function readJson(frame: DataView): unknown {
  return JSON.parse(text.decode(new Uint8Array(frame.buffer, frame.byteOffset + 16, frame.byteLength - 16)));
}
