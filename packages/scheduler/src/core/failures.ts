/** Failures the scheduler itself decides on. */
import type { FailureRecord } from "@heddle/protocol";
import type { SchedulerState } from "./state.js";

export function lostData(state: SchedulerState, slot: number): FailureRecord {
  return {
    kind: "lostData",
    message: `the scattered value ${state.key(slot)} was lost with the last worker that held it: scatter it again`,
  };
}

export function rerun(state: SchedulerState, slot: number, why: string): FailureRecord {
  return {
    kind: "rerun",
    message: `task ${state.key(slot)} is not idempotent and would have to run again: ${why}`,
  };
}

export function killed(state: SchedulerState, slot: number, deaths: readonly string[]): FailureRecord {
  return {
    kind: "killedWorker",
    message:
      `${deaths.length} workers ended while they ran task ${state.key(slot)}: ${deaths.join("; ")}. ` +
      "Look at their logs; more memory, or fewer threads a worker, may help.",
    data: { deaths: [...deaths] },
  };
}
