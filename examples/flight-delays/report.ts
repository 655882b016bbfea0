/** The answer as text. */
import { table, type Column } from "../terminal/table.js";
import { count } from "../terminal/units.js";
import type { DelayReport, DelaySummary } from "./delays.js";

const WEEKDAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

const weekday: Column<DelaySummary> = { title: "weekday", value: (row) => WEEKDAYS[row.weekday]! };
const state: Column<DelaySummary> = { title: "from", value: (row) => row.state };
const numbers: readonly Column<DelaySummary>[] = [
  { title: "flights", value: (row) => row.flights },
  { title: "mean delay (min)", value: (row) => row.mean.toFixed(1), align: "right" },
  { title: "over 15 min late", value: (row) => `${(row.late * 100).toFixed(1)} %`, align: "right" },
  { title: "90 % within (min)", value: (row) => row.percentile90 },
];

/** Weeks begin on Monday here. */
const byWeekday = (a: DelaySummary, b: DelaySummary): number => ((a.weekday + 6) % 7) - ((b.weekday + 6) % 7);

/** How many groups are shown when not all are, and how many flights a group must have for that. */
const ROWS = 12;
const LEAST = 500;

export function printReport(report: DelayReport, all: boolean): void {
  const flights = report.groups.reduce((sum, group) => sum + group.flights, 0);
  console.log(`\n${count(flights, "flight")} by weekday, from all states\n\n${weekdayTable(report)}`);
  if (all) console.log(`\nBy state and weekday\n\n${groupTable(report)}`);
  else
    console.log(
      `\nThe ${String(ROWS)} greatest mean delays of the ${count(report.groups.length, "group")} by state and weekday ` +
        `(--all shows all), of those with ${String(LEAST)} flights or more\n\n${worstGroups(report)}`,
    );
  const { noState, implausible } = report.dropped;
  console.log(
    `\nLeft out: ${count(noState, "flight")} from airports without a state, ` +
      `${count(implausible, "flight")} with a delay that cannot be (over 2 hours early, or 2 days late).`,
  );
}

function weekdayTable({ weekdays }: DelayReport): string {
  return table([...weekdays].sort(byWeekday), [weekday, ...numbers]);
}

/** Every group. */
export function groupTable({ groups }: DelayReport): string {
  const sorted = [...groups].sort((a, b) => a.state.localeCompare(b.state) || byWeekday(a, b));
  return table(sorted, [state, weekday, ...numbers]);
}

function worstGroups({ groups }: DelayReport): string {
  const worst = groups.filter((group) => group.flights >= LEAST).sort((a, b) => b.mean - a.mean);
  return table(worst.slice(0, ROWS), [state, weekday, ...numbers]);
}
