import type { SchedulerState } from "../state.js";

/** More than workers are given ahead. What is not heard of any more makes room. */
const MOST = 65_536;

/** What a row needs of a run whose task the scheduler may forget before the run has ended. */
export interface AbandonedRun {
  readonly worker: number;
  readonly task: number;
  readonly group: number;
  readonly attempt: number;
  readonly keyAt: number;
  readonly keyLength: number;
}

/** Runs that nobody wants any more and that may still have a thread: cancelled, or let go. By number of the run. */
export class AbandonedRuns {
  readonly #runs = new Map<number, AbandonedRun>();

  add(run: number, facts: AbandonedRun): void {
    this.#runs.set(run, facts);
    if (this.#runs.size <= MOST) return;
    for (const oldest of this.#runs.keys()) {
      this.#runs.delete(oldest);
      return;
    }
  }

  take(run: number): AbandonedRun | undefined {
    const facts = this.#runs.get(run);
    this.#runs.delete(run);
    return facts;
  }

  workerLeft(worker: number): void {
    for (const [run, facts] of this.#runs) if (facts.worker === worker) this.#runs.delete(run);
  }
}

export function abandonedRun(state: SchedulerState, slot: number): AbandonedRun {
  const { tasks } = state;
  const chunk = state.chunkOf(slot);
  const row = tasks.row[slot]!;
  const keyStart = chunk.keyStart(row);
  return {
    worker: tasks.worker[slot]!,
    task: tasks.id[slot]!,
    group: tasks.group[slot]!,
    attempt: tasks.attempts[slot]! + 1,
    keyAt: chunk.keysAt + keyStart,
    keyLength: chunk.keyEnd(row) - keyStart,
  };
}
