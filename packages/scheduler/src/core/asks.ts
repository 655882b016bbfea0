import type { Answer, Ask, Location, Plain, PlainError, Question } from "@heddle/protocol";
import type { ClientRecord } from "./clients.js";
import { introduce } from "./dispatch.js";
import { explain, workerName } from "./explain.js";
import { hashKey } from "./key-index.js";
import type { SchedulerState } from "./state.js";
import { isUnfinished, State, STATE_NAMES, type StateCode, type StateName } from "./task-state.js";
import { NONE } from "./task-table.js";
import type { Transitions } from "./transitions.js";
import { cancel } from "./wants.js";
import type { WorkerRecord } from "./workers.js";

const encoder = new TextEncoder();

type Reply = Omit<Answer, "op" | "id">;

/** A `run` whose workers have not all answered. */
interface OpenCall {
  readonly client: number;
  readonly ask: number;
  readonly waiting: Set<number>;
  readonly values: Record<string, { ok: boolean; bytes: Uint8Array }>;
}

/** Questions and commands of clients, each with one answer. */
export class Asks {
  readonly #calls = new Map<number, OpenCall>();
  #nextCall = 1;

  constructor(readonly t: Transitions) {}

  ask(client: ClientRecord, message: Ask): void {
    const reply = this.#reply(client, message);
    if (reply !== undefined) this.#answer(client.index, message.id, reply);
  }

  /** A worker answered a call. */
  returned(worker: WorkerRecord, call: number, ok: boolean, bytes: Uint8Array): void {
    const open = this.#calls.get(call);
    if (open === undefined || !open.waiting.delete(worker.index)) return;
    open.values[worker.name] = { ok, bytes: bytes.slice() };
    this.#finish(call, open);
  }

  /** A worker that is gone answers nothing. */
  workerLeft(worker: number): void {
    for (const [call, open] of this.#calls) if (open.waiting.delete(worker)) this.#finish(call, open);
  }

  #finish(call: number, open: OpenCall): void {
    if (open.waiting.size > 0) return;
    this.#calls.delete(call);
    this.#answer(open.client, open.ask, { values: open.values });
  }

