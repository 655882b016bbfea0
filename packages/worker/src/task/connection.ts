import { taskRuntime } from "./runtime.js";

/** How to become a client of the cluster that the current task belongs to. */
export interface TaskConnection {
  readonly address: string;
  readonly token?: string;
  /** Id of the current task at its scheduler; absent in what `client.run` calls. */
  readonly task?: number;
}

/** Undefined outside a worker's threads. For `getClient()`. */
export function taskConnection(): TaskConnection | undefined {
  const runtime = taskRuntime();
  const scheduler = runtime?.worker.scheduler;
  if (runtime === undefined || scheduler === undefined) return undefined;
  const task = runtime.current()?.id;
  return task === undefined ? scheduler : { ...scheduler, task };
}

const nothing = (): void => undefined;

/**
 * The current task waits for other tasks from now on: until the function returned is called, it occupies no slot of its worker,
 * which may run those others meanwhile. Does nothing outside a task.
 */
export function vacateSlot(): () => void {
  const runtime = taskRuntime();
  const task = runtime?.current();
  return runtime === undefined || task === undefined ? nothing : runtime.vacateSlot(task);
}
