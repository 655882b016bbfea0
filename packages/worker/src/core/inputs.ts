/** Values that are wanted here and held by peers: one request per peer at a time, of many values. */
import type { Column, DataHolders, Peers, Replicate } from "@heddle/protocol";
import { KeyColumn } from "./assignment.js";
import { arrive, remove } from "./lifecycle.js";
import { Peer, type Gather } from "./peers.js";
import { isSought, State } from "./states.js";
import type { WorkerState } from "./state.js";
import { Mark, Task } from "./task.js";

/** An input that is not here and that no run here makes: ask its holder, or tell the scheduler that it is missing. */
export function seek(state: WorkerState, id: number, holder: number, nbytes: number): Task {
  const task = new Task(id);
  task.nbytes = nbytes;
  const peer = state.peers.get(holder);
  if (peer === undefined) {
    state.move(task, State.missing);
    // The scheduler believed that it is here, or at a worker that is gone: it is told, and answers with other holders.
    state.out.missing(id, holder === -1 ? state.index : holder);
  } else {
    ask(state, task, peer);
  }
  state.tasks.set(task.id, task);
  return task;
}

/** A value that nobody was known to have: `holder`, a peer known here, has it. */
export function seekFrom(state: WorkerState, task: Task, holder: number): void {
  ask(state, task, state.peers.get(holder)!);
}

function ask(state: WorkerState, task: Task, peer: Peer): void {
  state.move(task, State.fetch);
  task.holder = peer.index;
  peer.push(task);
  state.asking.add(peer);
}

/** The holder it was to come from does not have it. */
function miss(state: WorkerState, task: Task): void {
  state.move(task, State.missing);
  task.gather = -1;
  state.out.missing(task.id, task.holder);
}

export function onPeers(state: WorkerState, message: Peers): void {
  for (const record of message.joined) {
    if (record.index !== state.index) state.peers.set(record.index, new Peer(record));
  }
  for (const index of message.left) {
    const peer = state.peers.get(index);
    if (peer === undefined) continue;
    state.peers.delete(index);
    state.asking.delete(peer);
    const gather = state.gathers.get(peer.gather);
    if (gather !== undefined) {
      state.out.abandon(gather.id);
      end(state, gather);
      for (const task of gather.tasks) if (isInFlight(task, gather)) miss(state, task);
    }
    for (let task = peer.peek(); task !== undefined; task = peer.peek()) miss(state, task);
  }
}

export function onHolders(state: WorkerState, message: DataHolders): void {
  for (let row = 0; row < message.tasks.length; row++) {
    const task = state.tasks.get(message.tasks[row]!);
    if (task?.state !== State.missing) continue;
    const holder = message.holders[row]!;
    const peer = state.peers.get(holder);
    if (peer !== undefined) ask(state, task, peer);
    else state.out.missing(task.id, holder);
  }
}

export function onReplicate(state: WorkerState, message: Replicate): void {
  for (let row = 0; row < message.tasks.length; row++) {
    const id = message.tasks[row]!;
    const known = state.tasks.get(id);
    if (known?.state === State.memory) {
      state.out.added(id, known.nbytes);
    } else if (known === undefined) {
      seek(state, id, message.holders[row]!, message.nbytes[row]!).marks |= Mark.replica;
    } else if (known.run === -1) {
      known.marks |= Mark.replica;
      const peer = state.peers.get(message.holders[row]!);
      if (known.state === State.missing && peer !== undefined) ask(state, known, peer);
    }
    // Otherwise it is being computed here: its report says more than a copy would.
  }
}

