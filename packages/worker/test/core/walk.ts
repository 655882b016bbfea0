/**
 * A worker's core among model peers that do anything their contracts allow, in an order drawn from a seed: a scheduler that assigns,
 * frees, cancels and revokes, threads that finish, fail, park and die, workers that have, lack and delay what they are asked for,
 * connections that break. The models check what the core relies on being kept: that a thread is given only inputs that are there.
 */
import type { SchedulerToWorker, WorkerToScheduler } from "@heddle/protocol";
import { RunFlag, offsetsOf } from "@heddle/protocol";
import type { WorkerEvent, WorkerInstruction } from "../../src/core/events.js";
import { WorkerCore } from "../../src/core/worker-core.js";
import { Draw } from "./draw.js";
import { compute, type RunSpec } from "./driver.js";
import { ModelThread } from "./model-thread.js";

/** What the model scheduler knows of a task it has assigned here. */
interface Assigned {
  readonly task: number;
  run: number;
  readonly deps: readonly number[];
  state: "assigned" | "memory" | "failed" | "gone";
}

const PEERS = [1, 2, 3];

export class Walk {
  readonly draw: Draw;
  readonly core: WorkerCore;
  readonly threads: ModelThread[];
  /** Ids in the worker's store, and those that stand aside there. */
  store = new Set<number>();
  aside: Set<number> | undefined;
  readonly tasks = new Map<number, Assigned>();
  /** What other workers have. */
  readonly elsewhere = new Set<number>();
  #peers = new Set<number>();
  #requests = new Map<number, { peer: number; tasks: Int32Array }>();
  #missing = new Map<number, number>();
  #revokes: { thread: number; tasks: Int32Array; runs: Int32Array }[] = [];
  #presented: { ids: number[]; held: number } | undefined;
  #connected = false;
  #epoch = 1;
  #nextTask = 1;
  #nextRun = 1;
  #now = 1000;
  readonly steps: string[] = [];

