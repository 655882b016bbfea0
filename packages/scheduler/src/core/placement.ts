import type { SchedulerState } from "./state.js";
import { NONE } from "./task-table.js";
import { expectedWait, type WorkerRecord } from "./workers.js";

/** Inputs and holders looked at, at most: beyond these the estimate hardly changes (as in RSDS). */
const MAX_INPUTS = 512;
const MAX_HOLDERS = 32;
/** A fetch costs this much whatever its size: a request, its answer, and waking up twice. Microseconds. */
const FETCH_LATENCY = 300;

const candidates: WorkerRecord[] = [];
const bytesHeld: number[] = [];

/**
 * The worker where a ready task would begin first: least of waiting plus moving what that worker does not hold. Considered are
 * the workers that hold an input and the one with the least to do. Undefined when the task has no input in memory: then any
 * worker is as good, and it waits in the common queue.
 */
export function preferredWorker(state: SchedulerState, slot: number): WorkerRecord | undefined {
  const { tasks, edges } = state;
  const chunk = state.chunkOf(slot);
  const row = tasks.row[slot]!;
  const start = chunk.depStart(row);
  const end = Math.min(chunk.depEnd(row), start + MAX_INPUTS);
  if (start === end) return undefined;

  candidates.length = 0;
  bytesHeld.length = 0;
  let total = 0;
  for (let at = start; at < end; at++) {
    const input = edges.source[chunk.edges[at]!]!;
    const nbytes = Math.max(1, tasks.nbytes[input]!);
    total += nbytes;
    credit(state, tasks.holder[input]!, nbytes);
    const more = state.replicas.get(input);
    if (more !== undefined) for (let i = 0; i < more.length && i < MAX_HOLDERS; i++) credit(state, more[i]!, nbytes);
  }
  let best: WorkerRecord | undefined;
  let bestCost = Infinity;
  const duration = state.duration(slot);
  for (let i = 0; i < candidates.length; i++) {
    const worker = candidates[i]!;
    const cost = expectedWait(worker) + transferTime(total - bytesHeld[i]!, worker.bandwidth);
    if (cost < bestCost || (cost === bestCost && worker.managed < best!.managed)) {
      best = worker;
      bestCost = cost;
    }
  }
  // Only worth asking everyone when there is a wait to avoid: most tasks begin at once where their inputs are.
  if (best === undefined || bestCost > FETCH_LATENCY + duration) {
    const idlest = leastWait(state);
    if (idlest !== undefined && idlest !== best) {
      const cost = expectedWait(idlest) + transferTime(total - heldBy(idlest), idlest.bandwidth);
      if (cost < bestCost) best = idlest;
    }
  }
  return best;
}

/** Microseconds to fetch so many bytes. */
export function transferTime(bytes: number, bandwidth: number): number {
  return bytes <= 0 ? 0 : FETCH_LATENCY + (bytes / bandwidth) * 1e6;
}

/** Bytes of a task's inputs that a worker would have to fetch. */
export function missingBytes(state: SchedulerState, slot: number, worker: WorkerRecord): number {
  const { tasks, edges } = state;
  const chunk = state.chunkOf(slot);
  const row = tasks.row[slot]!;
  let bytes = 0;
  const end = Math.min(chunk.depEnd(row), chunk.depStart(row) + MAX_INPUTS);
  for (let at = chunk.depStart(row); at < end; at++) {
    const input = edges.source[chunk.edges[at]!]!;
    if (!state.holds(worker.index, input)) bytes += Math.max(1, tasks.nbytes[input]!);
  }
  return bytes;
}

function credit(state: SchedulerState, holder: number, nbytes: number): void {
  if (holder === NONE) return;
  for (let i = 0; i < candidates.length; i++) {
    if (candidates[i]!.index === holder) {
      bytesHeld[i]! += nbytes;
      return;
    }
  }
  const worker = state.workers.get(holder);
  if (worker?.status !== "running") return;
  candidates.push(worker);
  bytesHeld.push(nbytes);
}

function heldBy(worker: WorkerRecord): number {
  const at = candidates.indexOf(worker);
  return at < 0 ? 0 : bytesHeld[at]!;
}

function leastWait(state: SchedulerState): WorkerRecord | undefined {
  let idlest: WorkerRecord | undefined;
  let least = Infinity;
  for (const worker of state.workers.values()) {
    if (worker.status !== "running") continue;
    const wait = expectedWait(worker);
    if (wait < least) {
      idlest = worker;
      least = wait;
    }
  }
  return idlest;
}
