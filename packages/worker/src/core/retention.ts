/**
 * Run lists: a run whose outstanding inputs are all made by runs that a thread has in its queue may be queued behind them. The
 * thread then retains those results and takes them itself, so that a chain runs on without asking control at every step.
 */
import { State } from "./states.js";
import { Mark, type Task } from "./task.js";
import type { Thread } from "./thread.js";
import type { WorkerState } from "./state.js";

/** A run is being handed to a thread: whatever waits for it may follow it there. */
export function offerFollowers(state: WorkerState, run: Task, thread: Thread): void {
  const waiters = run.waiters;
  if (waiters === null || thread.foreign > 0) return;
  let rest = 0;
  for (const waiter of waiters) {
    if (waiter.has(Mark.settled)) continue;
    if (waiter.state === State.waiting || waiter.state === State.executing) rest++;
    if (waiter.state !== State.waiting) continue;
    if (waiter.followThread === -1) {
      waiter.followThread = thread.index;
      waiter.followCount = 1;
    } else if (waiter.followThread === thread.index) {
      waiter.followCount++;
    } else {
      waiter.followThread = -2;
    }
    if (waiter.followThread === thread.index && waiter.followCount === waiter.waitingOn) thread.followers.push(waiter);
  }
  if (rest === 0) return;
  run.retainedOn = thread.index;
  run.retainRest = rest;
  run.retainSeq = state.nextSeq;
}

/** True when a run takes an input from its own thread: it was known to wait for it when the input's run was handed over. */
export function takesRetained(input: Task, run: Task, thread: number): boolean {
  return input.retainedOn === thread && run.seq < input.retainSeq && !run.has(Mark.settled);
}

/**
 * A run has ended, or will not run where its inputs are retained: what nobody else may take is let go there. `took`: it began, so
 * what was to be handed on to it is gone from its thread already.
 */
export function settleRetained(state: WorkerState, run: Task, took: boolean): void {
  if (run.has(Mark.settled)) return;
  run.marks |= Mark.settled;
  state.eachInput(run, (input) => {
    if (input === undefined || input.retainedOn === -1 || run.seq >= input.retainSeq) return;
    // What was handed over after this run was disowned is a newer run of the input: nothing of it was meant for this one.
    if (run.disownedSeq !== -1 && input.retainSeq > run.disownedSeq) return;
    if (--input.retainRest > 0) return;
    if (took && input.has(Mark.handedOn) && input.retainedOn === run.thread) input.retainedOn = -1;
    else forgetRetained(state, input);
  });
}

/** Nobody takes the result from the thread any more. If it has not been made yet, that is told when it has. */
export function forgetRetained(state: WorkerState, input: Task): void {
  if (input.retainedOn === -1) return;
  input.retainRest = 0;
  input.retainSeq = 0;
  if (input.ticket !== -1) return;
  const thread = input.retainedOn;
  input.retainedOn = -1;
  // A newer run of the task may keep its result on the same thread: it goes when that is not needed any more.
  if (state.tasks.get(input.threadId)?.retainedOn !== thread) state.out.forget(thread, input.threadId);
}

/** A run leaves its thread without a result: those that would have followed it there do not follow anybody any more. */
export function withdrawOffer(state: WorkerState, run: Task): void {
  forgetRetained(state, run);
  if (run.waiters === null) return;
  for (const waiter of run.waiters) if (waiter.state === State.waiting) waiter.followThread = -2;
}
