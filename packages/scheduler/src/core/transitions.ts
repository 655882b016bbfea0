import { HeddleError, registerError, type FailureRecord } from "@heddle/protocol";
import { lostData } from "./failures.js";
import { place, unqueue } from "./queues.js";
import { abandonedRun } from "./record/abandoned-runs.js";
import type { SchedulerState } from "./state.js";
import {
  isDispatched,
  isHeldBack,
  isUnfinished,
  State,
  STATE_NAMES,
  type StateCode,
  type StateName,
} from "./task-state.js";
import { Flag, NONE } from "./task-table.js";
import { countFollower, countRun } from "./workers.js";

/** A pair of states that neither the table nor a way through `released` connects: a mistake of the scheduler. */
export class InvalidTransitionError extends HeddleError {
  constructor(
    readonly key: string,
    readonly from: StateName,
    readonly to: StateName,
    readonly story: readonly unknown[],
  ) {
    super(
      "HEDDLE_INTERNAL",
      `task ${key} cannot go from ${from} to ${to}; its story: ${JSON.stringify(story)}. Please report this.`,
    );
  }
}
registerError(InvalidTransitionError);

/** Tasks looked at in one event, at most, to clean up: a few milliseconds. The rest waits for the next turn. */
const STEPS_PER_EVENT = 20_000;

/** Stands for `waiting` in a recommendation that holds only for a released task. */
const NEED = -1;

/**
 * Moves tasks between states. A transition changes its own task and counts of its neighbours, recommends where those should go,
 * and appends to the outboxes of the peers; it never calls another transition. {@link settle} follows the recommendations until
 * none is left.
 */
export class Transitions {
  /** Pairs (slot, state). */
  #recommended: number[] = [];
  /** Tasks that may have become useless; looked at when nothing is recommended any more. */
  #unneeded: number[] = [];
  readonly #chores: Iterator<void>[] = [];

  constructor(readonly state: SchedulerState) {}

  recommend(slot: number, to: StateCode): void {
    this.#recommended.push(slot, to);
  }

  /** Somebody needs the result: computes it if nothing is under way yet. Any number of dependents may say so. */
  need(slot: number): void {
    this.#recommended.push(slot, NEED);
  }

  /** The task may have lost its last use. */
  check(slot: number): void {
    this.#unneeded.push(slot);
  }

  /** The failure of a task goes with the recommendation of `erred`. */
  fail(slot: number, failure: FailureRecord): void {
    this.state.failures.set(slot, failure);
    this.recommend(slot, State.erred);
  }

  /** A long piece of work, a step for each task it is about: done in slices over as many turns as it takes. */
  chore(steps: Iterator<void>): void {
    this.#chores.push(steps);
  }

  /** Follows recommendations to the end. Returns whether clean-up is left for the next turn. */
  settle(): boolean {
    let budget = STEPS_PER_EVENT;
    for (;;) {
      this.settleRecommended();
      if (this.#unneeded.length > 0) this.#dropIfUnneeded(this.#unneeded.pop()!);
      else if (this.#chores.length === 0) return false;
      else if (this.#chores[0]!.next().done === true) this.#chores.shift();
      if (--budget === 0) return true;
    }
  }

  /** Follows recommendations only; clean-up waits for {@link settle}. */
  settleRecommended(): void {
    while (this.#recommended.length > 0) {
      const to = this.#recommended.pop()!;
      const slot = this.#recommended.pop()!;
      if (to !== NEED) this.#tryMove(slot, to as StateCode);
      else if (this.state.tasks.state[slot] === State.released) this.#start(slot);
    }
  }

  /** One task to one state, through `released` where the table has no direct way. */
  move(slot: number, to: StateCode): void {
    const tasks = this.state.tasks;
    const from = tasks.state[slot]! as StateCode;
    if (from === to || from === State.forgotten) return;
    const direct = TABLE[from]![to];
    if (direct !== undefined) {
      this.#step(slot, from, to, direct);
      return;
    }
    const away = TABLE[from]![State.released];
    const onward = TABLE[State.released]![to];
    if (away === undefined || onward === undefined) {
      const id = tasks.id[slot]!;
      throw new InvalidTransitionError(
        this.state.key(slot),
        STATE_NAMES[from]!,
        STATE_NAMES[to]!,
        this.state.story.of(id),
      );
    }
    this.#step(slot, from, State.released, away);
    this.#step(slot, State.released, to, onward);
  }

  #start(slot: number): void {
    // After a restart, data may still be on its way back with the worker that holds it.
    if (this.state.tasks.has(slot, Flag.data) && this.state.now < this.state.holdUntil)
      this.state.awaitedData.add(slot);
    else this.#tryMove(slot, State.waiting);
  }

  /** In production a mistake costs the one task it is about, and is reported; in tests it ends the test. */
  #tryMove(slot: number, to: StateCode): void {
    try {
      this.move(slot, to);
    } catch (error) {
      if (!(error instanceof InvalidTransitionError) || this.state.settings.validate || to === State.erred) throw error;
      this.state.instructions.push({ to: "shell", action: "log", line: error.message });
      this.fail(slot, { kind: "internal", message: error.message });
    }
  }

  #step(slot: number, from: StateCode, to: StateCode, transition: Transition): void {
    // Told before it happens: a forgotten task has no id any more.
    this.state.tell(slot, from, to);
    this.state.tasks.state[slot] = to;
    transition(this, slot, from);
    if (to === State.forgotten) return;
    const reached = this.state.tasks.state[slot];
    if (reached !== to) this.state.story.amend(reached);
  }

