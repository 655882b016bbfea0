/** The steps that runs and values go through, whatever event they come from. */
import type { RunFailure } from "@heddle/protocol";
import { forgetRetained, settleRetained, withdrawOffer } from "./retention.js";
import { Seat } from "./seat.js";
import { isSought, State } from "./states.js";
import type { WorkerState } from "./state.js";
import { Mark, type Task } from "./task.js";

/** A run that is on no thread becomes waiting or ready, by what its inputs are now. `again`: it may be among their waiters already. */
export function place(state: WorkerState, run: Task, again: boolean): void {
  let outstanding = 0;
  state.eachInput(run, (input, id) => {
    if (input?.state === State.memory) return;
    outstanding++;
    const source = input ?? state.expect(id);
    // Whoever knew that it went may have forgotten: the scheduler is asked where it is.
    if (again && source.state === State.missing) state.out.missing(id, state.index);
    if (source.waiters === null) source.waiters = [run];
    else if (!again || !source.waiters.includes(run)) source.waiters.push(run);
  });
  run.waitingOn = outstanding;
  run.fetched = 0;
  if (outstanding > 0) {
    run.soughtSince = state.micros;
    if (run.state !== State.waiting) state.move(run, State.waiting);
  } else {
    makeReady(state, run);
  }
}

export function makeReady(state: WorkerState, run: Task): void {
  state.move(run, State.ready);
  (state.isAlone(run) ? state.alone : state.ready).push(run);
}

/** A value is here: whatever waited for it goes on. */
export function arrive(state: WorkerState, task: Task, nbytes: number): void {
  state.move(task, State.memory);
  task.nbytes = nbytes;
  const waiters = task.waiters;
  if (waiters === null) return;
  task.waiters = null;
  wake(state, task, waiters);
}

export function wake(state: WorkerState, task: Task, waiters: readonly Task[]): void {
  for (const waiter of waiters) {
    if (waiter.state === State.waiting) {
      waiter.waitingOn--;
      if (waiter.followThread === task.thread && task.thread !== -1) waiter.followCount--;
      // What is computed here is not on its way: only what is waited for after it counts as that.
      if (task.run !== -1) waiter.soughtSince = state.micros;
      else if (waiter.waitingOn === 0) waiter.fetched = Math.max(0, (state.micros - waiter.soughtSince) | 0);
      if (waiter.waitingOn === 0) makeReady(state, waiter);
    } else if (waiter.state === State.executing && waiter.waitingOn > 0) {
      waiter.waitingOn--;
    }
  }
}

/** A run's thread has it no more. */
export function leaveThread(state: WorkerState, run: Task): void {
  const thread = state.threads[run.thread]!;
  thread.release(run);
  if (thread.queued === 0) thread.idleSince = state.now;
  state.strays.delete(run.ticket);
  run.ticket = -1;
  if (run.retainedOn !== -1 && run.retainRest === 0) {
    if (run.has(Mark.foreign)) state.threads[run.retainedOn]!.foreign--;
    forgetRetained(state, run);
  }
  if (run.has(Mark.resources)) {
    run.marks &= ~Mark.resources;
    state.resourcesFreed = true;
    for (const [name, amount] of Object.entries(run.assignment?.options(run.row)?.resources ?? {})) {
      state.resources.set(name, (state.resources.get(name) ?? 0) + amount);
    }
  }
}

/** A run that a thread gave back, or lost with its thread, is to be run all the same. */
export function requeue(state: WorkerState, run: Task): void {
  if (!state.connected) {
    // It has not begun, so it goes back to whoever assigned it.
    remove(state, run);
  } else if (run.has(Mark.foreign)) {
    report(state, run, { ...RESCHEDULED, task: run.id, run: run.run });
  } else {
    withdrawOffer(state, run);
    // Wherever it goes now, it gets its inputs from here.
    settleRetained(state, run, false);
    run.thread = -1;
    run.followThread = -2;
    run.marks &= ~Mark.takes;
    place(state, run, true);
  }
}

/** The inputs of a run from an earlier epoch are not known here any more: the scheduler places it anew, on the same attempt. */
const RESCHEDULED = {
  kind: "internal",
  message: "it was assigned before the scheduler restarted, and did not begin",
  startedAt: 0,
  busy: 0,
  started: false,
  reschedule: true,
} as const;

/** A run ends without a result. While the scheduler cannot be told, the record stays, to be presented as running. */
export function report(state: WorkerState, run: Task, failure: RunFailure): void {
  if (state.connected && !run.has(Mark.presented)) {
    state.out.failed(failure);
    remove(state, run);
  } else {
    withdrawOffer(state, run);
    state.heldback.set(run, { type: "failed", failure });
  }
}

/**
 * A run or value is not wanted here any more. Where runs here still wait for it, a record of what is missing takes its place:
 * whoever made it go also says what becomes of them.
 */
export function remove(state: WorkerState, task: Task): void {
  const waiters = state.isAwaited(task) ? task.waiters : null;
  settleRetained(state, task, false);
  withdrawOffer(state, task);
  state.move(task, State.released);
  if (state.tasks.get(task.id) === task) state.tasks.delete(task.id);
  abandonInputs(state, task);
  task.waiters = null;
  task.assignment = null;
  if (waiters !== null) state.expect(task.id).waiters = waiters;
}

/**
 * A thread works on it still, but nobody wants the result. The record leaves the table, which may know the id by another one
 * from now on; what waits for it waits for that.
 */
export function disown(state: WorkerState, run: Task): void {
  const waiters = state.isAwaited(run) ? run.waiters : null;
  withdrawOffer(state, run);
  run.disownedSeq = state.nextSeq++;
  state.move(run, State.disowned);
  if (state.tasks.get(run.id) === run) state.tasks.delete(run.id);
  state.strays.set(run.ticket, run);
  abandonInputs(state, run);
  run.waiters = null;
  if (run.seat === Seat.queue && !run.has(Mark.cancelling)) askBack(state, run, "worker");
  if (waiters !== null) state.expect(run.id).waiters = waiters;
}

/** Asks the thread to give a run back unless it has begun. */
export function askBack(state: WorkerState, run: Task, askedBy: "scheduler" | "worker"): void {
  const pending = state.revokes.get(run.ticket);
  if (pending === undefined) {
    state.revokes.set(run.ticket, { task: run, askedBy, id: run.id, run: run.run });
    state.out.revoke(run);
  } else if (askedBy === "scheduler") {
    Object.assign(pending, { askedBy, id: run.id, run: run.run });
  }
}

/** A run that has ended, or is given up, wants its inputs no longer. */
export function abandonInputs(state: WorkerState, run: Task): void {
  if (run.waitingOn === 0) return;
  run.waitingOn = 0;
  state.eachInput(run, (input) => {
    if (input === undefined || !isSought(input.state)) return;
    if (!input.has(Mark.replica) && !state.isAwaited(input)) seekNoLonger(state, input);
  });
}

/** A value that was sought is not wanted any more. An answer that is on its way finds nobody. */
function seekNoLonger(state: WorkerState, input: Task): void {
  state.move(input, State.released);
  if (state.tasks.get(input.id) === input) state.tasks.delete(input.id);
}
