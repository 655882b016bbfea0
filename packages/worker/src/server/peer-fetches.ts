import { encodedBytes, type EncodedValue } from "@heddle/protocol";
import type { WorkerEvent, WorkerInstruction } from "../core/events.js";
import type { DataClient, Fetched } from "../transfer/data-client.js";

/** Bandwidth is told by transfers of at least this size. */
const TELLING_BYTES = 256 * 1024;

export interface FetchesOwner {
  dispatch(event: WorkerEvent): void;
  /** Takes a value into the store. */
  keep(task: number, value: EncodedValue): void;
  /** Memory of a value that is not wanted after all. */
  discard(buffers: readonly Uint8Array[]): void;
  log(line: string): void;
}

/** The requests to peers that the core has asked for, and their answers until it has said what of them is kept. */
export class PeerFetches {
  readonly #client: DataClient;
  readonly #owner: FetchesOwner;
  readonly #requests = new Map<number, AbortController>();
  readonly #answers = new Map<number, Fetched>();
  /** Bytes and milliseconds by peer, since they were last told. */
  readonly #traffic = new Map<number, { bytes: number; milliseconds: number }>();
  /** Bytes by peer, in answers of any size. */
  readonly #fetched = new Map<number, number>();

  constructor(client: DataClient, owner: FetchesOwner) {
    this.#client = client;
    this.#owner = owner;
  }

  async fetch(request: Extract<WorkerInstruction, { action: "fetch" }>): Promise<void> {
    const { gather, peer, address, tasks } = request;
    const abort = new AbortController();
    this.#requests.set(gather, abort);
    const started = performance.now();
    try {
      const answer = await this.#client.get(address, tasks, abort.signal);
      if (abort.signal.aborted) return;
      if (answer.op === "busy") {
        this.#owner.dispatch({ type: "fetchBusy", gather, retryAfter: answer.retryAfter });
        return;
      }
      const nbytes = Float64Array.from(answer.values, encodedBytes);
      this.#measure(peer, nbytes, performance.now() - started);
      this.#answers.set(gather, answer);
      this.#owner.dispatch({ type: "fetched", gather, tasks: answer.tasks, nbytes, absent: answer.absent });
      // Of an answer that nobody waits for any more nothing has been accepted.
      if (this.#answers.has(gather)) this.accept(gather, []);
    } catch (error) {
      if (abort.signal.aborted) return;
      this.#owner.log((error as Error).message);
      this.#owner.dispatch({ type: "fetchFailed", gather, reason: (error as Error).message });
    } finally {
      this.#requests.delete(gather);
    }
  }

  /** Keeps what is wanted of an answer, and lets the rest go. */
  accept(gather: number, wanted: Iterable<number>): void {
    const { tasks, values } = this.#answers.get(gather)!;
    this.#answers.delete(gather);
    const accepted = new Set(wanted);
    tasks.forEach((task, row) => {
      const value = values[row]!;
      if (accepted.has(task)) this.#owner.keep(task, value);
      else this.#owner.discard(value.buffers);
    });
  }

  abandon(gather: number): void {
    this.#requests.get(gather)?.abort();
  }

  abandonAll(): void {
    for (const request of this.#requests.values()) request.abort();
  }

  /** [worker index, bytes a second] since the last call. */
  takeBandwidth(): [number, number][] {
    const rates = [...this.#traffic].map(([peer, { bytes, milliseconds }]): [number, number] => [
      peer,
      Math.round((bytes / milliseconds) * 1000),
    ]);
    this.#traffic.clear();
    return rates;
  }

  /** [worker index, bytes] since the last call. */
  takeFetched(): [number, number][] {
    const fetched = [...this.#fetched];
    this.#fetched.clear();
    return fetched;
  }

  #measure(peer: number, nbytes: Float64Array, milliseconds: number): void {
    const bytes = nbytes.reduce((sum, size) => sum + size, 0);
    this.#fetched.set(peer, (this.#fetched.get(peer) ?? 0) + bytes);
    if (bytes < TELLING_BYTES || milliseconds <= 0) return;
    const sum = this.#traffic.get(peer);
    if (sum === undefined) {
      this.#traffic.set(peer, { bytes, milliseconds });
    } else {
      sum.bytes += bytes;
      sum.milliseconds += milliseconds;
    }
  }
}
