import { Option, type Command } from "commander";
import { STATE_TYPES } from "@heddle/flows/history";
import type { ListOptions } from "../flow-history/list.js";
import type { LogOptions } from "../flow-history/logs.js";
import type { ShowOptions } from "../flow-history/show.js";
import { readDuration, readPositive } from "../usage.js";

export function addFlows(program: Command): void {
  const flows = program
    .command("flows")
    .summary("the history of flow runs")
    .description(
      "Shows the flow runs of this machine's user: those that are over, and those that go on. The history is a file (settings " +
        "flows.*, see heddle config); no cluster is needed to read it.",
    )
    .addHelpText(
      "after",
      "\nExample:\n  $ heddle flows ls --state Failed --since 1d\n  $ heddle flows show brave-otter",
    );

  flows
    .command("ls", { isDefault: true })
    .summary("the flow runs, newest first")
    .description("Lists flow runs, the newest first. One whose process ended without saying so is Crashed.")
    .option("--flow <name>", "only runs of this flow")
    .addOption(new Option("--state <state>", "only those in this state").choices(STATE_TYPES))
    .option("--since <duration>", "only those made in the last 30m, 12h, 7d", readDuration)
    .option("--limit <n>", "at most so many", readPositive, 20)
    .option("--json", "print JSON")
    .addHelpText("after", "\nExample:\n  $ heddle flows ls --flow etl --limit 5")
    .action(async (options: ListOptions) => (await import("../flow-history/list.js")).listRuns(options));

  flows
    .command("show <run>")
    .summary("one flow run, with its task runs and subflows")
    .description(
      "Prints a flow run as a tree of its task runs and subflows. RUN is its name, its id, or the beginning of that.",
    )
    .option("--limit <n>", "at most so many task runs of each flow run; those that failed come first", readPositive, 50)
    .option("--json", "print JSON: the flow run, its states, its task runs (as many as --limit says), its artifacts")
    .addHelpText("after", "\nExample:\n  $ heddle flows show brave-otter\n  $ heddle flows show 3fa9c1 --json")
    .action(async (run: string, options: ShowOptions) =>
      (await import("../flow-history/show.js")).showRun(run, options),
    );

  flows
    .command("logs <run>")
    .summary("what a flow run and its tasks logged")
    .description("Prints the log of a flow run and its tasks. RUN is its name, its id, or the beginning of that.")
    .option("-f, --follow", "go on until the flow run has ended, or Ctrl-C")
    .addOption(
      new Option("--level <level>", "lines of this level and more serious ones")
        .choices(["debug", "info", "warn", "error"])
        .default("info"),
    )
    .option("--task <name>", "only lines of the task runs of this name, or of the runs of this task")
    .option("--json", "print JSON; with --follow, a line for each line")
    .addHelpText(
      "after",
      "\nExample:\n  $ heddle flows logs brave-otter --level warn\n  $ heddle flows logs brave-otter --follow",
    )
    .action(async (run: string, options: LogOptions) =>
      (await import("../flow-history/logs.js")).showLog(run, options),
    );
}
