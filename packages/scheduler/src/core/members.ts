import type { Adopt, PeerRecord, Present, WorkerHello } from "@heddle/protocol";
import { offsetsOf } from "@heddle/protocol";
import { killed, rerun } from "./failures.js";
import { dataChunk } from "./ingest.js";
import { hashKey } from "./key-index.js";
import { unqueue } from "./queues.js";
import { ComputeColumns, TaskColumns } from "./outbox.js";
import { loseReplica, recordLost, restores } from "./reports.js";
import { tellToListen } from "./printed.js";
import { Cause } from "./story.js";
import { TaskQueue } from "./task-queue.js";
import { isDispatched, isHeldBack, isUnfinished, State } from "./task-state.js";
import { Flag, NONE } from "./task-table.js";
import type { Transitions } from "./transitions.js";
import { tellToWatch } from "./watching.js";
import { countRun, newWorker, type WorkerRecord } from "./workers.js";

export function workerJoined(t: Transitions, index: number, name: string, hello: WorkerHello): void {
  const { state } = t;
  state.cause = Cause.workerJoined;
  const worker = newWorker(
    index,
    name,
    hello,
    state.now,
    new TaskQueue(state.tasks),
    new ComputeColumns(),
    new TaskColumns(),
  );
  const others = [...state.workers.values()];
  state.workers.set(index, worker);
  if (state.recorder !== undefined) worker.lane = state.recorder.workerJoined(worker);
  if (state.watchInterval > 0) tellToWatch(state, worker);
  state.instructions.push({
    to: "worker",
    worker: index,
    message: { op: "peers", joined: others.map(peerRecord), left: [] },
  });
  tellToListen(state, worker);
  for (const other of others) {
    state.instructions.push({
      to: "worker",
      worker: other.index,
      message: { op: "peers", joined: [peerRecord(worker)], left: [] },
    });
  }
  membersChanged(t);
}

function peerRecord(worker: WorkerRecord): PeerRecord {
  return { index: worker.index, name: worker.name, host: worker.hello.host, address: worker.hello.dataAddress };
}

/** Who may run what has changed: queues of requirements are looked at again, and clients are told. */
export function membersChanged(t: Transitions): void {
  const { state } = t;
  const running = state.runningWorkers();
  for (const requirement of state.requirements.all()) {
    const before = requirement.eligible.length > 0;
    requirement.refresh(running);
    const after = requirement.eligible.length > 0;
    if (before !== after) changeEligibility(t, requirement.queue, after);
  }
  changeEligibility(t, state.queue, state.workers.size > 0);
  for (const client of state.clients.values()) {
    if (!client.connected) continue;
    const data = [...state.workers.values()].map(({ name, index, status }) => ({ name, index, status }));
    state.instructions.push({ to: "client", client: client.index, message: { op: "event", topic: "workers", data } });
  }
}

function changeEligibility(t: Transitions, queue: TaskQueue, eligible: boolean): void {
  if (queue.live === 0) return;
  const { tasks } = t.state;
  const from = eligible ? State.noWorker : State.queued;
  const to = eligible ? State.queued : State.noWorker;
  queue.forEach((slot) => {
    if (tasks.state[slot] === from) t.move(slot, to);
  });
}

/** Everything a worker owned is placed again, and what it alone held is computed again. */
export function workerLeft(t: Transitions, index: number, expected: boolean, detail: string): void {
  const { state } = t;
  const { tasks } = state;
  const worker = state.workers.get(index);
  if (worker === undefined) return;
  state.cause = Cause.workerLeft;
  state.workers.delete(index);
  state.recorder?.workerLeft(worker, state.now, detail);
  state.abandoned.workerLeft(index);
  for (const other of state.workers.values()) {
    state.instructions.push({ to: "worker", worker: other.index, message: { op: "peers", joined: [], left: [index] } });
  }
  // One pass over two columns: a millisecond for a million tasks, and no list to keep per worker meanwhile.
  const lost: number[] = [];
  const owned: number[] = [];
  for (let slot = 0; slot < tasks.highest; slot++) {
    const at = tasks.state[slot]!;
    if (at === State.forgotten) continue;
    if (tasks.worker[slot] === index) owned.push(slot);
    if (tasks.holder[slot] === index || (state.replicas.size > 0 && state.holds(index, slot))) lost.push(slot);
  }
  for (const slot of lost) loseReplica(t, slot, index);
  for (const slot of owned) {
    const at = tasks.state[slot]!;
    if (isHeldBack(at)) {
      // It preferred the worker that is gone: its place is chosen anew.
      state.backlog--;
      tasks.worker[slot] = NONE;
      tasks.state[slot] = State.waiting;
      t.recommend(slot, State.queued);
    } else if (isDispatched(at)) {
      loseRun(t, slot, worker, expected, detail);
    }
  }
  for (const seekers of state.seekers.values()) seekers.delete(index);
  t.settleRecommended();
  membersChanged(t);
}

function loseRun(t: Transitions, slot: number, worker: WorkerRecord, expected: boolean, detail: string): void {
  const { state } = t;
  const { tasks } = state;
  recordLost(state, worker, slot);
  // A run whose inputs were still to be made there cannot have begun.
  const mayHaveBegun = tasks.state[slot] === State.processing;
  if (mayHaveBegun && tasks.has(slot, Flag.once) && !restores(state, slot)) {
    t.fail(slot, rerun(state, slot, `worker ${worker.name} ended while it may have been running (${detail})`));
    return;
  }
  if (mayHaveBegun && !expected) {
    const deaths = state.deaths.get(slot) ?? [];
    deaths.push(`${worker.name}: ${detail}`);
    state.deaths.set(slot, deaths);
    tasks.suspicious[slot]!++;
    if (tasks.suspicious[slot]! > state.settings.allowedFailures) {
      t.fail(slot, killed(state, slot, deaths));
      return;
    }
  }
  t.recommend(slot, State.waiting);
}

