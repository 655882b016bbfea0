/** Which ready run goes to which thread, and when: a few milliseconds of work ahead, so that no thread waits for a round trip. */
import { askBack, makeReady, place } from "./lifecycle.js";
import { offerFollowers } from "./retention.js";
import { runsBefore } from "./run-queue.js";
import { State } from "./states.js";
import type { WorkerState } from "./state.js";
import { Mark, type Task } from "./task.js";
import type { Thread } from "./thread.js";

/** Milliseconds. A thread that reported nothing for this long, while another has nothing to do, is asked to give back what it has not begun. */
const STALL = 5;

export function dispatch(state: WorkerState): void {
  if (!state.threadsReady || state.paused) return;
  for (let sent = true; sent;) {
    sendAlone(state);
    sent = sendFollowers(state);
    const run = state.ready.peek();
    if (run === undefined) continue;
    const thread = roomiest(state, run);
    if (thread === undefined) continue;
    state.ready.pop();
    if (!inputsAreHere(state, run)) place(state, run, true);
    else if (takeResources(state, run)) send(state, run, thread);
    else constrain(state, run);
    sent = true;
  }
}

/** Resources were given back: constrained runs become ready, best first, as many as fit. */
export function releaseConstrained(state: WorkerState): void {
  const runs = [...state.constrained.entries()].sort((a, b) => (runsBefore(a, b) ? -1 : 1));
  const free = new Map(state.resources);
  state.constrained.clear();
  for (const run of runs) {
    if (take(free, run.assignment!.options(run.row)?.resources ?? {})) makeReady(state, run);
    else state.constrained.push(run);
  }
}

/** When a tick should come at the latest, by the clock of the events; undefined: nothing waits for time to pass. */
export function deadline(state: WorkerState): number | undefined {
  let earliest: number | undefined;
  for (const peer of state.asking) {
    if (peer.gather === -1 && peer.busyUntil > 0) earliest = Math.min(earliest ?? Infinity, peer.busyUntil);
  }
  const stalled = stallable(state);
  if (stalled !== undefined) earliest = Math.min(earliest ?? Infinity, stalled.heardAt + STALL);
  return earliest;
}

/** Takes back what a thread has not begun because the run before it takes longer than expected, when another thread could begin it. */
export function rebalance(state: WorkerState): void {
  const thread = stallable(state);
  if (thread === undefined || thread.heardAt + STALL > state.now) return;
  for (const run of movable(state, thread)) askBack(state, run, "worker");
}

/** A thread with work that another one could do, which has nothing to do. */
function stallable(state: WorkerState): Thread | undefined {
  if (state.threads.length === 1 || state.paused || state.ready.peek() !== undefined) return undefined;
  if (!state.threads.some((thread) => thread.queued === 0 && canTakeMore(state, thread))) return undefined;
  return state.threads.find((thread) => thread.queued > 1 && movable(state, thread).length > 0);
}

/** Runs in a thread's queue that need not stay there: they follow none of the others, none follows them, nor were they asked back. */
function movable(state: WorkerState, thread: Thread): Task[] {
  return thread
    .inQueue()
    .slice(1)
    .filter(
      (run) =>
        run.state === State.executing && !run.has(Mark.takes) && !hasFollowers(run) && !state.revokes.has(run.ticket),
    );
}

function hasFollowers(run: Task): boolean {
  return run.waiters?.some((waiter) => waiter.state === State.executing) ?? false;
}

function send(state: WorkerState, run: Task, thread: Thread): void {
  const functionIndex = run.assignment!.functionOf(run.row);
  run.estimate = state.times.expected(functionIndex);
  run.ticket = state.ticket();
  run.threadId = run.id;
  state.move(run, State.executing);
  if (run.fetched > 0) run.fetched = thread.queued > 0 ? 0 : stoodIdle(state, run, thread);
  if (thread.queued === 0) thread.heardAt = state.now;
  thread.give(run);
  offerFollowers(state, run, thread);
  state.out.execute(thread.index, run);
}

/** Microseconds that the thread stood idle while the run's inputs were on their way. */
function stoodIdle(state: WorkerState, run: Task, thread: Thread): number {
  const sinceArrival = (state.micros - run.soughtSince - run.fetched) | 0;
  const idle = Math.round((state.now - thread.idleSince) * 1000);
  return Math.max(0, Math.min(run.fetched, idle - sinceArrival));
}

