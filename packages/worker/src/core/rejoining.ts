/** Losing the scheduler and finding it, or its successor, again: results and running tasks are kept, the rest is given up. */
import type { Adopt, Present, RunFailure } from "@heddle/protocol";
import { askBack, disown, remove, wake } from "./lifecycle.js";
import { forgetRetained } from "./retention.js";
import { Seat } from "./seat.js";
import { isOnThread, State } from "./states.js";
import type { WorkerState } from "./state.js";
import { Mark, type Task } from "./task.js";

/** A report about a run, kept until the scheduler has said what it knows the run by. */
export type Heldback =
  | { readonly type: "finished"; readonly startedAt: number; readonly busy: number }
  | { readonly type: "failed"; readonly failure: RunFailure };

export function onDisconnected(state: WorkerState): void {
  state.connected = false;
  state.out.connected = false;
  if (state.asideFrom !== null) returnFromAside(state, state.asideFrom);
  for (const task of state.presented) task.marks &= ~Mark.presented;
  state.presented = [];
  for (const [task, report] of state.heldback) if (report.type === "finished") state.heldback.delete(task);
  // Assignments that have not begun belong to whoever assigned them; after a moment's interruption they come again.
  for (const task of [...state.tasks]) {
    if (task.state === State.memory || task.state === State.released || state.heldback.has(task)) continue;
    if (!isOnThread(task.state)) remove(state, task);
    else if (task.seat === Seat.queue) askBack(state, task, "worker");
  }
  for (const gather of state.gathers.values()) state.out.abandon(gather.id);
  state.gathers.clear();
  state.asking.clear();
  state.peers.clear();
  state.incoming = 0;
}

export function onConnected(state: WorkerState, event: { index: number; epoch: string; rejoining: boolean }): void {
  const earlier = state.epoch;
  state.index = event.index;
  state.epoch = event.epoch;
  state.connected = true;
  state.out.connected = true;
  if (!event.rejoining) return;
  const held: Task[] = [];
  const running: Task[] = [];
  for (const task of [...state.tasks]) {
    if (task.state === State.memory) {
      // A copy of what others hold has no key, without which nobody could recognise it.
      if (task.keys !== null) held.push(task);
      else if (earlier === event.epoch) discard(state, task);
      // Its value goes with what stands aside and is not adopted.
      else remove(state, task);
    } else if (isOnThread(task.state)) {
      running.push(task);
    }
  }
  state.presented = [...held, ...running];
  for (const task of state.presented) task.marks |= Mark.presented;
  state.out.send(presentOf(held, running));
  if (earlier !== event.epoch) setAside(state, earlier, running);
}

/** What was presented gets the ids the scheduler knows it by, and what was held back can be told. */
export function onAdopt(state: WorkerState, message: Adopt): void {
  const { presented } = state;
  const aside = state.asideFrom !== null;
  const from: number[] = [];
  const ids: number[] = [];
  state.presented = [];
  state.asideFrom = null;
  for (let row = 0; row < presented.length; row++) {
    const task = presented[row]!;
    task.marks &= ~Mark.presented;
    const report = state.heldback.get(task);
    state.heldback.delete(task);
    // It was freed, or stopped, between the two messages.
    if (task.state === State.released || task.state === State.disowned) continue;
    const id = message.tasks[row] ?? -1;
    if (id === -1) {
      refuse(state, task, aside);
      continue;
    }
    if (task.state === State.memory && (aside || id !== task.id)) {
      from.push(task.id);
      ids.push(id);
    }
    rename(state, task, id, aside);
    task.run = message.runs[row] ?? -1;
    if (report?.type === "failed") {
      state.out.failed({ ...report.failure, task: id, run: task.run });
      remove(state, task);
    } else if (report?.type === "finished") {
      reportFinished(state, task, report);
    }
  }
  if (from.length > 0 || aside) {
    state.out.instruct({ to: "store", action: "adopt", from: Int32Array.from(from), ids: Int32Array.from(ids) });
  }
}

