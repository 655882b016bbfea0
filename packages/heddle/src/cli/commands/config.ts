import type { Command } from "commander";
import { environmentName, loadSettings } from "@heddle/protocol";
import { printJson, printLine } from "../output.js";

export function addConfig(program: Command): void {
  program
    .command("config")
    .summary("every setting, its value, and where that came from")
    .description("Prints all settings: defaults, then heddle.config.json, then HEDDLE_* variables; the last one wins.")
    .option("--json", "print JSON")
    .addHelpText("after", "\nExample:\n  $ HEDDLE_SCHEDULER_PORT=9000 heddle config")
    .action(printConfig);
}

function printConfig(options: { json?: true }): void {
  const settings = [...loadSettings().entries()].map((entry) => ({
    ...entry,
    // A secret does not belong on a screen.
    value: /token$/i.test(entry.path) && entry.value !== undefined ? "(hidden)" : entry.value,
    variable: environmentName(entry.path),
  }));
  if (options.json) return printJson(settings.map((entry) => ({ ...entry, value: entry.value ?? null })));
  for (const { path, value, source, about, variable } of settings) {
    printLine(`${path} = ${value === undefined ? "(not set)" : JSON.stringify(value)}   from ${source}`);
    printLine(`    ${about} ${variable}`);
  }
}
