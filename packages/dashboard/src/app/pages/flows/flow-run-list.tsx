import type { ReactElement } from "react";
import type { FlowRunRow } from "@heddle/protocol/dashboard";
import { apiAddress, getJson } from "../../api/client.js";
import { useQuery } from "../../api/use-query.js";
import { formatAgo, formatCount, formatDuration, formatPlural, formatUtc, plain } from "../../design/format.js";
import { Empty, Panel } from "../../design/panel.js";
import { StateMark } from "../../design/pill.js";
import { Table } from "../../design/table.js";
import type { Column } from "../../design/table.js";
import { formatRoute, navigate, setParameters, useRoute } from "../../routing/route.js";
import { useNow } from "../../store/now.js";
import { schedulerNow } from "../../store/store.js";
import { TaskRunBar } from "./task-run-bar.js";
import { useFlowNews } from "./use-flow-news.js";

const LISTED = 500;
const STATES = ["Running", "Pending", "Scheduled", "Completed", "Failed", "Crashed", "Cancelled"];

const COLUMNS: readonly Column<FlowRunRow>[] = [
  {
    id: "state",
    header: "State",
    width: "128px",
    sortBy: (run) => run.state,
    cell: (run) => <StateMark state={run.state} label={run.stateName} />,
  },
  {
    id: "flow",
    header: "Flow",
    width: "minmax(110px, 1.2fr)",
    sortBy: (run) => run.flow,
    cell: (run) => <span className="truncate">{plain(run.flow)}</span>,
  },
  {
    id: "name",
    header: "Run",
    width: "minmax(110px, 1.2fr)",
    sortBy: (run) => run.name,
    cell: (run) => (
      <span className="truncate" title={plain(run.message ?? "", 1000)}>
        {plain(run.name)}
        {run.parent && <span className="muted"> subflow</span>}
      </span>
    ),
  },
  {
    id: "tasks",
    header: "Task runs",
    width: "minmax(140px, 2fr)",
    sortBy: (run) => countOf(run),
    cell: (run) => <TaskRunBar counts={run.taskRuns} />,
  },
  {
    id: "runner",
    header: "Runner",
    width: "minmax(90px, 1fr)",
    sortBy: (run) => run.runner,
    cell: (run) => <span className="truncate">{plain(run.runner)}</span>,
  },
  {
    id: "duration",
    header: "Duration",
    width: "96px",
    align: "end",
    sortBy: (run) => durationOf(run),
    cell: (run) => formatDuration(durationOf(run)),
  },
  {
    id: "started",
    header: "Started",
    width: "96px",
    align: "end",
    sortBy: (run) => run.startedAt,
    cell: (run) => <span title={formatUtc(run.startedAt)}>{formatAgo(schedulerNow() - run.startedAt)}</span>,
  },
];

const durationOf = (run: FlowRunRow): number => Math.max(0, (run.endedAt ?? schedulerNow()) - run.startedAt);
const countOf = (run: FlowRunRow): number => Object.values(run.taskRuns).reduce((sum, count) => sum + count, 0);

export function FlowRunList(): ReactElement {
  const { state, flow } = useRoute().parameters;
  const runs = useQuery(`flows ${state ?? ""} ${flow ?? ""}`, (signal) =>
    getJson<FlowRunRow[]>(apiAddress("flows", { limit: LISTED, state, flow }), signal),
  );
  useFlowNews(runs.refresh);
  useNow(1000);
  const rows = runs.data ?? [];
  const tools = (
    <>
      {flow !== undefined && (
        <button type="button" className="button quiet" onClick={() => setParameters({ flow: undefined })}>
          {plain(flow, 40)} <span aria-hidden="true">{"\u2715"}</span>
        </button>
      )}
      <select
        className="field"
        aria-label="State"
        value={state ?? ""}
        onChange={(event) => setParameters({ state: event.target.value || undefined })}
      >
        <option value="">all states</option>
        {STATES.map((each) => (
          <option key={each} value={each}>
            {each}
          </option>
        ))}
      </select>
    </>
  );
  return (
    <Panel
      className="groups-all"
      title="Flow runs"
      note={rows.length === LISTED ? `the last ${formatCount(LISTED)}` : formatPlural(rows.length, "run")}
      tools={tools}
      loading={runs.loading}
      error={runs.error}
      flush
    >
      <Table
        label="Flow runs"
        columns={COLUMNS}
        rows={rows}
        rowId={(run) => run.id}
        onOpen={(run) => navigate(formatRoute(["flows", run.id]))}
        empty={
          <Empty title={state === undefined && flow === undefined ? "No flow has run yet" : "No flow run like that"}>
            {state === undefined && flow === undefined && (
              <p>
                A function becomes a flow by <code>flow(fn)</code>; each call of it is a flow run.
              </p>
            )}
          </Empty>
        }
      />
    </Panel>
  );
}