  #dropIfUnneeded(slot: number): void {
    const { tasks } = this.state;
    const state = tasks.state[slot]!;
    if (state === State.forgotten || this.state.isNeeded(slot) || tasks.has(slot, Flag.orphan)) return;
    if (state !== State.released) this.move(slot, State.released);
    if (tasks.dependents[slot] === NONE) this.move(slot, State.forgotten);
  }
}

type Transition = (t: Transitions, slot: number, from: StateCode) => void;

// --- what transitions are made of ---------------------------------------------------------------------------------------

/** Becomes needed: its inputs are needed too, and those that are not in memory are missing. */
function needInputs(t: Transitions, slot: number): void {
  const { state } = t;
  const { tasks, edges } = state;
  const chunk = state.chunkOf(slot);
  const row = tasks.row[slot]!;
  let missing = 0;
  for (let at = chunk.depStart(row), end = chunk.depEnd(row); at < end; at++) {
    const input = edges.source[chunk.edges[at]!]!;
    tasks.needers[input]!++;
    const inputState = tasks.state[input]!;
    if (inputState === State.memory) continue;
    missing++;
    if (inputState === State.released) t.need(input);
    else if (inputState === State.erred) t.fail(slot, failureThrough(state, input));
  }
  tasks.missing[slot] = missing;
}

/** No longer unfinished: its inputs have one use less. */
function dropInputs(t: Transitions, slot: number): void {
  const { state } = t;
  const { tasks, edges } = state;
  const chunk = state.chunkOf(slot);
  const row = tasks.row[slot]!;
  for (let at = chunk.depStart(row), end = chunk.depEnd(row); at < end; at++) {
    const input = edges.source[chunk.edges[at]!]!;
    if (--tasks.needers[input]! === 0) t.check(input);
  }
  tasks.missing[slot] = 0;
}

/** The worker does not own it any more. Its slot there is free as far as the scheduler is concerned. */
function leaveWorker(state: SchedulerState, slot: number, from: StateCode): void {
  const { tasks } = state;
  const worker = state.workers.get(tasks.worker[slot]!);
  if (state.leases.hasTasks) state.leases.taskOver(tasks.id[slot]!);
  if (worker !== undefined) {
    if (from === State.assigned) countFollower(worker, -1, tasks.charge[slot]!);
    else if (tasks.has(slot, Flag.away)) worker.away--;
    else countRun(worker, -1, tasks.charge[slot]!, tasks.chargeBytes[slot]!);
    worker.revoking.delete(slot);
    if (worker.begun.size > 0) worker.begun.delete(slot);
  }
  tasks.clear(slot, Flag.away);
  tasks.worker[slot] = NONE;
}

/** Tells the worker to forget a run that it still owns. */
function takeBack(state: SchedulerState, slot: number, from: StateCode): void {
  const worker = state.workers.get(state.tasks.worker[slot]!);
  worker?.free.push(state.tasks.id[slot]!);
  leaveWorker(state, slot, from);
}

function forEachDependent(state: SchedulerState, slot: number, visit: (dependent: number) => void): void {
  const { tasks, edges } = state;
  for (let edge = tasks.dependents[slot]!; edge !== NONE; edge = edges.next[edge]!) visit(edges.target[edge]!);
}

