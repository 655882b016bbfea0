import type { RunsFinished } from "@heddle/protocol";
import { isCurrent } from "../current-run.js";
import type { SchedulerState } from "../state.js";
import type { WorkerRecord } from "../workers.js";
import type { Recorder } from "./recorder.js";

/**
 * Writes down a report of runs that made results, before the scheduler acts on it and forgets whose nobody wants. A pass of its own:
 * what acts is compiled the same, and as well, whether there is a record or not.
 */
export function recordFinished(
  state: SchedulerState,
  recorder: Recorder,
  worker: WorkerRecord,
  message: RunsFinished,
): void {
  const { tasks, ids, chunks } = state;
  const { chunk: chunkOf, row: rowOf, group, attempts } = tasks;
  recorder.beginRuns(worker, message, state.now);
  for (let row = 0; row < message.tasks.length; row++) {
    const slot = ids.get(message.tasks[row]!);
    if (!isCurrent(state, worker, slot, message.runs[row]!)) {
      recorder.notFinished();
      continue;
    }
    const chunk = chunks[chunkOf[slot]!]!;
    const keyStart = chunk.keyStart(rowOf[slot]!);
    const keyLength = chunk.keyEnd(rowOf[slot]!) - keyStart;
    recorder.finished(group[slot]!, attempts[slot]! + 1, chunk.keysAt + keyStart, keyLength);
  }
  recorder.endRuns();
}
