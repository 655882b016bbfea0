/** How runs that did not complete say so. */
import { HeddleError, registerError } from "@heddle/protocol/values";
import { messageOf } from "./words.js";

/** The result of a run was asked for that has none yet, and will have none by itself: it waits, or its upstream did not complete. */
export class UnfinishedRunError extends HeddleError {
  constructor(
    /** Name of the run, where it is known. */
    readonly run: string,
    /** String of its state. */
    readonly state: string,
  ) {
    super("HEDDLE_RUN_UNFINISHED", `${run || "the run"} has no result: its state is ${state}`);
  }
}
registerError(UnfinishedRunError);

/** The run completed, but its result was not kept where this process can read it. */
export class MissingResultError extends HeddleError {
  constructor(
    readonly run: string,
    reason: string,
    options?: ErrorOptions,
  ) {
    super(
      "HEDDLE_RESULT_MISSING",
      `the result of ${run || "the run"} is not there: ${reason}. Results that are needed later have to be persisted (persistResult: true)`,
      options,
    );
  }
}
registerError(MissingResultError);

/** The run failed, and no error was kept with it: its state was made by hand, or counts other runs. */
export class FailedRunError extends HeddleError {
  constructor(
    readonly run: string,
    message: string,
  ) {
    super("HEDDLE_RUN_FAILED", `${run || "the run"} failed${message === "" ? "" : `: ${message}`}`);
  }
}
registerError(FailedRunError);

/** The run was cancelled. */
export class CancelledRunError extends HeddleError {
  constructor(
    readonly run: string,
    message = "",
  ) {
    super("HEDDLE_RUN_CANCELLED", `${run || "the run"} was cancelled${message === "" ? "" : `: ${message}`}`);
  }
}
registerError(CancelledRunError);

/** Something outside the user's code went wrong; `cause` is what. */
export class CrashedRunError extends HeddleError {
  constructor(
    readonly run: string,
    cause: unknown,
  ) {
    super("HEDDLE_RUN_CRASHED", `${run || "the run"} crashed: ${messageOf(cause)}`, { cause });
  }
}
registerError(CrashedRunError);
