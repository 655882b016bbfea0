import { useMemo } from "react";
import type { ReactElement } from "react";
import type { FlowRunRow, ReportHead } from "@heddle/protocol/dashboard";
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatPercent,
  formatPlural,
  formatTime,
  formatUtc,
  plain,
} from "../app/design/format.js";
import { Swatch } from "../app/design/legend.js";
import { Panel } from "../app/design/panel.js";
import { stateLook } from "../app/design/states.js";
import type { Column } from "../app/design/table.js";
import { useCluster } from "../app/store/store.js";
import { rangeOf } from "./record-port.js";
import { noSums, type GroupRuns, type RunStatistics, type Sums } from "./run-statistics.js";
import { StaticTable } from "./static-table.js";
import { workersOf } from "./summary.js";

type Columns<Row> = readonly Omit<Column<Row>, "width">[];

const numbers = <Row,>(
  id: string,
  header: string,
  value: (row: Row) => number,
  format: (value: number) => string,
): Columns<Row>[number] => ({ id, header, align: "end", cell: (row) => format(value(row)), sortBy: value });

const failed = <Row extends { readonly failed: number }>(): Columns<Row>[number] => ({
  id: "failed",
  header: "Failed",
  align: "end",
  cell: (row) => (row.failed > 0 ? <span className="report-bad">{formatCount(row.failed)}</span> : "0"),
  sortBy: (row) => row.failed,
});

/** Of what there was any of: most runs have neither. */
const gone = <Row extends { readonly cancelled: number; readonly lost: number }>(
  all: Pick<Row, "cancelled" | "lost">,
): Columns<Row> => [
  ...(all.cancelled > 0 ? [numbers<Row>("cancelled", "Cancelled", (row) => row.cancelled, formatCount)] : []),
  ...(all.lost > 0 ? [numbers<Row>("lost", "Lost", (row) => row.lost, formatCount)] : []),
];

export function GroupsSection(props: {
  readonly statistics: RunStatistics;
  readonly marked: string | undefined;
}): ReactElement {
  const { groups, all } = props.statistics;
  const names = useCluster((state) => state.groupNames);
  const columns = useMemo(
    (): Columns<GroupRuns> => [
      {
        id: "name",
        header: "Group",
        cell: ({ id }) => (
          <>
            <Swatch slot={names.get(id)?.slot ?? -1} /> {plain(names.get(id)?.name ?? `group ${id}`, 80)}
          </>
        ),
        sortBy: ({ id }) => names.get(id)?.name ?? "",
      },
      numbers("runs", "Runs", (row) => row.runs, formatCount),
      failed(),
      ...gone<GroupRuns>(all),
      numbers("compute", "Time", (row) => row.compute, formatDuration),
      {
        id: "share",
        header: "Share",
        align: "end",
        cell: (row) => <Share part={all.compute > 0 ? row.compute / all.compute : 0} />,
        sortBy: (row) => row.compute,
      },
      numbers("mean", "Mean", (row) => row.mean, formatDuration),
      numbers("median", "Median", (row) => row.median, formatDuration),
      numbers("p95", "95 %", (row) => row.p95, formatDuration),
      numbers("longest", "Longest", (row) => row.longest, formatDuration),
      numbers("transfer", "Inputs on their way", (row) => row.transfer, formatDuration),
      numbers("nbytes", "Results", (row) => row.nbytes, formatBytes),
    ],
    [names, all],
  );
  return (
    <section id="groups" className="report-part">
      <Panel title="Groups" note={formatPlural(groups.length, "group")} flush>
        <StaticTable
          label="Groups"
          columns={columns}
          rows={groups}
          rowId={({ id }) => `group-${id}`}
          marked={props.marked}
        />
      </Panel>
    </section>
  );
}

function Share({ part }: { readonly part: number }): ReactElement {
  return (
    <span className="report-share">
      <span aria-hidden="true">
        <span style={{ width: `${100 * part}%` }} />
      </span>
      {formatPercent(part)}
    </span>
  );
}

type WorkerRuns = Sums & ReturnType<typeof workersOf>[number] & { readonly busy: number };

const ENDING: Columns<WorkerRuns>[number] = {
  id: "ending",
  header: "Left",
  cell: ({ leftAt, ending }) =>
    leftAt === undefined ? "" : `${formatTime(leftAt, false)}${ending === undefined ? "" : `, ${plain(ending)}`}`,
};

