import type { Plain } from "@heddle/protocol";
import type { SchedulerState } from "./state.js";
import { State, STATE_NAMES, type StateCode } from "./task-state.js";
import { Flag, NONE } from "./task-table.js";
import { queueOf } from "./queues.js";
import type { WorkerRecord } from "./workers.js";

/** Inputs named in an explanation, at most. */
const NAMED = 5;

/** Why a task is where it is, in words and in data. */
export function explain(state: SchedulerState, slot: number): { [key: string]: Plain } {
  const { tasks } = state;
  const code = tasks.state[slot]! as StateCode;
  const about = { key: state.key(slot), state: STATE_NAMES[code]! };
  switch (code) {
    case State.released:
      return { ...about, reason: "nobody needs it now; it would be computed again if somebody did" };
    case State.waiting:
      return { ...about, ...explainWaiting(state, slot) };
    case State.queued:
      return { ...about, ...explainQueued(state, slot) };
    case State.noWorker:
      return { ...about, ...explainNoWorker(state, slot) };
    case State.assigned:
      return {
        ...about,
        worker: workerName(state, tasks.worker[slot]!),
        reason: `worker ${workerName(state, tasks.worker[slot]!)} runs it as soon as it has made its inputs (${tasks.missing[slot]!} to go)`,
      };
    case State.processing:
      return { ...about, ...explainProcessing(state, slot) };
    case State.memory:
      return {
        ...about,
        workers: state.holdersOf(slot).map((holder) => workerName(state, holder)),
        nbytes: tasks.nbytes[slot]!,
        reason: `finished; its result (${tasks.nbytes[slot]!} bytes) is on ${state
          .holdersOf(slot)
          .map((holder) => workerName(state, holder))
          .join(", ")}`,
      };
    case State.erred: {
      const failure = state.failures.get(slot)!;
      const through = failure.origin === undefined ? "" : ` through its input ${failure.origin}`;
      return { ...about, kind: failure.kind, origin: failure.origin, reason: `failed${through}: ${failure.message}` };
    }
    case State.forgotten:
      return { ...about, reason: "forgotten" };
  }
}

function explainWaiting(state: SchedulerState, slot: number): { [key: string]: Plain } {
  const { tasks, edges } = state;
  const chunk = state.chunkOf(slot);
  const row = tasks.row[slot]!;
  const inputs = chunk.depEnd(row) - chunk.depStart(row);
  const waitsFor: Plain[] = [];
  for (let at = chunk.depStart(row); at < chunk.depEnd(row) && waitsFor.length < NAMED; at++) {
    const input = edges.source[chunk.edges[at]!]!;
    const inputState = tasks.state[input]! as StateCode;
    if (inputState !== State.memory) waitsFor.push({ key: state.key(input), state: STATE_NAMES[inputState]! });
  }
  const names = waitsFor.map((input) => (input as { key: string }).key).join(", ");
  const more = tasks.missing[slot]! > waitsFor.length ? ", ..." : "";
  return { waitsFor, reason: `waits for ${tasks.missing[slot]!} of its ${inputs} inputs: ${names}${more}` };
}

function explainQueued(state: SchedulerState, slot: number): { [key: string]: Plain } {
  const { tasks } = state;
  if (state.now < state.holdUntil) {
    return { reason: "the scheduler has just started again and waits for workers and clients to come back" };
  }
  const queue = queueOf(state, slot);
  const before = new Set<number>();
  queue.forEach((other) => {
    if (tasks.state[other] === State.queued && queueOf(state, other) === queue && tasks.before(other, slot))
      before.add(other);
  });
  const position = before.size + 1;
  const preferred = tasks.worker[slot]!;
  const requirement = state.requirement(slot);
  const where =
    requirement !== undefined
      ? `for ${requirement.describe()}`
      : preferred === NONE
        ? "for any worker"
        : `for worker ${workerName(state, preferred)}, which holds its inputs`;
  const workers =
    requirement?.eligible ?? (preferred === NONE ? [...state.workers.values()] : [state.workers.get(preferred)!]);
  return {
    position,
    reason: `ready, number ${position} in the queue ${where}: ${workers.map(describeLoad).join("; ")}`,
  };
}

function describeLoad(worker: WorkerRecord): string {
  if (worker.status !== "running") return `${worker.name} is ${worker.status} (${worker.statusReason})`;
  return `${worker.name} has ${worker.inflight} tasks for its ${worker.threads} threads`;
}

function explainNoWorker(state: SchedulerState, slot: number): { [key: string]: Plain } {
  const requirement = state.requirement(slot);
  if (requirement === undefined || state.workers.size === 0) return { reason: "no worker has joined this scheduler" };
  const workers = [...state.workers.values()].map((worker) => ({
    name: worker.name,
    status: worker.status,
    resources: { ...worker.resources },
  }));
  const have = workers.map(({ name, status, resources }) => {
    const owned = Object.entries(resources).map(([resource, amount]) => `${resource}=${amount}`);
    return `${name} ${status === "running" ? "" : `(${status}) `}has ${owned.length === 0 ? "no resources" : owned.join(", ")}`;
  });
  return {
    workers,
    reason: `no running worker ${requirement.workers === undefined ? "has" : "is"} ${requirement.describe()}: ${have.join("; ")}`,
  };
}

function explainProcessing(state: SchedulerState, slot: number): { [key: string]: Plain } {
  const { tasks } = state;
  const worker = state.workers.get(tasks.worker[slot]!);
  const name = worker?.name ?? "a worker that is gone";
  const more: string[] = [];
  if (tasks.has(slot, Flag.away)) more.push("it waits without its thread");
  if (tasks.attempts[slot]! > 0) more.push(`attempt ${tasks.attempts[slot]! + 1}`);
  if (tasks.suspicious[slot]! > 0) more.push(`${tasks.suspicious[slot]!} workers ended while they ran it`);
  if (worker !== undefined && worker.status !== "running")
    more.push(`the worker is ${worker.status}: ${worker.statusReason}`);
  if (worker !== undefined && worker.inflight > worker.threads) {
    more.push(`the worker has ${worker.inflight} tasks for its ${worker.threads} threads`);
  }
  return { worker: name, reason: `sent to worker ${name}${more.length > 0 ? ` (${more.join("; ")})` : ""}` };
}

export function workerName(state: SchedulerState, index: number): string {
  return state.workers.get(index)?.name ?? `#${index}`;
}
