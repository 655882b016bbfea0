import type { SchedulerState } from "./state.js";
import { State } from "./task-state.js";
import type { TaskQueue } from "./task-queue.js";
import { NONE } from "./task-table.js";
import { preferredWorker } from "./placement.js";

/**
 * Ready tasks wait at the scheduler in one of three kinds of queue: of a requirement, of the worker that is best for them, or the
 * common one. Called when a task has become ready; returns the state it goes to.
 */
export function place(state: SchedulerState, slot: number): typeof State.queued | typeof State.noWorker {
  const { tasks } = state;
  const requirement = state.requirement(slot);
  state.backlog++;
  if (requirement !== undefined) {
    tasks.worker[slot] = NONE;
    requirement.queue.push(slot);
    requirement.queue.live++;
    return requirement.eligible.length > 0 ? State.queued : State.noWorker;
  }
  const worker = preferredWorker(state, slot);
  if (worker !== undefined) {
    tasks.worker[slot] = worker.index;
    tasks.charge[slot] = state.duration(slot);
    worker.queue.push(slot);
    worker.queue.live++;
    worker.queuedTime += tasks.charge[slot];
    return State.queued;
  }
  tasks.worker[slot] = NONE;
  state.queue.push(slot);
  state.queue.live++;
  return state.workers.size > 0 ? State.queued : State.noWorker;
}

/** The queue a ready task is in. */
export function queueOf(state: SchedulerState, slot: number): TaskQueue {
  const requirement = state.requirement(slot);
  if (requirement !== undefined) return requirement.queue;
  const worker = state.tasks.worker[slot]!;
  return worker === NONE ? state.queue : (state.workers.get(worker)?.queue ?? state.queue);
}

/** Leaves its queue: by dispatch, because it is not needed, or because an input was lost. Its entry is skipped when popped. */
export function unqueue(state: SchedulerState, slot: number): void {
  const { tasks } = state;
  queueOf(state, slot).live--;
  state.backlog--;
  const worker = state.workers.get(tasks.worker[slot]!);
  if (worker !== undefined) worker.queuedTime = Math.max(0, worker.queuedTime - tasks.charge[slot]!);
  tasks.worker[slot] = NONE;
}

/** The first task that really is in this queue, -1 when there is none. Entries of tasks that left are dropped on the way. */
export function head(state: SchedulerState, queue: TaskQueue): number {
  for (;;) {
    const slot = queue.peek();
    if (slot === NONE) return NONE;
    const at = state.tasks.state[slot]!;
    if ((at === State.queued || at === State.noWorker) && queueOf(state, slot) === queue) return slot;
    queue.pop();
  }
}

/** The priority of a task has been raised: where it waits, it goes before others. */
export function reorder(state: SchedulerState, slot: number): void {
  const at = state.tasks.state[slot]!;
  if (at === State.queued || at === State.noWorker) queueOf(state, slot).push(slot);
}
