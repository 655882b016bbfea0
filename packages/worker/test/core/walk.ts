/**
 * A worker's core among model peers that do anything their contracts allow, in an order drawn from a seed: a scheduler that assigns,
 * frees, cancels and revokes, threads that finish, fail, park and die, workers that have, lack and delay what they are asked for,
 * connections that break. The models check what the core relies on being kept: that a thread is given only inputs that are there.
 */
import type { SchedulerToWorker, WorkerToScheduler } from "@heddle/protocol";
import { RunFlag, at, offsetsOf } from "@heddle/protocol";
import type { WorkerEvent, WorkerInstruction } from "../../src/core/events.js";
import { WorkerCore } from "../../src/core/worker-core.js";
import { ExecuteFlag } from "../../src/executor/interface.js";
import { compute, finished, keyOf, type RunSpec } from "./driver.js";

/** Numbers from a seed (mulberry32). */
export class Draw {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(from: readonly T[]): T | undefined {
    return from[this.below(from.length)];
  }
}

/** A run as a thread of the model has it. */
interface ThreadRun {
  readonly task: number;
  readonly ticket: number;
  readonly thread: number;
  readonly flags: number;
  readonly retainedInputs: readonly number[];
  begun: boolean;
  /** Does not have the thread. */
  away: boolean;
  /** Has given up its slot. */
  seceded: boolean;
  stopping: boolean;
}

