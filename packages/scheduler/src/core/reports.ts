import {
  at,
  type FailureRecord,
  type RunFailure,
  type RunsBegun,
  type RunsFinished,
  type RunsStopped,
  type WorkerToScheduler,
} from "@heddle/protocol";
import { lostData, rerun } from "./failures.js";
import { abandonedRun } from "./record/abandoned-runs.js";
import type { EndedRun } from "./record/recorder.js";
import type { SchedulerState } from "./state.js";
import { Cause } from "./story.js";
import { isDispatched, State } from "./task-state.js";
import { Flag, NONE } from "./task-table.js";
import { publishOfWorker } from "./topics.js";
import type { Transitions } from "./transitions.js";
import { notifyPending } from "./wants.js";
import { executing, observeClock } from "./watching.js";
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
  const { recorder } = state;
  const oldestPlain = recorder?.oldestPlain ?? 0;
  recorder?.beginRuns(worker, message, state.now);
  for (let row = 0; row < message.tasks.length; row++) {
    const inlineStart = inlineAt;
    const inlineLength = at(message.inlineLengths, row);
    if (inlineLength > 0) inlineAt += inlineLength;
    const id = message.tasks[row]!;
    const slot = state.ids.get(id);
    if (!isCurrent(state, worker, slot, message.runs[row]!)) {
      // It keeps a result nobody asked it for any more, unless that is the very task another run of which it has finished.
      if (slot === NONE || !state.holds(worker.index, slot)) worker.free.push(id);
      recorder?.notFinished(row);
      continue;
    }
    const nbytes = message.nbytes[row]!;
    state.group(slot).observe(busyOf(state, slot, message, row), nbytes);
    tasks.nbytes[slot] = nbytes;
    if (id < oldestPlain || tasks.attempts[slot]! > 0) recordFinished(state, row, slot);
    // Should it have to run again, it may fail as often again.
    tasks.retriesLeft[slot]! += tasks.attempts[slot]!;
    tasks.attempts[slot] = 0;
    tasks.clear(slot, Flag.timedOut | Flag.died);
    state.addHolder(slot, worker);
    const inline = inlineLength >= 0 ? message.inline : undefined;
    const inlineEnd = inlineStart + inlineLength;
    const startedAt = message.startedAt[row]!;
    const took = message.busy[row]! + at(message.waited, row);
    const client = tasks.wantClient[slot]!;
    if (client !== NONE) {
      const record = state.clients.get(client);
      if (record?.connected === true) {
        const number = tasks.wantNumber[slot]!;
        record.finished.push(number, nbytes, startedAt, took, worker.index, inline, inlineStart, inlineEnd);
      }
      const more = state.moreWants.get(slot);
      if (more !== undefined) {
        for (const want of more) {
          const other = state.clients.get(want.client);
          if (other?.connected !== true) continue;
          other.finished.push(want.number, nbytes, startedAt, took, worker.index, inline, inlineStart, inlineEnd);
        }
      }
    }
    t.recommend(slot, State.memory);
    // Row by row: a later row of the same report may be the successor of this one.
    t.settleRecommended();
  }
  recorder?.endRuns();
}

/** What another run of the kind may take. One without inputs that decoded something revived its function, which the next need not. */
function busyOf({ tasks, chunks }: SchedulerState, slot: number, message: RunsFinished, row: number): number {
  const decoded = at(message.decoded, row);
  const busy = message.busy[row]!;
  if (decoded === 0) return busy;
  const chunk = chunks[tasks.chunk[slot]!]!;
  const hasInputs = chunk.depEnd(tasks.row[slot]!) > chunk.depStart(tasks.row[slot]!);
  return hasInputs ? busy : Math.max(0, busy - decoded);
}

/** One for all: a row costs no object. */
const ended: EndedRun = {
  task: 0,
  group: 0,
  startedAt: 0,
  busy: 0,
  waited: 0,
  thread: 0,
  fetched: 0,
  decoded: 0,
  nbytes: 0,
  attempt: 0,
};

/** One of many attempts, or of a task from long ago. @param reportRow - of the report */
function recordFinished(state: SchedulerState, reportRow: number, slot: number): void {
  const { tasks, recorder } = state;
  if (recorder === undefined) return;
  const chunk = state.chunkOf(slot);
  const row = tasks.row[slot]!;
  const keyStart = chunk.keyStart(row);
  const keyLength = chunk.keyEnd(row) - keyStart;
  recorder.finished(reportRow, tasks.group[slot]!, tasks.attempts[slot]! + 1, chunk.keysAt + keyStart, keyLength);
}

function recordErred(
  state: SchedulerState,
  worker: WorkerRecord,
  slot: number,
  failure: RunFailure,
  retried: boolean,
): void {
  const { tasks } = state;
  const chunk = state.chunkOf(slot);
  const chunkRow = tasks.row[slot]!;
  ended.task = tasks.id[slot]!;
  ended.group = tasks.group[slot]!;
  ended.startedAt = failure.startedAt;
  ended.busy = failure.busy;
  ended.waited = failure.waited ?? 0;
  ended.thread = failure.thread ?? 0;
  ended.fetched = failure.fetched ?? 0;
  ended.decoded = failure.decoded ?? 0;
  ended.nbytes = 0;
  ended.attempt = tasks.attempts[slot]! + 1;
  const keyStart = chunk.keyStart(chunkRow);
  const keyLength = chunk.keyEnd(chunkRow) - keyStart;
  state.recorder!.erred(worker, ended, retried, state.now, chunk.keysAt + keyStart, keyLength);
}

