/** Where calls of tasks and subflows belong. */
import { currentScope } from "../context/scope.js";
import { NotInRunError } from "../errors/usage.js";
import { LocalExecution } from "../runner/in-process/local-execution.js";
import { FlowRun } from "./flow-run.js";
import { TaskRun } from "./task-run.js";

export interface Caller {
  readonly flowRun: FlowRun;
  /** The execution whose code calls; undefined: it is the flow's own. */
  readonly execution: LocalExecution | undefined;
}

/** undefined: the code that is running belongs to no flow run of this process. */
export function currentCaller(): Caller | undefined {
  const scope = currentScope();
  if (scope instanceof FlowRun) return { flowRun: scope, execution: undefined };
  if (scope instanceof LocalExecution && scope.task instanceof TaskRun)
    return { flowRun: scope.task.owner, execution: scope };
  return undefined;
}

/**
 * @param what - for messages: "resize.submit()"
 * @throws NotInRunError
 */
export function enclosingCaller(what: string): Caller {
  const caller = currentCaller();
  if (caller !== undefined) return caller;
  if (currentScope() === undefined)
    throw new NotInRunError(
      what,
      "a flow: call it in a flow, or in what that awaits; a task's plain function is its fn, and may be called anywhere",
    );
  throw new NotInRunError(
    what,
    "the flow's own process: a task that runs on a worker submits more work with getClient(), or calls plain functions",
  );
}

/** The code that is running is a task's that runs elsewhere than in its flow's process. */
export function isOnWorker(): boolean {
  const scope = currentScope();
  return scope?.kind === "task" && !(scope instanceof LocalExecution);
}
