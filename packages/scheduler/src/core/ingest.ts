import { at, BUILTIN_PREFIX, offsetsOf, type AddData, type SubmitTasks } from "@heddle/protocol";
import { Chunk } from "./chunk.js";
import type { ClientRecord, OpenGraph } from "./clients.js";
import type { Definition } from "./definitions.js";
import { hashKey } from "./key-index.js";
import { reorder } from "./queues.js";
import type { Recorder } from "./record/recorder.js";
import type { Requirement } from "./requirements.js";
import type { SchedulerState } from "./state.js";
import { State } from "./task-state.js";
import { Flag, NONE } from "./task-table.js";
import type { Transitions } from "./transitions.js";
import { isWantedAs, want } from "./wants.js";

/** Places in the order between two tasks of a graph that a running task submitted. */
const NESTED_STEP = 2 ** -20;

/** Takes in a chunk of a graph: every row becomes a task, or joins the task that has its key already. */
export function submit(t: Transitions, client: ClientRecord, message: SubmitTasks): void {
  const { state } = t;
  const { tasks } = state;
  const graph = openGraph(state, client, message);
  const functions = message.functions.map((hash) => state.definitions.get(hash));
  const chunk = new Chunk({
    ...message,
    functions: functions.map((definition, at) => definition ?? unknownDefinition(message.functions[at]!)),
    groups: message.groups.map((name) => state.groups.get(name)),
    requirements: requirementsOf(state, message),
  });
  const chunkIndex = state.addChunk(chunk);
  const firstId = state.nextId;
  let depAt = 0;

  for (let row = 0; row < message.rows; row++) {
    const number = message.first + row;
    const order = graph.order;
    graph.order += graph.step;
    const depStart = depAt;
    depAt += at(message.depCounts, row);
    const wanted = at(message.wanted, row) === 1;

    const start = chunk.keyStart(row);
    const end = chunk.keyEnd(row);
    const hash = hashKey(chunk.keys, start, end);
    let slot = state.index.find(hash, chunk.keys, start, end);
    if (slot === NONE) {
      const problem =
        functions[at(message.functionOf, row)] === undefined
          ? "function"
          : unknownInput(client, message.deps, depStart, depAt);
      if (problem !== undefined) {
        refuse(client, number, problem, chunk.key(row));
        continue;
      }
      slot = tasks.allocate();
      tasks.id[slot] = state.nextId++;
      tasks.hash[slot] = hash;
      tasks.order[slot] = order;
      attach(state, slot, chunk, chunkIndex, row);
      state.index.add(hash, slot);
      state.ids.set(tasks.id[slot]!, slot);
      connect(state, slot, chunk, row, client, message.deps, depStart);
    } else if (tasks.has(slot, Flag.orphan)) {
      adoptOrphan(state, slot, chunk, chunkIndex, row, order);
      connect(state, slot, chunk, row, client, message.deps, depStart);
    } else if (!agrees(state, slot, chunk, row, client, message.deps, depStart)) {
      client.erred.push(number, {
        kind: "conflict",
        message: `the key ${chunk.key(row)} is in use for another function or other arguments: choose another key`,
      });
      continue;
    } else {
      // Two requests for one task: the greater wishes hold.
      const options = chunk.optionsAt(row);
      if (options !== undefined) {
        const priority = options.priority ?? 0;
        if (priority > tasks.priority[slot]!) {
          tasks.priority[slot] = priority;
          reorder(state, slot);
        }
        tasks.retriesLeft[slot] = Math.max(tasks.retriesLeft[slot]!, (options.retries ?? 0) - tasks.attempts[slot]!);
      }
    }
    client.numbers.set(number, slot);
    if (wanted) want(t, client, number, slot);
    if (!message.last) tasks.set(slot, Flag.held);
    if (tasks.state[slot] === State.released && (wanted || !message.lazy)) {
      t.need(slot);
      // One at a time: recommendations of a hundred thousand rows would be followed last row first.
      t.settleRecommended();
    }
  }
  if (state.recorder !== undefined) describe(state, state.recorder, client, message, chunk, firstId);
  if (chunk.live === 0) state.dropChunk(chunkIndex);
  graph.ranges.push([message.first, message.rows]);
  if (message.last) closeGraph(t, client, message.graph, graph);
}

/**
 * Writes down the tasks that are new: those with ids from `firstId` on. Beside what takes tasks in, which is the same whether there is
 * a record or not, and all at once in the common case.
 */
