/**
 * What a task can be on a worker, and what it can become.
 *
 * @remarks
 * A task has one record per *run*, never one record for both roles of "being computed here" and "being fetched here": when the
 * scheduler asks for the same task again while an older run is still on a thread, the old record is disowned and a new one takes
 * its place. So no state has to remember a wish that an operation under way does not serve.
 */
export const State = {
  /** Not known (any more). The record is dead. */
  released: 0,
  /** To be run here; some input is not in memory yet. */
  waiting: 1,
  /** To be run here; every input is in memory. */
  ready: 2,
  /** Ready, but the resources it asks for are taken by other runs. */
  constrained: 3,
  /** Handed to a thread: queued there or running. */
  executing: 4,
  /** Began on its thread and now awaits something without occupying it. */
  parked: 5,
  /** Gave up its slot: it runs on, or waits for futures, beside the others. */
  seceded: 6,
  /** Its value is here. */
  memory: 7,
  /** Its value is wanted here and will be asked of a peer. */
  fetch: 8,
  /** Its value has been asked of a peer. */
  flight: 9,
  /** Its value is wanted here, and nobody known has it: the scheduler says where else to look, or runs or revokes what needs it. */
  missing: 10,
  /** On a thread still, but its result is not wanted: the record is outside the table until the thread lets go. */
  disowned: 11,
} as const;
export type State = (typeof State)[keyof typeof State];

export const STATE_NAMES = Object.keys(State) as (keyof typeof State)[];

const S = State;
const END = [S.released, S.missing];
/** Ways out of a thread's hands. */
const FROM_THREAD = [S.memory, S.ready, S.waiting, S.disowned, ...END];

const TRANSITIONS: Readonly<Record<State, readonly State[]>> = {
  [S.released]: [S.waiting, S.ready, S.memory, S.fetch, S.missing],
  [S.waiting]: [S.ready, S.executing, ...END],
  [S.ready]: [S.executing, S.constrained, S.waiting, ...END],
  [S.constrained]: [S.ready, ...END],
  [S.executing]: [S.parked, S.seceded, ...FROM_THREAD],
  [S.parked]: [S.executing, S.seceded, ...FROM_THREAD],
  [S.seceded]: [S.executing, S.parked, ...FROM_THREAD],
  [S.memory]: [...END],
  [S.fetch]: [S.flight, S.memory, ...END],
  [S.flight]: [S.memory, S.fetch, ...END],
  [S.missing]: [S.fetch, S.memory, S.released],
  [S.disowned]: [S.released],
};

/** One bit per target state, by source state: the check costs a shift, so it is made in production too. */
const ALLOWED = STATE_NAMES.map((_, from) =>
  TRANSITIONS[from as State].reduce<number>((bits, to) => bits | (1 << to), 0),
);

export function isAllowed(from: State, to: State): boolean {
  return (ALLOWED[from]! & (1 << to)) !== 0;
}

/** True of a run that a thread has and has not finished. */
export function isOnThread(state: State): boolean {
  return state === S.executing || state === S.parked || state === S.seceded;
}

/** True of a value that is on its way here, or would be if anybody knew where it is. */
export function isSought(state: State): boolean {
  return state === S.fetch || state === S.flight || state === S.missing;
}
