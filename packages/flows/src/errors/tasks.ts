/** Errors of task bodies that only make sense inside runs. */
import { HeddleError, registerError } from "@heddle/protocol/values";

/** A task returned a TaskFuture: its value would be another run's, and nobody would wait for that. */
export class FutureReturnedError extends HeddleError {
  constructor(readonly run: string) {
    super(
      "HEDDLE_FUTURE_RETURNED",
      `${run} returned the future of another run: return its value (await future.result()), or pass the future to the task as an argument`,
    );
  }
}
registerError(FutureReturnedError);
