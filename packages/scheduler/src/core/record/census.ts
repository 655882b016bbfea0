import { State } from "../task-state.js";
import type { TaskTable } from "../task-table.js";
import { STATE_STRIDE } from "./memory.js";

/**
 * Counts tasks by group and state, by looking at every one of them: a nanosecond or two each, a few times a second, where counters kept
 * up to date would cost every transition of every task.
 */
export class Census {
  #counts = new Int32Array(64 * STATE_STRIDE);
  #nbytes = new Float64Array(64);

  /**
   * @param created - tasks of each group since the start
   * @param groups - number of groups
   * @param counts - Int32[group][state], written over; what is not there any more counts as forgotten
   * @param nbytes - Float64[group], written over: bytes of results in memory
   */
  take(tasks: TaskTable, created: Int32Array, groups: number, counts: Int32Array, nbytes: Float64Array): void {
    this.#begin(groups);
    this.#look(tasks);
    const own = this.#counts;
    for (let group = 0, at = 0; group < groups; group++, at += STATE_STRIDE) {
      let here = 0;
      for (let state = 0; state < STATE_STRIDE; state++) here += own[at + state]!;
      own[at + State.forgotten] = created[group]! - here;
    }
    // Beside what is counted: whoever reads meanwhile sees the old numbers or the new ones, not zeros.
    counts.set(own.subarray(0, groups * STATE_STRIDE));
    nbytes.set(this.#nbytes.subarray(0, groups));
  }

  #begin(groups: number): void {
    if (this.#nbytes.length < groups) {
      this.#counts = new Int32Array(groups * 2 * STATE_STRIDE);
      this.#nbytes = new Float64Array(groups * 2);
    } else {
      this.#counts.fill(0);
      this.#nbytes.fill(0);
    }
  }

  /** Neighbours are mostly alike: a stretch of them is counted with one addition. */
  #look({ state, group, nbytes, highest, size }: TaskTable): void {
    const counts = this.#counts;
    const bytes = this.#nbytes;
    for (let slot = 0, left = size; slot < highest && left > 0;) {
      const code = state[slot]!;
      if (code === State.forgotten) {
        slot++;
        continue;
      }
      const first = slot;
      const own = group[slot]!;
      if (code === State.memory) {
        let sum = 0;
        do sum += nbytes[slot++]!;
        while (slot < highest && state[slot] === State.memory && group[slot] === own);
        bytes[own]! += sum;
      } else {
        do slot++;
        while (slot < highest && state[slot] === code && group[slot] === own);
      }
      counts[own * STATE_STRIDE + code]! += slot - first;
      left -= slot - first;
    }
  }
}