function failed(t: Transitions, worker: WorkerRecord, failures: readonly RunFailure[]): void {
  const { state } = t;
  const { tasks } = state;
  state.cause = Cause.failed;
  worker.busySince = state.now;
  for (const failure of failures) {
    const slot = state.ids.get(failure.task);
    if (!isCurrent(state, worker, slot, failure.run)) continue;
    const retried = mayRetry(state, slot, failure);
    if (failure.reschedule !== true) worker.failures++;
    if (state.recorder !== undefined && failure.started && failure.reschedule !== true)
      recordErred(state, worker, slot, failure, retried);
    if (failure.reschedule === true) {
      t.recommend(slot, State.waiting);
    } else if (retried) {
      tasks.retriesLeft[slot]!--;
      tasks.attempts[slot]!++;
      rememberEnd(state, slot, failure);
      t.recommend(slot, State.waiting);
    } else {
      t.fail(slot, recordOf(failure, tasks.attempts[slot]! + 1, worker.name));
    }
    t.settleRecommended();
  }
}

/** For the next attempt: whether this one ended by itself. */
function rememberEnd({ tasks }: SchedulerState, slot: number, { kind }: RunFailure): void {
  tasks.clear(slot, Flag.timedOut | Flag.died);
  if (kind === "timeout") tasks.set(slot, Flag.timedOut);
  else if (kind === "memory" || kind === "exited") tasks.set(slot, Flag.died);
}

function mayRetry({ tasks }: SchedulerState, slot: number, failure: RunFailure): boolean {
  if (failure.isFinal === true || tasks.retriesLeft[slot]! === 0) return false;
  return !(tasks.has(slot, Flag.once) && failure.started);
}

function recordOf(failure: RunFailure, attempts: number, worker: string): FailureRecord {
  return {
    kind: failure.kind,
    message: failure.message,
    ...(failure.error === undefined ? {} : { error: failure.error.slice() }),
    data: { ...failure.data, attempts, worker, startedAt: failure.startedAt, took: failure.busy },
  };
}

/** Long runs, for clients that wait for them. */
function begun(state: SchedulerState, worker: WorkerRecord, { tasks, runs, startedAt, threads }: RunsBegun): void {
  for (let row = 0; row < tasks.length; row++) {
    const slot = state.ids.get(tasks[row]!);
    if (!isCurrent(state, worker, slot, runs[row]!)) continue;
    if (state.recorder !== undefined) worker.begun.set(slot, { startedAt: startedAt[row]!, thread: at(threads, row) });
    for (const { client, number } of state.wantsOf(slot)) {
      const record = state.clients.get(client);
      if (record?.connected === true) record.begun.push(number, startedAt[row]!, worker.index);
    }
  }
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

/** It has finished, and a run of it only looks up what it made then. */
export function restores(state: SchedulerState, slot: number): boolean {
  const { tasks } = state;
  return tasks.nbytes[slot]! >= 0 && state.chunkOf(slot).optionsAt(tasks.row[slot]!)?.restores === true;
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
  else if (tasks.has(slot, Flag.once) && !restores(state, slot))
    t.fail(slot, rerun(state, slot, "its only result was lost"));
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
    case "begun":
      return begun(state, worker, message);
    case "publish":
      return publishOfWorker(state, worker.name, message);
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
    case "executing":
      return executing(state, worker, message);
    case "heartbeat":
      worker.metrics = message;
      observeClock(worker, message.time, state.now);
      for (const [, bytesPerSecond] of message.bandwidth) {
        if (bytesPerSecond > 0) worker.bandwidth += (bytesPerSecond - worker.bandwidth) * 0.2;
      }
      return;
    case "stopped":
      return stopped(state, worker, message);
    // Answered where the question was asked; presented at joining; shown, and no matter of tasks.
    case "returned":
    case "present":
    case "printed":
      return;
  }
}

/** Slots of cancelled runs were counted free when they were cancelled. What they took of their threads is written down. */
function stopped(state: SchedulerState, worker: WorkerRecord, message: RunsStopped): void {
  const { recorder } = state;
  if (recorder === undefined) return;
  for (let row = 0; row < message.runs.length; row++) {
    const run = state.abandoned.take(message.runs[row]!);
    if (run === undefined || message.startedAt[row] === 0) continue;
    // A run of an earlier epoch may have the same number.
    if (run.worker !== worker.index || run.task !== message.tasks[row]) continue;
    ended.task = run.task;
    ended.group = run.group;
    ended.startedAt = message.startedAt[row]!;
    ended.busy = message.busy[row]!;
    ended.waited = message.waited[row]!;
    ended.thread = message.threads[row]!;
    ended.fetched = 0;
    ended.decoded = 0;
    ended.nbytes = 0;
    ended.attempt = run.attempt;
    recorder.cancelled(worker, ended, state.now, run.keyAt, run.keyLength);
  }
}

/**
 * Its worker is gone with it. When it began is known of runs that had lasted a while; that they ended when the scheduler heard of it
 * is an estimate.
 */
export function recordLost(state: SchedulerState, worker: WorkerRecord, slot: number): void {
  const begun = worker.begun.get(slot);
  if (state.recorder === undefined || begun === undefined) return;
  const run = abandonedRun(state, slot);
  ended.task = run.task;
  ended.group = run.group;
  ended.startedAt = begun.startedAt;
  ended.busy = Math.max(0, Math.round((state.now + worker.clockOffset - begun.startedAt) * 1000));
  ended.waited = 0;
  ended.thread = begun.thread;
  ended.fetched = 0;
  ended.decoded = 0;
  ended.nbytes = 0;
  ended.attempt = run.attempt;
  state.recorder.lost(worker, ended, state.now, run.keyAt, run.keyLength);
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
