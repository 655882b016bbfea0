/** The command line as a whole: its commands, and what becomes of their errors. */
import { HEDDLE_VERSION, HeddleError } from "@heddle/protocol";
import { Command, CommanderError } from "commander";
import { addCancel } from "./commands/cancel.js";
import { addCluster } from "./commands/cluster.js";
import { addConfig } from "./commands/config.js";
import { addDashboard } from "./commands/dashboard.js";
import { addDoctor } from "./commands/doctor.js";
import { addExplain } from "./commands/explain.js";
import { addFlows } from "./commands/flows.js";
import { addRun } from "./commands/run.js";
import { addScheduler } from "./commands/scheduler.js";
import { addStatus } from "./commands/status.js";
import { addStory } from "./commands/story.js";
import { addTasks } from "./commands/tasks.js";
import { addWorker } from "./commands/worker.js";
import { ExitStatus } from "./exit-status.js";
import { UsageError } from "./usage.js";

/** Codes of errors that a user mends by calling the command in another way. */
const USAGE_CODES = new Set([
  "HEDDLE_USAGE",
  "HEDDLE_SETTING_UNKNOWN",
  "HEDDLE_SETTING_INVALID",
  "HEDDLE_QUANTITY_INVALID",
  "HEDDLE_RUN_AMBIGUOUS",
]);

/**
 * Runs one command.
 *
 * @returns the exit status: 0, 1 when the work failed, 2 for a command that makes no sense.
 */
export async function run(args: readonly string[]): Promise<number> {
  const program = new Command("heddle")
    .description("A task-graph engine for Node.js: schedulers, workers, and what they are doing.")
    .version(HEDDLE_VERSION, "-V, --version", "print the version")
    .showHelpAfterError("(see --help)")
    // What follows `heddle run FILE` is for the script.
    .enablePositionalOptions()
    .exitOverride()
    .addHelpText(
      "after",
      "\nExample:\n  $ heddle cluster --workers 4\n  $ heddle run job.ts      # in another terminal",
    );
  for (const add of [
    addScheduler,
    addWorker,
    addCluster,
    addStatus,
    addTasks,
    addStory,
    addExplain,
    addCancel,
    addRun,
    addFlows,
    addDashboard,
    addDoctor,
    addConfig,
  ])
    add(program);
  try {
    await program.parseAsync(args, { from: "user" });
    return 0;
  } catch (error) {
    return statusOf(error);
  }
}

function statusOf(error: unknown): number {
  if (error instanceof ExitStatus) return error.status;
  // Commander has told the user already; only help and version that were asked for are a success.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof HeddleError) {
    process.stderr.write(`heddle: ${error.message} (${error.code})\n`);
    return USAGE_CODES.has(error.code) || error instanceof UsageError ? 2 : 1;
  }
  process.stderr.write(`heddle: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return 1;
}
