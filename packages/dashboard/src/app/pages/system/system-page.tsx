import type { ReactElement } from "react";
import type { SeriesPoint } from "@heddle/protocol/dashboard";
import { formatCount, formatDuration, formatUtc } from "../../design/format.js";
import { LineChart } from "../../design/line-chart.js";
import { Empty, Panel } from "../../design/panel.js";
import { useNow } from "../../store/now.js";
import { useCluster } from "../../store/store.js";
import { SYSTEM_PANELS } from "./charts.js";
import type { SystemChart } from "./charts.js";
import "./system.css";

/** Whether the scheduler itself is what things wait for, and what the dashboard costs it. */
export default function SystemPage(): ReactElement {
  const series = useCluster((state) => state.series);
  const known = useCluster((state) => state.run !== undefined);
  const empty =
    known && series.length === 0 ? <Empty title="Nothing measured yet">A point comes every second.</Empty> : undefined;
  return (
    <div className="system">
      <Facts />
      {SYSTEM_PANELS.map(({ title, note, charts }) => (
        <Panel key={title} title={title} note={note} loading={!known} live empty={empty} picture>
          {charts.map((chart) => (
            <Chart key={chart.label} chart={chart} series={series} />
          ))}
        </Panel>
      ))}
    </div>
  );
}

function Chart({
  chart,
  series,
}: {
  readonly chart: SystemChart;
  readonly series: readonly SeriesPoint[];
}): ReactElement {
  return (
    <LineChart
      label={chart.label}
      times={series.map(({ time }) => time)}
      format={chart.format}
      {...(chart.max === undefined ? {} : { max: chart.max })}
      {...(chart.steps === undefined ? {} : { steps: chart.steps })}
      {...(chart.height === undefined ? {} : { height: chart.height })}
      lines={chart.lines.map(({ name, category, value }, index) => ({
        name,
        color: `var(--category-${category})`,
        ...(index === 0 ? {} : { dash: "4 3" }),
        values: series.map(value),
      }))}
    />
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
    ["Run id", run.runId],
    ["Clients", formatCount(totals?.clients ?? 0)],
    ["Pages open", formatCount(last?.dashboard.viewers ?? 0)],
    ["Updates skipped for slow pages", formatCount(last?.dashboard.framesSkipped ?? 0)],
    ["Task runs in this page", `${formatCount(history.rows)} of ${formatCount(history.recorded)}`],
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
