import type { SchedulerState } from "./state.js";
import { isDispatched } from "./task-state.js";
import { NONE } from "./task-table.js";
import type { WorkerRecord } from "./workers.js";

/** A run counts only while its task is still at this worker with this run id: anything older is refused. */
export function isCurrent(state: SchedulerState, worker: WorkerRecord, slot: number, run: number): boolean {
  const { tasks } = state;
  return (
    slot !== NONE && tasks.run[slot] === run && tasks.worker[slot] === worker.index && isDispatched(tasks.state[slot]!)
  );
}