function refuse(state: WorkerState, task: Task, aside: boolean): void {
  if (isOnThread(task.state) && task.ticket !== -1) {
    disown(state, task);
    task.marks |= Mark.cancelling;
    state.out.cancel(task, false);
  } else if (aside) {
    // Its value goes with whatever else stands aside and is not adopted.
    state.move(task, State.released);
  } else {
    discard(state, task);
  }
}

function rename(state: WorkerState, task: Task, id: number, aside: boolean): void {
  if (!aside && id === task.id) return;
  if (!aside) state.tasks.delete(task.id);
  const inPlace = state.tasks.get(id);
  const waiters = inPlace !== undefined && state.isAwaited(inPlace) ? inPlace.waiters! : [];
  if (inPlace !== undefined) {
    inPlace.waiters = null;
    if (isOnThread(inPlace.state)) disown(state, inPlace);
    else if (inPlace.state !== State.memory) remove(state, inPlace);
  }
  task.id = id;
  state.tasks.set(task.id, task);
  if (task.ticket !== -1) state.strays.set(task.ticket, task);
  if (task.state === State.memory) wake(state, task, waiters);
  else if (waiters.length > 0) task.waiters = [...waiters];
}

function reportFinished(state: WorkerState, task: Task, report: { startedAt: number; busy: number }): void {
  state.out.send({
    op: "finished",
    tasks: Int32Array.of(task.id),
    runs: Int32Array.of(task.run),
    nbytes: Float64Array.of(task.nbytes),
    startedAt: Float64Array.of(Math.min(report.startedAt, state.now)),
    busy: Int32Array.of(report.busy),
    waited: 0,
    fetched: 0,
    decoded: 0,
    threads: Math.max(0, task.thread),
    inlineLengths: -1,
    inline: new Uint8Array(0),
  });
}

function discard(state: WorkerState, task: Task): void {
  if (task.state === State.memory) state.out.drop(task.id);
  remove(state, task);
}

/** Ids of the old epoch must not meet those of the new one: everything presented leaves the table until it is adopted. */
function setAside(state: WorkerState, earlier: string, running: readonly Task[]): void {
  for (const task of state.tasks) {
    forgetRetained(state, task);
    task.waiters = null;
  }
  for (const run of running) {
    if (run.retainedOn !== -1 && !run.has(Mark.foreign)) state.threads[run.retainedOn]!.foreign++;
    run.marks |= Mark.foreign;
    if (run.ticket !== -1) state.strays.set(run.ticket, run);
  }
  state.tasks.clear();
  state.asideFrom = earlier;
  state.out.instruct({ to: "store", action: "setAside" });
}

/** The scheduler left again before it adopted anything: what it had assigned so far goes, and all is as before. */
function returnFromAside(state: WorkerState, epoch: string): void {
  for (const task of [...state.tasks]) {
    if (task.state === State.released) continue;
    if (isOnThread(task.state)) disown(state, task);
    else discard(state, task);
  }
  state.tasks.clear();
  state.epoch = epoch;
  state.asideFrom = null;
  const held: number[] = [];
  for (const task of state.presented) {
    if (task.state === State.released || task.state === State.disowned) continue;
    state.tasks.set(task.id, task);
    if (task.state === State.memory) held.push(task.id);
  }
  state.out.instruct({ to: "store", action: "adopt", from: Int32Array.from(held), ids: Int32Array.from(held) });
}

function presentOf(held: readonly Task[], running: readonly Task[]): Present {
  const all = [...held, ...running];
  const keyLengths = Int32Array.from(all, (task) => task.keys!.length(task.row));
  const keys = new Uint8Array(keyLengths.reduce((sum, length) => sum + length, 0));
  let end = 0;
  for (const task of all) end += task.keys!.copy(task.row, task.row + 1, keys, end);
  return {
    op: "present",
    held: held.length,
    running: running.length,
    keyLengths,
    keys,
    tasks: Int32Array.from(all, (task) => task.id),
    runs: Int32Array.from(all, (task) => task.run),
    nbytes: Float64Array.from(all, (task) => (task.state === State.memory ? task.nbytes : 0)),
  };
}
