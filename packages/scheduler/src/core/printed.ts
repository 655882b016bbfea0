/** What workers and their tasks print, for whoever shows what the cluster does. */
import type { LinesPrinted } from "@heddle/protocol";
import type { SchedulerState } from "./state.js";
import type { WorkerRecord } from "./workers.js";

/** Only where somebody shows it: otherwise nothing that is printed travels. */
export function tellToListen(state: SchedulerState, worker: WorkerRecord): void {
  if (state.recorder === undefined) return;
  state.instructions.push({ to: "worker", worker: worker.index, message: { op: "listen" } });
}

export function printed(state: SchedulerState, worker: WorkerRecord, message: LinesPrinted): void {
  if (state.recorder === undefined) return;
  const lines = message.lines.map(({ time, level, text, key }) => ({
    time: time - worker.clockOffset,
    level,
    source: worker.name,
    message: text,
    ...(key === undefined ? {} : { key }),
  }));
  state.instructions.push({ to: "shell", action: "printed", lines });
}
