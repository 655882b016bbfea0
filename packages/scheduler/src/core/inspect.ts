/** Answers to questions of a person about single tasks and workers. Reads tables and changes nothing; every answer is bounded. */
import type { TaskDetail, TaskGraphHeader, TaskLink, TaskPage, WorkerDetail } from "@heddle/protocol/dashboard";
import { findKey } from "./asks.js";
import { explain, workerName } from "./explain.js";
import type { SchedulerState } from "./state.js";
import { isDispatched, isUnfinished, State, STATE_NAMES, type StateCode } from "./task-state.js";
import { NONE } from "./task-table.js";

/** Dependencies and dependents named; tasks looked at by one search; nodes and edges of a graph. */
const NAMED = 50;
const SEARCHED = 200_000;
const MAX_NODES = 100_000;
const MAX_EDGES = 1_000_000;
/** Tasks of a graph up to which their keys are told. */
const KEYED = 2_000;
const MAX_DEPTH = 5;

const encoder = new TextEncoder();

/** A task as the scheduler knows it, with the encoded error where it failed. */
export interface TaskFacts extends Omit<TaskDetail, "flowRun" | "error" | "split"> {
  readonly readyAt?: number;
  readonly failure?: { readonly kind: string; readonly message: string; readonly error?: Uint8Array };
}

export function taskFacts(state: SchedulerState, key: string): TaskFacts | undefined {
  const slot = findKey(state, key);
  if (slot === NONE) return undefined;
  const { tasks } = state;
  const code = tasks.state[slot]! as StateCode;
  const story = state.story.of(tasks.id[slot]!);
  const inputs = inputsOf(state, slot);
  const dependents = dependentsOf(state, slot, NAMED);
  const failure = state.failures.get(slot);
  const worker = code === State.memory ? tasks.holder[slot]! : isDispatched(code) ? tasks.worker[slot]! : NONE;
  const { reason } = explain(state, slot);
  const readyAt = story.findLast(({ to }) => to === "queued" || to === "noWorker" || to === "assigned")?.time;
  return {
    key: state.key(slot),
    group: tasks.group[slot]!,
    state: STATE_NAMES[code]!,
    live: true,
    ...(worker === NONE ? {} : { worker: workerName(state, worker) }),
    ...(tasks.nbytes[slot]! < 0 ? {} : { nbytes: tasks.nbytes[slot]! }),
    holders: state.holdersOf(slot).map((holder) => workerName(state, holder)),
    attempt: tasks.attempts[slot]! + 1,
    priority: tasks.priority[slot]!,
    story: story.map(({ time, from, to, cause, worker: at }) => ({
      time,
      from,
      to,
      cause,
      worker: at === NONE ? "" : workerName(state, at),
    })),
    ...(isUnfinished(code)
      ? { explanation: { state: STATE_NAMES[code]!, reasons: [typeof reason === "string" ? reason : ""] } }
      : {}),
    dependencies: inputs.slice(0, NAMED).map((input) => link(state, input)),
    dependents: dependents.slots.map((dependent) => link(state, dependent)),
    dependencyCount: inputs.length,
    dependentCount: dependents.count,
    ...(readyAt === undefined ? {} : { readyAt }),
    ...(failure === undefined
      ? {}
      : {
          failure: {
            kind: failure.kind,
            message: failure.message,
            ...(failure.error === undefined ? {} : { error: failure.error.slice() }),
          },
        }),
  };
}

function link(state: SchedulerState, slot: number): TaskLink {
  return { key: state.key(slot), state: STATE_NAMES[state.tasks.state[slot]! as StateCode]! };
}

function inputsOf(state: SchedulerState, slot: number): number[] {
  const chunk = state.chunkOf(slot);
  const row = state.tasks.row[slot]!;
  const inputs: number[] = [];
  for (let at = chunk.depStart(row), end = chunk.depEnd(row); at < end; at++)
    inputs.push(state.edges.source[chunk.edges[at]!]!);
  return inputs;
}

