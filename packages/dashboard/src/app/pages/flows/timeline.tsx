import { scaleTime } from "d3-scale";
import { useMemo, useRef, useState } from "react";
import type { CSSProperties, ReactElement } from "react";
import type { FlowRunDetail, TaskRunRow } from "@heddle/protocol/dashboard";
import { formatCount, formatDuration, formatTime, plain } from "../../design/format.js";
import { Icon } from "../../design/icon.js";
import { stateLook } from "../../design/states.js";
import { formatRoute } from "../../routing/route.js";
import { schedulerNow } from "../../store/store.js";
import { TaskRunBar } from "./task-run-bar.js";
import { countsOf, timelineRows } from "./timeline-rows.js";
import type { TimelineRow } from "./timeline-rows.js";

const ROW = 24;
const MARGIN = 10;

/** Every task run over time, one row each; many runs of one task in one row that opens. */
export function Timeline(props: {
  readonly detail: FlowRunDetail;
  readonly selected: number | undefined;
  readonly onSelect: (number: number | undefined) => void;
}): ReactElement {
  const { detail, selected } = props;
  const [opened, setOpened] = useState<ReadonlySet<string>>(new Set());
  const [top, setTop] = useState(0);
  const box = useRef<HTMLDivElement>(null);
  const rows = useMemo(() => timelineRows(detail.taskRuns, opened), [detail.taskRuns, opened]);
  const now = schedulerNow();
  const from = detail.run.startedAt;
  const to = Math.max(detail.run.endedAt ?? now, from + 1);
  const scale = scaleTime().domain([from, to]).range([0, 100]);
  const near = useMemo(() => neighboursOf(detail.taskRuns, selected), [detail.taskRuns, selected]);

  const toggle = (task: string): void => {
    const next = new Set(opened);
    if (!next.delete(task)) next.add(task);
    setOpened(next);
  };
  const height = 420;
  const first = Math.max(0, Math.floor(top / ROW) - MARGIN);
  const last = Math.min(rows.length, first + Math.ceil(height / ROW) + 2 * MARGIN);
  return (
    <div className="timeline">
      <div className="timeline-axis" aria-hidden="true">
        {scale.ticks(6).map((tick) => (
          <span
            key={tick.getTime()}
            className={scale(tick) < 4 ? "first" : undefined}
            style={{ left: `${scale(tick)}%` }}
          >
            {formatTime(tick.getTime(), to - from < 4000)}
          </span>
        ))}
      </div>
      <div
        className="timeline-scroll"
        ref={box}
        onScroll={() => setTop(box.current!.scrollTop)}
        style={{ maxHeight: height }}
      >
        <ul style={{ height: rows.length * ROW }} aria-label="Task runs over time">
          {rows.slice(first, last).map((row, index) => (
            <li key={row.id} style={{ transform: `translateY(${(first + index) * ROW}px)` }}>
              <Label
                row={row}
                opened={opened.has(row.label)}
                selected={selected}
                onToggle={toggle}
                onSelect={props.onSelect}
              />
              <span className="timeline-lane">
                <Bar row={row} from={from} span={to - from} now={now} near={near} selected={selected} />
              </span>
            </li>
          ))}
        </ul>
      </div>
    </div>
  );
}

function Label(props: {
  readonly row: TimelineRow;
  readonly opened: boolean;
  readonly selected: number | undefined;
  readonly onToggle: (task: string) => void;
  readonly onSelect: (number: number | undefined) => void;
}): ReactElement {
  const { row, opened } = props;
  if (row.group)
    return (
      <button type="button" className="timeline-label" aria-expanded={opened} onClick={() => props.onToggle(row.label)}>
        <Icon name={opened ? "down" : "right"} size={12} />
        <span className="truncate">{plain(row.label)}</span>
        <span className="muted">{formatCount(row.runs.length)}</span>
      </button>
    );
  const run = row.runs[0]!;
  const look = stateLook(run.state);
  const on = props.selected === run.number;
  return (
    <button
      type="button"
      className={row.nested ? "timeline-label nested" : "timeline-label"}
      aria-pressed={on}
      onClick={() => props.onSelect(on ? undefined : run.number)}
    >
      <span aria-hidden="true" style={{ color: look.color }}>
        {look.glyph}
      </span>
      <span className="spoken">{run.stateName}</span>
      <span className="truncate">{plain(run.name)}</span>
    </button>
  );
}

function Bar(props: {
  readonly row: TimelineRow;
  readonly from: number;
  readonly span: number;
  readonly now: number;
  readonly near: ReadonlySet<number>;
  readonly selected: number | undefined;
}): ReactElement {
  const { row, from, span, now, near, selected } = props;
  const left = (100 * (row.from - from)) / span;
  const width = Math.max(0.15, (100 * ((row.to ?? now) - row.from)) / span);
  const style = { left: `${left}%`, width: `${Math.min(width, 100 - left)}%` } as CSSProperties;
  if (row.group)
    return (
      <span className="timeline-group" style={style}>
        <TaskRunBar counts={countsOf(row.runs)} />
      </span>
    );
  const run = row.runs[0]!;
  const look = stateLook(run.state);
  const title = `${run.name}: ${run.stateName}${run.startedAt === undefined ? "" : `, ${formatDuration((run.endedAt ?? now) - run.startedAt)}`}`;
  const dim = selected !== undefined && selected !== run.number && !near.has(run.number);
  const bar = {
    className: `timeline-bar ${look.className}${dim ? " dim" : ""}${row.to === undefined ? " open" : ""}`,
    style,
    title: plain(title),
  };
  return run.childFlowRun === undefined ? (
    <span {...bar} />
  ) : (
    <a {...bar} href={formatRoute(["flows", run.childFlowRun])} aria-label={`Subflow run of ${plain(run.name)}`} />
  );
}

/** What the selected run waited for, and what waited for it. */
function neighboursOf(runs: readonly TaskRunRow[], selected: number | undefined): ReadonlySet<number> {
  const near = new Set<number>();
  if (selected === undefined) return near;
  for (const run of runs) {
    if (run.number === selected) for (const upstream of run.upstream) near.add(upstream);
    else if (run.upstream.includes(selected)) near.add(run.number);
  }
  return near;
}
