import {
  at,
  offsetsOf,
  PROTOCOL_VERSION,
  type EncodedValue,
  type SchedulerToWorker,
  type WireMessage,
  type WorkerHello,
} from "@heddle/protocol";
import { WorkerCore, type FinishedRuns, type WorkerEvent, type WorkerInstruction } from "@heddle/worker";
import type { Link } from "./link.js";
import { SimThread } from "./sim-threads.js";
import type { World } from "./world.js";

/** A worker process: the real core, threads on virtual time, a store of real encoded values, and a link to the scheduler. */
export class SimWorker {
  readonly core: WorkerCore;
  readonly threads: SimThread[];
  readonly store = new Map<number, EncodedValue>();
  link: Link | undefined;
  alive = true;
  #aside: Map<number, EncodedValue> | undefined;
  readonly #answers = new Map<number, Map<number, EncodedValue>>();
  readonly #abandoned = new Set<number>();
  #tick: (() => void) | undefined;
  #tickAt = Infinity;
  /** Events that an instruction led to before the one under way was done. */
  readonly #events: WorkerEvent[] = [];
  #handling = false;

  constructor(
    readonly world: World,
    readonly name: string,
    threads: number,
    readonly resources: Readonly<Record<string, number>>,
  ) {
    this.core = new WorkerCore({ threads, resources, validate: true });
    this.threads = Array.from(
      { length: threads },
      (_, index) =>
        new SimThread(
          index,
          world.clock,
          world.random,
          (key, attempt) => world.judge.began(key, attempt, this.name),
          (event) => this.dispatch(event),
        ),
    );
    world.clock.after(world.random.skewed(1, 30), () => this.dispatch({ type: "threadsReady" }));
  }

  get address(): string {
    return `sim://${this.name}`;
  }

  hello(): WorkerHello {
    return {
      op: "hello",
      protocol: PROTOCOL_VERSION,
      role: "worker",
      id: this.name,
      name: this.name,
      heddle: "0",
      node: "0",
      pid: 0,
      host: this.name,
      dataAddress: this.address,
      threads: this.threads.length,
      memoryLimit: 1e9,
      resources: this.resources,
      asyncPerThread: 4,
      ...(this.core.epoch === "" ? {} : { lastEpoch: this.core.epoch }),
    };
  }

  receive(message: WireMessage): void {
    this.dispatch({ type: "message", message: message as SchedulerToWorker });
  }

