import { encodedBytes } from "@heddle/protocol";
import type { WorkerEvent, WorkerInstruction } from "../core/events.js";
import { DEFAULT_THRESHOLDS } from "../data/memory-watch.js";
import { ValueStore } from "../data/value-store.js";
import type { ExecutorPool } from "../executor/interface.js";
import { DataClient } from "../transfer/data-client.js";
import { DataServer } from "../transfer/data-server.js";
import type { WorkerServerOptions, WorkerSettings } from "./options.js";
import { PeerFetches } from "./peer-fetches.js";

export interface DataPlaneOwner {
  dispatch(event: WorkerEvent): void;
  /** The threads that see the values, and know what shared memory can be used again. */
  pool(): ExecutorPool;
  log(line: string): void;
}

/** The values of a worker: kept, served to others, and fetched from them. */
export class DataPlane {
  readonly store: ValueStore;
  readonly #server: DataServer;
  readonly #client: DataClient;
  readonly #fetches: PeerFetches;
  readonly #owner: DataPlaneOwner;

  constructor(options: WorkerServerOptions, settings: WorkerSettings, owner: DataPlaneOwner) {
    this.#owner = owner;
    const { token, tls, spillFolder, publicHost, dataPort: port = 0 } = options;
    const { memoryLimit, host } = settings;
    const allocate = (bytes: number): Uint8Array => owner.pool().allocate(bytes);
    this.store = new ValueStore({
      target: DEFAULT_THRESHOLDS.target * memoryLimit,
      allocate,
      onDropped: (buffers) => owner.pool().retire(buffers),
      onLost: (tasks, error) => {
        owner.log(error.message);
        owner.dispatch({ type: "lost", tasks: Int32Array.from(tasks) });
      },
      ...(spillFolder === undefined ? {} : { spillFolder }),
    });
    this.#server = new DataServer(
      {
        read: (tasks) => this.store.read(tasks),
        put: (tasks, values, keyLengths, keys) => {
          values.forEach((value, row) => this.store.put(tasks[row]!, value));
          const nbytes = Float64Array.from(values, encodedBytes);
          owner.dispatch({ type: "put", tasks, nbytes, keyLengths, keys });
        },
        allocate,
        limit: memoryLimit,
      },
      { host, port, publicHost, token, tls },
    );
    this.#client = new DataClient({
      allocate,
      ...(token === undefined ? {} : { token }),
      ...(tls === undefined ? {} : { tls }),
    });
    this.#fetches = new PeerFetches(this.#client, {
      dispatch: (event) => owner.dispatch(event),
      keep: (task, value) => this.store.put(task, value),
      discard: (buffers) => owner.pool().retire(buffers),
      log: (line) => owner.log(line),
    });
  }

  /** Where values are served; empty before `start`. */
  get address(): string {
    return this.#server.address;
  }

  /** Resolves when values are served. */
  start(): Promise<void> {
    return this.#server.start();
  }

  perform(instruction: Extract<WorkerInstruction, { to: "store" | "peers" }>): void {
    switch (instruction.action) {
      case "keep":
        return this.store.keep(instruction.batch, instruction.rows, instruction.ids, instruction.aside);
      case "accept":
        return this.#fetches.accept(instruction.gather, instruction.tasks);
      case "discard":
        return this.#owner.pool().retire(instruction.buffers);
      case "drop":
        return this.store.drop(instruction.tasks);
      case "setAside":
        return this.store.setAside();
      case "adopt":
        return this.store.adopt(instruction.from, instruction.ids);
      case "fetch":
        return void this.#fetches.fetch(instruction);
      case "abandon":
        return this.#fetches.abandon(instruction.gather);
    }
  }

  /** What a heartbeat tells of it, beside what the threads hold. */
  metrics() {
    return {
      managed: this.store.managed + this.#owner.pool().heldBytes,
      spilled: this.store.spilled,
      sentBytes: this.#server.sent + this.#client.sent,
      receivedBytes: this.#server.received + this.#client.received,
      bandwidth: this.#fetches.takeBandwidth(),
      fetched: this.#fetches.takeFetched(),
    };
  }

  /** Drops every value and gives up every request. */
  clear(): void {
    this.#fetches.abandonAll();
    this.store.clear();
  }

  async close(): Promise<void> {
    this.#fetches.abandonAll();
    this.#client.close();
    await Promise.all([this.#server.close(), this.store.close()]);
  }
}
