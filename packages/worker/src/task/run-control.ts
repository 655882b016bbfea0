import { taskRuntime, type ForcedEnd, type RunningTask, type TaskRuntime } from "./runtime.js";

/** What whoever runs a user's code inside a task may do with the run. For libraries that build on tasks, not for tasks. */
export interface RunControl {
  /**
   * This attempt may take so many milliseconds from now on: after them its signal is aborted, and some time later its thread is ended.
   * Takes the place of the limit the task was submitted with.
   */
  limitTime(milliseconds: number): void;
  /** Gets what the run prints from now on, in place of the worker's output; undefined ends that. */
  listen(output: ((stream: "stdout" | "stderr", text: string) => void) | undefined): void;
  /**
   * Tells the clients that listen to a topic. They hear of it before they hear of the end of this run. What nobody listens to is
   * dropped, as is more than 8 MiB a second, except where it `mustArrive`.
   *
   * @throws RangeError for more than {@link maxEvents} bytes
   */
  publish(topic: string, events: Uint8Array, mustArrive: boolean): void;
  readonly maxEvents: number;
  /** How the attempt before this one ended, where it could not decide by itself whether another may follow. */
  readonly forcedEnd: ForcedEnd | undefined;
  /** The task has finished before, and its result was lost: it is made again. */
  readonly isAgain: boolean;
}

/** Of the task this code runs in; undefined outside of tasks. */
export function runControl(): RunControl | undefined {
  const runtime = taskRuntime();
  const task = runtime?.current();
  return runtime === undefined || task === undefined ? undefined : new CurrentRun(runtime, task);
}

class CurrentRun implements RunControl {
  readonly #runtime: TaskRuntime;
  readonly #task: RunningTask;

  constructor(runtime: TaskRuntime, task: RunningTask) {
    this.#runtime = runtime;
    this.#task = task;
  }

  get maxEvents(): number {
    return this.#runtime.maxEvents;
  }

  get forcedEnd(): ForcedEnd | undefined {
    return this.#task.forcedEnd;
  }

  get isAgain(): boolean {
    return this.#task.isAgain;
  }

  limitTime(milliseconds: number): void {
    this.#runtime.limitTime(this.#task, milliseconds);
  }

  listen(output: RunningTask["output"]): void {
    this.#task.output = output;
  }

  publish(topic: string, events: Uint8Array, mustArrive: boolean): void {
    if (events.byteLength > this.maxEvents)
      throw new RangeError(`${events.byteLength} bytes of events are more than can be published at once`);
    this.#runtime.publish(topic, events, mustArrive);
  }
}
