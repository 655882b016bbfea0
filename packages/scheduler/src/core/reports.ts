import { at, type FailureRecord, type RunFailure, type RunsFinished, type WorkerToScheduler } from "@heddle/protocol";
import { lostData, rerun } from "./failures.js";
import type { SchedulerState } from "./state.js";
import { Cause } from "./story.js";
import { isDispatched, State } from "./task-state.js";
import { Flag, NONE } from "./task-table.js";
import type { Transitions } from "./transitions.js";
import { notifyPending } from "./wants.js";
import { countRun, type WorkerRecord } from "./workers.js";

/** A run counts only while its task is still at this worker with this run id: anything older is refused. */
function isCurrent(state: SchedulerState, worker: WorkerRecord, slot: number, run: number): boolean {
  const { tasks } = state;
  return (
    slot !== NONE && tasks.run[slot] === run && tasks.worker[slot] === worker.index && isDispatched(tasks.state[slot]!)
  );
}

function finished(t: Transitions, worker: WorkerRecord, message: RunsFinished): void {
  const { state } = t;
  const { tasks } = state;
  state.cause = Cause.finished;
  worker.busySince = state.now;
  let inlineAt = 0;
  for (let row = 0; row < message.tasks.length; row++) {
    const inlineStart = inlineAt;
    const inlineLength = at(message.inlineLengths, row);
    if (inlineLength > 0) inlineAt += inlineLength;
    const id = message.tasks[row]!;
    const slot = state.ids.get(id);
    if (!isCurrent(state, worker, slot, message.runs[row]!)) {
      // It keeps a result nobody asked it for any more, unless that is the very task another run of which it has finished.
      if (slot === NONE || !state.holds(worker.index, slot)) worker.free.push(id);
      continue;
    }
    const nbytes = message.nbytes[row]!;
    state.group(slot).observe(message.busy[row]!, nbytes);
    tasks.nbytes[slot] = nbytes;
    // Should it have to run again, it may fail as often again.
    tasks.retriesLeft[slot]! += tasks.attempts[slot]!;
    tasks.attempts[slot] = 0;
    state.addHolder(slot, worker);
    const inline = inlineLength >= 0 ? message.inline : undefined;
    const client = tasks.wantClient[slot]!;
    if (client !== NONE) {
      const record = state.clients.get(client);
      if (record?.connected === true) {
        record.finished.push(tasks.wantNumber[slot]!, nbytes, inline, inlineStart, inlineStart + inlineLength);
      }
      const more = state.moreWants.get(slot);
      if (more !== undefined) {
        for (const want of more) {
          const other = state.clients.get(want.client);
          if (other?.connected !== true) continue;
          other.finished.push(want.number, nbytes, inline, inlineStart, inlineStart + inlineLength);
        }
      }
    }
    t.recommend(slot, State.memory);
    // Row by row: a later row of the same report may be the successor of this one.
    t.settleRecommended();
  }
}

function failed(t: Transitions, worker: WorkerRecord, failures: readonly RunFailure[]): void {
  const { state } = t;
  const { tasks } = state;
  state.cause = Cause.failed;
  worker.busySince = state.now;
  for (const failure of failures) {
    const slot = state.ids.get(failure.task);
    if (!isCurrent(state, worker, slot, failure.run)) continue;
    if (failure.reschedule === true) {
      t.recommend(slot, State.waiting);
    } else if (tasks.retriesLeft[slot]! > 0 && !(tasks.has(slot, Flag.once) && failure.started)) {
      tasks.retriesLeft[slot]!--;
      tasks.attempts[slot]!++;
      t.recommend(slot, State.waiting);
    } else {
      t.fail(slot, recordOf(failure, tasks.attempts[slot]! + 1, worker.name));
    }
    t.settleRecommended();
  }
}

function recordOf(failure: RunFailure, attempts: number, worker: string): FailureRecord {
  return {
    kind: failure.kind,
    message: failure.message,
    ...(failure.error === undefined ? {} : { error: failure.error.slice() }),
    data: { ...failure.data, attempts, worker },
  };
}