function dependentsOf(state: SchedulerState, slot: number, limit: number): { slots: number[]; count: number } {
  const { tasks, edges } = state;
  const slots: number[] = [];
  let count = 0;
  for (let edge = tasks.dependents[slot]!; edge !== NONE; edge = edges.next[edge]!) {
    if (count++ < limit) slots.push(edges.target[edge]!);
  }
  return { slots, count };
}

/** Keys by ids; null for tasks that are forgotten. */
export function keysOf(state: SchedulerState, ids: readonly number[]): (string | null)[] {
  return ids.map((id) => {
    const slot = state.ids.get(id);
    return slot === NONE ? null : state.key(slot);
  });
}

export interface TaskFilter {
  readonly state?: string;
  readonly group?: number;
  readonly worker?: number;
  readonly limit: number;
  readonly after?: string;
}

/** Tasks in the order of their slots; `after` is the slot of the last one. */
export function taskPage(state: SchedulerState, filter: TaskFilter): TaskPage {
  const { tasks } = state;
  const found: TaskPage["tasks"][number][] = [];
  const code =
    filter.state === undefined ? undefined : STATE_NAMES.indexOf(filter.state as (typeof STATE_NAMES)[number]);
  const after = filter.after === undefined ? NONE : Number(filter.after);
  let total = 0;
  let last: number = NONE;
  for (let slot = 0; slot < tasks.highest; slot++) {
    const at = tasks.state[slot]! as StateCode;
    if (at === State.forgotten || (code !== undefined && at !== code)) continue;
    if (filter.group !== undefined && tasks.group[slot] !== filter.group) continue;
    const worker = at === State.memory ? tasks.holder[slot]! : isDispatched(at) ? tasks.worker[slot]! : NONE;
    if (filter.worker !== undefined && worker !== filter.worker) continue;
    total++;
    if (slot <= after || found.length === filter.limit) continue;
    last = slot;
    found.push({
      key: state.key(slot),
      group: tasks.group[slot]!,
      state: STATE_NAMES[at]!,
      worker: worker === NONE ? "" : workerName(state, worker),
      nbytes: tasks.nbytes[slot]!,
    });
  }
  return { tasks: found, total, ...(found.length === filter.limit && total > 0 ? { next: String(last) } : {}) };
}

/** Keys that begin so, of tasks that are known. Looks at so many at most. */
export function keysByPrefix(state: SchedulerState, prefix: string, limit: number): string[] {
  const { tasks } = state;
  const bytes = encoder.encode(prefix);
  const found: string[] = [];
  const stop = Math.min(tasks.highest, SEARCHED);
  for (let slot = 0; slot < stop && found.length < limit; slot++) {
    if (tasks.state[slot] === State.forgotten) continue;
    const chunk = state.chunkOf(slot);
    const row = tasks.row[slot]!;
    const start = chunk.keyStart(row);
    if (chunk.keyEnd(row) - start < bytes.length) continue;
    let at = bytes.length - 1;
    while (at >= 0 && chunk.keys[start + at] === bytes[at]) at--;
    if (at < 0) found.push(state.key(slot));
  }
  return found;
}

/** What a worker runs and has. */
export function workerFacts(
  state: SchedulerState,
  index: number,
): Pick<WorkerDetail, "executing" | "resources" | "address"> | undefined {
  const worker = state.workers.get(index);
  if (worker === undefined) return undefined;
  const { tasks } = state;
  const executing: TaskLink[] = [];
  for (let slot = 0; slot < tasks.highest && executing.length < NAMED; slot++)
    if (tasks.state[slot] === State.processing && tasks.worker[slot] === index) executing.push(link(state, slot));
  return { executing, resources: { ...worker.resources }, address: worker.hello.dataAddress };
}

export interface GraphFilter {
  readonly group?: number;
  readonly limit: number;
  readonly focus?: string;
  readonly depth?: number;
}

