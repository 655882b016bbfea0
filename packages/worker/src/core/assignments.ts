/** What the scheduler wants of runs: to have them, to have them back, to stop them, to forget them. */
import { at, type CancelRuns, type ComputeTasks, type FreeTasks, type RevokeRuns } from "@heddle/protocol";
import { Assignment } from "./assignment.js";
import { seek, seekFrom } from "./inputs.js";
import { askBack, disown, makeReady, remove } from "./lifecycle.js";
import { forgetRetained } from "./retention.js";
import { Seat } from "./seat.js";
import { isOnThread, isSought, State } from "./states.js";
import type { WorkerState } from "./state.js";
import { Mark, Task } from "./task.js";

export function onCompute(state: WorkerState, message: ComputeTasks): void {
  const assignment = new Assignment(message);
  const here: Task[] = [];
  for (let row = 0; row < message.rows; row++) {
    const id = message.tasks[row]!;
    const known = state.tasks.get(id);
    if (known === undefined) accept(state, assignment, row, null);
    else if (known.state === State.memory) here.push(renewed(known, message.runs[row]!));
    else if (known.run < message.runs[row]!) accept(state, assignment, row, supersede(state, known));
    // Otherwise it is a message that came twice, or later than a newer one.
  }
  if (here.length > 0) reportHeld(state, here);
}

function accept(state: WorkerState, assignment: Assignment, row: number, waiters: Task[] | null): void {
  const { message } = assignment;
  const run = new Task(message.tasks[row]!);
  run.run = message.runs[row]!;
  run.assignment = assignment;
  run.keys = assignment.keys;
  run.row = row;
  run.priority = at(message.priorities, row);
  run.order = message.orders[row]!;
  run.seq = state.nextSeq++;
  run.waiters = waiters;
  state.tasks.set(run.id, run);
  const start = assignment.depsStart(row);
  const end = start + at(message.depCounts, row);
  let outstanding = 0;
  for (let dep = start; dep < end; dep++) {
    const id = message.deps[dep]!;
    const holder = message.depHolders[dep]!;
    const input = inputFor(state, id, holder, message.depBytes[dep]!);
    if (input.state === State.memory) continue;
    outstanding++;
    if (input.waiters === null) input.waiters = [run];
    else input.waiters.push(run);
  }
  run.waitingOn = outstanding;
  if (outstanding > 0) {
    run.soughtSince = state.micros;
    state.move(run, State.waiting);
  } else makeReady(state, run);
}

function inputFor(state: WorkerState, id: number, holder: number, nbytes: number): Task {
  const known = state.tasks.get(id);
  if (known === undefined) return seek(state, id, holder, nbytes);
  // Nobody knew where it is, and this row does.
  if (known.state === State.missing && state.peers.has(holder)) {
    known.nbytes = nbytes;
    seekFrom(state, known, holder);
  }
  return known;
}

/** Takes the record of an older run, or of a value that is sought, out of the table. Returns what waits for it: it waits for the new run. */
function supersede(state: WorkerState, old: Task): Task[] | null {
  const waiters = state.isAwaited(old) ? old.waiters : null;
  old.waiters = null;
  if (isOnThread(old.state)) disown(state, old);
  else if (isSought(old.state)) state.move(old, State.released);
  else remove(state, old);
  for (const waiter of waiters ?? []) if (waiter.state === State.waiting) waiter.followThread = -2;
  return waiters;
}

/** The scheduler asks for a run of what is here already: it is told so, under the run it asked for. */
function renewed(task: Task, run: number): Task {
  task.run = run;
  return task;
}

function reportHeld(state: WorkerState, tasks: readonly Task[]): void {
  state.out.send({
    op: "finished",
    tasks: Int32Array.from(tasks, (task) => task.id),
    runs: Int32Array.from(tasks, (task) => task.run),
    nbytes: Float64Array.from(tasks, (task) => task.nbytes),
    startedAt: new Float64Array(tasks.length).fill(state.now),
    busy: new Int32Array(tasks.length),
    waited: 0,
    fetched: 0,
    decoded: 0,
    threads: 0,
    inlineLengths: -1,
    inline: new Uint8Array(0),
  });
}

export function onFree(state: WorkerState, message: FreeTasks): void {
  for (const id of message.tasks) {
    const task = state.tasks.get(id);
    if (task === undefined) continue;
    if (isOnThread(task.state)) {
      disown(state, task);
    } else {
      if (task.state === State.memory) state.out.drop(id);
      forgetRetained(state, task);
      remove(state, task);
    }
  }
}

export function onCancel(state: WorkerState, message: CancelRuns): void {
  for (let row = 0; row < message.tasks.length; row++) {
    const id = message.tasks[row]!;
    const run = message.runs[row]!;
    const task = find(state, id, run);
    if (task === undefined || task.state === State.memory) {
      state.out.stopped(id, run);
    } else if (task.seat !== Seat.none || isOnThread(task.state)) {
      task.marks |= Mark.cancelling;
      state.out.cancel(task, message.force);
    } else {
      remove(state, task);
      state.out.stopped(id, run);
    }
  }
}

export function onRevoke(state: WorkerState, message: RevokeRuns): void {
  for (let row = 0; row < message.tasks.length; row++) {
    const id = message.tasks[row]!;
    const run = message.runs[row]!;
    const task = state.tasks.get(id);
    if (task?.run !== run || task.state === State.memory) {
      state.out.revoked(id, run, false);
    } else if (task.state === State.executing) {
      askBack(state, task, "scheduler");
    } else if (isOnThread(task.state)) {
      state.out.revoked(id, run, false);
    } else {
      remove(state, task);
      state.out.revoked(id, run, true);
    }
  }
}

/** The run the scheduler means, also when it has been disowned. */
function find(state: WorkerState, id: number, run: number): Task | undefined {
  const task = state.tasks.get(id);
  if (task?.run === run) return task;
  for (const stray of state.strays.values()) if (stray.id === id && stray.run === run) return stray;
  return undefined;
}