  #answer(client: number, id: number, reply: Reply): void {
    if (this.t.state.clients.get(client)?.connected !== true) return;
    this.t.state.instructions.push({ to: "client", client, message: { op: "answer", id, ...reply } });
  }

  #reply(client: ClientRecord, message: Ask): Reply | undefined {
    const { state } = this.t;
    const question: Question = message.what;
    switch (question.what) {
      case "identity":
        return { value: identity(state) };
      case "workers":
        return { value: [...state.workers.values()].map(workerInfo) };
      case "versions":
        return { value: versions(state) };
      case "locate":
        return { value: question.tasks.map((number) => locate(state, client.numbers.get(number))) };
      case "whoHas":
        return { value: byKey(state, question.keys, (slot) => state.holdersOf(slot).map((w) => workerName(state, w))) };
      case "nbytes":
        return { value: byKey(state, question.keys, (slot) => state.tasks.nbytes[slot]!) };
      case "tasks":
        return { value: taskList(state, question.state, question.limit) };
      case "story":
      case "explain": {
        const slot = findKey(state, question.key);
        if (slot === NONE) return { error: unknownKey(question.key) };
        if (question.what === "explain") return { value: explain(state, slot) };
        return { value: state.story.of(state.tasks.id[slot]!).map((entry) => storyLine(state, entry)) };
      }
      case "reserve":
        return this.#reserve(question.count, question.workers);
      case "run":
        return this.#run(client, message.id, question);
      case "restart":
        this.#restart();
        return { value: null };
      case "cancelKeys": {
        const slots = question.keys.map((key) => findKey(state, key)).filter((slot) => slot !== NONE);
        // Whoever names keys has no futures on them: it speaks for the operator.
        cancel(this.t, undefined, slots, question.force, true);
        return { value: slots.length };
      }
      case "retireWorkers":
        return { value: this.#retire(question.workers) };
      case "fireAndForget":
        for (const number of question.tasks) {
          const slot = client.numbers.get(number);
          if (slot !== NONE && isUnfinished(state.tasks.state[slot]!)) state.keepUntilDone(slot);
        }
        return { value: null };
      case "shutdown":
        state.instructions.push({ to: "shell", action: "shutdown" });
        return { value: null };
    }
  }

  #reserve(count: number, names: readonly string[] | null): Reply {
    const { state } = this.t;
    const running = state.runningWorkers();
    const chosen = names === null ? running : running.filter((worker) => names.includes(worker.name));
    if (chosen.length === 0) {
      return {
        error: {
          name: "NoWorkerError",
          code: "HEDDLE_NO_WORKER",
          message:
            names === null
              ? "there is no worker to put data on: start one, or wait with client.waitForWorkers(1)"
              : `none of the workers ${names.join(", ")} is running`,
        },
      };
    }
    chosen.sort((a, b) => a.managed - b.managed);
    const first = state.nextId;
    state.nextId += count;
    return {
      value: {
        ids: Array.from({ length: count }, (_, i) => first + i),
        workers: chosen.map((worker) => ({
          index: worker.index,
          name: worker.name,
          address: worker.hello.dataAddress,
        })),
      },
    };
  }

  #run(client: ClientRecord, ask: number, question: Extract<Question, { what: "run" }>): Reply | undefined {
    const { state } = this.t;
    const definition = state.definitions.get(question.function);
    if (definition === undefined) {
      return {
        error: { name: "HeddleError", code: "HEDDLE_INTERNAL", message: "the function of run was not sent before it" },
      };
    }
    const targets = [...state.workers.values()].filter((w) => question.workers?.includes(w.name) ?? true);
    const missing = question.workers?.filter((name) => !targets.some((w) => w.name === name)) ?? [];
    if (missing.length > 0) {
      return {
        error: {
          name: "NoWorkerError",
          code: "HEDDLE_NO_WORKER",
          message: `there is no worker named ${missing.join(", ")}`,
        },
      };
    }
    if (targets.length === 0) return { values: {} };
    const call = this.#nextCall++;
    this.#calls.set(call, { client: client.index, ask, waiting: new Set(targets.map((w) => w.index)), values: {} });
    for (const worker of targets) {
      introduce(state, worker, definition);
      state.instructions.push({
        to: "worker",
        worker: worker.index,
        message: { op: "call", id: call, function: question.function, args: question.args },
      });
    }
    return undefined;
  }

  #restart(): void {
    const { state } = this.t;
    const { tasks } = state;
    const all: number[] = [];
    for (let slot = 0; slot < tasks.highest; slot++) if (tasks.state[slot] !== State.forgotten) all.push(slot);
    cancel(this.t, undefined, all, true);
    for (const worker of state.workers.values()) {
      state.instructions.push({
        to: "worker",
        worker: worker.index,
        message: { op: "stop", reason: "the cluster is restarted", restart: true },
      });
    }
    for (const client of state.clients.values()) {
      if (!client.connected) continue;
      state.instructions.push({
        to: "client",
        client: client.index,
        message: { op: "event", topic: "restarted", data: null },
      });
    }
  }

  #retire(names: readonly string[]): Plain {
    const { state } = this.t;
    const going = [...state.workers.values()].filter((worker) => names.includes(worker.name));
    for (const worker of going) {
      worker.status = "closing";
      worker.statusReason = "it is retired";
      state.retiring.add(worker.index);
    }
    return going.map((worker) => worker.name);
  }
}

/** Finds a task by the text of its key. */
export function findKey(state: SchedulerState, key: string): number {
  const bytes = encoder.encode(key);
  return state.index.find(hashKey(bytes, 0, bytes.length), bytes, 0, bytes.length);
}

function unknownKey(key: string): PlainError {
  return {
    name: "UnknownKeyError",
    code: "HEDDLE_UNKNOWN_KEY",
    message: `the scheduler knows no task ${key}: it was never submitted, or nothing holds it any more`,
  };
}

