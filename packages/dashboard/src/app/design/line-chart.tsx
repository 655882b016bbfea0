import { scaleLinear, scaleTime } from "d3-scale";
import type { ScaleTime } from "d3-scale";
import { useLayoutEffect, useRef, useState } from "react";
import type { PointerEvent, ReactElement } from "react";
import { formatTime } from "./format.js";
import "./line-chart.css";

interface ChartLine {
  readonly name: string;
  /** CSS. */
  readonly color: string;
  /** Told apart without colour. */
  readonly dash?: string;
  /** One per time; undefined: not known. */
  readonly values: readonly (number | undefined)[];
}

export interface LineChartProps {
  readonly label: string;
  /** Milliseconds since the epoch, ascending. */
  readonly times: readonly number[];
  readonly lines: readonly ChartLine[];
  readonly format: (value: number) => string;
  /** In sight at least, when it is known: a number of threads, a limit. */
  readonly max?: number;
  readonly height?: number;
  /** Ticks at whole numbers, at powers of two for bytes. Default: at tenths. */
  readonly steps?: "whole" | "bytes";
}

const MARGIN = { left: 8, right: 72, top: 6, bottom: 18 };

/** Values over time with one axis each way; under the pointer, what they were. */
export function LineChart(props: LineChartProps): ReactElement {
  const { times, lines, format, height = 120 } = props;
  const box = useRef<HTMLDivElement>(null);
  const width = useWidth(box);
  const [at, setAt] = useState<number>();
  const most = Math.max(props.max ?? 0, ...lines.flatMap((line) => line.values.map((value) => value ?? 0)));
  const ticks = ticksOf(most, props.steps);
  const y = scaleLinear()
    .domain([0, Math.max(1e-9, ticks.at(-1)!)])
    .range([height - MARGIN.bottom, MARGIN.top]);
  const x = scaleTime()
    .domain([times[0] ?? 0, times.at(-1) ?? 1])
    .range([MARGIN.left, Math.max(MARGIN.left + 1, width - MARGIN.right)]);
  const shown = at ?? times.length - 1;
  const last = lines.map((line) => line.values[shown]);

  const point = (event: PointerEvent): void => {
    const time = x.invert(event.clientX - box.current!.getBoundingClientRect().left).getTime();
    let nearest = 0;
    for (let index = 1; index < times.length; index++)
      if (Math.abs(times[index]! - time) < Math.abs(times[nearest]! - time)) nearest = index;
    setAt(nearest);
  };
  const words = lines.map((line, index) => `${line.name} ${last[index] === undefined ? "-" : format(last[index])}`);

  return (
    <div className="chart" ref={box}>
      <ul className="chart-legend">
        {lines.map((line, index) => (
          <li key={line.name}>
            <svg width="14" height="8" aria-hidden="true">
              <path d="M0 4H14" stroke={line.color} strokeWidth="2" strokeDasharray={line.dash} />
            </svg>
            {line.name} <strong>{last[index] === undefined ? "-" : format(last[index])}</strong>
          </li>
        ))}
        {at !== undefined && times[at] !== undefined && <li className="muted">at {formatTime(times[at], false)}</li>}
      </ul>
      <svg
        width={width}
        height={height}
        role="img"
        aria-label={`${props.label}: ${words.join(", ")}`}
        onPointerMove={point}
        onPointerLeave={() => setAt(undefined)}
      >
        {ticks.map((tick) => (
          <g key={tick} className="chart-tick">
            <line x1={MARGIN.left} x2={width - MARGIN.right} y1={y(tick)} y2={y(tick)} />
            <text x={width - MARGIN.right + 6} y={y(tick)} dy="0.32em">
              {format(tick)}
            </text>
          </g>
        ))}
        {timeTicks(x, width).map((tick) => (
          <text key={tick.getTime()} className="chart-time" x={x(tick)} y={height - 4}>
            {formatTime(tick.getTime(), false)}
          </text>
        ))}
        {lines.map((line) => (
          <path
            key={line.name}
            d={pathOf(line.values, times, x, y)}
            stroke={line.color}
            strokeDasharray={line.dash}
            className="chart-line"
          />
        ))}
        {at !== undefined && times[at] !== undefined && (
          <line
            className="chart-cross"
            x1={x(times[at])}
            x2={x(times[at])}
            y1={MARGIN.top}
            y2={height - MARGIN.bottom}
          />
        )}
      </svg>
    </div>
  );
}

/** From 0 to the first one that is not below the most there is. */
function ticksOf(most: number, steps: LineChartProps["steps"]): readonly number[] {
  // A scale of its own for nothing at all: a lone line at the bottom looks as if the chart were broken.
  if (most <= 0) return steps === "bytes" ? [0, 1024] : [0, 1];
  const [, second = most] = scaleLinear().domain([0, most]).ticks(3);
  let step = second;
  if (steps === "whole") step = Math.max(1, step);
  if (steps === "bytes") step = 2 ** Math.max(0, Math.ceil(Math.log2(most / 3)));
  const count = Math.ceil(most / step - 1e-9);
  return Array.from({ length: count + 1 }, (_, index) => index * step);
}

/** Whole seconds, whose words are neither cut off at the left nor below those of the other axis. */
function timeTicks(x: ScaleTime<number, number>, width: number): readonly Date[] {
  return x
    .ticks(Math.max(2, Math.floor(width / 140)))
    .filter((tick) => tick.getMilliseconds() === 0 && x(tick) >= 26 && x(tick) <= width - MARGIN.right - 20);
}

function pathOf(
  values: ChartLine["values"],
  times: readonly number[],
  x: (time: number) => number,
  y: (value: number) => number,
): string {
  let path = "";
  let drawing = false;
  for (const [index, value] of values.entries()) {
    if (value === undefined) {
      drawing = false;
      continue;
    }
    path += `${drawing ? "L" : "M"}${x(times[index]!).toFixed(1)},${y(value).toFixed(1)}`;
    drawing = true;
  }
  return path;
}

function useWidth(ref: React.RefObject<HTMLElement | null>): number {
  const [width, setWidth] = useState(400);
  useLayoutEffect(() => {
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry!.contentRect.width)));
    observer.observe(ref.current!);
    return () => observer.disconnect();
  }, [ref]);
  return width;
}
