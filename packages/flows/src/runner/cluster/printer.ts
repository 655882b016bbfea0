import type { RunnerTask } from "../task-runner.js";
import type { RunNews } from "./news.js";

type Print = Extract<RunNews, { kind: "print" }>;

/**
 * What tasks print appears where their flow runs, as it would if they ran there: on the same stream, unchanged; and line by line in
 * the run's log.
 */
export class Printer {
  print(task: RunnerTask, { stream, text, time }: Print, worker: string | undefined): void {
    process[stream].write(text);
    if (!task.call.policy.logPrints) return;
    const level = stream === "stdout" ? "info" : "error";
    for (const line of text.replace(/\n$/, "").split("\n")) task.report.log(level, line, time, worker);
  }
}
