/** Errors of programs that define and call flows and tasks. */
import { HeddleError, registerError } from "@heddle/protocol/values";

/** A function without a name was made a task or a flow, and no `name` was given. */
export class UnnamedFunctionError extends HeddleError {
  constructor(readonly what: "task" | "flow") {
    super(
      "HEDDLE_FUNCTION_UNNAMED",
      `${what}(): the function has no name to call the ${what} by; give one, ${what}(fn, { name: "..." }), or name the function`,
    );
  }
}
registerError(UnnamedFunctionError);

/** What belongs into a run was done outside one. */
export class NotInRunError extends HeddleError {
  constructor(
    /** "say_hello.submit()" */
    readonly what: string,
    hint: string,
  ) {
    super("HEDDLE_NOT_IN_RUN", `${what} was called outside ${hint}`);
  }
}
registerError(NotInRunError);

/** A task or subflow was called by code of a flow run, or of an attempt of one, that is over. */
export class FlowRunEndedError extends HeddleError {
  constructor(
    readonly what: string,
    /** Name of the flow run. */
    readonly flowRun: string,
    /** The attempt that is over, where the run has gone on to another. */
    readonly attempt?: number,
  ) {
    super(
      "HEDDLE_FLOW_RUN_ENDED",
      `${what} was called after ${attempt === undefined ? "" : `attempt ${attempt} of `}the flow run ${flowRun} had ended: await in the flow what calls it (a promise, a timer, a callback)`,
    );
  }
}
registerError(FlowRunEndedError);

/** Flows called flows, called flows, and so on, deeper than the setting `flows.maxDepth` allows. */
export class FlowDepthError extends HeddleError {
  constructor(
    readonly flow: string,
    readonly depth: number,
  ) {
    super(
      "HEDDLE_FLOW_DEPTH",
      `${flow} is ${depth} flows deep, and the setting flows.maxDepth allows no more: a flow that calls itself needs an end, or the setting a higher value`,
    );
  }
}
registerError(FlowDepthError);

/** A task runner was used before it was started, started twice, or used after it was stopped. */
export class RunnerStateError extends HeddleError {
  constructor(
    readonly runner: string,
    problem: string,
  ) {
    super("HEDDLE_RUNNER_STATE", `${runner}: ${problem}`);
  }
}
registerError(RunnerStateError);

/** The lists of a `map` do not go together. */
export class MapLengthError extends HeddleError {
  constructor(
    readonly task: string,
    problem: string,
  ) {
    super("HEDDLE_MAP_LENGTH", `${task}.map(): ${problem}`);
  }
}
registerError(MapLengthError);