/** Runs that were to follow this one on its worker cannot any more: nothing produces their input there. */
function recallSuccessors(t: Transitions, slot: number): void {
  forEachDependent(t.state, slot, (dependent) => {
    if (t.state.tasks.state[dependent] === State.assigned) t.recommend(dependent, State.waiting);
  });
}

function failureThrough(state: SchedulerState, input: number): FailureRecord {
  const failure = state.failures.get(input)!;
  return failure.origin === undefined ? { ...failure, origin: state.key(input) } : failure;
}

function ready(t: Transitions, slot: number): void {
  t.recommend(slot, State.queued);
}

// --- the table ------------------------------------------------------------------------------------------------------------

const releasedToWaiting: Transition = (t, slot) => {
  if (t.state.tasks.has(slot, Flag.data)) {
    t.fail(slot, lostData(t.state, slot));
    return;
  }
  needInputs(t, slot);
  if (t.state.tasks.missing[slot] === 0) ready(t, slot);
};

const waitingToReleased: Transition = (t, slot) => dropInputs(t, slot);

/** Into a queue; into `noWorker` when nobody may take it. An input may have been lost since it was found ready. */
const waitingToQueued: Transition = (t, slot) => {
  const { tasks } = t.state;
  tasks.state[slot] = tasks.missing[slot]! > 0 ? State.waiting : place(t.state, slot);
};

/** The workers that may take it came or went; it stays in its queue. */
const eligibilityChanged: Transition = () => {};

const outOfQueueToReleased: Transition = (t, slot) => {
  unqueue(t.state, slot);
  dropInputs(t, slot);
};

const outOfQueueToWaiting: Transition = (t, slot) => unqueue(t.state, slot);

/** The dispatcher has taken it out of its queue and given it a worker. */
const dispatched: Transition = () => {};

/** Its inputs are there: it competes for a thread from now on. */
const assignedToProcessing: Transition = (t, slot) => {
  const { tasks, workers } = t.state;
  const worker = workers.get(tasks.worker[slot]!)!;
  countFollower(worker, -1, tasks.charge[slot]!);
  countRun(worker, 1, tasks.charge[slot]!, tasks.chargeBytes[slot]!);
};

const dispatchedToReleased: Transition = (t, slot, from) => {
  if (t.state.recorder !== undefined) t.state.abandoned.add(t.state.tasks.run[slot]!, abandonedRun(t.state, slot));
  takeBack(t.state, slot, from);
  recallSuccessors(t, slot);
  dropInputs(t, slot);
};

/** The run is lost or given back, but the task is still needed. */
const dispatchedToWaiting: Transition = (t, slot, from) => {
  takeBack(t.state, slot, from);
  recallSuccessors(t, slot);
  if (t.state.tasks.missing[slot] === 0) ready(t, slot);
};

/** What nobody waits for has run: that was all that was asked. */
function letGo(state: SchedulerState, slot: number): void {
  if (state.fireAndForget.size > 0 && state.fireAndForget.delete(slot)) state.tasks.clear(slot, Flag.held);
}

/** The result is there: holder and nbytes have been recorded. */
const intoMemory: Transition = (t, slot, from) => {
  const { state } = t;
  letGo(state, slot);
  const { tasks } = state;
  if (isDispatched(from)) leaveWorker(state, slot, from);
  else if (isHeldBack(from)) unqueue(state, slot);
  if (isUnfinished(from)) dropInputs(t, slot);
  forEachDependent(state, slot, (dependent) => {
    const at = tasks.state[dependent]!;
    if (!isUnfinished(at) || --tasks.missing[dependent]! > 0) return;
    if (at === State.waiting) ready(t, dependent);
    else if (at === State.assigned) t.recommend(dependent, State.processing);
  });
  const seekers = state.seekers.get(slot);
  if (seekers !== undefined) {
    state.seekers.delete(slot);
    for (const seeker of seekers) {
      if (!state.workers.has(seeker) || state.holds(seeker, slot)) continue;
      const message = {
        op: "holders" as const,
        tasks: Int32Array.of(tasks.id[slot]!),
        holders: Int32Array.of(tasks.holder[slot]!),
      };
      state.instructions.push({ to: "worker", worker: seeker, message });
    }
  }
  if (!state.isNeeded(slot)) t.check(slot);
};

