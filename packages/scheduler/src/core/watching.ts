/** What threads execute at this moment: told by workers while somebody watches, and written down. */
import type { RunsExecuting } from "@heddle/protocol";
import { IDLE } from "@heddle/protocol/dashboard";
import type { SchedulerState } from "./state.js";
import { isDispatched } from "./task-state.js";
import { NONE } from "./task-table.js";
import type { WorkerRecord } from "./workers.js";

/** Milliseconds between two looks of a worker that is watched. */
const WATCH_INTERVAL = 100;
/** Beats of which the least delayed tells a worker's clock. */
const CLOCK_BEATS = 30;
/** Milliseconds by which no delay varies: a clock was set. */
const JUMP = 50;
/** Milliseconds: what is less is delay. */
const WITHIN = 5;

export function watch(state: SchedulerState, watched: boolean): void {
  state.watchInterval = watched ? WATCH_INTERVAL : 0;
  for (const worker of state.workers.values()) {
    tellToWatch(state, worker);
    if (!watched) for (let thread = 0; thread < worker.threads; thread++) nothing(state, worker, thread);
  }
}

export function tellToWatch(state: SchedulerState, worker: WorkerRecord): void {
  const message = { op: "watch" as const, interval: state.watchInterval };
  state.instructions.push({ to: "worker", worker: worker.index, message });
}

export function executing(state: SchedulerState, worker: WorkerRecord, message: RunsExecuting): void {
  const { tasks, recorder } = state;
  // It may have been on its way when the last one stopped watching.
  if (recorder === undefined || state.watchInterval === 0) return;
  for (let thread = 0; thread < worker.threads; thread++) {
    const id = message.tasks[thread] ?? NONE;
    const slot = id === NONE ? NONE : state.ids.get(id);
    const isHere = slot !== NONE && tasks.worker[slot] === worker.index && isDispatched(tasks.state[slot]!);
    if (isHere) recorder.running(worker, thread, tasks.group[slot]!, id, message.startedAt[thread]!);
    else nothing(state, worker, thread);
  }
}

function nothing(state: SchedulerState, worker: WorkerRecord, thread: number): void {
  state.recorder?.running(worker, thread, IDLE, 0, 0);
}

/**
 * A message takes a while to arrive, so of several the one that seems to come from furthest ahead tells a clock best. Clocks jump: what
 * was heard long ago is forgotten.
 */
export function observeClock(worker: WorkerRecord, time: number, now: number): void {
  const { clock } = worker;
  clock.push(time - now);
  if (clock.length > CLOCK_BEATS) clock.shift();
  // A jump shows in every beat from then on.
  const recent = clock.slice(-3);
  if (Math.max(...recent) < Math.max(...clock) - JUMP || Math.min(...recent) > clock[0]! + JUMP)
    clock.splice(0, clock.length - recent.length);
  const ahead = Math.max(...clock);
  // Of processes on one machine nothing is left but the delay.
  worker.clockOffset = Math.abs(ahead) < WITHIN ? 0 : ahead;
}
