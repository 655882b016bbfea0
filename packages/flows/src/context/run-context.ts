import { NotInRunError } from "../errors/usage.js";
import { currentScope } from "./scope.js";

/** The run that the code calling belongs to. */
export interface RunContext {
  readonly flowRun: {
    readonly id: string;
    /** Known in the flow itself. */
    readonly name?: string;
    readonly flow?: string;
  };
  /** In a task. */
  readonly taskRun?: {
    /** `<flow run id>-<number>` */
    readonly id: string;
    readonly name: string;
    readonly task: string;
    /** From 0, in call order in the flow run. */
    readonly number: number;
    /** From 1. */
    readonly attempt: number;
    /** Name of the worker; undefined in the flow's process. */
    readonly worker: string | undefined;
  };
  readonly tags: readonly string[];
  /** Arguments by the name of their parameter. */
  readonly parameters: Readonly<Record<string, unknown>>;
  /** Aborted when the run is cancelled, or its time is over. */
  readonly signal: AbortSignal;
}

/**
 * The flow run or task run that the code calling belongs to: also after an `await`, and on workers.
 *
 * @throws NotInRunError
 *
 * @example
 * const page = await fetch(url, { signal: runContext().signal });
 */
export function runContext(): RunContext {
  const scope = currentScope();
  if (scope === undefined) throw new NotInRunError("runContext()", "a run: call it in a flow or task");
  const common = {
    tags: scope.tags,
    get parameters() {
      return scope.parameters;
    },
    get signal() {
      return scope.signal;
    },
  };
  if (scope.kind === "flow")
    return Object.assign(common, { flowRun: { id: scope.id, name: scope.name, flow: scope.flow } });
  const { run, attempt, worker } = scope;
  return Object.assign(common, {
    flowRun: { id: run.flowRun },
    taskRun: {
      id: `${run.flowRun}-${run.number}`,
      name: run.name,
      task: run.task,
      number: run.number,
      attempt,
      worker,
    },
  });
}
