import { resolve } from "node:path";
import { parseArgs } from "node:util";
import type { Program } from "./harness/contender.js";
import { writeSection } from "./harness/report-file.js";
import { runProgram } from "./harness/run-program.js";
import { PROGRAMS } from "./programs/index.js";

const USAGE = `npm run bench -- <name>... [--reps N] [--no-dask] [--write]
npm run bench -- list

  --reps N    repetitions that count, instead of the program's own number
  --no-dask   leave Dask out
  --write     put the result into docs/benchmarks.md
`;

const REPORT = resolve(import.meta.dirname, "../docs/benchmarks.md");

/** A command line that cannot be followed, as opposed to a benchmark that failed. */
class UsageError extends Error {}

interface Request {
  readonly programs: readonly Program[];
  readonly reps: number | undefined;
  readonly withDask: boolean;
  readonly write: boolean;
}

function readArguments(argv: string[]): Request | "list" {
  const { positionals, values } = parse(argv);
  if (positionals.length === 0) throw new UsageError("which benchmark?");
  if (positionals[0] === "list") return "list";
  const reps = values.reps === undefined ? undefined : Number(values.reps);
  if (reps !== undefined && !(Number.isInteger(reps) && reps > 0)) {
    throw new UsageError(`--reps takes a whole number from 1 up, not "${values.reps}"`);
  }
  return {
    programs: positionals.map(programNamed),
    reps,
    withDask: values["no-dask"] !== true,
    write: values.write === true,
  };
}

function parse(argv: string[]) {
  try {
    return parseArgs({
      args: argv,
      allowPositionals: true,
      options: { reps: { type: "string" }, "no-dask": { type: "boolean" }, write: { type: "boolean" } },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function programNamed(name: string): Program {
  const program = PROGRAMS.find((candidate) => candidate.name === name);
  if (program !== undefined) return program;
  throw new UsageError(`no benchmark "${name}"; there are ${PROGRAMS.map((known) => known.name).join(", ")}`);
}

/** The command that repeats one program of a request, for the report. */
function commandFor(program: Program, { reps, withDask }: Request): string {
  const options = [reps === undefined ? "" : ` --reps ${reps}`, withDask ? "" : " --no-dask"];
  return `npm run bench -- ${program.name}${options.join("")}`;
}

async function main(argv: string[]): Promise<void> {
  const request = readArguments(argv);
  if (request === "list") {
    for (const { name, what } of PROGRAMS) console.log(`${name.padEnd(12)} ${what}`);
    return;
  }
  for (const program of request.programs) {
    const section = await runProgram(program, {
      reps: request.reps ?? program.reps,
      withDask: request.withDask,
      command: commandFor(program, request),
    });
    console.log(`\n${section}\n`);
    if (request.write) writeSection(REPORT, program.name, section);
  }
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`bench: ${error.message}\n\n${USAGE}`);
  process.exitCode = 2;
}
