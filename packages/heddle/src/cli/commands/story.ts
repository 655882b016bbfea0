import type { Command } from "commander";
import { printJson, printLine, printTable, printable } from "../output.js";
import { ask, targetOf, withTarget, type TargetOptions } from "../target.js";

interface StoryLine {
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly from: string;
  readonly to: string;
  readonly cause: string;
  readonly event: number;
  readonly worker: string | null;
}

export function addStory(program: Command): void {
  withTarget(
    program
      .command("story <key>")
      .summary("everything that happened to a task")
      .description("Prints every transition of a task, with what caused it. What is long ago is forgotten.")
      .option("--json", "print JSON"),
    true,
  )
    .addHelpText("after", "\nExample:\n  $ heddle story train-3fa9c1")
    .action(printStory);
}

async function printStory(key: string, options: TargetOptions & { json?: true }): Promise<void> {
  const story = (await ask(targetOf(undefined, options), { what: "story", key })) as unknown as readonly StoryLine[];
  if (options.json) return printJson(story);
  if (story.length === 0) return printLine("nothing is remembered of it any more");
  const start = story[0]!.time;
  printLine(`since ${new Date(start).toISOString()}:`);
  printTable(
    ["after ms", "from", "to", "because of", "worker", "event"],
    story.map((entry) => [
      Number((entry.time - start).toFixed(1)),
      entry.from,
      entry.to,
      entry.cause,
      printable(entry.worker ?? "-"),
      entry.event,
    ]),
  );
}