function describe(
  { tasks, nextId }: SchedulerState,
  recorder: Recorder,
  client: ClientRecord,
  message: SubmitTasks,
  chunk: Chunk,
  firstId: number,
): void {
  recorder.expect(nextId);
  if (nextId - firstId === message.rows) {
    recorder.describeAll(firstId, chunk);
    return;
  }
  // Ids are given row after row: a row with another is that of a task that was there, or a former one again.
  for (let row = 0, next = firstId; row < message.rows && next < nextId; row++) {
    const slot = client.numbers.get(message.first + row);
    if (slot === NONE || tasks.id[slot]! < next) continue;
    next = tasks.id[slot]! + 1;
    recorder.created(tasks.group[slot]!);
    const keyStart = chunk.keyStart(row);
    recorder.describe(tasks.id[slot]!, tasks.group[slot]!, chunk.keysAt + keyStart, chunk.keyEnd(row) - keyStart);
  }
}

function requirementsOf(state: SchedulerState, message: SubmitTasks): (Requirement | undefined)[] {
  if (message.options.length === 0) return [];
  const running = state.runningWorkers();
  return message.options.map((options) => state.requirements.of(options, running));
}

function openGraph(state: SchedulerState, client: ClientRecord, message: SubmitTasks): OpenGraph {
  const known = client.openGraphs.get(message.graph);
  if (known !== undefined) return known;
  const parent = client.hello.insideTask === undefined ? NONE : state.ids.get(client.hello.insideTask);
  const graph: OpenGraph =
    parent === NONE
      ? { order: state.nextOrder, step: 1, ranges: [] }
      : // What a task submits comes before what was submitted after that task.
        { order: state.tasks.order[parent]! - 0.5, step: NESTED_STEP, ranges: [] };
  if (parent === NONE) state.nextOrder += Math.max(message.graphSize, message.rows);
  client.openGraphs.set(message.graph, graph);
  return graph;
}

/** Every dependent has arrived: what nobody wants and nothing needs is not kept any longer. */
function closeGraph(t: Transitions, client: ClientRecord, number: number, graph: OpenGraph): void {
  client.openGraphs.delete(number);
  t.chore(letGo(t, client, graph));
  // Of a graph in one chunk nobody waits to hear this, and a message wakes the client.
  if (graph.ranges.length === 1) return;
  t.state.instructions.push({ to: "client", client: client.index, message: { op: "accepted", graph: number } });
}

function* letGo(t: Transitions, client: ClientRecord, graph: OpenGraph): Generator<void> {
  const { state } = t;
  const { tasks } = state;
  for (const [first, rows] of graph.ranges) {
    for (let task = first; task < first + rows; task++) {
      const slot = client.numbers.get(task);
      if (slot === NONE) continue;
      tasks.clear(slot, Flag.held);
      if (!isWantedAs(state, slot, client.index, task)) client.numbers.delete(task);
      if (!state.isNeeded(slot)) t.check(slot);
      yield;
    }
  }
}

function attach(state: SchedulerState, slot: number, chunk: Chunk, chunkIndex: number, row: number): void {
  const { tasks } = state;
  tasks.chunk[slot] = chunkIndex;
  tasks.row[slot] = row;
  const group = chunk.group(row);
  tasks.group[slot] = group.index;
  chunk.live++;
  group.tasks++;
  const options = chunk.optionsAt(row);
  if (options === undefined) return;
  tasks.priority[slot] = options.priority ?? 0;
  tasks.retriesLeft[slot] = Math.min(options.retries ?? 0, 0xffff);
  if (options.idempotent === false) tasks.set(slot, Flag.once);
}

/** Puts the task among the dependents of its inputs. */
function connect(
  state: SchedulerState,
  slot: number,
  chunk: Chunk,
  row: number,
  client: ClientRecord,
  deps: Int32Array,
  depStart: number,
): void {
  const { tasks, edges, recorder } = state;
  const start = chunk.depStart(row);
  const end = chunk.depEnd(row);
  for (let position = start; position < end; position++) {
    const input = client.numbers.get(deps[depStart + position - start]!);
    const edge = edges.add(input, slot, tasks.dependents[input]!);
    tasks.dependents[input] = edge;
    chunk.edges[position] = edge;
    if (recorder !== undefined) recorder.edge(tasks.group[input]!, tasks.group[slot]!);
  }
}

/** A result that a worker brought from before a restart gets its task back. */
function adoptOrphan(
  state: SchedulerState,
  slot: number,
  chunk: Chunk,
  chunkIndex: number,
  row: number,
  order: number,
): void {
  const { tasks } = state;
  const before = state.chunkOf(slot);
  const formerGroup = tasks.group[slot]!;
  before.group(tasks.row[slot]!).tasks--;
  if (--before.live === 0) state.dropChunk(tasks.chunk[slot]!);
  tasks.clear(slot, Flag.orphan | Flag.data);
  tasks.order[slot] = order;
  attach(state, slot, chunk, chunkIndex, row);
  const { recorder } = state;
  if (recorder === undefined) return;
  recorder.regrouped(formerGroup, tasks.group[slot]!);
  const keyStart = chunk.keyStart(row);
  recorder.describe(tasks.id[slot]!, tasks.group[slot]!, chunk.keysAt + keyStart, chunk.keyEnd(row) - keyStart);
}