  constructor(seed: number) {
    this.draw = new Draw(seed);
    const threads = 1 + this.draw.below(3);
    this.threads = Array.from(
      { length: threads },
      (_, index) => new ModelThread(index, this.draw, (event) => this.#event(event)),
    );
    this.core = new WorkerCore({
      threads,
      validate: true,
      resources: { GPU: 2 },
      asyncPerThread: 1 + this.draw.below(4),
      windowRuns: 2 + this.draw.below(12),
      gatherBytes: 1000,
      incomingBytes: 3000,
      gathers: 2,
    });
    this.#connect(false);
    this.#event({ type: "threadsReady" });
  }

  step(): void {
    this.#now += this.draw.below(4);
    const action = this.draw.below(100);
    if (!this.#connected) {
      if (action < 30) this.#connect(true);
      else this.draw.pick(this.threads)!.step();
    } else if (this.#presented !== undefined && action < 40) this.#adopt();
    else if (action < 22) this.#assign();
    else if (action < 60) this.draw.pick(this.threads)!.step();
    else if (action < 72) this.#peerStep();
    else if (action < 78) this.#answerMissing();
    else if (action < 84) this.#free();
    else if (action < 88) this.#cancel();
    else if (action < 92) this.#revoke();
    else if (action < 94) this.#event({ type: "tick" });
    else if (action < 95) this.#event({ type: "memory", status: "paused", reason: "" });
    else if (action < 97) this.#event({ type: "memory", status: "running", reason: "" });
    else if (action < 98) this.draw.pick(this.threads)!.replace();
    else if (action < 99) this.#lose();
    else if (this.draw.chance(0.5)) this.#disconnect();
    if (this.draw.chance(0.7)) this.#answerRevokes();
  }

  /** Lets everything that is under way come to its end. */
  settle(): void {
    if (!this.#connected) this.#connect(true);
    if (this.#presented !== undefined) this.#adopt();
    this.#event({ type: "memory", status: "running", reason: "" });
    this.#joinPeers(PEERS);
    for (let round = 0; round < 10_000; round++) {
      this.#now += 100;
      this.#answerRevokes();
      const busy = this.threads.find((thread) => thread.busy);
      if (busy !== undefined) busy.finishAll();
      else if (this.#requests.size > 0) this.#answerRequest([...this.#requests.keys()][0]!, "found");
      else if (this.#missing.size > 0) this.#answerMissing(true);
      else if (this.core.deadline !== undefined) this.#event({ type: "tick" });
      else return;
    }
    throw new Error("it does not come to an end");
  }

  /** What is not done although nothing is under way any more. */
  get stuck(): string[] {
    const ids = [...this.tasks.keys(), ...this.elsewhere];
    return ids.flatMap((id) => {
      const state = this.core.stateOf(id);
      return state === undefined || state === "memory" ? [] : [`${id} ${state}`];
    });
  }

  /** The scheduler forgets everything it knows of. Then nothing may be left, anywhere. */
  freeAll(): void {
    const ids = new Set([...this.tasks.keys(), ...this.store]);
    this.#message({ op: "free", tasks: Int32Array.from(ids) });
    this.settle();
  }

  // ---- the scheduler

  #assign(): void {
    const specs: RunSpec[] = [];
    for (let count = 1 + this.draw.below(6); count > 0; count--) {
      const again = this.draw.chance(0.1) ? this.draw.pick([...this.tasks.keys()]) : undefined;
      const task = again ?? this.#nextTask++;
      const known = [...this.tasks.values()].filter((other) => other.task < task && other.state !== "gone");
      const deps: RunSpec["deps"] = Array.from({ length: this.draw.below(4) }, () => {
        const choice = this.draw.below(10);
        // Near ones mostly: chains and small trees.
        if (choice < 6 && known.length > 0) return known[Math.max(0, known.length - 1 - this.draw.below(5))]!.task;
        const far = choice < 9 ? -(1 + this.draw.below(50)) : undefined;
        const id = far === undefined ? 900_000 + this.#nextTask * 10 + count : 500_000 - far;
        this.elsewhere.add(id);
        return { task: id, holder: choice < 9 ? this.draw.pick(PEERS)! : -1, nbytes: 50 + this.draw.below(800) };
      });
      const unique = new Map(deps.map((dep) => [typeof dep === "number" ? dep : dep.task, dep]));
      const run = this.#nextRun++;
      const ids = again === undefined ? [...unique.keys()] : (this.tasks.get(task)?.deps ?? []);
      specs.push({
        task,
        run,
        function: 16 + this.draw.below(4),
        flags: this.draw.chance(0.05) ? RunFlag.notIdempotent : RunFlag.inline,
        priority: this.draw.chance(0.1) ? this.draw.below(3) : 0,
        deps: again === undefined ? [...unique.values()] : ids,
        ...(this.draw.chance(0.1) ? { options: { resources: { GPU: 1 + this.draw.below(2) } } } : {}),
      });
      this.tasks.set(task, { task, run, deps: ids, state: "assigned" });
    }
    this.#message(compute(...specs));
    if (this.draw.chance(0.05)) this.#message(compute(...specs));
  }

  #someTask(): Assigned | undefined {
    return this.draw.pick([...this.tasks.values()].filter(({ state }) => state !== "gone"));
  }

  #free(): void {
    const task = this.#someTask();
    if (task === undefined) return;
    task.state = "gone";
    this.#message({ op: "free", tasks: Int32Array.of(task.task) });
    // A scheduler does not free what it still needs here; this one then says where else it is.
    this.#missing.set(task.task, -1);
  }

  #cancel(): void {
    const task = this.#someTask();
    if (task === undefined) return;
    const columns = { tasks: Int32Array.of(task.task), runs: Int32Array.of(task.run) };
    this.#message({ op: "cancel", ...columns, force: this.draw.chance(0.3) });
  }

  #revoke(): void {
    const task = this.#someTask();
    if (task === undefined) return;
    this.#message({ op: "revoke", tasks: Int32Array.of(task.task), runs: Int32Array.of(task.run) });
  }

  #answerMissing(everything = false): void {
    const tasks: number[] = [];
    const holders: number[] = [];
    for (const id of this.#missing.keys()) {
      if (!everything && this.draw.chance(0.3)) continue;
      this.#missing.delete(id);
      const task = this.tasks.get(id);
      if (task === undefined || this.draw.chance(0.5)) {
        this.elsewhere.add(id);
        tasks.push(id);
        holders.push(this.draw.pick(PEERS)!);
      } else {
        // Or it has it computed again, here.
        task.run = this.#nextRun++;
        task.state = "assigned";
        for (const dep of task.deps) if (!this.tasks.has(dep)) this.elsewhere.add(dep);
        this.#message(compute({ task: id, run: task.run, deps: task.deps }));
      }
    }
    if (tasks.length > 0)
      this.#message({ op: "holders", tasks: Int32Array.from(tasks), holders: Int32Array.from(holders) });
  }

