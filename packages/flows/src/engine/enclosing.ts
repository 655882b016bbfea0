/** Where calls of tasks and subflows belong. */
import { runControl } from "@heddle/worker/task";
import { currentScope } from "../context/scope.js";
import { NotInRunError } from "../errors/usage.js";
import { LocalExecution } from "../runner/in-process/local-execution.js";
import { FlowAttempt } from "./flow-attempt.js";
import { FlowRun } from "./flow-run.js";
import { TaskRun } from "./task-run.js";

export interface Caller {
  readonly flowRun: FlowRun;
  /** The execution whose code calls; undefined: it is the flow's own. */
  readonly execution: LocalExecution | undefined;
  /** The attempt of the flow that the code belongs to. */
  readonly attempt: number;
}

/** undefined: the code that is running belongs to no flow run of this process. */
export function currentCaller(): Caller | undefined {
  const scope = currentScope();
  if (scope instanceof FlowAttempt) return { flowRun: scope.run, execution: undefined, attempt: scope.number };
  // A hook's code.
  if (scope instanceof FlowRun) return { flowRun: scope, execution: undefined, attempt: scope.attempt };
  if (scope instanceof LocalExecution && scope.task instanceof TaskRun)
    return { flowRun: scope.task.owner, execution: scope, attempt: scope.task.flowAttempt };
  return undefined;
}

/**
 * @param what - for messages: "resize.submit()"
 * @throws NotInRunError
 */
export function enclosingCaller(what: string): Caller {
  const caller = currentCaller();
  if (caller !== undefined) return caller;
  if (currentScope() === undefined && runControl() === undefined)
    throw new NotInRunError(
      what,
      "a flow: call it in a flow, or in what that awaits; a task's plain function is its fn, and may be called anywhere",
    );
  throw onWorker(what);
}

/**
 * The caller of a flow; undefined: nobody's code, so that the flow run is nobody's child.
 *
 * @throws NotInRunError on a worker: nobody would see the run, nor cancel it, and its tasks would take the places of those that wait for it
 */
export function callerOfFlow(what: string): Caller | undefined {
  const caller = currentCaller();
  if (caller === undefined && (isOnWorker() || runControl() !== undefined)) throw onWorker(what);
  return caller;
}

function onWorker(what: string): NotInRunError {
  return new NotInRunError(
    what,
    "the flow's own process: a task that runs on a worker submits more work with getClient(), or calls plain functions",
  );
}

/** The code that is running is a task's that runs elsewhere than in its flow's process. */
export function isOnWorker(): boolean {
  const scope = currentScope();
  return scope?.kind === "task" && !(scope instanceof LocalExecution);
}
