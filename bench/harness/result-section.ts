import { SIDE_NAMES } from "./contender.js";
import type { Program, Side, Target } from "./contender.js";
import { markdownTable, threeDigits } from "./table.js";
import type { Alignment } from "./table.js";
import type { Medians, Verdict } from "./verdict.js";

/** Everything that is said about one finished run of one program. */
export interface Result {
  readonly program: Program;
  readonly medians: Medians;
  readonly verdicts: readonly Verdict[];
  readonly configs: ReadonlyMap<Side, Readonly<Record<string, string>>>;
  readonly reps: number;
  readonly warmups: number;
  /** As typed, to be typed again. */
  readonly command: string;
  readonly date: Date;
  readonly machine: string;
  readonly commit: string;
  readonly nodeVersion: string;
  readonly load: { readonly before: number; readonly after: number };
}

/** The result as Markdown, headed by the program's name. */
export function resultSection(result: Result): string {
  const { program, load } = result;
  const facts = [
    `Measured on ${result.date.toISOString().slice(0, 10)} with \`${result.command}\`: medians of ${result.reps}, sides in turn, after ${result.warmups === 1 ? "one round that does" : `${result.warmups} rounds that do`} not count.`,
    `Machine: ${result.machine}; load average ${load.before.toFixed(1)} before, ${load.after.toFixed(1)} after.`,
    `Node ${result.nodeVersion}, commit ${result.commit}.`,
    ...[...result.configs].map(([side, config]) => `${SIDE_NAMES[side]}: ${describeConfig(config)}.`),
  ];
  const parts = [
    `## ${program.name}`,
    program.what,
    facts.map((fact) => `- ${fact}`).join("\n"),
    mediansTable(result.medians),
  ];
  if (result.verdicts.length > 0) parts.push(verdictsTable(result.verdicts));
  return parts.join("\n\n");
}

function describeConfig(config: Readonly<Record<string, string>>): string {
  return Object.entries(config)
    .map(([name, value]) => `${name} ${value}`)
    .join(", ");
}

/** One row per metric, one column per side, and what Heddle's median is against each other side. */
function mediansTable(medians: Medians): string {
  const own = medians.get("heddle");
  const columns: [string, Alignment][] = [["metric", "left"]];
  const cells: ((metric: string) => string)[] = [(metric) => metric];
  for (const [side, values] of medians) {
    columns.push([SIDE_NAMES[side], "right"]);
    cells.push((metric) => (values[metric] === undefined ? "" : threeDigits(values[metric])));
    if (own === undefined || side === "heddle") continue;
    columns.push([side === "dask" ? "Dask / Heddle" : "Heddle / bare", "right"]);
    cells.push((metric) => {
      const [ours, theirs] = [own[metric], values[metric]];
      if (ours === undefined || theirs === undefined) return "";
      return `${threeDigits(side === "dask" ? theirs / ours : ours / theirs)} x`;
    });
  }
  const metrics = new Set([...medians.values()].flatMap((values) => Object.keys(values)));
  return markdownTable(
    columns,
    [...metrics].map((metric) => cells.map((cell) => cell(metric))),
  );
}

function verdictsTable(verdicts: readonly Verdict[]): string {
  return markdownTable(
    [
      ["target", "left"],
      ["reach", "right"],
      ["aim", "right"],
      ["measured", "right"],
      ["met", "left"],
    ],
    verdicts.map(({ target, value, grade }) => [
      describeTarget(target),
      limit(target, target.reach),
      limit(target, target.aim),
      limit(target, value),
      grade === "short" ? "**short**" : grade,
    ]),
  );
}

function describeTarget({ metric, against }: Target): string {
  if (against === undefined) return `${metric}, at most`;
  return against === "dask" ? `${metric}, times less than Dask, at least` : `${metric}, times the bare one, at most`;
}

function limit(target: Target, value: number): string {
  return target.against === undefined ? threeDigits(value) : `${threeDigits(value)} x`;
}
