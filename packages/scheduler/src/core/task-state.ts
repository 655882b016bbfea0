/** The states of a task at the scheduler. */
export const State = {
  /** Known, nothing to do: not needed, or its result was dropped and can be computed again. */
  released: 0,
  /** Needed; some input is not in memory. */
  waiting: 1,
  /** Ready; held back here because the windows of the workers that could take it are full. */
  queued: 2,
  /** Ready, but no worker may take it. */
  noWorker: 3,
  /** At a worker that will produce its missing inputs itself (a run list): worker and run are fixed. */
  assigned: 4,
  /** At a worker, every input in memory somewhere. */
  processing: 5,
  /** At least one worker holds the result. */
  memory: 6,
  erred: 7,
  /** Out of every table; the slot is free. */
  forgotten: 8,
} as const;

export type StateName = keyof typeof State;
export type StateCode = (typeof State)[StateName];

export const STATE_NAMES = Object.keys(State) as StateName[];

/** A dependent in one of these states needs its inputs kept. */
export function isUnfinished(state: number): boolean {
  return state >= State.waiting && state <= State.processing;
}

/** Dispatched: a worker owns it. */
export function isDispatched(state: number): boolean {
  return state === State.assigned || state === State.processing;
}

/** Ready and held at the scheduler. */
export function isHeldBack(state: number): boolean {
  return state === State.queued || state === State.noWorker;
}
