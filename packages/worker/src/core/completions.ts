/** What executor threads report about the runs they were given. */
import { at, type RunFailure } from "@heddle/protocol";
import type { FinishedRuns, StoppedTimes } from "../executor/interface.js";
import { onLost } from "./inputs.js";
import { abandonInputs, arrive, leaveThread, remove, report, requeue } from "./lifecycle.js";
import { Report } from "./report.js";
import { settleRetained, withdrawOffer } from "./retention.js";
import { Seat } from "./seat.js";
import { State } from "./states.js";
import type { WorkerState } from "./state.js";
import { Mark, type Task } from "./task.js";

export function onFinished(state: WorkerState, batch: FinishedRuns): void {
  state.threads[batch.thread]!.heardAt = state.now;
  const { rows } = batch;
  const nbytes = sizesOf(batch);
  const ids = new Int32Array(rows);
  const kept: number[] = [];
  const aside: number[] = [];
  const unwanted = new UnwantedBuffers(batch);
  const reported = new Report(batch, nbytes);
  for (let row = 0; row < rows; row++) {
    const run = state.runOf(batch.tasks[row]!, batch.runs[row]!);
    if (run === undefined) {
      unwanted.add(row);
      continue;
    }
    state.times.add(run.assignment!.functionOf(run.row), batch.busy[row]!);
    leaveThread(state, run);
    if (run.state === State.disowned || run.has(Mark.cancelling)) {
      endUnwanted(state, run, batch.startedAt[row], batch.busy[row], at(batch.waited, row));
      unwanted.add(row);
      continue;
    }
    settleRetained(state, run, true);
    ids[row] = run.id;
    arrive(state, run, nbytes[row]!);
    // It took what its thread kept of a run that was given up meanwhile.
    if (run.waitingOn > 0) abandonInputs(state, run);
    if (run.has(Mark.presented)) {
      state.heldback.set(run, { type: "finished", startedAt: batch.startedAt[row]!, busy: batch.busy[row]! });
      (state.asideFrom === null ? kept : aside).push(row);
    } else {
      kept.push(row);
      reported.add(run, row);
    }
    // The key stays with the value; the arguments may go.
    run.assignment = null;
  }
  state.times.settle();
  const keep = (which: number[], asideToo: boolean): void => {
    if (which.length === 0) return;
    const picked = which.length === rows ? null : Int32Array.from(which);
    state.out.instruct({ to: "store", action: "keep", batch, rows: picked, ids, aside: asideToo });
  };
  keep(kept, false);
  keep(aside, true);
  if (unwanted.buffers.length > 0) {
    state.out.instruct({ to: "store", action: "discard", buffers: unwanted.buffers });
  }
  if (reported.rows > 0) state.out.send(reported.message());
}

/** Shared memory of results that nobody wants. */
class UnwantedBuffers {
  readonly buffers: Uint8Array[] = [];
  readonly #batch: FinishedRuns;
  #row = 0;
  #buffer = 0;

  constructor(batch: FinishedRuns) {
    this.#batch = batch;
  }