export function onFetched(
  state: WorkerState,
  event: { gather: number; tasks: Int32Array; nbytes: Float64Array; absent: Int32Array },
): void {
  const gather = state.gathers.get(event.gather);
  if (gather === undefined) return;
  end(state, gather);
  const accepted = [];
  for (let row = 0; row < event.tasks.length; row++) {
    const task = state.tasks.get(event.tasks[row]!);
    if (task === undefined || !isInFlight(task, gather)) continue;
    task.gather = -1;
    accepted.push(task.id);
    state.out.added(task.id, event.nbytes[row]!);
    arrive(state, task, event.nbytes[row]!);
  }
  if (accepted.length > 0) {
    const tasks = Int32Array.from(accepted);
    state.out.instruct({ to: "store", action: "accept", gather: gather.id, tasks });
  }
  // Whatever was neither sent nor called absent counts as absent: an answer settles every row of its request.
  for (const task of gather.tasks) if (isInFlight(task, gather)) miss(state, task);
}

export function onFetchBusy(state: WorkerState, id: number, retryAfter: number): void {
  const gather = state.gathers.get(id);
  if (gather === undefined) return;
  end(state, gather);
  gather.peer.busyUntil = state.now + retryAfter;
  for (const task of gather.tasks) {
    if (!isInFlight(task, gather)) continue;
    task.gather = -1;
    ask(state, task, gather.peer);
  }
}

export function onFetchFailed(state: WorkerState, id: number): void {
  const gather = state.gathers.get(id);
  if (gather === undefined) return;
  end(state, gather);
  for (const task of gather.tasks) if (isInFlight(task, gather)) miss(state, task);
}

/** Values that a client put here. It tells the scheduler of them itself. */
export function onPut(
  state: WorkerState,
  event: { tasks: Int32Array; nbytes: Float64Array; keyLengths: Column; keys: Uint8Array },
): void {
  const keys = new KeyColumn(event.keyLengths, event.keys, event.tasks.length);
  for (let row = 0; row < event.tasks.length; row++) {
    const known = state.tasks.get(event.tasks[row]!);
    // Put twice, or fetched from another worker it was put on.
    if (known?.state === State.memory) continue;
    const task = known !== undefined && isSought(known.state) ? known : new Task(event.tasks[row]!);
    task.keys = keys;
    task.row = row;
    state.tasks.set(task.id, task);
    arrive(state, task, event.nbytes[row]!);
  }
}

/** Values that the store has lost. Runs that want them find out when they are to be started. */
export function onLost(state: WorkerState, tasks: Iterable<number>): void {
  for (const id of tasks) {
    const task = state.tasks.get(id);
    if (task?.state !== State.memory) continue;
    state.out.dropped(id);
    remove(state, task);
  }
}

/** Starts what may be asked now: bounded in peers, in bytes per request and in bytes on their way. */
export function startGathers(state: WorkerState): void {
  if (state.paused || state.asking.size === 0) return;
  const { gatherBytes, incomingBytes, gathers } = state.settings;
  for (const peer of state.asking) {
    if (state.gathers.size >= gathers) return;
    if (peer.gather !== -1 || peer.busyUntil > state.now) continue;
    const id = state.nextGather;
    const tasks: Task[] = [];
    let bytes = 0;
    for (let task = peer.peek(); task !== undefined; task = peer.peek()) {
      const tooMuch = bytes + task.nbytes > gatherBytes || state.incoming + bytes + task.nbytes > incomingBytes;
      // One value larger than every bound has to come all the same, when nothing else is on its way.
      if (tooMuch && (tasks.length > 0 || state.incoming > 0)) break;
      peer.shift();
      state.move(task, State.flight);
      task.gather = id;
      bytes += task.nbytes;
      tasks.push(task);
    }
    if (peer.peek() === undefined) state.asking.delete(peer);
    if (tasks.length === 0) continue;
    state.nextGather++;
    peer.gather = id;
    state.gathers.set(id, { id, peer, tasks, bytes });
    state.incoming += bytes;
    state.out.fetch(
      id,
      peer,
      Int32Array.from(tasks, (task) => task.id),
    );
  }
}

function end(state: WorkerState, gather: Gather): void {
  state.gathers.delete(gather.id);
  state.incoming -= gather.bytes;
  gather.peer.gather = -1;
}

function isInFlight(task: Task, gather: Gather): boolean {
  return task.state === State.flight && task.gather === gather.id;
}
