import type { TaskRunRow } from "@heddle/protocol/dashboard";

/** A row of the timeline: one task run, or all runs of a task that was mapped. */
export interface TimelineRow {
  readonly id: string;
  readonly label: string;
  /** Milliseconds since the epoch. */
  readonly from: number;
  readonly to: number | undefined;
  readonly runs: readonly TaskRunRow[];
  /** Made by many calls of one task, shown together until it is opened. */
  readonly group: boolean;
  /** One of an opened group. */
  readonly nested: boolean;
}

/** So many runs of one task make one row. */
const TOGETHER = 8;

/** Rows in the order in which they were called; runs of a task with many of them in one, unless it is opened. */
export function timelineRows(runs: readonly TaskRunRow[], opened: ReadonlySet<string>): TimelineRow[] {
  const byTask = new Map<string, TaskRunRow[]>();
  for (const run of runs) {
    const same = byTask.get(run.task);
    if (same) same.push(run);
    else byTask.set(run.task, [run]);
  }
  const rows: TimelineRow[] = [];
  for (const run of runs) {
    const same = byTask.get(run.task)!;
    if (same.length < TOGETHER) {
      rows.push(single(run, false));
      continue;
    }
    if (same[0] !== run) continue;
    rows.push({
      id: `task ${run.task}`,
      label: run.task,
      from: Math.min(...same.map(beginOf)),
      to: same.some((each) => each.endedAt === undefined) ? undefined : Math.max(...same.map((each) => each.endedAt!)),
      runs: same,
      group: true,
      nested: false,
    });
    if (opened.has(run.task)) rows.push(...same.map((each) => single(each, true)));
  }
  return rows;
}

function single(run: TaskRunRow, nested: boolean): TimelineRow {
  return {
    id: `run ${run.number}`,
    label: run.name,
    from: beginOf(run),
    to: run.endedAt,
    runs: [run],
    group: false,
    nested,
  };
}

const beginOf = (run: TaskRunRow): number => run.startedAt ?? run.createdAt;

/** Counts by type of state. */
export function countsOf(runs: readonly TaskRunRow[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { state } of runs) counts[state] = (counts[state] ?? 0) + 1;
  return counts;
}
