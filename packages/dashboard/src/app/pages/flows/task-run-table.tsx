import type { ReactElement } from "react";
import type { FlowRunDetail, TaskRunRow } from "@heddle/protocol/dashboard";
import { formatCount, formatDuration, formatTime, plain } from "../../design/format.js";
import { Empty, Panel } from "../../design/panel.js";
import { StateMark } from "../../design/pill.js";
import { Table } from "../../design/table.js";
import type { Column } from "../../design/table.js";
import { schedulerNow } from "../../store/store.js";

const COLUMNS: readonly Column<TaskRunRow>[] = [
  { id: "number", header: "#", width: "56px", align: "end", sortBy: (run) => run.number, cell: (run) => run.number },
  {
    id: "state",
    header: "State",
    width: "128px",
    sortBy: (run) => run.stateName,
    cell: (run) => <StateMark state={run.state} label={run.stateName} />,
  },
  {
    id: "name",
    header: "Task run",
    width: "minmax(120px, 1fr)",
    sortBy: (run) => run.name,
    cell: (run) => <span className="truncate">{plain(run.name)}</span>,
  },
  {
    id: "message",
    header: "Message",
    width: "minmax(120px, 2fr)",
    cell: (run) => (
      <span className="truncate" title={plain(run.message ?? "", 2000)}>
        {plain(run.message ?? "")}
      </span>
    ),
  },
  {
    id: "attempts",
    header: "Attempts",
    width: "76px",
    align: "end",
    sortBy: (run) => run.attempts,
    cell: (run) => formatCount(run.attempts),
  },
  {
    id: "worker",
    header: "Worker",
    width: "minmax(80px, 1fr)",
    sortBy: (run) => run.worker ?? "",
    cell: (run) => <span className="truncate">{plain(run.worker ?? "-")}</span>,
  },
  {
    id: "started",
    header: "Started",
    width: "106px",
    align: "end",
    sortBy: (run) => run.startedAt ?? Number.MAX_SAFE_INTEGER,
    cell: (run) => (run.startedAt === undefined ? "-" : formatTime(run.startedAt)),
  },
  {
    id: "duration",
    header: "Duration",
    width: "86px",
    align: "end",
    sortBy: durationOf,
    cell: (run) => (run.startedAt === undefined ? "-" : formatDuration(durationOf(run))),
  },
];

function durationOf(run: TaskRunRow): number {
  return run.startedAt === undefined ? -1 : (run.endedAt ?? schedulerNow()) - run.startedAt;
}

export function TaskRunTable(props: {
  readonly detail: FlowRunDetail;
  readonly note: string | undefined;
  readonly selected: number | undefined;
  readonly onSelect: (number: number) => void;
}): ReactElement {
  return (
    <Panel className="groups-all" title="Task runs" note={props.note} flush>
      <Table
        label="Task runs"
        columns={COLUMNS}
        rows={props.detail.taskRuns}
        rowId={(run) => run.number}
        selected={props.selected}
        onOpen={(run) => props.onSelect(run.number)}
        empty={<Empty title="This run created no tasks" />}
      />
    </Panel>
  );
}
