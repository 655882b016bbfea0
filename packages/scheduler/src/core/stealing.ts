import { missingBytes, transferTime } from "./placement.js";
import type { SchedulerState } from "./state.js";
import { Cause } from "./story.js";
import { State } from "./task-state.js";
import { Flag } from "./task-table.js";
import { expectedWait, type WorkerRecord } from "./workers.js";

/** Looked for at most this often, milliseconds: finding a victim's runs is a pass over the table. */
const INTERVAL = 20;
/** A wait shorter than this is not worth a move, microseconds. */
const WORTHWHILE = 20_000;

/**
 * Gives an idle worker a run that was sent ahead to a busy one. Nothing moves until the victim has answered that the run has not
 * begun; it owns the run until then. Does nothing on loads of short tasks: their windows drain faster than a move.
 */
export class Stealing {
  #last = 0;

  balance(state: SchedulerState): void {
    if (state.backlog > 0 || state.now - this.#last < INTERVAL || state.workers.size < 2) return;
    const idle = [...state.workers.values()].filter((w) => w.status === "running" && w.inflight === 0 && w.away === 0);
    if (idle.length === 0) return;
    const victims = [...state.workers.values()].filter(
      (w) => w.inflight > w.threads && w.revoking.size === 0 && waitAt(state, w) > WORTHWHILE,
    );
    if (victims.length === 0) return;
    this.#last = state.now;
    victims.sort((a, b) => waitAt(state, b) - waitAt(state, a));
    for (const victim of victims) {
      const thief = idle.pop();
      if (thief === undefined) return;
      this.#ask(state, victim, thief);
    }
  }

  /** Of the runs the victim is unlikely to have begun, those that come first in the order: priority is respected. */
  #ask(state: SchedulerState, victim: WorkerRecord, thief: WorkerRecord): void {
    const { tasks } = state;
    const owned: number[] = [];
    for (let slot = 0; slot < tasks.highest; slot++) {
      if (tasks.worker[slot] !== victim.index || tasks.state[slot] !== State.processing) continue;
      if (tasks.has(slot, Flag.away) || tasks.has(slot, Flag.once)) continue;
      owned.push(slot);
    }
    owned.sort((a, b) => (tasks.before(a, b) ? -1 : 1));
    const surplus = owned.slice(victim.threads).filter((slot) => {
      const requirement = state.requirement(slot);
      if (requirement !== undefined && !requirement.eligible.includes(thief)) return false;
      const journey = transferTime(missingBytes(state, slot, thief), thief.bandwidth);
      return journey + WORTHWHILE / 2 < waitAt(state, victim);
    });
    // Half of what waits there goes, at most what the thief can start on.
    const chosen = surplus.slice(0, Math.max(1, Math.min(thief.threads, Math.ceil(surplus.length / 2))));
    if (chosen.length === 0) return;
    state.cause = Cause.revoked;
    for (const slot of chosen) victim.revoking.add(slot);
    state.instructions.push({
      to: "worker",
      worker: victim.index,
      message: {
        op: "revoke",
        tasks: Int32Array.from(chosen, (slot) => tasks.id[slot]!),
        runs: Int32Array.from(chosen, (slot) => tasks.run[slot]!),
      },
    });
  }
}

/** Estimates know nothing of tasks that never ran: what has lasted for so long already will last as long again, it seems. */
function waitAt(state: SchedulerState, worker: WorkerRecord): number {
  const silence = (state.now - worker.busySince) * 1000;
  return Math.max(expectedWait(worker), silence * (worker.inflight / worker.threads));
}
