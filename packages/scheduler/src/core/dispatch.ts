import { FIRST_DEFINITION, RunFlag, inMessages } from "@heddle/protocol";
import type { Definition } from "./definitions.js";
import { missingBytes, transferTime } from "./placement.js";
import { head, unqueue } from "./queues.js";
import type { Requirement } from "./requirements.js";
import type { SchedulerState } from "./state.js";
import { isDispatched, State } from "./task-state.js";
import { Flag, NONE } from "./task-table.js";
import type { Transitions } from "./transitions.js";
import { countFollower, countRun, expectedWait, hasRoom, hasRoomToFollow, type WorkerRecord } from "./workers.js";

/** A run list follows a chain only through tasks of few inputs: more are seldom all in one place. */
const MAX_RUN_LIST_INPUTS = 64;

/** Sends ready tasks to workers whose windows have room. Called once at the end of every event. */
export function dispatch(t: Transitions): void {
  const { state } = t;
  if (state.now < state.holdUntil) return;
  for (const worker of state.workers.values()) if (worker.tails.length > 0) lengthenRunLists(t, worker);
  if (state.backlog === 0) return;

  let open = state.openWorkers();
  while (state.backlog > 0 && open.length > 0) {
    // Neighbours in the order feed the same reducer more often than not: each worker gets a stretch of them, not every n-th.
    const share = Math.max(1, Math.ceil(state.queue.live / open.length));
    if (open.length > 1) open.sort((a, b) => expectedWait(a) - expectedWait(b));
    let sent = 0;
    for (const worker of open) {
      for (let quota = share; quota > 0 && hasRoom(worker); quota--) {
        const slot = next(state, worker);
        if (slot === NONE) break;
        unqueue(state, slot);
        send(t, slot, worker, State.processing);
        followRunList(t, slot, worker);
        sent++;
      }
    }
    if (sent === 0) return;
    open = open.filter(hasRoom);
  }
}

/** The best ready task that this worker may take now, -1 when there is none. It is still in its queue. */
function next(state: SchedulerState, worker: WorkerRecord): number {
  const { tasks } = state;
  let best = worker.queue.live > 0 ? head(state, worker.queue) : NONE;
  if (state.queue.live > 0) best = better(state, best, head(state, state.queue));
  for (const requirement of state.requirements.all()) {
    if (requirement.queue.live > 0 && requirement.eligible.includes(worker)) {
      best = better(state, best, head(state, requirement.queue));
    }
  }
  if (best === NONE && worker.inflight < worker.threads) best = fromAnother(state, worker);
  // A task that workers died of is tried alone, so that its neighbours do not fall under suspicion with it.
  if (best !== NONE && tasks.suspicious[best]! > 0 && worker.inflight >= worker.threads) return NONE;
  return best;
}

function better(state: SchedulerState, a: number, b: number): number {
  if (a === NONE) return b;
  if (b === NONE) return a;
  return state.tasks.before(b, a) ? b : a;
}

/** For an idle worker: a task that waits for another one and would begin here sooner, its inputs' journey included. */
function fromAnother(state: SchedulerState, idle: WorkerRecord): number {
  let best: number = NONE;
  let bestGain = 0;
  for (const other of state.workers.values()) {
    if (other === idle || other.queue.live === 0) continue;
    const slot = head(state, other.queue);
    if (slot === NONE) continue;
    const gain = expectedWait(other) - transferTime(missingBytes(state, slot, idle), idle.bandwidth);
    if (gain > bestGain) {
      best = slot;
      bestGain = gain;
    }
  }
  return best;
}

