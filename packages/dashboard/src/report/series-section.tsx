import { useMemo } from "react";
import type { ReactElement } from "react";
import type { SeriesPoint } from "@heddle/protocol/dashboard";
import { formatBytes, formatCount, formatDuration, formatPercent } from "../app/design/format.js";
import { LineChart } from "../app/design/line-chart.js";
import { Panel } from "../app/design/panel.js";

interface Chart {
  readonly title: string;
  readonly format: (value: number) => string;
  readonly max?: number;
  readonly steps?: "whole" | "bytes";
  readonly lines: readonly (readonly [name: string, category: number, value: (point: SeriesPoint) => number])[];
}

const CHARTS: readonly Chart[] = [
  {
    title: "Threads",
    format: formatCount,
    steps: "whole",
    lines: [
      ["busy", 5, (point) => point.threadsBusy],
      ["there", 1, (point) => point.threads],
    ],
  },
  {
    title: "Tasks a second",
    format: formatCount,
    lines: [
      ["finished", 3, (point) => point.finished],
      ["failed", 0, (point) => point.failed],
    ],
  },
  {
    title: "Memory of the workers",
    format: formatBytes,
    steps: "bytes",
    lines: [
      ["processes", 6, (point) => point.memory.rss],
      ["results", 4, (point) => point.memory.managed],
      ["on disk", 0, (point) => point.memory.spilled],
    ],
  },
  {
    title: "Moved between workers",
    format: (bytes) => `${formatBytes(bytes)}/s`,
    steps: "bytes",
    lines: [["bytes", 2, (point) => point.transferred]],
  },
  {
    title: "Scheduler busy",
    format: formatPercent,
    max: 1,
    lines: [["event loop", 5, (point) => point.scheduler.utilisation]],
  },
  {
    title: "Scheduler's delay",
    format: formatDuration,
    lines: [
      ["99 %", 7, (point) => point.scheduler.delayP99],
      ["median", 4, (point) => point.scheduler.delayP50],
    ],
  },
];
const DASHES = [undefined, "5 3", "2 2"] as const;

/** What was measured once a second; nothing of a run that was over before, and no chart of what there was nothing of. */
export function SeriesSection({ series }: { readonly series: readonly SeriesPoint[] }): ReactElement | null {
  const charts = useMemo(
    () => CHARTS.filter(({ lines }) => series.some((point) => lines.some(([, , value]) => value(point) > 0))),
    [series],
  );
  const times = useMemo(() => series.map(({ time }) => time), [series]);
  if (series.length < 2) return null;
  return (
    <section id="system" className="report-part report-charts" aria-label="Over time">
      {charts.map(({ title, format, max, steps, lines }) => (
        <Panel key={title} title={title}>
          <LineChart
            label={title}
            times={times}
            format={format}
            {...(max === undefined ? {} : { max })}
            {...(steps === undefined ? {} : { steps })}
            lines={lines.map(([name, category, value], index) => ({
              name,
              color: `var(--category-${category})`,
              ...(DASHES[index] === undefined ? {} : { dash: DASHES[index] }),
              values: series.map(value),
            }))}
          />
        </Panel>
      ))}
    </section>
  );
}
