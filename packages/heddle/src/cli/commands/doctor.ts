import type { Command } from "commander";
import { ExitStatus } from "../exit-status.js";
import { examine } from "../examination.js";
import { printJson, printLine } from "../output.js";

const MARKS = { good: "ok  ", absent: "-   ", bad: "FAIL" } as const;

export function addDoctor(program: Command): void {
  program
    .command("doctor")
    .summary("what this machine can run")
    .description(
      "Looks at Node, cores, memory, ports, TypeScript, Python, Dask, Ray and browsers. Exit status 1 when something needed is missing.",
    )
    .option("--json", "print JSON")
    .addHelpText("after", "\nExample:\n  $ heddle doctor")
    .action(async (options: { json?: true }) => {
      const findings = await examine();
      if (options.json) printJson(findings);
      else for (const { what, verdict, detail } of findings) printLine(`${MARKS[verdict]} ${what}: ${detail}`);
      if (findings.some((finding) => finding.verdict === "bad")) throw new ExitStatus(1);
    });
}
