import type { SchedulerState } from "./state.js";
import { State } from "./task-state.js";
import type { WorkerRecord } from "./workers.js";

/** A worker that is to go takes nothing new; what it alone holds is copied away first. Called at every tick. */
export function retireDrained(state: SchedulerState): void {
  for (const index of state.retiring) {
    const worker = state.workers.get(index);
    if (worker === undefined) {
      state.retiring.delete(index);
      continue;
    }
    if (worker.inflight + worker.following + worker.away > 0) continue;
    const unique = heldOnlyBy(state, worker);
    const receivers = state.runningWorkers();
    if (unique.length > 0 && receivers.length > 0) {
      copyAway(state, worker, unique, receivers);
      continue;
    }
    state.instructions.push({
      to: "worker",
      worker: index,
      message: { op: "stop", reason: "it is retired", restart: false },
    });
  }
}

function heldOnlyBy(state: SchedulerState, worker: WorkerRecord): number[] {
  const { tasks } = state;
  const slots: number[] = [];
  for (let slot = 0; slot < tasks.highest; slot++) {
    if (tasks.state[slot] === State.memory && tasks.holder[slot] === worker.index && !state.replicas.has(slot))
      slots.push(slot);
  }
  return slots;
}

/** Asked again at every tick until each copy has been reported: a copy that failed is asked for once more. */
function copyAway(
  state: SchedulerState,
  from: WorkerRecord,
  slots: readonly number[],
  receivers: readonly WorkerRecord[],
): void {
  const { tasks } = state;
  const parts = new Map<WorkerRecord, number[]>();
  const load = new Map(receivers.map((worker) => [worker, worker.managed]));
  for (const slot of slots) {
    let best = receivers[0]!;
    for (const receiver of receivers) if (load.get(receiver)! < load.get(best)!) best = receiver;
    load.set(best, load.get(best)! + Math.max(1, tasks.nbytes[slot]!));
    const part = parts.get(best);
    if (part === undefined) parts.set(best, [slot]);
    else part.push(slot);
  }
  for (const [receiver, part] of parts) {
    state.instructions.push({
      to: "worker",
      worker: receiver.index,
      message: {
        op: "replicate",
        tasks: Int32Array.from(part, (slot) => tasks.id[slot]!),
        holders: new Int32Array(part.length).fill(from.index),
        nbytes: Float64Array.from(part, (slot) => tasks.nbytes[slot]!),
      },
    });
  }
}
