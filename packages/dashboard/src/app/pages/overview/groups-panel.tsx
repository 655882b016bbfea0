import { useMemo } from "react";
import type { ReactElement } from "react";
import type { GroupSummary } from "@heddle/protocol/dashboard";
import { formatCount, formatDuration, formatPlural, plain } from "../../design/format.js";
import { Swatch } from "../../design/legend.js";
import { Empty, Panel } from "../../design/panel.js";
import { ProgressBar, ProgressLegend } from "../../design/progress-bar.js";
import { STATES, totalOf } from "../../design/states.js";
import { Table } from "../../design/table.js";
import type { Column } from "../../design/table.js";
import { formatRoute, navigate } from "../../routing/route.js";
import { useCluster } from "../../store/store.js";
import { inTopologicalOrder } from "./topological-order.js";

interface Row {
  readonly id: number;
  readonly name: string;
  readonly slot: number;
  readonly summary: GroupSummary;
}

const COLUMNS: readonly Column<Row>[] = [
  {
    id: "name",
    header: "Group",
    width: "minmax(100px, 5fr)",
    cell: (row) => (
      <span className="overview-group" title={plain(row.name)}>
        <Swatch slot={row.slot} /> <span className="truncate">{plain(row.name)}</span>
      </span>
    ),
  },
  {
    id: "progress",
    header: "Progress",
    width: "minmax(70px, 1fr)",
    cell: (row) => <ProgressBar summary={row.summary} label={plain(row.name)} />,
  },
  {
    id: "done",
    header: "Done",
    width: "112px",
    align: "end",
    cell: (row) => (
      <>
        {row.summary.failed > 0 && (
          <span className="overview-failed" title={`${formatCount(row.summary.failed)} failed`}>
            <span aria-hidden="true">{STATES.erred.glyph} </span>
            {formatCount(row.summary.failed)}
            <span className="spoken"> failed</span>{" "}
          </span>
        )}
        {formatCount(row.summary.done)}/{formatCount(totalOf(row.summary.states))}
      </>
    ),
  },
  {
    id: "mean",
    header: "Mean",
    tip: "Of its runs that were done",
    width: "62px",
    align: "end",
    cell: (row) => (row.summary.done > 0 ? formatDuration(row.summary.mean) : "-"),
  },
];

/** How far each group is, in the order the work flows. */
export function GroupsPanel(): ReactElement {
  const names = useCluster((state) => state.groupNames);
  const groups = useCluster((state) => state.groups);
  const known = useCluster((state) => state.run !== undefined);
  const rows = useMemo(
    () =>
      inTopologicalOrder([...names.values()]).flatMap(({ id, name, slot }): readonly Row[] => {
        const summary = groups.get(id);
        return summary ? [{ id, name, slot, summary }] : [];
      }),
    [names, groups],
  );
  return (
    <Panel
      title="Progress by group"
      note={rows.length > 0 ? formatPlural(rows.length, "group") : undefined}
      loading={!known}
      live
      flush
    >
      <Table
        label="Progress by group"
        columns={COLUMNS}
        rows={rows}
        rowId={(row) => row.id}
        onOpen={(row) => navigate(formatRoute(["groups", String(row.id)]))}
        empty={<Empty title="No groups yet">Tasks of one function form a group.</Empty>}
      />
      <ProgressLegend summaries={rows.map(({ summary }) => summary)} />
    </Panel>
  );
}