  dispatch(event: WorkerEvent): void {
    if (!this.alive) return;
    this.#events.push(event);
    if (this.#handling) return;
    this.#handling = true;
    for (let next = this.#events.shift(); next !== undefined; next = this.#events.shift()) {
      this.world.trace?.(this.name, next);
      for (const instruction of this.core.handle(next, this.world.clock.now)) this.#perform(instruction);
    }
    this.#handling = false;
    this.#setTick();
  }

  /** The process is gone, with everything in it. */
  die(): void {
    this.alive = false;
    this.link?.cut();
    this.#tick?.();
  }

  #setTick(): void {
    const at = this.core.deadline ?? Infinity;
    if (at === this.#tickAt) return;
    this.#tick?.();
    this.#tickAt = at;
    if (at === Infinity) return;
    this.#tick = this.world.clock.after(at - this.world.clock.now, () => {
      this.#tickAt = Infinity;
      this.dispatch({ type: "tick" });
    });
  }

  #perform(instruction: WorkerInstruction): void {
    switch (instruction.to) {
      case "scheduler":
        this.link?.send(0, instruction.message);
        return;
      case "store":
        return this.#performOnStore(instruction);
      case "threads":
        return this.#performOnThreads(instruction);
      case "peers":
        if (instruction.action === "abandon") this.#abandoned.add(instruction.gather);
        else this.#fetch(instruction.gather, instruction.address, instruction.tasks);
        return;
      case "shell":
        if (instruction.action === "stop") this.world.stopped(this, instruction.restart);
    }
  }

  #performOnStore(instruction: Extract<WorkerInstruction, { to: "store" }>): void {
    switch (instruction.action) {
      case "keep": {
        const table = instruction.aside ? (this.#aside ??= new Map<number, EncodedValue>()) : this.store;
        const rows = instruction.rows ?? Int32Array.from({ length: instruction.batch.rows }, (_, row) => row);
        for (const row of rows) table.set(instruction.ids[row]!, valueAt(instruction.batch, row));
        return;
      }
      case "accept":
        for (const task of instruction.tasks) this.store.set(task, this.#answers.get(instruction.gather)!.get(task)!);
        return;
      case "drop":
        for (const task of instruction.tasks) this.store.delete(task);
        return;
      // Memory is not simulated.
      case "discard":
        return;
      case "setAside":
        this.#aside = new Map([...this.store, ...(this.#aside ?? [])]);
        this.store.clear();
        return;
      case "adopt": {
        const source = this.#aside ?? new Map(this.store);
        const moved = [...instruction.from].map((from, row) => [instruction.ids[row]!, source.get(from)!] as const);
        if (this.#aside === undefined) for (const from of instruction.from) this.store.delete(from);
        for (const [id, value] of moved) this.store.set(id, value);
        this.#aside = undefined;
      }
    }
  }

  #performOnThreads(instruction: Extract<WorkerInstruction, { to: "threads" }>): void {
    switch (instruction.action) {
      case "define":
      case "undefine":
      case "call":
        return;
      case "execute": {
        const values = [...instruction.batch.inputs].map((id) => this.store.get(id));
        const lost = [...instruction.batch.inputs].filter((_, row) => values[row] === undefined);
        if (lost.length > 0)
          throw new Error(`worker ${this.name} executes with inputs it does not hold: ${lost.join(", ")}`);
        this.threads[instruction.thread]!.execute(instruction.batch, values as EncodedValue[]);
        return;
      }
      case "cancel":
        this.threads[instruction.thread]!.cancel(instruction.runs, instruction.force);
        return;
      case "revoke":
        this.threads[instruction.thread]!.revoke(instruction.runs);
        return;
      case "forget":
        this.threads[instruction.thread]!.forget(instruction.tasks);
    }
  }

  /** Asks a peer, over a network of its own: there, back, and sometimes not at all. */
  #fetch(gather: number, address: string, tasks: Int32Array): void {
    const { clock, random } = this.world;
    const answer = (event: WorkerEvent): void => {
      if (!this.#abandoned.delete(gather)) this.dispatch(event);
    };
    clock.after(random.skewed(0.1, 10), () => {
      const peer = this.world.workerAt(address);
      if (peer === undefined || random.chance(this.world.faults ? 0.05 : 0)) {
        clock.after(random.skewed(0.1, 30), () => answer({ type: "fetchFailed", gather, reason: "unreachable" }));
        return;
      }
      if (random.chance(0.05)) {
        clock.after(random.skewed(0.1, 5), () => answer({ type: "fetchBusy", gather, retryAfter: 5 }));
        return;
      }
      const found = new Map(
        [...tasks].flatMap((task) => (peer.store.has(task) ? [[task, peer.store.get(task)!] as const] : [])),
      );
      const absent = tasks.filter((task) => !found.has(task));
      clock.after(random.skewed(0.1, 20), () => {
        this.#answers.set(gather, found);
        const nbytes = Float64Array.from(found.values(), (value) => value.head.length);
        answer({ type: "fetched", gather, tasks: Int32Array.from(found.keys()), nbytes, absent });
      });
    });
  }
}

function valueAt(batch: FinishedRuns, row: number): EncodedValue {
  const offsets = offsetsOf(batch.headLengths, batch.rows);
  return {
    head: batch.heads.slice(offsets[row], offsets[row + 1]),
    buffers: at(batch.bufferCounts, row) === 0 ? [] : batch.buffers,
  };
}
