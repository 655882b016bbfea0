import type { GroupSummary, StateCounts } from "@heddle/protocol/dashboard";

/** How a task's state looks: never by colour alone. */
export interface StateLook {
  readonly label: string;
  readonly glyph: string;
  /** Class of a bar's segment, see progress-bar.css. */
  readonly className: string;
  /** A colour, as CSS. */
  readonly color: string;
  /** What the word means, where it does not say so itself. */
  readonly meaning?: string;
}

const look = (label: string, glyph: string, name: string, token = name, meaning?: string): StateLook => ({
  label,
  glyph,
  className: `state-${name}`,
  color: `var(--state-${token})`,
  ...(meaning === undefined ? {} : { meaning }),
});

/** By the state's name, in the order a bar shows them. */
export const STATES = {
  released: look("released", "\u25e6", "released", "memory", "done, and nobody needs the result any more"),
  memory: look("in memory", "\u25cf", "memory", "memory", "done, and a worker holds the result"),
  processing: look("running", "\u25b6", "running"),
  assigned: look("assigned", "\u25b8", "assigned", "running", "given to a worker, not begun"),
  queued: look("queued", "=", "queued", "queued", "ready, until a worker has room"),
  waiting: look("waiting", "\u25cb", "waiting", "waiting", "for its inputs"),
  noWorker: look("no worker", "!", "no-worker", "no-worker", "none that there is may run it"),
  erred: look("failed", "\u2715", "erred"),
} satisfies Record<keyof StateCounts, StateLook>;

const STATE_ORDER = Object.keys(STATES) as readonly (keyof StateCounts)[];
const CANCELLED = look("cancelled", "/", "cancelled");
/** Of a bar, in its order. */
export const PARTS: readonly StateLook[] = Object.values(STATES).toSpliced(-1, 0, CANCELLED);

const BY_NAME: Readonly<Record<string, StateLook>> = {
  ...STATES,
  "no-worker": STATES.noWorker,
  spilled: look("spilled", "\u25bc", "spilled"),
  cancelled: CANCELLED,
  lost: look("lost with its worker", "!", "no-worker"),
  running: STATES.processing,
  completed: look("completed", "\u25cf", "memory"),
  failed: STATES.erred,
  crashed: look("crashed", "\u2715", "erred"),
  pending: look("pending", "\u25cb", "waiting"),
  scheduled: look("scheduled", "\u25cb", "waiting"),
  paused: look("paused", "\u2016", "queued"),
  retrying: look("retrying", "\u21bb", "queued"),
  cancelling: look("cancelling", "/", "cancelled"),
};

/** The look of any state a server may name, of tasks and of runs; one it does not know looks like waiting. */
export const stateLook = (name: string): StateLook =>
  BY_NAME[name] ?? BY_NAME[name.toLowerCase()] ?? look(name, "\u25cb", "waiting");

/** All tasks there are in these states. */
export const totalOf = (states: StateCounts): number => STATE_ORDER.reduce((sum, state) => sum + states[state], 0);

/** Tasks that are still to be done. */
export const unfinishedOf = (states: StateCounts): number =>
  states.waiting + states.queued + states.noWorker + states.assigned + states.processing;

/** What a group's tasks have come to, without what none has; the tasks of all parts are all there are. */
export function partsOf({
  states,
  done,
  failed,
}: Pick<GroupSummary, "states" | "done" | "failed">): readonly { readonly look: StateLook; readonly count: number }[] {
  // Forgotten tasks are counted as released, however they ended.
  const cancelled = states.released + states.memory + states.erred - done - failed;
  const counts: Readonly<Record<keyof StateCounts, number>> = {
    ...states,
    released: done - states.memory,
    erred: failed,
  };
  const parts = STATE_ORDER.map((state) => ({ look: STATES[state], count: counts[state] }));
  parts.splice(-1, 0, { look: CANCELLED, count: cancelled });
  return parts.filter(({ count }) => count > 0);
}
