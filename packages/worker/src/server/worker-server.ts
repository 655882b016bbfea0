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
import { MemoryWatch } from "../data/memory-watch.js";
import type { ExecutorEvents, ExecutorPool } from "../executor/interface.js";
import { WorkerThreadPool } from "../executor/pool.js";
import { DataPlane } from "./data-plane.js";
import { ExecutorGate } from "./executor-gate.js";
import { Lookout } from "./lookout.js";
import { Membership } from "./membership.js";
import { NewsGate } from "./news-gate.js";
import { settingsOf, type WorkerEnd, type WorkerServerOptions, type WorkerSettings } from "./options.js";
import { PrintedLines } from "./printed-lines.js";
import { Pulse } from "./pulse.js";

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
  readonly #data: DataPlane;
  readonly #membership: Membership;
  readonly #memory: MemoryWatch;
  readonly #pulse = new Pulse((cpu) => this.#beat(cpu));
  readonly #lookout = new Lookout(
    (age) => this.#pool.executing(age),
    (message) => this.#membership.send(message),
  );
  readonly #news = new NewsGate((message) => this.#membership.send(message));
  readonly #printed = new PrintedLines((message) => this.#membership.send(message));
  #core: WorkerCore;
  #pool: ExecutorPool;
  #gate: ExecutorGate;
  /** An instruction may lead to the next event before it returns: events wait for their turn. */
  readonly #events: WorkerEvent[] = [];
  #handling = false;
  #timer: { readonly at: number; readonly timeout: NodeJS.Timeout } | undefined;
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
    const { memoryLimit, connectTimeout, reconnectTimeout } = this.#settings;
    this.#data = new DataPlane(options, this.#settings, {
      dispatch: (event) => this.#dispatch(event),
      pool: () => this.#pool,
      log: (line) => this.#log(line),
    });
    this.#memory = new MemoryWatch(memoryLimit, {
      spill: (bytes) => this.#data.store.spill(bytes),
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
        this.#pulse.stop();
        this.#lookout.stop();
        this.#printed.stop();
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
    return this.#data.address;
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
      await this.#data.start();
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
    this.#printed.flush();
    this.#printed.stop();
    this.#membership.send({ op: "status", status: "closing", reason });
    this.#pulse.stop();
    this.#lookout.stop();
    clearTimeout(this.#timer?.timeout);
    this.#memory.stop();
    this.#membership.close("closing");
    this.#gate.close();
    await Promise.all([this.#data.close(), this.#pool.close()]);
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
      case "peers":
        return this.#data.perform(instruction);
      case "threads":
        return this.#performOnThreads(instruction);
      case "shell":
        if (instruction.action === "watch") this.#lookout.watch(instruction.interval);
        else if (instruction.action === "listen") this.#listen();
        else if (instruction.restart) void this.#restart(instruction.reason);
        else this.#end(instruction.reason, true);
    }
  }

  #performOnThreads(instruction: Extract<WorkerInstruction, { to: "threads" }>): void {
    switch (instruction.action) {
      case "define":
        return this.#pool.define(instruction.definitions);
      case "undefine":
        return this.#pool.undefine(instruction.hashes);
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
      dataAddress: this.#data.address,
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
    this.#pulse.start(welcome.heartbeat);
    this.#dispatch({ type: "connected", index: welcome.index, epoch: welcome.epoch, rejoining });
  }

  #receive(messages: readonly SchedulerToWorker[]): void {
    for (const message of messages) this.#dispatch({ type: "message", message });
  }

  #beat(cpu: number): void {
    this.#membership.send({
      op: "heartbeat",
      time: now(),
      rss: process.memoryUsage.rss(),
      cpu,
      ...this.#core.counts,
      ...this.#data.metrics(),
    });
  }

  /** Drops everything, and joins again with fresh threads. */
  async #restart(reason: string): Promise<void> {
    this.#log(`restarting: ${reason}`);
    this.#pulse.stop();
    this.#printed.flush();
    this.#printed.stop();
    const earlier = this.#pool;
    this.#events.length = 0;
    this.#data.clear();
    this.#gate.close();
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
    const { threads, memoryLimit, asyncPerThread } = this.#settings;
    const { baseDir, cancelGrace, outputFd, spillFolder, validate } = this.#options;
    const pool: ExecutorPool = new WorkerThreadPool(
      {
        threads,
        asyncPerThread,
        worker: this.#identity(),
        // One thread that runs away should fail its task before the whole process has to end.
        heapLimit: Math.round(memoryLimit * 0.75),
        validate: validate ?? false,
        ...(baseDir === undefined ? {} : { baseDir }),
        ...(spillFolder === undefined ? {} : { scratchFolder: spillFolder }),
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
    const tellOfEnd = (event: WorkerEvent): void => {
      if (isCurrent()) this.#news.settle();
      tell(event);
    };
    return {
      finished: (batch) => tellOfEnd({ type: "finished", batch }),
      failed: (thread, failures) => tellOfEnd({ type: "failed", thread, failures }),
      stopped: (thread, tasks, runs, times) => tellOfEnd({ type: "stopped", thread, tasks, runs, times }),
      parked: (thread, tasks, runs, away) => tell({ type: "parked", thread, tasks, runs, away }),
      seceded: (thread, tasks, runs, away) => tell({ type: "seceded", thread, tasks, runs, away }),
      replaced: (thread, tasks, runs) => tell({ type: "replaced", thread, tasks, runs }),
      output: (_task, stream, text) => this.#output(stream, text),
      printed: (line) => {
        if (isCurrent()) this.#printed.add(line);
      },
      begun: (tasks, runs, startedAt) => tell({ type: "begun", tasks, runs, startedAt }),
      published: (topic, events, mustArrive) => {
        if (isCurrent()) this.#news.publish(topic, events, mustArrive);
      },
      returned: (id, ok, bytes) => tell({ type: "returned", id, ok, bytes }),
    };
  }

  #newGate(): ExecutorGate {
    const gate: ExecutorGate = new ExecutorGate(this.#pool, {
      read: (tasks) => this.#data.store.read(tasks),
      unsent: (lost, { tasks, runs }) => {
        if (gate !== this.#gate) return;
        this.#data.store.drop(lost);
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
      address: this.#data.address,
      scheduler: { address, ...(token === undefined ? {} : { token }) },
    };
  }

  #identify(): void {
    this.#pool.identify(this.#identity());
  }

  #listen(): void {
    this.#pool.listen();
    this.#printed.start();
  }

  #output(stream: "stdout" | "stderr", text: string): void {
    if (this.#options.onOutput !== undefined) return this.#options.onOutput(stream, text);
    process[stream].write(text.replace(/^(?=.)/gms, `${this.#name}: `));
  }

  /** What this worker's process wrote by itself, for whoever shows it: nobody here sees it otherwise. */
  showLine(line: string): void {
    this.#printed.say(line);
  }

  #log(line: string): void {
    this.#printed.say(line);
    if (this.#options.log !== undefined) return this.#options.log(line);
    process.stderr.write(`heddle worker ${this.#name}: ${line}\n`);
  }
}

/** Milliseconds since the epoch, never going back. */
function now(): number {
  return performance.timeOrigin + performance.now();
}
