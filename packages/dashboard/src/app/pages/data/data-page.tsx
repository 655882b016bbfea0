import { useMemo } from "react";
import type { ReactElement } from "react";
import type { Transfers } from "@heddle/protocol/dashboard";
import { getJson } from "../../api/client.js";
import { useQuery } from "../../api/use-query.js";
import { formatBytes, formatCount, plain } from "../../design/format.js";
import { Swatch } from "../../design/legend.js";
import { LineChart } from "../../design/line-chart.js";
import { Empty, Panel } from "../../design/panel.js";
import { formatRoute } from "../../routing/route.js";
import { useCluster } from "../../store/store.js";
import { MemoryCell } from "../workers/memory-cell.js";
import { TransferMatrix } from "./transfer-matrix.js";
import "../groups/groups.css";
import "../workers/workers.css";
import "./data.css";

const REFRESH = 2000;
/** Rows of lists that are read, not scrolled. */
const LISTED = 50;

/** Who holds bytes, who moves them, what is on disk. */
export default function DataPage(): ReactElement {
  const series = useCluster((state) => state.series);
  const known = useCluster((state) => state.run !== undefined);
  const transfers = useQuery("transfers", (signal) => getJson<Transfers>("transfers", signal), REFRESH);
  const times = series.map((point) => point.time);
  const moved = transfers.data?.matrix.some((row) => row.some((bytes) => bytes > 0)) ?? false;
  const [low, median, high] = transfers.data?.bandwidth ?? [];
  return (
    <div className="group">
      <Panel title="Memory of all workers" loading={!known} live picture>
        <LineChart
          label="Memory of all workers"
          times={times}
          steps="bytes"
          height={180}
          format={formatBytes}
          lines={[
            { name: "processes", color: "var(--category-6)", values: series.map(({ memory }) => memory.rss) },
            {
              name: "results",
              color: "var(--ramp-4)",
              dash: "5 3",
              values: series.map(({ memory }) => memory.managed),
            },
            {
              name: "on disk",
              color: "var(--state-spilled)",
              dash: "2 3",
              values: series.map(({ memory }) => memory.spilled),
            },
          ]}
        />
      </Panel>
      <Panel
        title="Moved between workers"
        loading={!known}
        live
        picture
        note={
          median === undefined
            ? undefined
            : `one transfer runs at ${formatBytes(low ?? median)}/s to ${formatBytes(high ?? median)}/s, mostly ${formatBytes(median)}/s`
        }
      >
        <LineChart
          label="Bytes moved between workers per second"
          times={times}
          steps="bytes"
          height={180}
          format={(bytes) => `${formatBytes(bytes)}/s`}
          lines={[{ name: "moved", color: "var(--category-3)", values: series.map(({ transferred }) => transferred) }]}
        />
      </Panel>
      <MemoryByWorker />
      <MemoryByGroup />
      <Panel
        className="data-matrix"
        title="Transfers"
        note={moved ? "in the last minute, from the worker at the left to the one above" : "in the last minute"}
        loading={transfers.loading}
        error={transfers.error}
        empty={
          transfers.data && !moved ? (
            <Empty title="No transfers">Every task finds its inputs where it runs.</Empty>
          ) : undefined
        }
        live
      >
        {transfers.data && <TransferMatrix transfers={transfers.data} />}
      </Panel>
    </div>
  );
}

function MemoryByWorker(): ReactElement {
  const names = useCluster((state) => state.workerNames);
  const workers = useCluster((state) => state.workers);
  const known = useCluster((state) => state.run !== undefined);
  const rows = useMemo(
    () =>
      [...workers.values()]
        .filter(({ id }) => names.get(id)?.leftAt === undefined)
        .sort((a, b) => b.memory.rss - a.memory.rss),
    [workers, names],
  );
  return (
    <Panel
      title="Memory by worker"
      loading={!known}
      live
      empty={known && rows.length === 0 ? <Empty title="No workers" /> : undefined}
    >
      <ul className="data-list">
        {rows.slice(0, LISTED).map((worker) => (
          <li key={worker.id}>
            <a className="truncate" href={formatRoute(["workers", String(worker.id)])}>
              {plain(names.get(worker.id)?.name ?? String(worker.id))}
            </a>
            <MemoryCell memory={worker.memory} />
          </li>
        ))}
      </ul>
      {rows.length > LISTED && <p className="muted">and {formatCount(rows.length - LISTED)} with less</p>}
    </Panel>
  );
}

function MemoryByGroup(): ReactElement {
  const names = useCluster((state) => state.groupNames);
  const groups = useCluster((state) => state.groups);
  const known = useCluster((state) => state.run !== undefined);
  const rows = useMemo(
    () => [...groups.values()].filter(({ nbytes }) => nbytes > 0).sort((a, b) => b.nbytes - a.nbytes),
    [groups],
  );
  const most = rows[0]?.nbytes ?? 1;
  return (
    <Panel
      title="Results by group"
      loading={!known}
      live
      empty={known && rows.length === 0 ? <Empty title="No results in memory" /> : undefined}
    >
      <ul className="data-list">
        {rows.slice(0, LISTED).map((group) => (
          <li key={group.id}>
            <a className="truncate" href={formatRoute(["groups", String(group.id)])}>
              <Swatch slot={names.get(group.id)?.slot ?? -1} /> {plain(names.get(group.id)?.name ?? String(group.id))}
            </a>
            <span className="data-bar">
              <i style={{ width: `${(100 * group.nbytes) / most}%` }} />
            </span>
            <span className="end">{formatBytes(group.nbytes)}</span>
          </li>
        ))}
      </ul>
      {rows.length > LISTED && <p className="muted">and {formatCount(rows.length - LISTED)} with less</p>}
    </Panel>
  );
}
