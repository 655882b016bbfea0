import { findPython } from "../dask/python.js";
import { alternate } from "./alternate.js";
import { SIDE_NAMES } from "./contender.js";
import type { Contender, Program, Sample, Side } from "./contender.js";
import { describeCommit, describeMachine, loadAverage } from "./machine.js";
import { resultSection } from "./result-section.js";
import { median } from "./statistics.js";
import { threeDigits } from "./table.js";
import { judge } from "./verdict.js";

export interface RunOptions {
  readonly reps: number;
  readonly withDask: boolean;
  /** The command to quote in the result. */
  readonly command: string;
}

/** Opens the sides of a program, measures them in turn, closes them, and returns the result as Markdown. */
export async function runProgram(program: Program, options: RunOptions): Promise<string> {
  const before = loadAverage();
  const warmups = program.warmups ?? 1;
  const contenders = new Map<Side, Contender>();
  try {
    for (const side of sidesOf(program, options.withDask)) contenders.set(side, await program.contenders[side]!());
    const samples = await alternate(contenders, options.reps, warmups, (side, round, sample) => {
      const values = Object.entries(sample).map(([metric, value]) => `${metric} ${threeDigits(value)}`);
      console.error(
        `${program.name} ${round <= 0 ? "warm-up" : `${round}/${options.reps}`} ${SIDE_NAMES[side]}: ${values.join(", ")}`,
      );
    });
    const medians = new Map([...samples].map(([side, ofSide]) => [side, mediansOf(ofSide)]));
    return resultSection({
      program,
      medians,
      verdicts: judge(program.targets, medians),
      configs: new Map([...contenders].flatMap(([side, { config }]) => (config === undefined ? [] : [[side, config]]))),
      reps: options.reps,
      warmups,
      command: options.command,
      date: new Date(),
      machine: describeMachine(),
      commit: describeCommit(),
      nodeVersion: process.version,
      load: { before, after: loadAverage() },
    });
  } finally {
    await Promise.all([...contenders.values()].map((contender) => contender.close()));
  }
}

function sidesOf(program: Program, withDask: boolean): Side[] {
  const sides: Side[] = [];
  if (program.contenders.heddle !== undefined) sides.push("heddle");
  if (program.contenders.bare !== undefined) sides.push("bare");
  if (program.contenders.dask !== undefined && withDask) {
    const search = findPython();
    if ("python" in search) sides.push("dask");
    else console.error(`\n*** NO COMPARISON WITH DASK: ${search.missing}\n*** The other sides are measured alone.\n`);
  }
  return sides;
}

function mediansOf(samples: readonly Sample[]): Record<string, number> {
  const metrics = Object.keys(samples[0] ?? {});
  return Object.fromEntries(metrics.map((metric) => [metric, median(samples.map((sample) => sample[metric]!))]));
}