  #hear(message: WorkerToScheduler): void {
    if (!this.#connected) throw new Error(`it says ${message.op} to nobody`);
    switch (message.op) {
      case "finished":
        for (const [row, id] of message.tasks.entries()) {
          const task = this.tasks.get(id);
          if (task !== undefined && task.run === message.runs[row] && task.state === "assigned") task.state = "memory";
        }
        return;
      case "failed":
        for (const { task, run } of message.failures) {
          const known = this.tasks.get(task);
          if (known?.run === run) known.state = "failed";
          this.#missing.set(task, -1);
        }
        return;
      case "stopped":
        for (const task of message.tasks) this.#missing.set(task, -1);
        return;
      case "revoked":
        for (const [row, task] of message.tasks.entries()) if (message.granted[row] === 1) this.#missing.set(task, -1);
        return;
      case "missing":
        for (const [row, task] of message.tasks.entries()) this.#missing.set(task, message.holders[row]!);
        return;
      case "present": {
        const offsets = offsetsOf(message.keyLengths, message.held + message.running);
        for (let row = 0; row < message.tasks.length; row++) {
          const key = Buffer.from(message.keys.subarray(offsets[row], offsets[row + 1])).toString();
          if (!key.startsWith("key-")) throw new Error(`task ${message.tasks[row]} is presented as ${key}`);
        }
        this.#presented = { ids: [...message.tasks], held: message.held };
        return;
      }
      case "added":
      case "dropped":
      case "seceded":
      case "begun":
      case "executing":
      case "publish":
      case "printed":
      case "heartbeat":
      case "status":
      case "returned":
        return;
    }
  }