/** Dropped because nobody needs it, or lost with its last holder: the holders that are left are told. */
const memoryToReleased: Transition = (t, slot) => {
  const { state } = t;
  const { tasks } = state;
  for (const holder of state.holdersOf(slot)) {
    state.removeHolder(slot, holder);
    state.workers.get(holder)?.free.push(tasks.id[slot]!);
  }
  forEachDependent(state, slot, (dependent) => {
    const at = tasks.state[dependent]!;
    if (!isUnfinished(at)) return;
    tasks.missing[dependent]!++;
    // What is processing waits where it is: its worker asks for the input, and is told when it is there again.
    if (isHeldBack(at) || at === State.assigned) t.recommend(dependent, State.waiting);
  });
};

const intoErred: Transition = (t, slot, from) => {
  const { state } = t;
  letGo(state, slot);
  const { tasks } = state;
  if (isDispatched(from)) takeBack(state, slot, from);
  else if (isHeldBack(from)) unqueue(state, slot);
  if (isUnfinished(from)) dropInputs(t, slot);
  const failure = failureThrough(state, slot);
  const own = state.failures.get(slot)!;
  for (const want of state.wantsOf(slot)) {
    const client = state.clients.get(want.client);
    if (client?.connected === true) client.erred.push(want.number, own);
  }
  forEachDependent(state, slot, (dependent) => {
    if (isUnfinished(tasks.state[dependent]!)) t.fail(dependent, failure);
  });
  state.group(slot).failed++;
  if (state.recorder !== undefined) recordFailure(state, slot, own);
  if (!state.isNeeded(slot)) t.check(slot);
};

function recordFailure(state: SchedulerState, slot: number, failure: FailureRecord): void {
  const own = failure.origin === undefined ? failure : undefined;
  state.recorder!.failed(state.tasks.group[slot]!, own, () => state.key(slot), state.now);
}

const erredToReleased: Transition = (t, slot) => {
  t.state.failures.delete(slot);
};

const releasedToForgotten: Transition = (t, slot) => {
  const { state } = t;
  const { tasks, edges } = state;
  const chunk = state.chunkOf(slot);
  const row = tasks.row[slot]!;
  for (let at = chunk.depStart(row), end = chunk.depEnd(row); at < end; at++) {
    const edge = chunk.edges[at]!;
    const input = edges.source[edge]!;
    const head = edges.remove(edge);
    if (head !== undefined) tasks.dependents[input] = head;
    if (tasks.dependents[input] === NONE) t.check(input);
  }
  state.index.remove(slot);
  state.ids.delete(tasks.id[slot]!);
  state.deaths.delete(slot);
  state.seekers.delete(slot);
  state.group(slot).tasks--;
  if (--chunk.live === 0) state.dropChunk(tasks.chunk[slot]!);
  tasks.free(slot);
};

const S = State;
const TABLE: Partial<Record<StateCode, Transition>>[] = [];
TABLE[S.released] = {
  [S.waiting]: releasedToWaiting,
  [S.memory]: intoMemory,
  [S.erred]: intoErred,
  [S.forgotten]: releasedToForgotten,
};
TABLE[S.waiting] = {
  [S.released]: waitingToReleased,
  [S.queued]: waitingToQueued,
  [S.assigned]: dispatched,
  [S.memory]: intoMemory,
  [S.erred]: intoErred,
};
TABLE[S.queued] = {
  [S.released]: outOfQueueToReleased,
  [S.waiting]: outOfQueueToWaiting,
  [S.noWorker]: eligibilityChanged,
  [S.processing]: dispatched,
  [S.memory]: intoMemory,
  [S.erred]: intoErred,
};
TABLE[S.noWorker] = {
  [S.released]: outOfQueueToReleased,
  [S.waiting]: outOfQueueToWaiting,
  [S.queued]: eligibilityChanged,
  [S.memory]: intoMemory,
  [S.erred]: intoErred,
  // A worker came back that runs it already.
  [S.processing]: dispatched,
};
TABLE[S.assigned] = {
  [S.released]: dispatchedToReleased,
  [S.waiting]: dispatchedToWaiting,
  [S.processing]: assignedToProcessing,
  [S.memory]: intoMemory,
  [S.erred]: intoErred,
};
TABLE[S.processing] = {
  [S.released]: dispatchedToReleased,
  [S.waiting]: dispatchedToWaiting,
  [S.memory]: intoMemory,
  [S.erred]: intoErred,
};
TABLE[S.memory] = { [S.released]: memoryToReleased };
TABLE[S.erred] = { [S.released]: erredToReleased };
TABLE[S.forgotten] = {};
