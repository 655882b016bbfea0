import type { Command } from "commander";
import { printJson, printLine, printable } from "../output.js";
import { ask, targetOf, withTarget, type TargetOptions } from "../target.js";

export function addExplain(program: Command): void {
  withTarget(
    program
      .command("explain <key>")
      .summary("why a task is not running, or where it is")
      .description(
        "Says in words why a task is where it is: what it waits for, which workers may take it, why it failed.",
      )
      .option("--json", "print JSON, with the data behind the words"),
    true,
  )
    .addHelpText("after", "\nExample:\n  $ heddle explain train-3fa9c1")
    .action(printExplanation);
}

async function printExplanation(key: string, options: TargetOptions & { json?: true }): Promise<void> {
  const answer = await ask(targetOf(undefined, options), { what: "explain", key });
  const explanation = answer as { readonly state: string; readonly reason: string };
  if (options.json) printJson(explanation);
  else printLine(`${printable(key)} is ${explanation.state}: ${printable(explanation.reason)}`);
}