function identity(state: SchedulerState): Plain {
  return {
    epoch: state.settings.epoch,
    workers: state.workers.size,
    clients: state.clients.size,
    tasks: state.tasks.size,
    states: countStates(state),
    ...(state.dashboardUrl === undefined ? {} : { dashboard: state.dashboardUrl }),
  };
}

export function countStates(state: SchedulerState): Record<StateName, number> {
  const counts = Object.fromEntries(STATE_NAMES.map((name) => [name, 0])) as Record<StateName, number>;
  for (let slot = 0; slot < state.tasks.highest; slot++) {
    const code = state.tasks.state[slot]! as StateCode;
    if (code !== State.forgotten) counts[STATE_NAMES[code]!]++;
  }
  return counts;
}

export function workerInfo(worker: WorkerRecord): { [key: string]: Plain } {
  const { hello, metrics } = worker;
  return {
    name: worker.name,
    index: worker.index,
    address: hello.dataAddress,
    host: hello.host,
    pid: hello.pid,
    threads: worker.threads,
    memoryLimit: hello.memoryLimit,
    status: worker.status,
    resources: { ...worker.resources },
    processing: worker.inflight + worker.following,
    waiting: worker.away,
    occupancy: worker.occupancy / 1e6,
    managed: worker.managed,
    rss: metrics?.rss ?? 0,
    spilled: metrics?.spilled ?? 0,
    cpu: metrics?.cpu ?? 0,
    lastSeen: worker.lastSeen,
  };
}

function versions(state: SchedulerState): Plain {
  const workers: { [key: string]: Plain } = {};
  for (const worker of state.workers.values()) {
    workers[worker.name] = { heddle: worker.hello.heddle, node: worker.hello.node };
  }
  return { workers };
}

function locate(state: SchedulerState, slot: number): Location {
  if (slot === NONE || state.tasks.state[slot] !== State.memory) return null;
  const holders = state.holdersOf(slot).flatMap((index) => {
    const worker = state.workers.get(index);
    return worker === undefined ? [] : [{ index, address: worker.hello.dataAddress }];
  });
  return { id: state.tasks.id[slot]!, nbytes: state.tasks.nbytes[slot]!, holders };
}

function byKey(state: SchedulerState, keys: readonly string[] | null, value: (slot: number) => Plain): Plain {
  const answer: { [key: string]: Plain } = {};
  if (keys === null) {
    for (const slot of state.index.slots())
      if (state.tasks.state[slot] === State.memory) answer[state.key(slot)] = value(slot);
  } else {
    for (const key of keys) {
      const slot = findKey(state, key);
      if (slot !== NONE && state.tasks.state[slot] === State.memory) answer[key] = value(slot);
    }
  }
  return answer;
}

function taskList(state: SchedulerState, wanted: string | null, limit: number): Plain {
  const { tasks } = state;
  const list: Plain[] = [];
  for (let slot = 0; slot < tasks.highest && list.length < limit; slot++) {
    const code = tasks.state[slot]! as StateCode;
    if (code === State.forgotten || (wanted !== null && STATE_NAMES[code] !== wanted)) continue;
    const holder = tasks.state[slot] === State.memory ? tasks.holder[slot]! : tasks.worker[slot]!;
    list.push({
      key: state.key(slot),
      group: state.group(slot).name,
      state: STATE_NAMES[code]!,
      worker: holder === NONE ? null : workerName(state, holder),
      priority: tasks.priority[slot]!,
      attempts: tasks.attempts[slot]! + 1,
      nbytes: tasks.nbytes[slot]! < 0 ? null : tasks.nbytes[slot]!,
      error: state.failures.get(slot)?.message ?? null,
    });
  }
  return list;
}

function storyLine(state: SchedulerState, entry: ReturnType<SchedulerState["story"]["of"]>[number]): Plain {
  return { ...entry, worker: entry.worker === NONE ? null : workerName(state, entry.worker) };
}