/** Gives a task to a worker: appends its row to what that worker is told, and counts it there. */
function send(
  t: Transitions,
  slot: number,
  worker: WorkerRecord,
  to: typeof State.processing | typeof State.assigned,
): void {
  const { state } = t;
  const { tasks, edges } = state;
  const chunk = state.chunkOf(slot);
  const row = tasks.row[slot]!;
  const group = chunk.group(row);
  const charge = state.duration(slot);
  const options = chunk.optionsAt(row);
  const definition = chunk.function(row);
  introduce(state, worker, definition);

  tasks.worker[slot] = worker.index;
  tasks.run[slot] = state.nextRun++;
  tasks.charge[slot] = charge;
  tasks.chargeBytes[slot] = group.meanBytes;
  tasks.clear(slot, Flag.away);
  if (worker.inflight === 0) worker.busySince = state.now;
  if (to === State.assigned) countFollower(worker, 1, charge);
  else countRun(worker, 1, charge, group.meanBytes);

  let flags = state.isWanted(slot) ? RunFlag.inline : 0;
  if (options?.copyInputs === true) flags |= RunFlag.copyInputs;
  if (tasks.has(slot, Flag.once)) flags |= RunFlag.notIdempotent;
  if (tasks.has(slot, Flag.timedOut)) flags |= RunFlag.afterTimeout;
  if (tasks.has(slot, Flag.died)) flags |= RunFlag.afterDeath;
  if (tasks.nbytes[slot]! >= 0) flags |= RunFlag.again;
  worker.compute.begin(
    tasks.id[slot]!,
    tasks.run[slot],
    definition.index,
    flags,
    tasks.attempts[slot]! + 1,
    tasks.priority[slot]!,
    tasks.order[slot]!,
    options,
  );
  const start = chunk.depStart(row);
  const end = chunk.depEnd(row);
  for (let at = start; at < end; at++) {
    const input = edges.source[chunk.edges[at]!]!;
    const here = tasks.state[input] !== State.memory || state.holds(worker.index, input);
    worker.compute.dependency(tasks.id[input]!, here ? NONE : tasks.holder[input]!, Math.max(0, tasks.nbytes[input]!));
  }
  worker.compute.end(
    chunk.keys,
    chunk.keyStart(row),
    chunk.keyEnd(row),
    chunk.args,
    chunk.argStart(row),
    chunk.argEnd(row),
    end - start,
  );
  t.move(slot, to);
}

/** A definition goes to a worker before the first run that needs it, its parts before it, each once. */
export function introduce(state: SchedulerState, worker: WorkerRecord, definition: Definition): void {
  if (definition.index < FIRST_DEFINITION || worker.known.has(definition)) return;
  const unknown = state.definitions.closure(definition).filter((part) => !worker.known.has(part));
  for (const part of unknown) worker.known.add(part);
  const definitions = unknown.map(({ index, hash, bytes, needs }) => ({ index, hash, bytes, needs }));
  for (const part of inMessages(definitions))
    state.instructions.push({ to: "worker", worker: worker.index, message: { op: "define", definitions: part } });
}

/**
 * A task that is the only dependent of one just sent, and whose other inputs are here or made here, goes with it: the worker runs
 * on without asking. So on down the chain, as far as the window has room.
 */
function followRunList(t: Transitions, from: number, worker: WorkerRecord): void {
  const { tasks, edges } = t.state;
  for (let last = from; ;) {
    const edge = tasks.dependents[last]!;
    if (edge === NONE || edges.next[edge] !== NONE) return;
    const successor = edges.target[edge]!;
    if (!mayFollow(t.state, successor, worker)) return;
    if (!hasRoomToFollow(worker)) {
      worker.tails.push(last);
      return;
    }
    send(t, successor, worker, State.assigned);
    last = successor;
  }
}

function mayFollow(state: SchedulerState, slot: number, worker: WorkerRecord): boolean {
  const { tasks, edges } = state;
  if (tasks.state[slot] !== State.waiting || tasks.suspicious[slot]! > 0 || tasks.has(slot, Flag.once)) return false;
  const chunk = state.chunkOf(slot);
  const row = tasks.row[slot]!;
  const requirement: Requirement | undefined = chunk.requirement(row);
  if (requirement !== undefined && !requirement.eligible.includes(worker)) return false;
  const start = chunk.depStart(row);
  const end = chunk.depEnd(row);
  if (end - start > MAX_RUN_LIST_INPUTS) return false;
  for (let at = start; at < end; at++) {
    const input = edges.source[chunk.edges[at]!]!;
    const inputState = tasks.state[input]!;
    const here =
      inputState === State.memory
        ? state.holds(worker.index, input)
        : isDispatched(inputState) && tasks.worker[input] === worker.index && !tasks.has(input, Flag.away);
    if (!here) return false;
  }
  return true;
}

/** Chains that stopped because the window was full go on now that it has room. */
function lengthenRunLists(t: Transitions, worker: WorkerRecord): void {
  if (!hasRoomToFollow(worker)) return;
  const { tasks } = t.state;
  const tails = worker.tails;
  worker.tails = [];
  for (const tail of tails) {
    if (isDispatched(tasks.state[tail]!) && tasks.worker[tail] === worker.index) followRunList(t, tail, worker);
  }
}