  #disconnect(): void {
    this.#connected = false;
    this.#presented = undefined;
    this.#missing.clear();
    this.#event({ type: "disconnected" });
    this.#peers.clear();
    this.#requests.clear();
    // What was assigned and has not begun is assigned elsewhere.
    for (const task of this.tasks.values()) if (task.state === "assigned") this.elsewhere.add(task.task);
  }

  #connect(rejoining: boolean): void {
    this.#connected = true;
    if (this.draw.chance(0.5)) this.#epoch++;
    const epoch = `epoch-${this.#epoch}`;
    this.#renumbers = rejoining && epoch !== this.core.epoch;
    if (this.#renumbers) {
      // A new scheduler begins to count anew, so the same numbers mean other tasks.
      this.tasks.clear();
      this.elsewhere.clear();
      this.#nextTask = 1;
      this.#nextRun = 1;
    }
    this.#event({ type: "connected", index: 0, epoch, rejoining });
    this.#joinPeers(PEERS);
  }

  #adopt(): void {
    const { ids, held } = this.#presented!;
    const renumbers = this.#renumbers;
    this.#presented = undefined;
    const adopted = ids.map((id, row) => {
      const refused = (!renumbers && this.tasks.get(id)?.state === "gone") || this.draw.chance(0.1);
      // What was assigned again before the scheduler knew of it.
      const superseded = !renumbers && this.tasks.get(id)?.state === "assigned" && row < held;
      if (refused && !superseded) {
        const known = renumbers ? undefined : this.tasks.get(id);
        if (known !== undefined) known.state = "gone";
        if (!renumbers) this.#missing.set(id, -1);
        return -1;
      }
      const task = renumbers ? this.#nextTask++ : id;
      const known = renumbers ? undefined : this.tasks.get(id);
      const run = this.#nextRun++;
      if (known === undefined) this.tasks.set(task, { task, run, deps: [], state: row < held ? "memory" : "assigned" });
      else if (row < held) known.state = "memory";
      else known.run = run;
      return task;
    });
    const runs = adopted.map((id) => this.tasks.get(id)?.run ?? -1);
    this.#message({ op: "adopt", tasks: Int32Array.from(adopted), runs: Int32Array.from(runs) });
  }
  #renumbers = false;

  #answerRevokes(): void {
    for (const { thread, tasks, runs } of this.#revokes.splice(0)) {
      const granted = Uint8Array.from(runs, (ticket, row) =>
        this.threads[thread]!.revoke(tasks[row]!, ticket) ? 1 : 0,
      );
      this.#event({ type: "revoked", runs, granted });
    }
  }

  // ---- other workers, and the store

  #joinPeers(indices: readonly number[]): void {
    const joined = indices.filter((index) => !this.#peers.has(index));
    for (const index of joined) this.#peers.add(index);
    this.#message({
      op: "peers",
      joined: joined.map((index) => ({ index, name: `w${index}`, host: "h", address: `ws://w${index}` })),
      left: [],
    });
  }

  #peerStep(): void {
    if (this.draw.chance(0.05)) {
      const left = this.draw.pick([...this.#peers]);
      if (left === undefined) return;
      this.#peers.delete(left);
      this.#message({ op: "peers", joined: [], left: [left] });
      return;
    }
    if (this.draw.chance(0.05)) this.#joinPeers(PEERS);
    const gather = this.draw.pick([...this.#requests.keys()]);
    if (gather === undefined) return;
    this.#answerRequest(gather, this.draw.pick(["found", "found", "found", "partly", "busy", "failed"])!);
  }

  #answerRequest(gather: number, how: string): void {
    const { tasks } = this.#requests.get(gather)!;
    this.#requests.delete(gather);
    if (how === "busy") this.#event({ type: "fetchBusy", gather, retryAfter: 10 });
    else if (how === "failed") this.#event({ type: "fetchFailed", gather, reason: "gone" });
    else {
      const has = (): boolean => how === "found" || this.draw.chance(0.5);
      const found = tasks.filter(has);
      const absent = tasks.filter((task) => !found.includes(task));
      this.#answers.set(gather, new Set(found));
      this.#event({
        type: "fetched",
        gather,
        tasks: found,
        nbytes: new Float64Array(found.length).fill(60),
        absent,
      });
      this.#answers.delete(gather);
    }
  }
  readonly #answers = new Map<number, Set<number>>();

  #lose(): void {
    const id = this.draw.pick([...this.store]);
    if (id === undefined || this.#presented !== undefined) return;
    this.store.delete(id);
    this.#event({ type: "lost", tasks: Int32Array.of(id) });
  }

  // ---- performing

  #message(message: SchedulerToWorker): void {
    if (!this.#connected) return;
    this.#event({ type: "message", message });
  }

  #event(event: WorkerEvent): void {
    this.steps.push(event.type === "message" ? event.message.op : event.type);
    for (const instruction of this.core.handle(event, this.#now)) this.#perform(instruction);
  }

  #perform(instruction: WorkerInstruction): void {
    if (instruction.to === "scheduler") return this.#hear(instruction.message);
    if (instruction.to === "shell") throw new Error("it stops");
    switch (instruction.action) {
      case "keep": {
        const into = instruction.aside ? (this.aside ?? new Set()) : this.store;
        const rows = instruction.rows ?? Array.from({ length: instruction.batch.rows }, (_, row) => row);
        for (const row of rows) into.add(instruction.ids[row]!);
        return;
      }
      case "accept":
        for (const id of instruction.tasks) {
          if (!this.#answers.get(instruction.gather)!.has(id)) throw new Error(`it accepts ${id}, which did not come`);
          this.store.add(id);
        }
        return;
      case "drop":
        for (const id of instruction.tasks)
          if (!this.store.delete(id)) throw new Error(`it drops ${id}, which is not here`);
        return;
      case "setAside":
        this.aside = this.store;
        this.store = new Set();
        return;
      case "adopt": {
        const source = this.aside ?? this.store;
        for (const id of instruction.from)
          if (!source.delete(id)) throw new Error(`it adopts ${id}, which is not there`);
        for (const id of instruction.ids) this.store.add(id);
        this.aside = undefined;
        return;
      }
      case "execute":
        for (const id of instruction.batch.inputs) {
          if (!this.store.has(id)) throw new Error(`thread ${instruction.thread} is given ${id}, which is not here`);
        }
        return this.threads[instruction.thread]!.execute(instruction.batch);
      case "cancel":
        return this.threads[instruction.thread]!.stop(instruction.tasks, instruction.runs);
      case "revoke":
        this.#revokes.push(instruction);
        return;
      case "forget":
        return this.threads[instruction.thread]!.forget(instruction.tasks);
      case "fetch":
        if (!this.#peers.has(instruction.peer)) throw new Error(`it asks ${instruction.peer}, which is gone`);
        this.#requests.set(instruction.gather, instruction);
        return;
      case "abandon":
        this.#requests.delete(instruction.gather);
        return;
      case "discard":
      case "define":
      case "undefine":
      case "call":
    }
  }
}
