import type { ClientRecord } from "./clients.js";
import type { SchedulerState } from "./state.js";
import { isDispatched, State } from "./task-state.js";
import { Flag, NONE } from "./task-table.js";
import type { Transitions } from "./transitions.js";

/** A client holds a future on the task. It hears at once when there is something to hear. */
export function want(t: Transitions, client: ClientRecord, number: number, slot: number): void {
  const { state } = t;
  const { tasks } = state;
  if (tasks.wantClient[slot] === NONE) {
    tasks.wantClient[slot] = client.index;
    tasks.wantNumber[slot] = number;
  } else {
    if (isWantedAs(state, slot, client.index, number)) return;
    const more = state.moreWants.get(slot);
    if (more === undefined) state.moreWants.set(slot, [{ client: client.index, number }]);
    else more.push({ client: client.index, number });
  }
  client.wants++;
  const at = tasks.state[slot];
  if (at === State.memory) client.finished.pushHeld(number, tasks.nbytes[slot]!, tasks.holder[slot]!);
  else if (at === State.erred) client.erred.push(number, state.failures.get(slot)!);
  else if (at === State.released) t.need(slot);
}

export function isWantedAs(state: SchedulerState, slot: number, client: number, number: number): boolean {
  const { tasks } = state;
  if (tasks.wantClient[slot] === client && tasks.wantNumber[slot] === number) return true;
  return state.moreWants.get(slot)?.some((w) => w.client === client && w.number === number) ?? false;
}

/** A client let go of its future. */
export function unwant(t: Transitions, client: ClientRecord, number: number): void {
  const slot = client.numbers.get(number);
  if (slot === NONE) return;
  // A graph that is still arriving refers to its tasks by number.
  if (!t.state.tasks.has(slot, Flag.held)) client.numbers.delete(number);
  if (removeWant(t.state, client, number, slot)) t.check(slot);
}

function removeWant(state: SchedulerState, client: ClientRecord, number: number, slot: number): boolean {
  const { tasks } = state;
  const more = state.moreWants.get(slot);
  if (tasks.wantClient[slot] === client.index && tasks.wantNumber[slot] === number) {
    const next = more?.shift();
    tasks.wantClient[slot] = next?.client ?? NONE;
    if (next !== undefined) tasks.wantNumber[slot] = next.number;
  } else {
    const at = more?.findIndex((w) => w.client === client.index && w.number === number) ?? -1;
    if (at < 0) return false;
    more!.splice(at, 1);
  }
  if (more?.length === 0) state.moreWants.delete(slot);
  client.wants--;
  return true;
}

/** Everything a client wanted is let go: it said goodbye, or its grace is over. */
export function dropClient(t: Transitions, client: ClientRecord): void {
  for (const predecessor of client.predecessors) dropClient(t, predecessor);
  client.predecessors = [];
  client.connected = false;
  client.leftAt = Infinity;
  t.chore(letGoOfAll(t, client));
}

function* letGoOfAll(t: Transitions, client: ClientRecord): Generator<void> {
  const { state } = t;
  const graphs = [...client.openGraphs.values()];
  client.openGraphs.clear();
  for (const { ranges } of graphs) {
    for (const [first, rows] of ranges) {
      for (let task = first; task < first + rows; task++) {
        const slot = client.numbers.get(task);
        if (slot === NONE) continue;
        state.tasks.clear(slot, Flag.held);
        t.check(slot);
        yield;
      }
    }
  }
  for (const [number] of client.numbers.entries()) {
    unwant(t, client, number);
    yield;
  }
  state.clients.delete(client.index);
  state.leases.clientGone(client.index);
  state.definitions.forgetClient(client.index);
}

/**
 * Stops tasks for a client, and every task that rests on them. A task that another client wants goes on for that one, unless
 * `everyone`'s interest is disregarded.
 */
export function cancel(
  t: Transitions,
  client: ClientRecord | undefined,
  slots: readonly number[],
  force: boolean,
  everyone = force,
): void {
  const { state } = t;
  const { tasks, edges } = state;
  const pending = [...slots];
  const seen = new Set<number>();
  const stopped: number[] = [];
  while (pending.length > 0) {
    const slot = pending.pop()!;
    if (seen.has(slot) || tasks.state[slot] === State.forgotten) continue;
    seen.add(slot);
    const wants = state.wantsOf(slot);
    const others = wants.some((w) => w.client !== client?.index);
    for (const want of wants) {
      if (want.client !== client?.index && !everyone) continue;
      const owner = state.clients.get(want.client)!;
      if (owner.connected) owner.cancelled.push(want.number);
      removeWant(state, owner, want.number, slot);
      if (!tasks.has(slot, Flag.held)) owner.numbers.delete(want.number);
    }
    if (others && !everyone) continue;
    for (let edge = tasks.dependents[slot]!; edge !== NONE; edge = edges.next[edge]!) pending.push(edges.target[edge]!);
    stopped.push(slot);
  }
  const runs = stopped
    .filter((slot) => isDispatched(tasks.state[slot]!))
    .map((slot) => ({ slot, id: tasks.id[slot]!, run: tasks.run[slot]!, worker: tasks.worker[slot]! }));
  for (const slot of stopped) t.check(slot);
  t.settle();
  // What is still needed by a task of somebody else goes on.
  for (const { slot, id, run, worker } of runs) {
    const goesOn = tasks.id[slot] === id && tasks.run[slot] === run && isDispatched(tasks.state[slot]!);
    if (goesOn) continue;
    const message = { op: "cancel" as const, tasks: Int32Array.of(id), runs: Int32Array.of(run), force };
    state.instructions.push({ to: "worker", worker, message });
  }
}

/** Erred tasks run again, with the erred tasks they rest on. */
export function retry(t: Transitions, slots: readonly number[]): void {
  const { state } = t;
  const { tasks, edges } = state;
  const pending = [...slots];
  const erred: number[] = [];
  const seen = new Set<number>();
  while (pending.length > 0) {
    const slot = pending.pop()!;
    if (seen.has(slot) || tasks.state[slot] !== State.erred) continue;
    seen.add(slot);
    erred.push(slot);
    const chunk = state.chunkOf(slot);
    const row = tasks.row[slot]!;
    for (let at = chunk.depStart(row), end = chunk.depEnd(row); at < end; at++)
      pending.push(edges.source[chunk.edges[at]!]!);
  }
  // All are cleared before the first is needed again, or it would fail through an input that is about to be retried.
  for (const slot of erred) {
    t.move(slot, State.released);
    tasks.suspicious[slot] = 0;
    state.deaths.delete(slot);
    notifyPending(state, slot);
  }
  for (const slot of erred) t.need(slot);
}

/** Tells who wants a task that it has no result any more, but will have one again. */
export function notifyPending(state: SchedulerState, slot: number): void {
  for (const { client, number } of state.wantsOf(slot)) {
    const record = state.clients.get(client);
    if (record?.connected === true) record.pending.push(number);
  }
}