export function WorkersSection(props: {
  readonly head: ReportHead;
  readonly statistics: RunStatistics;
  readonly marked: string | undefined;
}): ReactElement {
  const { head, statistics } = props;
  const rows = useMemo(() => workerRuns(head, statistics), [head, statistics]);
  const columns = useMemo(
    (): Columns<WorkerRuns> => [
      { id: "name", header: "Worker", cell: ({ name }) => plain(name, 60), sortBy: ({ name }) => name },
      { id: "host", header: "Host", cell: ({ host }) => plain(host, 60), sortBy: ({ host }) => host },
      numbers("threads", "Threads", (row) => row.threads, formatCount),
      numbers("runs", "Runs", (row) => row.runs, formatCount),
      failed(),
      ...gone<WorkerRuns>(statistics.all),
      numbers("compute", "Time", (row) => row.compute, formatDuration),
      {
        id: "busy",
        header: "Threads busy",
        align: "end",
        cell: (row) => <Share part={row.busy} />,
        sortBy: (row) => row.busy,
      },
      numbers("transfer", "Inputs on their way", (row) => row.transfer, formatDuration),
      numbers("nbytes", "Results", (row) => row.nbytes, formatBytes),
      numbers("limit", "Memory limit", (row) => row.memoryLimit, formatBytes),
      ...(rows.some(({ leftAt }) => leftAt !== undefined) ? [ENDING] : []),
    ],
    [rows, statistics],
  );
  return (
    <section id="workers" className="report-part">
      <Panel title="Workers" note={formatPlural(rows.length, "worker")} flush>
        <StaticTable
          label="Workers"
          columns={columns}
          rows={rows}
          rowId={({ id }) => `worker-${id}`}
          marked={props.marked}
        />
      </Panel>
    </section>
  );
}

function workerRuns(head: ReportHead, statistics: RunStatistics): WorkerRuns[] {
  const [from, to] = rangeOf(head);
  const lanes = head.hello.dictionary.lanes ?? [];
  return workersOf(head, statistics).map((worker) => {
    const sums = noSums();
    for (const lane of lanes) {
      const ofLane = lane.worker === worker.id ? statistics.lanes.get(lane.id) : undefined;
      if (ofLane !== undefined)
        for (const name of Object.keys(sums) as (keyof typeof sums)[]) sums[name] += ofLane[name];
    }
    const there = Math.min(to, worker.leftAt ?? to) - Math.max(from, worker.joinedAt);
    return { ...worker, ...sums, busy: Math.min(1, sums.compute / (worker.threads * Math.max(1, there))) };
  });
}

export function FlowsSection({ flows }: { readonly flows: readonly FlowRunRow[] }): ReactElement | null {
  const columns = useMemo(
    (): Columns<FlowRunRow> => [
      { id: "flow", header: "Flow", cell: ({ flow }) => plain(flow, 80), sortBy: ({ flow }) => flow },
      { id: "name", header: "Run", cell: ({ name }) => plain(name, 80), sortBy: ({ name }) => name },
      {
        id: "state",
        header: "State",
        cell: ({ state, stateName }) => (
          <span className="state-mark">
            <span style={{ color: stateLook(state).color }} aria-hidden="true">
              {stateLook(state).glyph}
            </span>
            {plain(stateName, 40)}
          </span>
        ),
        sortBy: ({ stateName }) => stateName,
      },
      {
        id: "started",
        header: "Began",
        align: "end",
        cell: ({ startedAt }) => <span title={formatUtc(startedAt)}>{formatTime(startedAt, false)}</span>,
        sortBy: ({ startedAt }) => startedAt,
      },
      {
        id: "took",
        header: "Took",
        align: "end",
        cell: ({ startedAt, endedAt }) => (endedAt === undefined ? "" : formatDuration(endedAt - startedAt)),
        sortBy: ({ startedAt, endedAt }) => (endedAt ?? startedAt) - startedAt,
      },
    ],
    [],
  );
  if (flows.length === 0) return null;
  return (
    <section id="flows" className="report-part">
      <Panel title="Flow runs" note={formatPlural(flows.length, "run")} flush>
        <StaticTable label="Flow runs" columns={columns} rows={flows} rowId={({ id }) => `flow-${id}`} />
      </Panel>
    </section>
  );
}
