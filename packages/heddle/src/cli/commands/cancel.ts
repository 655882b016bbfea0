import type { Command } from "commander";
import { printJson, printLine } from "../output.js";
import { ask, targetOf, withTarget, type TargetOptions } from "../target.js";
import { ExitStatus } from "../exit-status.js";

export function addCancel(program: Command): void {
  withTarget(
    program
      .command("cancel <keys...>")
      .summary("stop tasks")
      .description(
        "Cancels tasks by their keys, whoever wants their results. Exit status 1 when none of them is known.",
      )
      .option("--json", "print JSON"),
    true,
  )
    .addHelpText("after", "\nExample:\n  $ heddle cancel train-3fa9c1")
    .action(cancelTasks);
}

async function cancelTasks(keys: readonly string[], options: TargetOptions & { json?: true }): Promise<void> {
  const cancelled = (await ask(targetOf(undefined, options), { what: "cancelKeys", keys, force: true })) as number;
  if (options.json) printJson({ cancelled });
  else printLine(`${cancelled} of ${keys.length} cancelled`);
  if (cancelled === 0) throw new ExitStatus(1);
}
