import type { ConnectOptions, DataReply, EncodedValue } from "@heddle/protocol";
import { DataSocket, type Exchange } from "./data-socket.js";
import { TransferError, TransferRefusedError } from "./errors.js";
import { packValues, type Allocate } from "./value-columns.js";

/** Milliseconds an idle connection is kept. */
const KEEP_IDLE = 30_000;

export interface DataClientOptions extends Pick<ConnectOptions, "token" | "timeout" | "tls"> {
  /** Memory for out-of-band buffers, of exactly the size asked for. Default: an array of its own. */
  readonly allocate?: Allocate;
}

/** What `get` brought: a value for each task that was held, the others in `absent`. */
export interface Fetched {
  readonly op: "found";
  readonly tasks: Int32Array;
  readonly values: readonly EncodedValue[];
  readonly absent: Int32Array;
}

export interface Busy {
  readonly op: "busy";
  /** Milliseconds. */
  readonly retryAfter: number;
}

/**
 * Fetches results from workers, and puts values on them. Connections are made when needed and kept for the next request; none of them keeps
 * the process alive.
 *
 * ```ts
 * const data = new DataClient({ token });
 * const answer = await data.get("ws://127.0.0.1:40123", Int32Array.of(17));
 * if (answer.op === "found") decoder.decode(answer.values[0]);
 * ```
 */
export class DataClient {
  readonly #options: DataClientOptions;
  readonly #allocate: Allocate;
  readonly #idle = new Map<string, DataSocket[]>();
  readonly #open = new Set<DataSocket>();
  #nextId = 0;
  #closed = false;
  /** Bytes of values received and sent since the start. */
  received = 0;
  sent = 0;

  constructor(options: DataClientOptions = {}) {
    this.#options = options;
    this.#allocate = options.allocate ?? ((bytes) => new Uint8Array(bytes));
  }

  /**
   * Asks a worker for values. Busy is an answer: ask again after `retryAfter`.
   *
   * @throws PeerUnreachableError - nobody there, or it hung up.
   * @throws TransferRefusedError, TransferError
   */
  async get(address: string, tasks: Int32Array, signal?: AbortSignal): Promise<Fetched | Busy> {
    const { reply, values } = await this.#exchange(address, signal, (socket) =>
      socket.exchange({ op: "get", id: this.#nextId++, tasks }, [], this.#allocate),
    );
    if (reply.op === "busy") return { op: "busy", retryAfter: reply.retryAfter };
    if (reply.op !== "found") throw unexpected(address, reply);
    for (const { head, buffers } of values) {
      this.received += head.byteLength;
      for (const buffer of buffers) this.received += buffer.byteLength;
    }
    return { op: "found", tasks: reply.tasks, values, absent: reply.absent };
  }

  /**
   * Puts values on a worker, under ids that the scheduler has reserved for them.
   *
   * @throws PeerUnreachableError, TransferRefusedError, TransferError
   */
  async put(
    address: string,
    tasks: Int32Array,
    keys: readonly string[],
    values: readonly EncodedValue[],
    signal?: AbortSignal,
  ): Promise<void> {
    const packed = packValues(tasks, values);
    const keyBytes = keys.map((key) => Buffer.from(key));
    const request = {
      op: "put" as const,
      id: this.#nextId++,
      ...packed.columns,
      keyLengths: Int32Array.from(keyBytes, (key) => key.length),
      keys: Buffer.concat(keyBytes),
    };
    const { reply } = await this.#exchange(address, signal, (socket) =>
      socket.exchange(request, packed.parts, this.#allocate),
    );
    if (reply.op !== "stored") throw unexpected(address, reply);
    this.sent += packed.bytes;
  }

  close(): void {
    this.#closed = true;
    for (const socket of this.#open) socket.destroy();
    this.#open.clear();
    this.#idle.clear();
  }

  async #exchange(
    address: string,
    signal: AbortSignal | undefined,
    use: (socket: DataSocket) => Promise<Exchange>,
  ): Promise<Exchange> {
    const { socket, reused } = await this.#take(address, signal);
    try {
      return await this.#run(socket, signal, use);
    } catch (error) {
      // A kept connection may have been closed by the peer the moment it was needed; a new one tells whether the peer is there.
      if (!reused || signal?.aborted === true || this.#closed || error instanceof TransferError) throw error;
      return await this.#run(await this.#dial(address, signal), signal, use);
    }
  }

  async #run(
    socket: DataSocket,
    signal: AbortSignal | undefined,
    use: (socket: DataSocket) => Promise<Exchange>,
  ): Promise<Exchange> {
    // A reply that nobody waits for any more would have to be read to its end: a new connection is cheaper.
    const abort = (): void => socket.destroy();
    signal?.addEventListener("abort", abort);
    socket.ref(true);
    try {
      return await use(socket);
    } finally {
      signal?.removeEventListener("abort", abort);
      this.#release(socket);
    }
  }

  async #take(address: string, signal: AbortSignal | undefined): Promise<{ socket: DataSocket; reused: boolean }> {
    const idle = this.#idle.get(address);
    for (let socket = idle?.pop(); socket !== undefined; socket = idle?.pop()) {
      if (socket.idle) return { socket, reused: true };
    }
    return { socket: await this.#dial(address, signal), reused: false };
  }

  async #dial(address: string, signal: AbortSignal | undefined): Promise<DataSocket> {
    const socket = await DataSocket.connect(address, { ...this.#options, signal });
    if (this.#closed) socket.destroy();
    this.#open.add(socket);
    socket.onClosed = () => this.#open.delete(socket);
    return socket;
  }

  #release(socket: DataSocket): void {
    if (!socket.idle || this.#closed) return socket.destroy();
    socket.ref(false);
    const idle = this.#idle.get(socket.address);
    if (idle === undefined) this.#idle.set(socket.address, [socket]);
    else idle.push(socket);
    setTimeout(() => this.#retire(socket), KEEP_IDLE).unref();
  }

  /** Closes a connection that was not used since it became idle. */
  #retire(socket: DataSocket): void {
    const idle = this.#idle.get(socket.address);
    const position = idle?.indexOf(socket) ?? -1;
    if (position === -1) return;
    idle!.splice(position, 1);
    if (idle!.length === 0) this.#idle.delete(socket.address);
    socket.destroy();
  }
}

function unexpected(address: string, reply: DataReply): Error {
  return reply.op === "refused"
    ? new TransferRefusedError(address, reply.error)
    : new TransferError(address, `it answers with ${reply.op}`);
}