function sendFollowers(state: WorkerState): boolean {
  let sent = false;
  for (const thread of state.threads) {
    for (;;) {
      const run = thread.followers.peek();
      if (run === undefined || !hasRoom(state, thread, run)) break;
      const other = state.ready.peek();
      if (other !== undefined && runsBefore(other, run)) break;
      thread.followers.pop();
      // Those stay behind until their inputs are here: they may have to wait for more than inputs.
      if (state.isAlone(run) || run.assignment!.options(run.row)?.resources !== undefined) continue;
      if (!otherInputsAreHere(state, run, thread)) continue;
      send(state, run, thread);
      sent = true;
    }
  }
  return sent;
}

/** Runs that must not share a thread: an empty one is theirs; where there is none, one is emptied. */
function sendAlone(state: WorkerState): void {
  for (;;) {
    const run = state.alone.peek();
    const other = state.ready.peek();
    if (run === undefined || (other !== undefined && runsBefore(other, run))) break;
    if (!inputsAreHere(state, run)) {
      state.alone.pop();
      place(state, run, true);
      continue;
    }
    const empty = state.threads.find((thread) => thread.empty);
    if (empty === undefined) {
      if (!state.threads.some((thread) => thread.draining)) leastBusy(state.threads).draining = true;
      return;
    }
    state.alone.pop();
    if (!takeResources(state, run)) {
      constrain(state, run);
      continue;
    }
    empty.draining = false;
    empty.alone = run;
    send(state, run, empty);
  }
  for (const thread of state.threads) thread.draining = false;
}

function leastBusy(threads: readonly Thread[]): Thread {
  return threads.reduce((best, thread) =>
    thread.parked + thread.queued < best.parked + best.queued && !thread.exclusive ? thread : best,
  );
}

function roomiest(state: WorkerState, run: Task): Thread | undefined {
  let best: Thread | undefined;
  for (const thread of state.threads) {
    if (hasRoom(state, thread, run) && (best === undefined || thread.load < best.load)) best = thread;
  }
  return best;
}

function hasRoom(state: WorkerState, thread: Thread, run: Task): boolean {
  if (thread.load >= state.settings.windowMicros || thread.queued >= state.settings.windowRuns) return false;
  if (!canTakeMore(state, thread)) return false;
  // What is known to park will take a place among the parked ones.
  const parks = state.times.parks(run.assignment!.functionOf(run.row));
  return !parks || thread.parked + thread.queued < state.settings.asyncPerThread;
}

function canTakeMore(state: WorkerState, thread: Thread): boolean {
  return !thread.exclusive && !thread.draining && thread.parked < state.settings.asyncPerThread;
}

function inputsAreHere(state: WorkerState, run: Task): boolean {
  let here = true;
  state.eachInput(run, (input) => {
    if (input?.state !== State.memory) here = false;
  });
  return here;
}

/** A follower's outstanding inputs are retained on its thread; the others have to be in memory. */
function otherInputsAreHere(state: WorkerState, run: Task, thread: Thread): boolean {
  let here = true;
  state.eachInput(run, (input) => {
    if (input === undefined) here = false;
    else if (input.state !== State.memory && input.retainedOn !== thread.index) here = false;
  });
  return here;
}

function constrain(state: WorkerState, run: Task): void {
  state.move(run, State.constrained);
  state.constrained.push(run);
}

function takeResources(state: WorkerState, run: Task): boolean {
  const wanted = run.assignment!.options(run.row)?.resources;
  if (wanted === undefined) return true;
  if (!take(state.resources, wanted)) return false;
  run.marks |= Mark.resources;
  return true;
}

/** Takes what is wanted out of `free`, when all of it is there. */
function take(free: Map<string, number>, wanted: Readonly<Record<string, number>>): boolean {
  const amounts = Object.entries(wanted);
  if (amounts.some(([name, amount]) => amount > (free.get(name) ?? 0))) return false;
  for (const [name, amount] of amounts) free.set(name, (free.get(name) ?? 0) - amount);
  return true;
}
