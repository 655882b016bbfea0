import type { WebSocket } from "ws";
import { FrameType, TOPICS, type Bye, type Topic } from "@heddle/protocol/dashboard";
import { Pace } from "./pace.js";
import { jsonFrame } from "./reader.js";

/** Bytes that may wait for a page before it is passed over, and before it is sent away. */
const MAX_WAITING = 256 * 1024;
const MAX_BACKLOG = 4 * 1024 * 1024;
/** Milliseconds that a page may not read at all. */
const MAX_STUCK = 10_000;
/** Messages a second that a page may send, and how many at once. */
const MESSAGE_RATE = 20;
const CLOSE = { unsupported: 1003, policy: 1008, tryLater: 1013, goingAway: 1001 } as const;

export interface ViewerEvents {
  /** It shall get what it asked for whole: it has just come, or missed something. */
  greet(viewer: Viewer): void;
  gone(viewer: Viewer): void;
  now(): number;
}

/** Rows that are there and that a page has not had its turn for. */
export interface Owed {
  readonly from: number;
  /** When the first of them may have ended. Milliseconds since the epoch. */
  readonly since: number;
}

/** One page that looks. */
export class Viewer {
  readonly #socket: WebSocket;
  readonly #events: ViewerEvents;
  #topics: ReadonlySet<Topic> = new Set(TOPICS);
  #paused = false;
  /** First row that was left out for it, and that it has to fetch; -1: none. */
  gapFrom = -1;
  owed: Owed | undefined;
  /** It had no turn while lanes changed: what executes has to be told whole. */
  missedRunning = false;
  readonly #pace = new Pace();
  #hasTurn = true;
  /** It missed a message of changes: it has to be told everything again. */
  missedChanges = false;
  #stuckSince = -1;
  #lastBuffered = 0;
  #credit = MESSAGE_RATE;
  #creditAt: number;
  #answered = true;
  bytes = 0;

  constructor(socket: WebSocket, events: ViewerEvents) {
    this.#socket = socket;
    this.#events = events;
    this.#creditAt = events.now();
    socket.on("message", (data: Buffer, isBinary: boolean) => this.#receive(data, isBinary));
    socket.on("pong", () => (this.#answered = true));
    socket.on("close", () => events.gone(this));
    // `close` follows.
    socket.on("error", () => {});
  }

  get topics(): ReadonlySet<Topic> {
    return this.#topics;
  }

  wants(topic: Topic): boolean {
    return !this.#paused && this.#topics.has(topic);
  }

  get paused(): boolean {
    return this.#paused;
  }

  /** Whether it is sent rows at this tick. */
  get hasTurn(): boolean {
    return this.#hasTurn;
  }

  /** Begins a tick. */
  beginTick(tick: number): void {
    this.#hasTurn = this.#pace.hasTurn(tick);
    if (this.#hasTurn) this.#pace.observe(this.#socket.bufferedAmount);
  }

  /** What it is owed is left out, and so is what follows until the gap is told. */
  miss(): void {
    if (this.owed !== undefined && this.gapFrom < 0) this.gapFrom = this.owed.from;
    this.owed = undefined;
  }

  /** Whether it keeps up. One that does not gets nothing until it does; one that never does is sent away. */
  isReady(now: number): boolean {
    const { bufferedAmount } = this.#socket;
    if (this.#socket.readyState !== this.#socket.OPEN) return false;
    if (bufferedAmount <= MAX_WAITING) {
      this.#stuckSince = -1;
      this.#lastBuffered = bufferedAmount;
      return true;
    }
    // Slow is not stuck.
    if (this.#stuckSince < 0 || bufferedAmount < this.#lastBuffered) this.#stuckSince = now;
    this.#lastBuffered = bufferedAmount;
    if (bufferedAmount > MAX_BACKLOG || now - this.#stuckSince > MAX_STUCK)
      this.leave({ reason: "slow", message: "this page does not read what it is sent" }, CLOSE.tryLater, true);
    return false;
  }

  send(frame: Buffer): void {
    this.bytes += frame.length;
    this.#socket.send(frame, { binary: true });
  }

  /** @param cut - it does not read: there is no use in waiting for its part of the end */
  leave(bye: Bye, code: number = CLOSE.goingAway, cut = false): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    this.send(jsonFrame(FrameType.bye, bye, 0, this.#events.now()));
    this.#socket.close(code, bye.message);
    if (cut) setTimeout(() => this.#socket.terminate(), 1_000).unref();
  }

  /** Finds out, called now and then, whether somebody is still there. */
  probe(): void {
    if (!this.#answered) {
      this.#socket.terminate();
      return;
    }
    this.#answered = false;
    this.#socket.ping();
  }

  #receive(data: Buffer, isBinary: boolean): void {
    if (!this.#spend()) {
      this.#refuse(CLOSE.policy, `at most ${MESSAGE_RATE} messages a second`);
      return;
    }
    const message = isBinary ? undefined : parsed(data);
    if (message === undefined) {
      this.#refuse(CLOSE.unsupported, "a page says sub, pause or ping, as JSON text, and nothing else");
      return;
    }
    if ("sub" in message) {
      this.#topics = new Set(message.sub);
      if (!this.#paused) this.#events.greet(this);
    } else if ("pause" in message) {
      const resumed = this.#paused && !message.pause;
      this.#paused = message.pause;
      if (resumed) this.#events.greet(this);
    } else {
      // Something to hear for who waits for a sign of life; no line of any log.
      this.send(jsonFrame(FrameType.log, [], 0, this.#events.now()));
    }
  }

  #spend(): boolean {
    const now = this.#events.now();
    this.#credit = Math.min(MESSAGE_RATE, this.#credit + ((now - this.#creditAt) / 1000) * MESSAGE_RATE);
    this.#creditAt = now;
    this.#credit--;
    return this.#credit >= 0;
  }

  #refuse(code: number, reason: string): void {
    this.#socket.close(code, reason);
  }
}

/** Refuses a socket for which there is no room. */
export function turnAway(socket: WebSocket, message: string, now: number): void {
  socket.on("error", () => {});
  socket.send(jsonFrame(FrameType.bye, { reason: "full", message } satisfies Bye, 0, now), { binary: true });
  socket.close(CLOSE.tryLater, message);
}

function isTopic(value: unknown): value is Topic {
  return (TOPICS as readonly unknown[]).includes(value);
}

type Message = { readonly sub: Topic[] } | { readonly pause: boolean } | { readonly ping: number };

function parsed(data: Buffer): Message | undefined {
  let value: unknown;
  try {
    value = JSON.parse(data.toString());
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null || Object.keys(value).length !== 1) return undefined;
  const { sub, pause, ping } = value as Record<string, unknown> & { sub?: unknown; pause?: unknown; ping?: unknown };
  if (Array.isArray(sub) && sub.every(isTopic)) return { sub };
  if (typeof pause === "boolean") return { pause };
  if (typeof ping === "number") return { ping };
  return undefined;
}
