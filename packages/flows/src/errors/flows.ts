/** Errors that flow runs end with. */
import { HeddleError, registerError } from "@heddle/protocol/values";

/** One thing that is wrong with the arguments of a flow. */
export interface ParameterIssue {
  /** "user.age" */
  readonly path: string;
  readonly message: string;
}

/** The arguments of a flow do not fit its schema. The body did not run. */
export class FlowParametersError extends HeddleError {
  constructor(
    readonly flow: string,
    readonly issues: readonly ParameterIssue[],
  ) {
    const listed = issues.map(({ path, message }) => (path === "" ? message : `${path}: ${message}`)).join("; ");
    super("HEDDLE_FLOW_PARAMETERS", `the arguments of ${flow} do not fit its parameters: ${listed}`);
  }
}
registerError(FlowParametersError);

/** A flow run took longer than its `timeout`; what it had submitted was cancelled. */
export class FlowTimeoutError extends HeddleError {
  constructor(
    readonly flow: string,
    /** Milliseconds. */
    readonly timeout: number,
  ) {
    super(
      "HEDDLE_FLOW_TIMEOUT",
      `${flow} took longer than its timeout of ${timeout} ms; what it had submitted was cancelled`,
    );
  }
}
registerError(FlowTimeoutError);
