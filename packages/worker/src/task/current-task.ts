import { NotInTaskError, RescheduleRequest } from "./errors.js";
import { taskRuntime, type RunningTask, type TaskContext, type TaskRuntime, type WorkerIdentity } from "./runtime.js";

function running(what: string): { runtime: TaskRuntime; task: RunningTask } {
  const runtime = taskRuntime();
  const task = runtime?.current();
  if (runtime === undefined || task === undefined) throw new NotInTaskError(what);
  return { runtime, task };
}

/**
 * The task this code runs in: also after an `await`, and in timers and callbacks that an asynchronous task set up.
 *
 * @throws NotInTaskError outside a task.
 */
export function currentTask(): TaskContext {
  return running("currentTask()").task.context;
}

/**
 * The worker this code runs on, in tasks and in what `client.run` calls.
 *
 * @throws NotInTaskError in a process or thread that is no worker's.
 */
export function currentWorker(): WorkerIdentity {
  const runtime = taskRuntime();
  if (runtime === undefined) throw new NotInTaskError("currentWorker()");
  return runtime.worker;
}

/**
 * Leaves the worker's slots for good: for a task that computes long, or that waits for what other tasks on this worker do. It
 * keeps its thread; the worker starts another one for the rest. Nothing changes before the promise is resolved.
 *
 * @throws NotInTaskError outside a task.
 */
export async function secede(): Promise<void> {
  const { runtime, task } = running("secede()");
  await runtime.secede(task);
}

/**
 * Ends this attempt: the scheduler runs the task again somewhere else. It counts as no failure.
 *
 * @throws NotInTaskError outside a task.
 */
export function reschedule(reason = ""): never {
  running("reschedule()");
  throw new RescheduleRequest(reason);
}