  /** Rows come in order. */
  add(row: number): void {
    const { bufferCounts, buffers } = this.#batch;
    for (; this.#row < row; this.#row++) this.#buffer += at(bufferCounts, this.#row);
    for (let count = at(bufferCounts, row); count > 0; count--) this.buffers.push(buffers[this.#buffer++]!);
    this.#row++;
  }
}

/**
 * Results that nobody wants: the thread's place is free, and that is all.
 *
 * @param startedAt - 0: it had not begun
 */
function endUnwanted(state: WorkerState, run: Task, startedAt = 0, busy = 0, waited = 0): void {
  if (run.has(Mark.cancelling) || startedAt > 0)
    state.out.stopped(run.id, run.run, run.thread, startedAt, busy, waited);
  if (run.state === State.disowned) {
    settleRetained(state, run, false);
    state.move(run, State.released);
    run.assignment = null;
  } else {
    remove(state, run);
  }
}

export function onFailed(state: WorkerState, threadIndex: number, failures: readonly RunFailure[]): void {
  state.threads[threadIndex]!.heardAt = state.now;
  for (const failure of failures) {
    const run = state.runOf(failure.task, failure.run);
    if (run === undefined) continue;
    leaveThread(state, run);
    if (failure.started) state.times.add(run.assignment!.functionOf(run.row), failure.busy);
    if (run.state === State.disowned || run.has(Mark.cancelling)) {
      endUnwanted(state, run, failure.started ? failure.startedAt : 0, failure.busy, failure.waited ?? 0);
    } else if (!failure.started && failure.kind === "inputs" && run.has(Mark.takes)) {
      // It followed a run of its thread that failed, was stopped or went elsewhere. That it could not begin is no failure of its own.
      requeue(state, run);
    } else {
      const { fetched } = run;
      const failed = { ...failure, task: run.id, run: run.run, thread: threadIndex };
      report(state, run, fetched === 0 ? failed : { ...failed, fetched });
      dropDamaged(state, failure);
    }
  }
  state.times.settle();
}

/** A task wrote into an input that others share: this copy of it is no good any more. */
function dropDamaged(state: WorkerState, failure: RunFailure): void {
  const input = failure.kind === "inputs" ? failure.data?.["input"] : undefined;
  if (typeof input !== "number") return;
  if (state.tasks.get(input)?.state === State.memory) state.out.drop(input);
  onLost(state, [input]);
}

export function onStopped(
  state: WorkerState,
  tasks: Int32Array,
  tickets: Int32Array,
  times: StoppedTimes | undefined,
): void {
  for (let row = 0; row < tasks.length; row++) {
    const run = state.runOf(tasks[row]!, tickets[row]!);
    if (run === undefined) continue;
    leaveThread(state, run);
    endUnwanted(state, run, times?.startedAt[row], times?.busy[row], times?.waited[row]);
  }
}

/** Long runs, as the scheduler knows them by now. */
export function onBegun(state: WorkerState, tasks: Int32Array, tickets: Int32Array, startedAt: Float64Array): void {
  const begun: { readonly run: Task; readonly startedAt: number }[] = [];
  for (let row = 0; row < tasks.length; row++) {
    const run = state.runOf(tasks[row]!, tickets[row]!);
    if (run === undefined || run.state === State.disowned || run.has(Mark.cancelling)) continue;
    begun.push({ run, startedAt: startedAt[row]! });
  }
  if (begun.length === 0 || !state.connected) return;
  state.out.send({
    op: "begun",
    tasks: Int32Array.from(begun, ({ run }) => run.id),
    runs: Int32Array.from(begun, ({ run }) => run.run),
    threads: Int32Array.from(begun, ({ run }) => run.thread),
    startedAt: Float64Array.from(begun, (each) => each.startedAt),
  });
}

export function onParked(
  state: WorkerState,
  threadIndex: number,
  tasks: Int32Array,
  tickets: Int32Array,
  away: Uint8Array,
): void {
  for (let row = 0; row < tasks.length; row++) {
    const run = state.runOf(tasks[row]!, tickets[row]!);
    if (run === undefined) continue;
    if (away[row] === 1) {
      run.marks |= Mark.waitsAside;
      state.times.addParked(run.assignment!.functionOf(run.row));
    } else {
      run.marks &= ~Mark.waitsAside;
    }
    // Where it stands when it has given up its slot makes no difference until it wants one again.
    if (run.seat !== Seat.none) reseat(state, threadIndex, run, false);
  }
}

export function onSeceded(
  state: WorkerState,
  threadIndex: number,
  tasks: Int32Array,
  tickets: Int32Array,
  left: Uint8Array,
): void {
  for (let row = 0; row < tasks.length; row++) {
    const run = state.runOf(tasks[row]!, tickets[row]!);
    if (run === undefined || (left[row] === 1) === (run.seat === Seat.none)) continue;
    reseat(state, threadIndex, run, left[row] === 1);
  }
}

function reseat(state: WorkerState, threadIndex: number, run: Task, seceded: boolean): void {
  const aside = run.has(Mark.waitsAside);
  const seat = seceded ? Seat.none : aside ? Seat.parked : Seat.queue;
  if (seat === run.seat) return;
  const occupied = run.seat === Seat.queue;
  state.threads[threadIndex]!.reseat(run, seat);
  if (run.state === State.disowned) return;
  // Both kinds of waiting make room in the window of what the scheduler sends ahead.
  if (occupied !== (seat === Seat.queue) && !run.has(Mark.presented))
    state.out.seceded(run.id, run.run, occupied ? 1 : 0);
  state.move(run, seceded ? State.seceded : aside ? State.parked : State.executing);
  // It has begun, so it has its inputs, whatever became of them elsewhere.
  if (run.waitingOn > 0) abandonInputs(state, run);
}

/** A thread had to end and another took its place: what it held for others is gone, and these runs begin again. */
export function onReplaced(state: WorkerState, threadIndex: number, tasks: Int32Array, tickets: Int32Array): void {
  for (const task of state.tasks) if (task.retainedOn === threadIndex) withdrawOffer(state, task);
  onUnsent(state, tasks, tickets);
}

/** Runs that were not handed to their thread after all: an input could not be read. */
export function onUnsent(state: WorkerState, tasks: Int32Array, tickets: Int32Array): void {
  for (let row = 0; row < tasks.length; row++) {
    const run = state.runOf(tasks[row]!, tickets[row]!);
    if (run === undefined) continue;
    leaveThread(state, run);
    if (run.state === State.disowned || run.has(Mark.cancelling)) endUnwanted(state, run);
    else requeue(state, run);
  }
}

/** Answers of a thread that was asked to give runs back. */
export function onRevoked(state: WorkerState, tickets: Int32Array, granted: Uint8Array): void {
  for (let row = 0; row < tickets.length; row++) {
    const ticket = tickets[row]!;
    const pending = state.revokes.get(ticket);
    if (pending === undefined) continue;
    state.revokes.delete(ticket);
    const { task, askedBy, id, run } = pending;
    const given = granted[row] === 1 && task.ticket === ticket;
    if (given) {
      leaveThread(state, task);
      if (task.state === State.disowned || task.has(Mark.cancelling)) endUnwanted(state, task);
      else if (askedBy === "scheduler" || !state.connected) remove(state, task);
      else requeue(state, task);
    }
    if (askedBy === "scheduler") state.out.revoked(id, run, given);
  }
}

function sizesOf(batch: FinishedRuns): Float64Array {
  const nbytes = new Float64Array(batch.rows);
  let buffer = 0;
  for (let row = 0; row < batch.rows; row++) {
    let bytes = at(batch.headLengths, row);
    for (const end = buffer + at(batch.bufferCounts, row); buffer < end; buffer++)
      bytes += batch.buffers[buffer]!.byteLength;
    nbytes[row] = bytes;
  }
  return nbytes;
}
