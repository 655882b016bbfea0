import { HeddleError, registerError } from "@heddle/protocol";
import type { Transition } from "./journal.js";

/** The worker's core tried to make a task what it cannot become. `story` is how the task came to be what it is. */
export class InvalidTransitionError extends HeddleError {
  constructor(
    readonly task: number,
    readonly from: string,
    readonly to: string,
    readonly story: readonly Transition[],
  ) {
    super(
      "HEDDLE_INTERNAL",
      `task ${task} cannot become ${to} from ${from} on this worker; this is a bug in Heddle. ${tell(story)}`,
    );
  }
}

/** An invariant of the worker's core does not hold. */
export class WorkerInvariantError extends HeddleError {
  constructor(what: string, story: readonly Transition[] = []) {
    super("HEDDLE_INTERNAL", `${what}; this is a bug in Heddle. ${tell(story)}`);
  }
}
registerError(InvalidTransitionError);
registerError(WorkerInvariantError);

function tell(story: readonly Transition[]): string {
  return story.map(({ from, to, stimulus }) => `${from} -> ${to} (${stimulus})`).join(", ");
}
