/** The final state of a flow run, from what its body returned and how its runs ended. */
import type { Run } from "../engine/run.js";
import type { Outcomes } from "../engine/tally.js";
import { isTaskFuture, runOf } from "../future/task-future.js";
import { State, isOfRun } from "../state/state.js";
import type { StateType } from "../state/state-type.js";

export interface FinalState {
  readonly type: StateType;
  readonly name?: string;
  readonly message?: string;
  /** Of another state than Completed: what the call rejects with. */
  readonly error?: unknown;
}

const COMPLETED: FinalState = { type: "Completed" };

/** @param runs - of all task runs and subflow runs of the flow run */
export function finalState(returned: unknown, runs: Outcomes): FinalState {
  if (returned === undefined) return aggregate(runs);
  if (isHandMade(returned)) return handMade(returned);
  const members = membersOf(returned);
  return members === undefined ? COMPLETED : aggregateOf(members);
}

/** The flow says itself how it ended. */
export function isHandMade(returned: unknown): returned is State {
  return returned instanceof State && !isOfRun(returned);
}

type Member = Run | State;

/** A future or state, or an array of only those; undefined: something else. */
function membersOf(returned: unknown): readonly Member[] | undefined {
  const single = memberOf(returned);
  if (single !== undefined) return [single];
  if (!Array.isArray(returned) || returned.length === 0) return undefined;
  const members = returned.map(memberOf);
  return members.every((member) => member !== undefined) ? members : undefined;
}

function memberOf(value: unknown): Member | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if (isTaskFuture(value)) return runOf(value);
  return value instanceof State ? value : undefined;
}

function handMade(state: State): FinalState {
  const { type, name, message } = state;
  return {
    type,
    ...(name === type ? {} : { name }),
    ...(message === undefined ? {} : { message }),
    ...(type === "Completed" ? {} : { error: state.error() }),
  };
}

function aggregate(runs: Outcomes): FinalState {
  if (runs.completed === runs.total) return COMPLETED;
  if (runs.cancelled > 0)
    return {
      type: "Cancelled",
      message: `${runs.cancelled}/${runs.total} runs cancelled`,
      error: runs.firstCancelled!.error(),
    };
  return {
    type: "Failed",
    message: `${runs.failed}/${runs.total} runs failed`,
    error: (runs.firstFailed ?? runs.firstOther!).error(),
  };
}

function aggregateOf(members: readonly Member[]): FinalState {
  // Of what was returned the first is the first in the list, not in call order.
  const total = members.length;
  const not = members.filter((member) => member.type !== "Completed");
  if (not.length === 0) return COMPLETED;
  const cancelled = members.filter((member) => member.type === "Cancelled");
  if (cancelled.length > 0)
    return { type: "Cancelled", message: `${cancelled.length}/${total} runs cancelled`, error: cancelled[0]!.error() };
  const failed = members.filter((member) => member.type === "Failed" || member.type === "Crashed");
  return { type: "Failed", message: `${failed.length}/${total} runs failed`, error: (failed[0] ?? not[0]!).error() };
}
