import { randomUUID } from "node:crypto";
import {
  HEDDLE_VERSION,
  PROTOCOL_VERSION,
  type SchedulerToWorker,
  type Welcome,
  type WorkerHello,
} from "@heddle/protocol";
import type { WorkerEvent, WorkerInstruction } from "../core/events.js";
import { WorkerCore } from "../core/worker-core.js";
import { DEFAULT_THRESHOLDS, MemoryWatch } from "../data/memory-watch.js";
import { ValueStore } from "../data/value-store.js";
import type { ExecutorEvents, ExecutorPool } from "../executor/interface.js";
import { WorkerThreadPool } from "../executor/pool.js";
import { DataClient, type Fetched } from "../transfer/data-client.js";
import { DataServer } from "../transfer/data-server.js";
import { ExecutorGate } from "./executor-gate.js";
import { Membership } from "./membership.js";
import { settingsOf, type WorkerEnd, type WorkerServerOptions, type WorkerSettings } from "./options.js";
import { Traffic } from "./traffic.js";

/**
 * A worker: joins a scheduler, runs what it is given on executor threads, keeps the results and serves them.
 *
 * Runs in a process of its own (see `spawnWorkerProcess`), or inside any other; user code is never on the thread this class
 * lives on.
 *
 * ```ts
 * const worker = new WorkerServer({ address: "ws://127.0.0.1:8786", threads: 2 });
 * await worker.start();
 * ...
 * await worker.close();
 * ```
 */
export class WorkerServer {
  readonly #options: WorkerServerOptions;
  readonly #settings: WorkerSettings;
  readonly #id = randomUUID();
  readonly #store: ValueStore;
  readonly #server: DataServer;
  readonly #peers: DataClient;
  readonly #membership: Membership;
  readonly #memory: MemoryWatch;
  readonly #traffic = new Traffic();
  #core: WorkerCore;
  #pool: ExecutorPool;
  #gate: ExecutorGate;
  /** What peers have answered, until the core has said what of it is kept. */
  readonly #answers = new Map<number, Fetched>();
  readonly #requests = new Map<number, AbortController>();
  /** An instruction may lead to the next event before it returns: events wait for their turn. */
  readonly #events: WorkerEvent[] = [];
  #handling = false;
  #timer: { readonly at: number; readonly timeout: NodeJS.Timeout } | undefined;
  #heartbeat: NodeJS.Timeout | undefined;
  #cpu = { at: performance.now(), usage: process.cpuUsage() };
  #name: string;
  #state: "new" | "running" | "closing" = "new";
  #closed: Promise<void> | undefined;