/** Inputs a worker could not get. The holder is struck off unless it is alive and says otherwise. */
function missing(t: Transitions, worker: WorkerRecord, ids: Int32Array, holders: Int32Array): void {
  const { state } = t;
  const { tasks } = state;
  state.cause = Cause.missing;
  const known: number[] = [];
  const where: number[] = [];
  for (let row = 0; row < ids.length; row++) {
    const slot = state.ids.get(ids[row]!);
    if (slot === NONE) continue;
    loseReplica(t, slot, holders[row]!);
    t.settleRecommended();
    if (tasks.holder[slot] === NONE) {
      let seekers = state.seekers.get(slot);
      if (seekers === undefined) state.seekers.set(slot, (seekers = new Set()));
      seekers.add(worker.index);
    } else {
      known.push(ids[row]!);
      where.push(tasks.holder[slot]!);
    }
  }
  if (known.length === 0) return;
  const message = { op: "holders" as const, tasks: Int32Array.from(known), holders: Int32Array.from(where) };
  state.instructions.push({ to: "worker", worker: worker.index, message });
}

/** A worker does not have this result any more. With its last copy gone it is computed again, if anybody needs it. */
export function loseReplica(t: Transitions, slot: number, holder: number): void {
  const { state } = t;
  const { tasks } = state;
  if (!state.holds(holder, slot)) return;
  state.removeHolder(slot, holder);
  if (tasks.holder[slot] !== NONE || tasks.state[slot] !== State.memory) return;
  tasks.clear(slot, Flag.orphan);
  if (!state.isNeeded(slot)) t.move(slot, State.released);
  else if (tasks.has(slot, Flag.data)) t.fail(slot, lostData(state, slot));
  else if (tasks.has(slot, Flag.once)) t.fail(slot, rerun(state, slot, "its only result was lost"));
  else {
    notifyPending(state, slot);
    t.recommend(slot, State.waiting);
  }
  t.check(slot);
}

/** Every other message of a worker. */
export function report(t: Transitions, worker: WorkerRecord, message: WorkerToScheduler): void {
  const { state } = t;
  const { tasks } = state;
  switch (message.op) {
    case "finished":
      return finished(t, worker, message);
    case "failed":
      return failed(t, worker, message.failures);
    case "missing":
      return missing(t, worker, message.tasks, message.holders);
    case "added":
      for (let row = 0; row < message.tasks.length; row++) {
        const id = message.tasks[row]!;
        const slot = state.ids.get(id);
        if (slot !== NONE && tasks.state[slot] === State.memory) state.addHolder(slot, worker);
        else worker.free.push(id);
      }
      return;
    case "dropped":
      state.cause = Cause.dropped;
      for (const id of message.tasks) {
        const slot = state.ids.get(id);
        if (slot !== NONE) loseReplica(t, slot, worker.index);
      }
      return;
    case "revoked":
      state.cause = Cause.revoked;
      for (let row = 0; row < message.tasks.length; row++) {
        const slot = state.ids.get(message.tasks[row]!);
        if (!isCurrent(state, worker, slot, message.runs[row]!)) continue;
        worker.revoking.delete(slot);
        if (message.granted[row] === 1) t.recommend(slot, State.waiting);
      }
      return;
    case "seceded":
      for (let row = 0; row < message.tasks.length; row++) {
        const slot = state.ids.get(message.tasks[row]!);
        if (isCurrent(state, worker, slot, message.runs[row]!)) secede(state, worker, slot, message.left[row] === 1);
      }
      return;
    case "status":
      worker.status = message.status;
      worker.statusReason = message.reason;
      return;
    case "heartbeat":
      worker.metrics = message;
      for (const [, bytesPerSecond] of message.bandwidth) {
        if (bytesPerSecond > 0) worker.bandwidth += (bytesPerSecond - worker.bandwidth) * 0.2;
      }
      return;
    // Slots of cancelled runs were counted free when they were cancelled.
    case "stopped":
    // Answered where the question was asked; presented at joining.
    case "returned":
    case "present":
      return;
  }
}

/** A run that waits without its thread uses no slot. */
function secede(state: SchedulerState, worker: WorkerRecord, slot: number, left: boolean): void {
  const { tasks } = state;
  // One that follows others counts nowhere yet.
  if (left === tasks.has(slot, Flag.away) || tasks.state[slot] !== State.processing) return;
  countRun(worker, left ? -1 : 1, tasks.charge[slot]!, tasks.chargeBytes[slot]!);
  worker.away += left ? 1 : -1;
  if (left) tasks.set(slot, Flag.away);
  else tasks.clear(slot, Flag.away);
}
