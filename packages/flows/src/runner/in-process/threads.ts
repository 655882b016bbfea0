/** Threads of this process for synchronous bodies: a cluster of one worker inside it, which does all that threads need. */
import type { RunnerTask, TaskRunner } from "../task-runner.js";
import { LocalExecution } from "./local-execution.js";

/** A runner of `count` threads, not started. The cluster is loaded when threads are asked for: most flows have none. */
export async function threadRunner(count: number): Promise<TaskRunner> {
  const { ClusterTaskRunner } = await import("../cluster/cluster-task-runner.js");
  return new ClusterTaskRunner({
    cluster: { workers: 1, threadsPerWorker: count, processes: false, port: 0, dashboard: false },
  });
}

/** Async functions wait more than they compute: they stay on the thread of the flow. */
export function wantsThread({ call }: RunnerTask): boolean {
  return !call.fn.constructor.name.startsWith("Async");
}

/** The run as the threads see it: results of runs on the flow's thread are values there. */
export function forThreads(task: RunnerTask): RunnerTask {
  const upstream = task.upstream.filter((handle) => !(handle instanceof LocalExecution));
  if (upstream.length === task.upstream.length) return task;
  return {
    run: task.run,
    call: task.call,
    report: task.report,
    upstream,
    bind: (substitute) => task.bind((handle) => (handle instanceof LocalExecution ? handle.here : substitute(handle))),
  };
}