interface ModelThread {
  runs: ThreadRun[];
  /** Results it keeps, by task. */
  retained: Set<number>;
  /** Those of them that go with the run that takes them. */
  once: Set<number>;
  /** Ended, which the core does not know yet. */
  unreported: readonly ThreadRun[];
}

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
    this.threads = Array.from({ length: threads }, () => ({
      runs: [],
      retained: new Set<number>(),
      once: new Set<number>(),
      unreported: [],
    }));
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
      else this.#threadStep();
    } else if (this.#presented !== undefined && action < 40) this.#adopt();
    else if (action < 22) this.#assign();
    else if (action < 60) this.#threadStep();
    else if (action < 72) this.#peerStep();
    else if (action < 78) this.#answerMissing();
    else if (action < 84) this.#free();
    else if (action < 88) this.#cancel();
    else if (action < 92) this.#revoke();
    else if (action < 94) this.#event({ type: "tick" });
    else if (action < 95) this.#event({ type: "memory", status: "paused", reason: "" });
    else if (action < 97) this.#event({ type: "memory", status: "running", reason: "" });
    else if (action < 98) this.#replaceThread();
    else if (action < 99) this.#lose();
    else if (this.draw.chance(0.5)) this.#disconnect();
    this.#answerRevokes(this.draw.chance(0.7));
  }

  /** Lets everything that is under way come to its end. */
  settle(): void {
    if (!this.#connected) this.#connect(true);
    if (this.#presented !== undefined) this.#adopt();
    this.#event({ type: "memory", status: "running", reason: "" });
    this.#joinPeers(PEERS);
    for (let round = 0; round < 10_000; round++) {
      this.#now += 100;
      this.#answerRevokes(true);
      const busy = this.threads.find((thread) => thread.runs.length > 0);
      if (busy !== undefined) this.#finishSome(busy, busy.runs.length);
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

  // ---- threads

  #threadStep(): void {
    const thread = this.draw.pick(this.threads)!;
    const choice = this.draw.below(10);
    if (choice < 6) this.#finishSome(thread, 1 + this.draw.below(4));
    else if (choice < 8) this.#park(thread);
    else if (choice < 9) this.#failFirst(thread);
    else this.#stopSome(thread);
  }

  /** The first run in line begins when nothing else has the thread; the parked ones may end at any time. */
  #finishSome(thread: ModelThread, most: number): void {
    const done: ThreadRun[] = [];
    const skipped: ThreadRun[] = [];
    while (done.length + skipped.length < most) {
      const run = thread.runs.find((other) => !other.away) ?? thread.runs[0];
      if (run === undefined) break;
      thread.runs.splice(thread.runs.indexOf(run), 1);
      if (!run.begun && run.retainedInputs.some((input) => !thread.retained.has(input))) {
        skipped.push(run);
        continue;
      }
      run.begun = true;
      if (run.stopping) {
        this.#stopped([run]);
        continue;
      }
      done.push(run);
      for (const input of run.retainedInputs) if (thread.once.delete(input)) thread.retained.delete(input);
      if ((run.flags & ExecuteFlag.handOn) !== 0) thread.once.add(run.task);
      else thread.once.delete(run.task);
      if ((run.flags & ExecuteFlag.retain) !== 0) thread.retained.add(run.task);
    }
    thread.unreported = skipped;
    if (done.length > 0) {
      const busy = this.draw.chance(0.3) ? 4000 : 5;
      this.#event({ type: "finished", batch: finished(done.map(asGiven), { busy, bytes: 5 }) });
    }
    thread.unreported = [];
    if (skipped.length > 0) this.#fail(skipped, "inputs", false);
  }

  #failFirst(thread: ModelThread): void {
    const run = thread.runs.find((other) => !other.away);
    if (run === undefined || run.retainedInputs.some((input) => !thread.retained.has(input))) return;
    thread.runs.splice(thread.runs.indexOf(run), 1);
    this.#fail([run], "error", true);
  }

  #fail(runs: readonly ThreadRun[], kind: "error" | "inputs", started: boolean): void {
    const failures = runs.map(({ task, ticket }) => ({
      task,
      run: ticket,
      kind,
      message: kind,
      startedAt: 1,
      busy: 1,
      started,
    }));
    this.#event({ type: "failed", thread: runs[0]!.thread, failures });
  }

  #park(thread: ModelThread): void {
    const back = thread.runs.find((run) => run.away);
    const run = this.draw.chance(0.4) && back !== undefined ? back : thread.runs.find((other) => !other.away);
    if (run === undefined || run.retainedInputs.some((input) => !thread.retained.has(input))) return;
    run.begun = true;
    const secedes = this.draw.chance(0.3);
    if (secedes) run.seceded = !run.seceded;
    else run.away = !run.away;
    this.#event({
      type: secedes ? "seceded" : "parked",
      thread: run.thread,
      tasks: Int32Array.of(run.task),
      runs: Int32Array.of(run.ticket),
      away: Uint8Array.of((secedes ? run.seceded : run.away) ? 1 : 0),
    });
  }

  #stopSome(thread: ModelThread): void {
    const stopping = thread.runs.filter((run) => run.stopping);
    thread.runs = thread.runs.filter((run) => !run.stopping);
    if (stopping.length > 0) this.#stopped(stopping);
  }

  #stopped(runs: readonly ThreadRun[]): void {
    this.#event({
      type: "stopped",
      thread: runs[0]!.thread,
      tasks: Int32Array.from(runs, (run) => run.task),
      runs: Int32Array.from(runs, (run) => run.ticket),
    });
  }

  #replaceThread(): void {
    const index = this.draw.below(this.threads.length);
    const thread = this.threads[index]!;
    const { runs } = thread;
    thread.runs = [];
    thread.retained.clear();
    thread.once.clear();
    this.#event({
      type: "replaced",
      thread: index,
      tasks: Int32Array.from(runs, (run) => run.task),
      runs: Int32Array.from(runs, (run) => run.ticket),
    });
  }

  #answerRevokes(now: boolean): void {
    if (!now) return;
    for (const { thread, tasks, runs } of this.#revokes.splice(0)) {
      const granted = Uint8Array.from(runs, (ticket, row) => {
        const model = this.threads[thread]!;
        const position = model.runs.findIndex((run) => run.ticket === ticket && run.task === tasks[row]);
        if (position === -1 || model.runs[position]!.begun || position === 0) return 0;
        model.runs.splice(position, 1);
        return 1;
      });
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
        return this.#execute(instruction);
      case "cancel":
        return this.#stop(instruction);
      case "revoke":
        this.#revokes.push(instruction);
        return;
      case "forget":
        for (const task of instruction.tasks) {
          this.threads[instruction.thread]!.retained.delete(task);
          this.threads[instruction.thread]!.once.delete(task);
        }
        return;
      case "fetch":
        if (!this.#peers.has(instruction.peer)) throw new Error(`it asks ${instruction.peer}, which is gone`);
        this.#requests.set(instruction.gather, instruction);
        return;
      case "abandon":
        this.#requests.delete(instruction.gather);
        return;
      case "discard":
      case "define":
      case "call":
    }
  }

  #execute({ thread, batch }: Extract<WorkerInstruction, { action: "execute" }>): void {
    let dep = 0;
    const known = this.threads[thread]!;
    for (const id of batch.inputs)
      if (!this.store.has(id)) throw new Error(`thread ${thread} is given ${id}, which is not here`);
    for (let row = 0; row < batch.rows; row++) {
      const retainedInputs: number[] = [];
      for (const end = dep + at(batch.depCounts, row); dep < end; dep++) {
        if (batch.depInputs[dep] === -1) retainedInputs.push(batch.deps[dep]!);
      }
      for (const input of retainedInputs) {
        const coming = [...known.runs, ...known.unreported].some(
          ({ task, flags }) => task === input && (flags & ExecuteFlag.retain) !== 0,
        );
        if (!coming && !known.retained.has(input)) throw new Error(`thread ${thread} does not keep ${input}`);
      }
      const alone = (run: { flags: number }): boolean => (run.flags & RunFlag.notIdempotent) !== 0;
      const others = known.runs.filter((run) => !run.seceded);
      if (others.length > 0 && (alone({ flags: at(batch.flags, row) }) || others.some(alone))) {
        throw new Error(`thread ${thread} is given ${batch.tasks[row]} beside others`);
      }
      known.runs.push({
        task: batch.tasks[row]!,
        ticket: batch.runs[row]!,
        thread,
        flags: at(batch.flags, row),
        retainedInputs,
        begun: false,
        away: false,
        seceded: false,
        stopping: false,
      });
    }
  }

  #stop({ thread, tasks, runs }: Extract<WorkerInstruction, { action: "cancel" }>): void {
    const known = this.threads[thread]!;
    tasks.forEach((task, row) => {
      const run = known.runs.find((other) => other.task === task && other.ticket === runs[row]);
      if (run !== undefined) run.stopping = true;
    });
  }
}

function asGiven(run: ThreadRun) {
  return { ...run, key: keyOf(run.task), args: "", inputs: [], retained: [] };
}
