import { useMemo } from "react";
import type { ReactElement } from "react";
import type { WorkerEntry, WorkerSummary } from "@heddle/protocol/dashboard";
import { useSession } from "../../api/session.js";
import { Command } from "../../design/copy-button.js";
import { formatAgo, formatBytes, formatCount, formatPercent, formatPlural, plain } from "../../design/format.js";
import { Empty, Panel } from "../../design/panel.js";
import { Pill } from "../../design/pill.js";
import type { Tone } from "../../design/pill.js";
import { Table } from "../../design/table.js";
import type { Column } from "../../design/table.js";
import { formatRoute, navigate, setParameters, useRoute } from "../../routing/route.js";
import { schedulerNow, useCluster } from "../../store/store.js";
import { MemoryCell } from "./memory-cell.js";
import { workerStatus } from "./worker-status.js";
import type { WorkerStatus } from "./worker-status.js";

export interface WorkerRow {
  readonly entry: WorkerEntry;
  readonly summary: WorkerSummary | undefined;
}

const STATUS: Readonly<Record<WorkerStatus, readonly [Tone, string]>> = {
  running: ["good", "\u25cf"],
  paused: ["warning", "\u2016"],
  closing: ["neutral", "\u25bc"],
  gone: ["error", "\u2715"],
  silent: ["warning", "?"],
};

const statusOf = ({ entry, summary }: WorkerRow): WorkerStatus => workerStatus(entry, summary);

export function StatusPill({ row }: { readonly row: WorkerRow }): ReactElement {
  const status = statusOf(row);
  const [tone, mark] = STATUS[status];
  const reason = row.entry.ending ?? row.summary?.reason ?? "";
  return (
    <Pill tone={tone} mark={mark} title={plain(reason, 1000)}>
      {status}
    </Pill>
  );
}

function number(
  id: string,
  header: string,
  width: number,
  value: (summary: WorkerSummary) => number,
  format: (value: number) => string = formatCount,
  tip?: string,
): Column<WorkerRow> {
  return {
    id,
    header,
    ...(tip === undefined ? {} : { tip }),
    width: `${width}px`,
    align: "end",
    sortBy: ({ summary }) => (summary ? value(summary) : -1),
    cell: ({ summary }) => (summary ? format(value(summary)) : "-"),
  };
}

const rate = (bytes: number): string => (bytes < 1 ? "-" : `${formatBytes(bytes)}/s`);

const COLUMNS: readonly Column<WorkerRow>[] = [
  {
    id: "name",
    header: "Worker",
    width: "minmax(110px, 2fr)",
    sortBy: ({ entry }) => entry.name,
    cell: ({ entry }) => (
      <span className="truncate" title={`${plain(entry.name)} on ${plain(entry.host)}, process ${entry.pid}`}>
        {plain(entry.name)}
      </span>
    ),
  },
  {
    id: "status",
    header: "State",
    width: "104px",
    sortBy: statusOf,
    cell: (row) => <StatusPill row={row} />,
  },
  {
    id: "busy",
    header: "Threads",
    tip: "Threads that are busy, of all it has",
    width: "72px",
    align: "end",
    sortBy: ({ entry, summary }) => (summary ? summary.threadsBusy / Math.max(1, entry.threads) : -1),
    cell: ({ entry, summary }) => `${summary?.threadsBusy ?? 0}/${entry.threads}`,
  },
  number("cpu", "CPU", 64, ({ cpu }) => cpu, formatPercent, "Of one core: 200 % is two cores"),
  number(
    "ready",
    "Ready",
    64,
    ({ ready }) => ready,
    formatCount,
    "Tasks whose inputs are there and that wait for a thread",
  ),
  number(
    "assigned",
    "Assigned",
    76,
    ({ assigned }) => assigned,
    formatCount,
    "Tasks that it has been given and not finished",
  ),
  {
    id: "memory",
    header: "Memory",
    tip: "Results dark, the rest of the process pale, of its limit. Marks: at 60 and 70 % results go to disk, at 80 % it is paused, at 95 % it is started again",
    width: "minmax(150px, 2fr)",
    sortBy: ({ summary }) => (summary ? summary.memory.rss : -1),
    cell: ({ summary }) => (summary ? <MemoryCell memory={summary.memory} /> : "-"),
  },
  number(
    "spilled",
    "On disk",
    80,
    ({ memory }) => memory.spilled,
    (bytes) => (bytes === 0 ? "-" : formatBytes(bytes)),
  ),
  number("in", "In", 84, ({ received }) => received, rate, "Received from other workers"),
  number("out", "Out", 84, ({ sent }) => sent, rate, "Sent to other workers"),
  number(
    "failures",
    "Failures",
    72,
    ({ failures }) => failures,
    (count) => (count === 0 ? "-" : formatCount(count)),
  ),
  {
    id: "seen",
    header: "Last seen",
    width: "88px",
    align: "end",
    sortBy: ({ summary }) => summary?.lastSeen ?? 0,
    cell: ({ summary }) => (summary ? formatAgo(schedulerNow() - summary.lastSeen) : "-"),
  },
];

export function WorkerList(): ReactElement {
  const names = useCluster((state) => state.workerNames);
  const summaries = useCluster((state) => state.workers);
  const known = useCluster((state) => state.run !== undefined);
  const { left: showLeft } = useRoute().parameters;
  const { rows, left } = useMemo(() => {
    const all = [...names.values()].map((entry): WorkerRow => ({ entry, summary: summaries.get(entry.id) }));
    const present = all.filter(({ entry }) => entry.leftAt === undefined);
    return { rows: showLeft === undefined ? present : all, left: all.length - present.length };
  }, [names, summaries, showLeft]);
  const tools = left > 0 && (
    <button
      type="button"
      className="button quiet"
      aria-pressed={showLeft !== undefined}
      onClick={() => setParameters({ left: showLeft === undefined ? 1 : undefined })}
    >
      {showLeft === undefined ? `show ${formatPlural(left, "worker")} that left` : "hide workers that left"}
    </button>
  );
  return (
    <Panel
      className="groups-all"
      title="Workers"
      note={formatPlural(names.size - left, "worker")}
      tools={tools}
      loading={!known}
      live
      flush
    >
      <Table
        label="Workers"
        columns={COLUMNS}
        rows={rows}
        rowId={({ entry }) => entry.id}
        sort={{ column: "name", descending: false }}
        onOpen={({ entry }) => navigate(formatRoute(["workers", String(entry.id)]))}
        empty={<NoWorkers />}
      />
    </Panel>
  );
}

function NoWorkers(): ReactElement {
  const session = useSession();
  return (
    <Empty title="No workers connected">
      <p>Start one on any machine that reaches the scheduler:</p>
      {session.data && <Command text={session.data.workerCommand} />}
    </Empty>
  );
}