/** Whether a request for an existing key asks for the task that has it. */
function agrees(
  state: SchedulerState,
  slot: number,
  chunk: Chunk,
  row: number,
  client: ClientRecord,
  deps: Int32Array,
  depStart: number,
): boolean {
  const { tasks, edges } = state;
  const known = state.chunkOf(slot);
  const knownRow = tasks.row[slot]!;
  if (!known.definesSame(knownRow, chunk, row)) return false;
  const start = known.depStart(knownRow);
  const count = known.depEnd(knownRow) - start;
  for (let i = 0; i < count; i++) {
    const input = client.numbers.get(deps[depStart + i]!);
    // An input that is known under another number only is the same task; one that is gone was the same when its key was made.
    if (input !== NONE && edges.source[known.edges[start + i]!] !== input) return false;
  }
  return true;
}

function unknownInput(client: ClientRecord, deps: Int32Array, start: number, end: number): "input" | undefined {
  for (let i = start; i < end; i++) if (client.numbers.get(deps[i]!) === NONE) return "input";
  return undefined;
}

function refuse(client: ClientRecord, number: number, problem: "function" | "input", key: string): void {
  client.erred.push(
    number,
    problem === "function"
      ? { kind: "internal", message: `the function of task ${key} was not sent before the task` }
      : {
          kind: "lostData",
          message: `an input of task ${key} is not known to the scheduler: it was released, cancelled or refused`,
        },
  );
}

/** Stands in the table of a chunk for a function that was never sent; no task refers to it. */
function unknownDefinition(hash: string): Definition {
  return { index: NONE, hash, bytes: new Uint8Array(0), needs: [], chunks: 0, users: 0, clients: new Set() };
}

/** Takes in values that a client put on workers itself. */
export function addData(t: Transitions, client: ClientRecord, message: AddData): void {
  const { state } = t;
  const { tasks } = state;
  const keyOffsets = offsetsOf(message.keyLengths, message.rows);
  const chunk = dataChunk(state, message.rows, message.keyLengths, message.keys);
  const chunkIndex = state.addChunk(chunk);
  let holderAt = 0;
  for (let row = 0; row < message.rows; row++) {
    const holders = message.holders.subarray(holderAt, (holderAt += at(message.holderCounts, row)));
    const id = message.ids[row]!;
    const number = message.first + row;
    const hash = hashKey(chunk.keys, keyOffsets[row]!, keyOffsets[row + 1]!);
    let slot = state.index.find(hash, chunk.keys, keyOffsets[row]!, keyOffsets[row + 1]!);
    if (slot === NONE) {
      slot = tasks.allocate();
      // Sent again to another scheduler, it has no id: the workers that hold it present it by its key.
      tasks.id[slot] = id < 0 ? state.nextId++ : id;
      tasks.hash[slot] = hash;
      tasks.order[slot] = state.nextOrder++;
      attach(state, slot, chunk, chunkIndex, row);
      state.recorder?.created(tasks.group[slot]!);
      tasks.set(slot, Flag.data);
      tasks.nbytes[slot] = message.nbytes[row]!;
      state.index.add(hash, slot);
      state.ids.set(tasks.id[slot]!, slot);
      client.numbers.set(number, slot);
      for (const holder of holders) {
        const worker = state.workers.get(holder);
        if (worker !== undefined) state.addHolder(slot, worker);
      }
      // In memory before it is wanted: wanting a released value that cannot be computed is an error.
      if (tasks.holder[slot] !== NONE) t.move(slot, State.memory);
      want(t, client, number, slot);
    } else {
      // Equal data is there already, or this very data, sent again: new copies are not needed.
      tasks.clear(slot, Flag.orphan);
      client.numbers.set(number, slot);
      want(t, client, number, slot);
      if (id >= 0 && id !== tasks.id[slot]) for (const holder of holders) state.workers.get(holder)?.free.push(id);
    }
    t.settleRecommended();
  }
  if (chunk.live === 0) state.dropChunk(chunkIndex);
}

/** A chunk of tasks without a function: data, or results of an older epoch. */
export function dataChunk(
  state: SchedulerState,
  rows: number,
  keyLengths: SubmitTasks["keyLengths"],
  keys: Uint8Array,
): Chunk {
  return new Chunk({
    rows,
    functions: [state.definitions.get(`${BUILTIN_PREFIX}identity`)!],
    functionOf: 0,
    groups: [state.groups.get("data")],
    groupOf: 0,
    options: [],
    requirements: [],
    optionsOf: -1,
    keyLengths,
    keys,
    argLengths: 0,
    args: new Uint8Array(0),
    depCounts: 0,
  });
}
