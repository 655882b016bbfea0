/** The connection to the scheduler: made in the background, and made again when it breaks. */
import { setTimeout as delay } from "node:timers/promises";
import {
  CloseCode,
  SchedulerUnreachableError,
  connect,
  type Channel,
  type ClientHello,
  type ClientToScheduler,
  type SchedulerToClient,
  type TlsOptions,
  type Welcome,
} from "@heddle/protocol";

/** Where the scheduler is; asked before every attempt, as a cluster may have moved it. */
export interface Endpoint {
  place(): Promise<{ readonly address: string; readonly token?: string | undefined }>;
  readonly tls: TlsOptions | undefined;
  /** Milliseconds for one attempt. */
  readonly timeout: number;
  /** Milliseconds after which a broken connection is given up. */
  readonly reconnectTimeout: number;
}

export interface LinkEvents {
  connected(welcome: Welcome): void;
  messages(batch: readonly SchedulerToClient[]): void;
  disconnected(): void;
  /** There will be no further attempt. */
  failed(error: Error): void;
}

/** A scheduler that is just being started is waited for this long. Milliseconds. */
const FIRST_PATIENCE = 2_000;
const FIRST_PAUSE = 50;
const LONGEST_PAUSE = 2_000;
/** A connection that lived less than this long says nothing good about the next one. */
const SHORT = 1_000;

export class Link {
  readonly #endpoint: Endpoint;
  readonly #hello: ClientHello;
  readonly #events: LinkEvents;
  readonly #given = new AbortController();
  #channel: Channel<ClientToScheduler, SchedulerToClient> | undefined;
  #address = "";

  constructor(endpoint: Endpoint, hello: ClientHello, events: LinkEvents) {
    this.#endpoint = endpoint;
    this.#hello = hello;
    this.#events = events;
    void this.#run();
  }

  /** Of the last attempt. */
  get address(): string {
    return this.#address;
  }

  send(message: ClientToScheduler): void {
    this.#channel?.send(message);
  }

  flush(): void {
    this.#channel?.flush();
  }

  /** Sends what is pending and closes for good; resolves when the socket is closed. */
  async close(): Promise<void> {
    this.#given.abort();
    const channel = this.#channel;
    if (channel === undefined) return;
    channel.close();
    await new Promise<void>((resolve) => {
      this.#closed = resolve;
    });
  }

  #closed: () => void = () => {};

  async #run(): Promise<void> {
    let patience = FIRST_PATIENCE;
    let pause = 0;
    for (;;) {
      const connection = await this.#dial(patience, pause);
      if (connection === undefined) return;
      const begin = performance.now();
      const { code, reason } = await connection.ended;
      this.#channel = undefined;
      this.#closed();
      if (this.#given.signal.aborted) return;
      this.#events.disconnected();
      // It would say the same to the same messages.
      if (code === CloseCode.malformed || code === CloseCode.refused) {
        this.#events.failed(new SchedulerUnreachableError(this.#address, `it closed the connection: ${reason}`));
        return;
      }
      // Whatever cuts connections as soon as they are made is not to be kept busy.
      pause = performance.now() - begin < SHORT ? Math.min(Math.max(pause * 2, FIRST_PAUSE), LONGEST_PAUSE) : 0;
      patience = this.#endpoint.reconnectTimeout;
    }
  }

  /** Tries until it is connected; undefined when it has given up. */
  async #dial(patience: number, firstPause: number): Promise<Opened | undefined> {
    const deadline = performance.now() + patience;
    for (let pause = firstPause; ; pause = Math.min(Math.max(pause * 2, FIRST_PAUSE), LONGEST_PAUSE)) {
      // Several clients that lost one scheduler should not all come back in one instant.
      if (pause > 0) await delay(pause * (0.5 + Math.random()), undefined, { ref: false });
      if (this.#given.signal.aborted) return undefined;
      try {
        return await this.#attempt();
      } catch (error) {
        if (this.#given.signal.aborted) return undefined;
        if (error instanceof SchedulerUnreachableError && performance.now() < deadline) continue;
        this.#events.failed(error as Error);
        return undefined;
      }
    }
  }

  async #attempt(): Promise<Opened> {
    const { address, token } = await this.#endpoint.place();
    this.#address = address;
    const { timeout, tls } = this.#endpoint;
    const connection = await connect(address, this.#hello, { token, timeout, tls, signal: this.#given.signal });
    if (this.#given.signal.aborted) {
      connection.terminate();
      throw new SchedulerUnreachableError(address, "the attempt was given up");
    }
    const ended = new Promise<End>((resolve) => {
      this.#channel = connection.open({
        onMessages: (batch) => this.#events.messages(batch),
        onClose: (code, reason) => resolve({ code, reason }),
      });
    });
    this.#channel!.unref();
    this.#events.connected(connection.welcome);
    return { ended };
  }
}

interface End {
  readonly code: number;
  readonly reason: string;
}

/** In an object, so that awaiting the attempt does not await the end. */
interface Opened {
  readonly ended: Promise<End>;
}
