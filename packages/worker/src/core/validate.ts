/** What must hold between any two events. */
import { WorkerInvariantError } from "./errors.js";
import { Seat } from "./seat.js";
import { isOnThread, isSought, State, STATE_NAMES } from "./states.js";
import type { WorkerState } from "./state.js";
import { Mark, type Task } from "./task.js";

export function checkInvariants(state: WorkerState): void {
  const fail = (task: Task, what: string): never => {
    throw new WorkerInvariantError(`task ${task.id} (${STATE_NAMES[task.state]}): ${what}`, state.journal.of(task.id));
  };
  const queued = state.threads.map(() => 0);
  const parked = state.threads.map(() => 0);
  const load = state.threads.map(() => 0);
  const taken = new Map<string, number>();
  const onThreads = new Set<Task>(state.strays.values());

  for (const task of state.tasks) {
    if (state.tasks.get(task.id) !== task) fail(task, "the table has it under another id");
    if (isOnThread(task.state) && !state.heldback.has(task)) onThreads.add(task);
    switch (task.state) {
      case State.released:
      case State.disowned:
        return fail(task, "it is dead and in the table");
      case State.waiting:
        checkWaiting(state, task, fail);
        break;
      case State.ready:
      case State.constrained:
        if (task.waitingOn !== 0) fail(task, `it waits for ${task.waitingOn} inputs`);
        if (task.assignment === null) fail(task, "it has no assignment");
        break;
      case State.executing:
      case State.parked:
      case State.seceded:
        if (task.ticket === -1 && !state.heldback.has(task)) fail(task, "its thread does not know it");
        break;
      case State.memory:
        if (task.assignment !== null) fail(task, "it keeps its arguments");
        if (task.waiters !== null) fail(task, "runs wait for it though it is here");
        break;
      case State.fetch:
        if (!state.peers.has(task.holder)) fail(task, `it is to come from ${task.holder}, which is gone`);
        break;
      case State.flight:
        if (!state.gathers.has(task.gather)) fail(task, `request ${task.gather}, which it is part of, has ended`);
        break;
      case State.missing:
        break;
    }
    if (isSought(task.state) && !task.has(Mark.replica) && !state.isAwaited(task)) fail(task, "nobody wants it");
  }

  for (const task of onThreads) {
    if (task.thread === -1) fail(task, "it is on no thread");
    if (task.ticket !== -1 && state.runOf(task.threadId, task.ticket) !== task)
      fail(task, "its ticket names another run");
    if (task.seat === Seat.queue) {
      queued[task.thread]!++;
      load[task.thread]! += task.estimate;
    }
    if (task.seat === Seat.parked) parked[task.thread]!++;
    if (!task.has(Mark.resources)) continue;
    for (const [name, amount] of Object.entries(task.assignment?.options(task.row)?.resources ?? {})) {
      taken.set(name, (taken.get(name) ?? 0) + amount);
    }
  }
  for (const thread of state.threads) {
    const foreign = [...onThreads].filter(
      (task) => task.has(Mark.foreign) && task.ticket !== -1 && task.retainedOn === thread.index,
    );
    const wrong = (what: string): never => {
      throw new WorkerInvariantError(`thread ${thread.index} ${what}`);
    };
    if (thread.queued !== queued[thread.index]) wrong(`counts ${thread.queued} runs and has ${queued[thread.index]}`);
    if (thread.parked !== parked[thread.index]) wrong(`counts ${thread.parked} parked and has ${parked[thread.index]}`);
    if (thread.foreign !== foreign.length)
      wrong(`counts ${thread.foreign} runs of an earlier epoch that leave results, and has ${foreign.length}`);
    if (thread.load !== load[thread.index]) wrong(`counts ${thread.load} us of work and has ${load[thread.index]}`);
  }
  for (const [name, total] of Object.entries(state.settings.resources)) {
    const used = taken.get(name) ?? 0;
    const free = state.resources.get(name) ?? 0;
    if (used + free !== total || free < 0) {
      throw new WorkerInvariantError(`of ${total} ${name}, ${used} are taken and ${free} free`);
    }
  }
  let incoming = 0;
  for (const gather of state.gathers.values()) incoming += gather.bytes;
  if (incoming !== state.incoming) {
    throw new WorkerInvariantError(`${state.incoming} bytes are counted on their way and ${incoming} are`);
  }
}

function checkWaiting(state: WorkerState, run: Task, fail: (task: Task, what: string) => never): void {
  let outstanding = 0;
  const seen = new Set<number>();
  state.eachInput(run, (input, id) => {
    if (input === undefined || input.state === State.memory || seen.has(id)) return;
    seen.add(id);
    for (const waiter of input.waiters ?? []) if (waiter === run) outstanding++;
  });
  if (outstanding !== run.waitingOn)
    fail(run, `it counts ${run.waitingOn} outstanding inputs, and ${outstanding} know it`);
  if (outstanding === 0) fail(run, "it waits for nothing");
}