/** Tasks and what takes their results, as the bytes described at TaskGraphHeader. */
export function taskGraph(state: SchedulerState, filter: GraphFilter): Uint8Array {
  const limit = Math.min(Math.max(1, filter.limit), MAX_NODES);
  const { slots, truncated } =
    filter.focus === undefined ? everyTask(state, filter.group, limit) : neighbourhood(state, filter, limit);
  const { tasks, edges } = state;
  const places = new Map(slots.map((slot, place) => [slot, place]));
  const offsets = new Uint32Array(slots.length + 1);
  const targets: number[] = [];
  slots.forEach((slot, place) => {
    offsets[place] = targets.length;
    for (let edge = tasks.dependents[slot]!; edge !== NONE && targets.length < MAX_EDGES; edge = edges.next[edge]!) {
      const target = places.get(edges.target[edge]!);
      if (target !== undefined) targets.push(target);
    }
  });
  offsets[slots.length] = targets.length;
  const header: TaskGraphHeader = {
    nodes: slots.length,
    edges: targets.length,
    truncated,
    ...(slots.length <= KEYED ? { keys: slots.map((slot) => state.key(slot)) } : {}),
  };
  return packed(
    header,
    Uint16Array.from(slots, (slot) => tasks.group[slot]!),
    Uint8Array.from(slots, (slot) => tasks.state[slot]!),
    offsets,
    Uint32Array.from(targets),
  );
}

function everyTask(
  state: SchedulerState,
  group: number | undefined,
  limit: number,
): { slots: number[]; truncated: number } {
  const { tasks } = state;
  const slots: number[] = [];
  let truncated = 0;
  for (let slot = 0; slot < tasks.highest; slot++) {
    if (tasks.state[slot] === State.forgotten || (group !== undefined && tasks.group[slot] !== group)) continue;
    if (slots.length < limit) slots.push(slot);
    else truncated++;
  }
  return { slots, truncated };
}

/** A task, what it rests on and what rests on it, so many steps far. */
function neighbourhood(
  state: SchedulerState,
  { focus = "", depth = 2 }: GraphFilter,
  limit: number,
): { slots: number[]; truncated: number } {
  const start = findKey(state, focus);
  if (start === NONE) return { slots: [], truncated: 0 };
  const seen = new Set([start]);
  let truncated = 0;
  for (const next of [
    (slot: number) => inputsOf(state, slot),
    (slot: number) => dependentsOf(state, slot, limit).slots,
  ]) {
    let front = [start];
    for (let step = Math.min(depth, MAX_DEPTH); step > 0; step--) {
      const reached = new Set<number>();
      for (const slot of front)
        for (const neighbour of next(slot)) {
          if (seen.has(neighbour)) continue;
          if (seen.size < limit) {
            seen.add(neighbour);
            reached.add(neighbour);
          } else truncated++;
        }
      front = [...reached];
    }
  }
  return { slots: [...seen], truncated };
}

function packed(header: TaskGraphHeader, ...columns: readonly (Uint8Array | Uint16Array | Uint32Array)[]): Uint8Array {
  const text = encoder.encode(JSON.stringify(header));
  const padded = (bytes: number): number => (bytes + 7) & ~7;
  let size = padded(4 + text.length);
  for (const column of columns) size += padded(column.byteLength);
  const bytes = new Uint8Array(size);
  new DataView(bytes.buffer).setUint32(0, text.length, true);
  bytes.set(text, 4);
  let at = padded(4 + text.length);
  for (const column of columns) {
    bytes.set(new Uint8Array(column.buffer, column.byteOffset, column.byteLength), at);
    at += padded(column.byteLength);
  }
  return bytes;
}

/** Keys of erred tasks of a group that failed with one of these messages, at most so many. */
export function keysOfFailed(
  state: SchedulerState,
  group: number,
  messages: readonly string[],
  limit: number,
): string[] {
  const wanted = new Set(messages);
  const keys: string[] = [];
  for (const [slot, failure] of state.failures) {
    if (keys.length === limit) break;
    if (failure.origin !== undefined || state.tasks.group[slot] !== group || !wanted.has(failure.message)) continue;
    if (state.tasks.state[slot] === State.erred) keys.push(state.key(slot));
  }
  return keys;
}