/**
 * A worker that was away presents what it holds and what it runs, by key. Known keys are taken over; unknown ones are kept until
 * the clients they belong to are back.
 */
export function present(t: Transitions, worker: WorkerRecord, message: Present): void {
  const { state } = t;
  const { tasks } = state;
  state.cause = Cause.adopted;
  worker.presented = true;
  const rows = message.held + message.running;
  const offsets = offsetsOf(message.keyLengths, rows);
  const ids = new Int32Array(rows).fill(NONE);
  const runs = new Int32Array(rows);
  const unknown: number[] = [];
  for (let row = 0; row < rows; row++) {
    const start = offsets[row]!;
    const end = offsets[row + 1]!;
    const slot = state.index.find(hashKey(message.keys, start, end), message.keys, start, end);
    if (slot === NONE) {
      if (row < message.held && state.now < state.holdUntil) unknown.push(row);
      continue;
    }
    if (row < message.held) {
      ids[row] = adoptResult(t, slot, worker, message.nbytes[row]!);
    } else if (isHeldBack(tasks.state[slot]!) || (tasks.state[slot] === State.waiting && tasks.missing[slot] === 0)) {
      ids[row] = tasks.id[slot]!;
      runs[row] = adoptRun(t, slot, worker);
    }
    t.settleRecommended();
  }
  if (unknown.length > 0) keepOrphans(t, worker, message, offsets, unknown, ids);
  const answer: Adopt = { op: "adopt", tasks: ids, runs };
  state.instructions.push({ to: "worker", worker: worker.index, message: answer });
}

function adoptResult(t: Transitions, slot: number, worker: WorkerRecord, nbytes: number): number {
  const { state } = t;
  const { tasks } = state;
  const at = tasks.state[slot]!;
  if (at === State.memory) {
    state.addHolder(slot, worker);
    return tasks.id[slot]!;
  }
  if (!isUnfinished(at) && !(at === State.released && state.isNeeded(slot))) return NONE;
  tasks.nbytes[slot] = nbytes;
  state.addHolder(slot, worker);
  for (const { client, number } of state.wantsOf(slot)) {
    const record = state.clients.get(client);
    if (record?.connected === true) record.finished.pushHeld(number, nbytes, worker.index);
  }
  // A run of it elsewhere is disowned: one result is accepted, the first.
  if (isDispatched(at) && tasks.worker[slot] !== worker.index) {
    state.workers.get(tasks.worker[slot]!)?.free.push(tasks.id[slot]!);
  }
  t.recommend(slot, State.memory);
  return tasks.id[slot]!;
}

function adoptRun(t: Transitions, slot: number, worker: WorkerRecord): number {
  const { state } = t;
  const { tasks } = state;
  if (tasks.state[slot] === State.waiting) t.move(slot, State.queued);
  unqueue(state, slot);
  tasks.worker[slot] = worker.index;
  tasks.run[slot] = state.nextRun++;
  tasks.charge[slot] = state.duration(slot);
  tasks.chargeBytes[slot] = state.group(slot).meanBytes;
  countRun(worker, 1, tasks.charge[slot], tasks.chargeBytes[slot]);
  t.move(slot, State.processing);
  return tasks.run[slot];
}

/** Results whose clients are not back yet. They go when the grace is over and nobody has claimed them. */
function keepOrphans(
  t: Transitions,
  worker: WorkerRecord,
  message: Present,
  offsets: Int32Array,
  rows: readonly number[],
  ids: Int32Array,
): void {
  const { state } = t;
  const { tasks } = state;
  const chunk = dataChunk(
    state,
    message.held,
    typeof message.keyLengths === "number" ? message.keyLengths : message.keyLengths.subarray(0, message.held),
    message.keys.subarray(0, offsets[message.held]),
  );
  const chunkIndex = state.addChunk(chunk);
  for (const row of rows) {
    const slot = tasks.allocate();
    tasks.id[slot] = state.nextId++;
    tasks.chunk[slot] = chunkIndex;
    tasks.row[slot] = row;
    tasks.group[slot] = chunk.group(row).index;
    state.recorder?.created(tasks.group[slot]);
    tasks.hash[slot] = hashKey(chunk.keys, chunk.keyStart(row), chunk.keyEnd(row));
    tasks.order[slot] = state.nextOrder++;
    tasks.nbytes[slot] = message.nbytes[row]!;
    tasks.set(slot, Flag.orphan | Flag.data);
    chunk.live++;
    chunk.group(row).tasks++;
    state.index.add(tasks.hash[slot], slot);
    state.ids.set(tasks.id[slot], slot);
    state.addHolder(slot, worker);
    ids[row] = tasks.id[slot]!;
    // Not through `check`: nobody needs it yet, and that is the point.
    t.move(slot, State.memory);
    state.orphans.add(slot);
  }
}

/** After the grace: what no client has claimed is dropped, and what no worker has presented is lost. */
export function endGrace(t: Transitions): void {
  const { state } = t;
  for (const slot of state.awaitedData) if (state.isNeeded(slot)) t.need(slot);
  state.awaitedData.clear();
  for (const slot of state.orphans) {
    if (!state.tasks.has(slot, Flag.orphan)) continue;
    state.tasks.clear(slot, Flag.orphan);
    t.check(slot);
  }
  state.orphans.clear();
}
