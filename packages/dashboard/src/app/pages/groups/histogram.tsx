import type { ReactElement } from "react";
import type { GroupDetail } from "@heddle/protocol/dashboard";
import { formatCount, formatDuration } from "../../design/format.js";
import { categoryColor } from "../../design/legend.js";
import { Empty } from "../../design/panel.js";

const WIDTH = 640;
const HEIGHT = 110;
const QUANTILES = ["fastest", "25 %", "median", "75 %", "95 %", "99 %", "slowest"];

/** How long the runs of a group take: each bar a range of durations, wider to the right. */
export function Histogram(props: {
  readonly histogram: GroupDetail["histogram"];
  readonly quantiles: readonly number[];
  readonly slot: number;
}): ReactElement {
  const { bounds, counts } = props.histogram;
  const first = counts.findIndex((count) => count > 0);
  if (first < 0) return <Empty title="None has finished yet" />;
  const last = counts.findLastIndex((count) => count > 0);
  const shown = counts.slice(first, last + 1);
  const most = Math.max(...shown);
  const step = WIDTH / shown.length;
  const words = `Durations from ${formatDuration(props.quantiles[0] ?? 0)} to ${formatDuration(props.quantiles.at(-1) ?? 0)}, median ${formatDuration(props.quantiles[2] ?? 0)}`;
  return (
    <>
      <svg className="histogram" viewBox={`0 0 ${WIDTH} ${HEIGHT + 18}`} role="img" aria-label={words}>
        {shown.map((count, index) => {
          const height = (count / most) * HEIGHT;
          const from = bounds[first + index - 1] ?? 0;
          const to = bounds[first + index] ?? Number.POSITIVE_INFINITY;
          return (
            <rect
              key={index}
              x={index * step + 0.5}
              width={Math.max(1, step - 1)}
              y={HEIGHT - Math.max(count > 0 ? 2 : 0, height)}
              height={Math.max(count > 0 ? 2 : 0, height)}
              fill={categoryColor(props.slot)}
            >
              <title>{`${formatDuration(from)} to ${formatDuration(to)}: ${formatCount(count)} runs`}</title>
            </rect>
          );
        })}
        <text x="0" y={HEIGHT + 14}>
          {formatDuration(bounds[first - 1] ?? 0)}
        </text>
        <text x={WIDTH} y={HEIGHT + 14} textAnchor="end">
          {formatDuration(bounds[last] ?? 0)}
        </text>
      </svg>
      <dl className="facts">
        {props.quantiles.map((value, index) => (
          <div key={index}>
            <dt>{QUANTILES[index]}</dt>
            <dd>{formatDuration(value)}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}