  /**
   * @throws WorkerOptionError
   */
  constructor(options: WorkerServerOptions) {
    this.#options = options;
    this.#settings = settingsOf(options);
    this.#name = options.name ?? "";
    const { memoryLimit, host, connectTimeout, reconnectTimeout } = this.#settings;
    // What executor threads are to see has to be in shared memory, and they know what of it can be used again.
    const allocate = (bytes: number): Uint8Array => this.#pool.allocate(bytes);
    this.#store = new ValueStore({
      target: DEFAULT_THRESHOLDS.target * memoryLimit,
      allocate,
      onDropped: (buffers) => this.#pool.retire(buffers),
      ...(options.spillFolder === undefined ? {} : { spillFolder: options.spillFolder }),
      onLost: (tasks, error) => {
        this.#log(error.message);
        this.#dispatch({ type: "lost", tasks: Int32Array.from(tasks) });
      },
    });
    this.#server = new DataServer(
      {
        read: (tasks) => this.#store.read(tasks),
        put: (tasks, values, keyLengths, keys) => {
          values.forEach((value, row) => this.#store.put(tasks[row]!, value));
          const nbytes = Float64Array.from(values, sizeOf);
          this.#dispatch({ type: "put", tasks, nbytes, keyLengths, keys });
        },
        allocate,
        limit: memoryLimit,
      },
      {
        host,
        port: options.dataPort ?? 0,
        publicHost: options.publicHost,
        token: options.token,
        tls: options.tls,
      },
    );
    this.#peers = new DataClient({
      allocate,
      ...(options.token === undefined ? {} : { token: options.token }),
      ...(options.tls === undefined ? {} : { tls: options.tls }),
    });
    this.#memory = new MemoryWatch(memoryLimit, {
      spill: (bytes) => this.#store.spill(bytes),
      collect: () => this.#pool.collect(true),
      status: (status, reason) => {
        this.#log(status === "paused" ? `paused: ${reason}` : `running again: ${reason}`);
        this.#dispatch({ type: "memory", status, reason });
      },
      terminate: (reason) => this.#end(`ended to protect the machine: ${reason}`, false, true),
    });
    this.#membership = new Membership({
      address: options.address,
      token: options.token,
      tls: options.tls,
      connectTimeout,
      reconnectTimeout,
      hello: () => this.#hello(),
      onJoined: (welcome, rejoining) => this.#joined(welcome, rejoining),
      onMessages: (messages) => this.#receive(messages),
      onLost: (reason) => {
        clearInterval(this.#heartbeat);
        this.#log(`lost the scheduler (${reason}); looking for it`);
        this.#dispatch({ type: "disconnected" });
      },
      onGivenUp: (error) => this.#end(error.message, false),
      log: (line) => this.#log(line),
    });
    this.#core = this.#newCore();
    this.#pool = this.#newPool();
    this.#gate = this.#newGate();
  }

  /** The name the scheduler knows it by; empty before it has joined when none was asked for. */
  get name(): string {
    return this.#name;
  }

  /** Where peers and clients fetch its results; empty before `start`. */
  get address(): string {
    return this.#server.address;
  }

  /**
   * Resolves when it has joined and its threads are ready.
   *
   * @throws SchedulerUnreachableError, UnauthorizedError, ProtocolVersionError, RefusedError; nothing is left behind.
   */
  async start(): Promise<void> {
    this.#state = "running";
    try {
      const threads = this.#startThreads();
      // Whatever fails first is what `start` rejects with.
      threads.catch(() => {});
      await this.#server.start();
      await this.#membership.join();
      await threads;
      if (this.#settings.ownsProcess) this.#memory.start();
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /** Leaves the scheduler and ends the threads. Results are gone with it. Idempotent. */
  close(): Promise<void> {
    return (this.#closed ??= this.#close("it was asked to close"));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(reason: string): Promise<void> {
    this.#state = "closing";
    this.#membership.send({ op: "status", status: "closing", reason });
    clearInterval(this.#heartbeat);
    clearTimeout(this.#timer?.timeout);
    this.#memory.stop();
    this.#membership.close("closing");
    for (const request of this.#requests.values()) request.abort();
    this.#peers.close();
    await Promise.all([this.#server.close(), this.#pool.close(), this.#store.close()]);
  }

  #end(reason: string, expected: boolean, urgent = false): void {
    if (this.#state !== "running") return;
    this.#log(reason);
    this.#closed ??= this.#close(reason);
    const end: WorkerEnd = { reason, expected, urgent };
    if (urgent) this.#options.onEnded?.(end);
    else void this.#closed.then(() => this.#options.onEnded?.(end));
  }

  // ---- the core and its shell

  #dispatch(event: WorkerEvent): void {
    if (this.#state !== "running") return;
    this.#events.push(event);
    if (this.#handling) return;
    this.#handling = true;
    try {
      for (let next = this.#events.shift(); next !== undefined; next = this.#events.shift()) {
        for (const instruction of this.#core.handle(next, now())) this.#perform(instruction);
      }
    } catch (error) {
      // The core cannot be trusted any more. What it ran is run elsewhere.
      this.#events.length = 0;
      this.#end(error instanceof Error ? (error.stack ?? error.message) : String(error), false);
    } finally {
      this.#handling = false;
    }
    this.#setTimer();
  }

  #perform(instruction: WorkerInstruction): void {
    switch (instruction.to) {
      case "scheduler":
        return this.#membership.send(instruction.message);
      case "store":
        return this.#performOnStore(instruction);
      case "threads":
        return this.#performOnThreads(instruction);
      case "peers":
        if (instruction.action === "fetch") void this.#fetch(instruction);
        else this.#requests.get(instruction.gather)?.abort();
        return;
      case "shell":
        if (instruction.restart) void this.#restart(instruction.reason);
        else this.#end(instruction.reason, true);
    }
  }

  #performOnStore(instruction: Extract<WorkerInstruction, { to: "store" }>): void {
    switch (instruction.action) {
      case "keep":
        return this.#store.keep(instruction.batch, instruction.rows, instruction.ids, instruction.aside);
      case "accept":
        return this.#accept(instruction.gather, instruction.tasks);
      case "discard":
        return this.#pool.retire(instruction.buffers);
      case "drop":
        return this.#store.drop(instruction.tasks);
      case "setAside":
        return this.#store.setAside();
      case "adopt":
        return this.#store.adopt(instruction.from, instruction.ids);
    }
  }

  #performOnThreads(instruction: Extract<WorkerInstruction, { to: "threads" }>): void {
    switch (instruction.action) {
      case "define":
        return this.#pool.define(instruction.definitions);
      case "execute":
        return this.#gate.execute(instruction.thread, instruction.batch);
      case "cancel":
        return this.#gate.cancel(instruction.thread, instruction.tasks, instruction.runs, instruction.force);
      case "revoke":
        return this.#gate.revoke(instruction.thread, instruction.tasks, instruction.runs);
      case "forget":
        return this.#gate.forget(instruction.thread, instruction.tasks);
      case "call":
        return this.#pool.call(instruction.call.id, instruction.call.function, instruction.call.args);
    }
  }

  /** Keeps what is wanted of a peer's answer. */
  #accept(gather: number, wanted: Iterable<number>): void {
    const { tasks, values } = this.#answers.get(gather)!;
    this.#answers.delete(gather);
    const accepted = new Set(wanted);
    tasks.forEach((task, row) => {
      const value = values[row]!;
      if (accepted.has(task)) this.#store.put(task, value);
      else this.#pool.retire(value.buffers);
    });
  }

  async #fetch(request: Extract<WorkerInstruction, { action: "fetch" }>): Promise<void> {
    const { gather, peer, address, tasks } = request;
    const abort = new AbortController();
    this.#requests.set(gather, abort);
    const started = performance.now();
    try {
      const answer = await this.#peers.get(address, tasks, abort.signal);
      if (abort.signal.aborted) return;
      if (answer.op === "busy") {
        this.#dispatch({ type: "fetchBusy", gather, retryAfter: answer.retryAfter });
        return;
      }
      const nbytes = Float64Array.from(answer.values, sizeOf);
      this.#traffic.add(
        peer,
        nbytes.reduce((sum, bytes) => sum + bytes, 0),
        performance.now() - started,
      );
      this.#answers.set(gather, answer);
      this.#dispatch({ type: "fetched", gather, tasks: answer.tasks, nbytes, absent: answer.absent });
      if (this.#answers.has(gather)) this.#accept(gather, []);
    } catch (error) {
      if (abort.signal.aborted) return;
      this.#log((error as Error).message);
      this.#dispatch({ type: "fetchFailed", gather, reason: (error as Error).message });
    } finally {
      this.#requests.delete(gather);
    }
  }

  #setTimer(): void {
    const at = this.#state === "running" ? this.#core.deadline : undefined;
    if (this.#timer?.at === at) return;
    clearTimeout(this.#timer?.timeout);
    this.#timer = undefined;
    if (at === undefined) return;
    const timeout = setTimeout(
      () => {
        this.#timer = undefined;
        this.#dispatch({ type: "tick" });
      },
      Math.max(1, at - now()),
    );
    this.#timer = { at, timeout };
  }

  // ---- the scheduler

  #hello(): WorkerHello {
    const { threads, memoryLimit, resources, asyncPerThread, machine } = this.#settings;
    return {
      op: "hello",
      protocol: PROTOCOL_VERSION,
      role: "worker",
      id: this.#id,
      ...(this.#name === "" ? {} : { name: this.#name }),
      heddle: HEDDLE_VERSION,
      node: process.version,
      pid: process.pid,
      host: machine,
      dataAddress: this.#server.address,
      threads,
      memoryLimit,
      resources,
      asyncPerThread,
      ...(this.#core.epoch === "" ? {} : { lastEpoch: this.#core.epoch }),
    };
  }

  #joined(welcome: Welcome, rejoining: boolean): void {
    this.#name = welcome.name ?? this.#name;
    this.#identify();
    clearInterval(this.#heartbeat);
    this.#heartbeat = setInterval(() => this.#beat(), welcome.heartbeat);
    this.#dispatch({ type: "connected", index: welcome.index, epoch: welcome.epoch, rejoining });
  }

  #receive(messages: readonly SchedulerToWorker[]): void {
    for (const message of messages) this.#dispatch({ type: "message", message });
  }

  #beat(): void {
    const at = performance.now();
    const usage = process.cpuUsage();
    const micros = usage.user + usage.system - this.#cpu.usage.user - this.#cpu.usage.system;
    const cpu = micros / 1000 / Math.max(1, at - this.#cpu.at);
    this.#cpu = { at, usage };
    this.#membership.send({
      op: "heartbeat",
      rss: process.memoryUsage.rss(),
      managed: this.#store.managed + this.#pool.heldBytes,
      spilled: this.#store.spilled,
      cpu,
      ...this.#core.counts,
      sentBytes: this.#server.sent + this.#peers.sent,
      receivedBytes: this.#server.received + this.#peers.received,
      bandwidth: this.#traffic.take(),
    });
  }

  /** Drops everything, and joins again with fresh threads. */
  async #restart(reason: string): Promise<void> {
    this.#log(`restarting: ${reason}`);
    clearInterval(this.#heartbeat);
    for (const request of this.#requests.values()) request.abort();
    const earlier = this.#pool;
    this.#events.length = 0;
    this.#store.clear();
    this.#core = this.#newCore();
    this.#pool = this.#newPool();
    this.#gate = this.#newGate();
    void earlier.close();
    try {
      await Promise.all([this.#startThreads(), this.#membership.rejoin()]);
    } catch (error) {
      this.#end((error as Error).message, false);
    }
  }

  // ---- the threads

  async #startThreads(): Promise<void> {
    const pool = this.#pool;
    await pool.start();
    if (pool === this.#pool) this.#dispatch({ type: "threadsReady" });
  }

  #newCore(): WorkerCore {
    const { threads, resources, asyncPerThread, memoryLimit } = this.#settings;
    return new WorkerCore({
      threads,
      resources,
      asyncPerThread,
      incomingBytes: memoryLimit / 10,
      validate: this.#options.validate ?? false,
    });
  }

  #newPool(): ExecutorPool {
    const { threads, memoryLimit } = this.#settings;
    const { baseDir, cancelGrace, outputFd, validate } = this.#options;
    const pool: ExecutorPool = new WorkerThreadPool(
      {
        threads,
        worker: this.#identity(),
        // One thread that runs away should fail its task before the whole process has to end.
        heapLimit: Math.round(memoryLimit * 0.75),
        validate: validate ?? false,
        ...(baseDir === undefined ? {} : { baseDir }),
        ...(cancelGrace === undefined ? {} : { cancelGrace }),
        ...(outputFd === undefined ? {} : { outputFd }),
      },
      this.#eventsOf(() => pool === this.#pool),
    );
    return pool;
  }

  /** What a pool says that has been replaced by another is of no interest. */
  #eventsOf(isCurrent: () => boolean): ExecutorEvents {
    const tell = (event: WorkerEvent): void => {
      if (isCurrent()) this.#dispatch(event);
    };
    return {
      finished: (batch) => tell({ type: "finished", batch }),
      failed: (thread, failures) => tell({ type: "failed", thread, failures }),
      stopped: (thread, tasks, runs) => tell({ type: "stopped", thread, tasks, runs }),
      parked: (thread, tasks, runs, away) => tell({ type: "parked", thread, tasks, runs, away }),
      seceded: (thread, tasks, runs, away) => tell({ type: "seceded", thread, tasks, runs, away }),
      replaced: (thread, tasks, runs) => tell({ type: "replaced", thread, tasks, runs }),
      output: (_task, stream, text) => this.#output(stream, text),
      returned: (id, ok, bytes) => tell({ type: "returned", id, ok, bytes }),
    };
  }

  #newGate(): ExecutorGate {
    const gate: ExecutorGate = new ExecutorGate(this.#pool, {
      read: (tasks) => this.#store.read(tasks),
      unsent: (lost, { tasks, runs }) => {
        if (gate !== this.#gate) return;
        this.#store.drop(lost);
        this.#dispatch({ type: "lost", tasks: Int32Array.from(lost) });
        this.#dispatch({ type: "unsent", tasks, runs });
      },
      revoked: (runs, granted) => {
        if (gate === this.#gate) this.#dispatch({ type: "revoked", runs, granted });
      },
    });
    return gate;
  }

  #identity() {
    const { address, token } = this.#options;
    return {
      name: this.#name,
      address: this.#server.address,
      scheduler: { address, ...(token === undefined ? {} : { token }) },
    };
  }

  #identify(): void {
    if (this.#pool instanceof WorkerThreadPool) this.#pool.identify(this.#identity());
  }

  #output(stream: "stdout" | "stderr", text: string): void {
    if (this.#options.onOutput !== undefined) return this.#options.onOutput(stream, text);
    process[stream].write(text.replace(/^(?=.)/gms, `${this.#name}: `));
  }

  #log(line: string): void {
    if (this.#options.log !== undefined) return this.#options.log(line);
    process.stderr.write(`heddle worker ${this.#name}: ${line}\n`);
  }
}

/** Milliseconds since the epoch, never going back. */
function now(): number {
  return performance.timeOrigin + performance.now();
}

function sizeOf(value: { readonly head: Uint8Array; readonly buffers: readonly Uint8Array[] }): number {
  return value.buffers.reduce((sum, buffer) => sum + buffer.byteLength, value.head.byteLength);
}
