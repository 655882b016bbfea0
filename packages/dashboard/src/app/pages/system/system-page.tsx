import type { ReactElement } from "react";
import { formatBytes, formatCount, formatDuration, formatPercent, formatRate, formatUtc } from "../../design/format.js";
import { LineChart } from "../../design/line-chart.js";
import { Empty, Panel } from "../../design/panel.js";
import { useNow } from "../../store/now.js";
import { useCluster } from "../../store/store.js";
import "./system.css";

/** Whether the scheduler itself is what things wait for, and what the dashboard costs it. */
export default function SystemPage(): ReactElement {
  const series = useCluster((state) => state.series);
  const known = useCluster((state) => state.run !== undefined);
  const times = series.map((point) => point.time);
  const empty =
    known && series.length === 0 ? <Empty title="Nothing measured yet">A point comes every second.</Empty> : undefined;
  return (
    <div className="system">
      <Facts />
      <Panel
        title="Scheduler: event loop"
        loading={!known}
        live
        empty={empty}
        note="busy near 100 % means that tasks wait for it"
      >
        <LineChart
          label="Share of time in which the scheduler's event loop is busy"
          times={times}
          max={1}
          format={formatPercent}
          lines={[
            { name: "busy", color: "var(--category-5)", values: series.map((point) => point.scheduler.utilisation) },
          ]}
        />
        <LineChart
          label="Delay of the scheduler's event loop"
          times={times}
          format={formatDuration}
          lines={[
            {
              name: "delay, median",
              color: "var(--category-3)",
              values: series.map((point) => point.scheduler.delayP50),
            },
            {
              name: "99 %",
              color: "var(--category-0)",
              dash: "4 3",
              values: series.map((point) => point.scheduler.delayP99),
            },
          ]}
        />
      </Panel>
      <Panel title="Scheduler: transitions" loading={!known} live empty={empty}>
        <LineChart
          label="Changes of state per second"
          times={times}
          format={formatRate}
          lines={[
            {
              name: "transitions",
              color: "var(--category-4)",
              values: series.map((point) => point.scheduler.transitions),
            },
            {
              name: "finished tasks",
              color: "var(--category-2)",
              dash: "4 3",
              values: series.map((point) => point.finished),
            },
          ]}
        />
      </Panel>
      <Panel title="Scheduler: memory" loading={!known} live empty={empty}>
        <LineChart
          label="Memory of the scheduler's process"
          times={times}
          format={formatBytes}
          lines={[
            { name: "process", color: "var(--category-6)", values: series.map((point) => point.scheduler.rss) },
            {
              name: "heap",
              color: "var(--category-7)",
              dash: "4 3",
              values: series.map((point) => point.scheduler.heap),
            },
          ]}
        />
      </Panel>
      <Panel
        title="This dashboard"
        loading={!known}
        live
        empty={empty}
        note="a thread of its own: none of this is the scheduler's"
      >
        <LineChart
          label="Share of time in which the dashboard's thread is busy"
          times={times}
          format={formatPercent}
          lines={[
            { name: "busy", color: "var(--category-1)", values: series.map((point) => point.dashboard.utilisation) },
          ]}
        />
        <LineChart
          label="Bytes sent to viewers per second"
          times={times}
          format={(bytes) => `${formatBytes(bytes)}/s`}
          lines={[
            {
              name: "sent to viewers",
              color: "var(--category-3)",
              values: series.map((point) => point.dashboard.bytes),
            },
          ]}
        />
      </Panel>
    </div>
  );
}

function Facts(): ReactElement {
  const run = useCluster((state) => state.run);
  const totals = useCluster((state) => state.totals);
  const last = useCluster((state) => state.series.at(-1));
  const history = useCluster((state) => state.history);
  const now = useNow(1000);
  if (!run) return <Panel title="System" loading />;
  const facts: readonly (readonly [string, string, string?])[] = [
    ["Heddle", run.heddle],
    ["Up for", formatDuration(Math.max(0, now - run.startedAt)), formatUtc(run.startedAt)],
    ["Run", run.runId],
    ["Clients", formatCount(totals?.clients ?? 0)],
    ["Viewers", formatCount(last?.dashboard.viewers ?? 0)],
    ["Frames skipped for slow viewers", formatCount(last?.dashboard.framesSkipped ?? 0)],
    ["Recorded here", `${formatCount(history.rows)} of ${formatCount(history.recorded)} runs`],
  ];
  return (
    <Panel title="System">
      <dl className="system-facts">
        {facts.map(([name, value, title]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd title={title}>{value}</dd>
          </div>
        ))}
      </dl>
    </Panel>
  );
}
