import { useMemo } from "react";
import type { ReactElement, ReactNode } from "react";
import type { GroupEntry, GroupSummary } from "@heddle/protocol/dashboard";
import { formatBytes, formatCount, formatDuration, formatPlural, formatRate, plain } from "../../design/format.js";
import { Swatch } from "../../design/legend.js";
import { Empty, Panel } from "../../design/panel.js";
import { ProgressBar, ProgressLegend } from "../../design/progress-bar.js";
import { unfinishedOf } from "../../design/states.js";
import { Table } from "../../design/table.js";
import type { Column } from "../../design/table.js";
import { formatRoute, navigate, setParameters, useRoute } from "../../routing/route.js";
import { useCluster } from "../../store/store.js";

interface Row {
  readonly entry: GroupEntry;
  readonly summary: GroupSummary;
}

/** Seconds, as the summary has them. */
const seconds = (value: number): string => formatDuration(value * 1000);

const COLUMNS: readonly Column<Row>[] = [
  {
    id: "name",
    header: "Group",
    width: "minmax(120px, 2fr)",
    sortBy: ({ entry }) => entry.name,
    cell: ({ entry }) => (
      <span className="groups-name" title={plain(entry.name)}>
        <Swatch slot={entry.slot} /> <span className="truncate">{plain(entry.name)}</span>
      </span>
    ),
  },
  {
    id: "progress",
    header: "Progress",
    width: "minmax(120px, 3fr)",
    sortBy: ({ summary }) => remainingOf(summary),
    cell: ({ entry, summary }) => <ProgressBar summary={summary} label={plain(entry.name)} />,
  },
  number("done", "Done", 76, ({ done }) => done, formatCount),
  number("left", "Left", 76, remainingOf, formatCount, "Tasks that are still to be done"),
  number(
    "failed",
    "Failed",
    68,
    ({ failed }) => failed,
    (failed) => (failed === 0 ? "-" : <span className="groups-failed">{formatCount(failed)}</span>),
  ),
  number("rate", "Rate", 76, ({ rate }) => rate, formatRate, "Tasks done a second"),
  number(
    "mean",
    "Mean",
    76,
    ({ mean, done }) => (done > 0 ? mean : -1),
    (mean) => (mean < 0 ? "-" : formatDuration(mean)),
    "Of its runs that were done",
  ),
  number("compute", "Compute", 84, ({ compute }) => compute, seconds, "Time of all runs in the function itself"),
  number(
    "transfer",
    "Transfer",
    84,
    ({ transfer }) => transfer,
    seconds,
    "Time of all runs until their inputs were there",
  ),
  number("nbytes", "Results", 88, ({ nbytes }) => nbytes, formatBytes, "Size of the results that workers hold"),
];

function number(
  id: string,
  header: string,
  width: number,
  value: (summary: GroupSummary) => number,
  format: (value: number) => ReactNode,
  tip?: string,
): Column<Row> {
  return {
    id,
    header,
    ...(tip === undefined ? {} : { tip }),
    width: `${width}px`,
    align: "end",
    sortBy: ({ summary }) => value(summary),
    cell: ({ summary }) => format(value(summary)),
  };
}

function remainingOf({ states }: GroupSummary): number {
  return unfinishedOf(states);
}

export function GroupList(): ReactElement {
  const names = useCluster((state) => state.groupNames);
  const summaries = useCluster((state) => state.groups);
  const known = useCluster((state) => state.run !== undefined);
  const { filter = "", unfinished } = useRoute().parameters;
  const all = useMemo(
    () =>
      [...names.values()].flatMap((entry): readonly Row[] => {
        const summary = summaries.get(entry.id);
        return summary ? [{ entry, summary }] : [];
      }),
    [names, summaries],
  );
  const rows = useMemo(() => {
    const wanted = filter.toLowerCase();
    return all.filter(
      ({ entry, summary }) =>
        entry.name.toLowerCase().includes(wanted) && (unfinished === undefined || remainingOf(summary) > 0),
    );
  }, [all, filter, unfinished]);
  const note =
    rows.length === all.length
      ? formatPlural(all.length, "group")
      : `${formatCount(rows.length)} of ${formatPlural(all.length, "group")}`;
  const tools = (
    <>
      <label className="groups-check">
        <input
          type="checkbox"
          checked={unfinished !== undefined}
          onChange={(event) => setParameters({ unfinished: event.target.checked ? 1 : undefined })}
        />
        only unfinished
      </label>
      <input
        className="field"
        type="search"
        placeholder="Filter"
        aria-label="Filter groups by name"
        value={filter}
        onChange={(event) => setParameters({ filter: event.target.value || undefined })}
      />
    </>
  );
  return (
    <Panel className="groups-all" title="Groups" note={note} tools={tools} loading={!known} live flush>
      <Table
        label="Groups"
        columns={COLUMNS}
        rows={rows}
        rowId={({ entry }) => entry.id}
        sort={{ column: "compute", descending: true }}
        onOpen={({ entry }) => navigate(formatRoute(["groups", String(entry.id)]))}
        empty={
          all.length === 0 ? (
            <Empty title="No groups yet">Tasks of one function form a group.</Empty>
          ) : (
            <Empty title="No group of that name" />
          )
        }
      />
      <ProgressLegend summaries={rows.map(({ summary }) => summary)} />
    </Panel>
  );
}
