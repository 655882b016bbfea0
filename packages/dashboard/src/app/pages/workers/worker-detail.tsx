import type { ReactElement } from "react";
import type { WorkerDetail } from "@heddle/protocol/dashboard";
import { getJson } from "../../api/client.js";
import { useQuery } from "../../api/use-query.js";
import { formatBytes, formatCount, formatDuration, formatPercent, formatUtc, plain } from "../../design/format.js";
import { LineChart } from "../../design/line-chart.js";
import { Empty, Panel } from "../../design/panel.js";
import { formatRoute } from "../../routing/route.js";
import { schedulerNow, useCluster } from "../../store/store.js";
import { StatusPill } from "./worker-list.js";

const REFRESH = 1000;

export function WorkerDetailView({ id }: { readonly id: number }): ReactElement {
  const entry = useCluster((state) => state.workerNames.get(id));
  const live = useCluster((state) => state.workers.get(id));
  const detail = useQuery(`worker ${id}`, (signal) => getJson<WorkerDetail>(`workers/${id}`, signal), REFRESH);
  if (!entry)
    return (
      <Panel
        title="Worker"
        loading={detail.loading}
        error={detail.error}
        empty={<Empty title="There is no such worker" />}
      />
    );
  const series = detail.data?.series ?? [];
  const times = series.map((point) => point.time);
  const resources = Object.entries(detail.data?.resources ?? {});
  const summary = live ?? detail.data?.summary;
  const facts: readonly (readonly [string, string, string?])[] = [
    ["Host", plain(entry.host)],
    ["Process", String(entry.pid)],
    ["Address", plain(detail.data?.address ?? "-")],
    ["Threads", formatCount(entry.threads)],
    ["Memory limit", entry.memoryLimit > 0 ? formatBytes(entry.memoryLimit) : "none"],
    [
      "Up for",
      formatDuration(Math.max(0, (entry.leftAt ?? schedulerNow()) - entry.joinedAt)),
      formatUtc(entry.joinedAt),
    ],
    ["Clock", summary ? clockOf(summary.clockOffset) : "-"],
    ...resources.map(([name, amount]): readonly [string, string] => [plain(name), String(amount)]),
  ];
  return (
    <div className="group">
      <nav aria-label="Path" className="crumbs">
        <a href={formatRoute(["workers"])}>Workers</a>
        <span aria-hidden="true">/</span>
        <h1 className="truncate">{plain(entry.name)}</h1>
        <StatusPill row={{ entry, summary: live }} />
      </nav>
      <Panel title="Worker">
        {entry.ending !== undefined && <p className="worker-ending">It is gone: {plain(entry.ending, 2000)}</p>}
        <dl className="facts first">
          {facts.map(([name, value, title]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd title={title}>{value}</dd>
            </div>
          ))}
        </dl>
      </Panel>
      <Panel title="Threads" loading={detail.loading} error={detail.error} live picture>
        <LineChart
          label="Busy threads"
          times={times}
          max={entry.threads}
          steps="whole"
          format={(value) => (Number.isInteger(value) ? formatCount(value) : value.toFixed(1))}
          lines={[{ name: "busy threads", color: "var(--category-5)", values: series.map(({ busy }) => busy) }]}
        />
        <LineChart
          label="CPU of the process"
          times={times}
          format={formatPercent}
          lines={[{ name: "CPU, of one core", color: "var(--category-3)", values: series.map(({ cpu }) => cpu) }]}
        />
      </Panel>
      <Panel title="Memory" loading={detail.loading} error={detail.error} live picture>
        <LineChart
          label="Memory"
          times={times}
          steps="bytes"
          {...(entry.memoryLimit > 0 ? { max: entry.memoryLimit } : {})}
          height={264}
          format={formatBytes}
          lines={[
            { name: "process", color: "var(--category-6)", values: series.map(({ rss }) => rss) },
            { name: "results", color: "var(--ramp-4)", dash: "5 3", values: series.map(({ managed }) => managed) },
            {
              name: "on disk",
              color: "var(--state-spilled)",
              dash: "2 3",
              values: series.map(({ spilled }) => spilled),
            },
          ]}
        />
      </Panel>
      <Panel
        title="Running now"
        tools={<a href={formatRoute(["logs"], { source: entry.name })}>Its log</a>}
        loading={detail.loading}
        error={detail.error}
        empty={detail.data?.executing.length === 0 ? <Empty title="Nothing" /> : undefined}
        live
      >
        <ul className="group-slowest">
          {detail.data?.executing.map((task) => (
            <li key={task.key}>
              <a className="mono truncate" href={formatRoute(["task", task.key])}>
                {plain(task.key)}
              </a>
            </li>
          ))}
        </ul>
      </Panel>
    </div>
  );
}

/** Of a worker's clock against the scheduler's. */
function clockOf(offset: number): string {
  if (offset === 0) return "in step";
  return `${formatDuration(Math.abs(offset))} ${offset > 0 ? "ahead" : "behind"}`;
}
