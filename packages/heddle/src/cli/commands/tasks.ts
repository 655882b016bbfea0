import type { Command } from "commander";
import { printJson, printLine, printTable, printable } from "../output.js";
import { ask, targetOf, withTarget, type TargetOptions } from "../target.js";
import { readPositive } from "../usage.js";

interface TaskLine {
  readonly key: string;
  readonly group: string;
  readonly state: string;
  readonly worker: string | null;
  readonly attempts: number;
  readonly nbytes: number | null;
  readonly error: string | null;
}

interface Options extends TargetOptions {
  readonly state?: string;
  readonly limit: number;
  readonly json?: true;
}

/** A task leaves this list when nobody needs it any more. */
const STATES = ["released", "waiting", "queued", "noWorker", "assigned", "processing", "memory", "erred"];

export function addTasks(program: Command): void {
  const command = program
    .command("tasks [url]")
    .summary("the tasks of a cluster")
    .description("Lists tasks with their states, where they are, and why they failed.");
  command.addOption(command.createOption("--state <state>", "only those in this state").choices(STATES));
  withTarget(command.option("--limit <n>", "at most so many", readPositive, 100).option("--json", "print JSON"), false)
    .addHelpText("after", "\nExample:\n  $ heddle tasks --state erred")
    .action(printTasks);
}

async function printTasks(url: string | undefined, options: Options): Promise<void> {
  const { state = null, limit } = options;
  // One more than shown, to know whether there are more.
  const question = { what: "tasks", state, limit: limit + 1 } as const;
  const found = (await ask(targetOf(url, options), question)) as unknown as readonly TaskLine[];
  const tasks = found.slice(0, limit);
  if (options.json) return printJson(tasks);
  if (tasks.length === 0) return printLine(state === null ? "no tasks" : `no tasks are ${state}`);
  printTable(
    ["key", "state", "worker", "attempts", "bytes", "error"],
    tasks.map((task) => [
      printable(task.key),
      task.state,
      printable(task.worker ?? "-"),
      task.attempts,
      task.nbytes ?? "-",
      printable(task.error ?? ""),
    ]),
  );
  if (found.length > limit) printLine(`the first ${limit}; there are more (--limit)`);
}
