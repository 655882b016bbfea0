/** The states that the engine puts runs into, by number: rows of a state log hold one byte for them. */
import type { StateType } from "./state-type.js";

interface Named {
  readonly type: StateType;
  readonly name: string;
}

const named = (type: StateType, name: string = type): Named => ({ type, name });

export const STATES = [
  named("Pending"),
  named("Pending", "NotReady"),
  named("Scheduled", "AwaitingRetry"),
  named("Running"),
  named("Running", "Retrying"),
  named("Cancelling"),
  named("Completed"),
  named("Completed", "Cached"),
  named("Failed"),
  named("Failed", "TimedOut"),
  named("Cancelled"),
  named("Crashed"),
] as const;

/** Index into {@link STATES}. */
export const Code = {
  pending: 0,
  notReady: 1,
  awaitingRetry: 2,
  running: 3,
  retrying: 4,
  cancelling: 5,
  completed: 6,
  cached: 7,
  failed: 8,
  timedOut: 9,
  cancelled: 10,
  crashed: 11,
} as const;
export type Code = (typeof Code)[keyof typeof Code];

/** The code of a state; where it has a name of its own, the plain one of its type. */
export function codeOf(type: StateType, name: string = type): Code {
  const exact = STATES.findIndex((state) => state.type === type && state.name === name);
  return (exact >= 0 ? exact : STATES.findIndex((state) => state.type === type)) as Code;
}
