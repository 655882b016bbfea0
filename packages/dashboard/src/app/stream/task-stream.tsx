import { scaleTime } from "d3-scale";
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import type { KeyboardEvent, ReactElement } from "react";
import { laneAt, laneTops } from "../../stream/lane-places.js";
import type { Emphasis, LaneLayout, Pick } from "../../stream/messages.js";
import { Empty } from "../design/panel.js";
import { formatTime, plain } from "../design/format.js";
import { FloatingTip } from "../design/tooltip.js";
import { formatRoute, navigate, setParameters, useRoute } from "../routing/route.js";
import { link, useCluster, useTopic } from "../store/store.js";
import {
  currentRange,
  fitAll,
  follow,
  onTimeView,
  panBy,
  setTimeView,
  timeView,
  useTimeView,
  zoomBy,
} from "../time/time-range.js";
import { keyOf, TaskTip } from "./task-tip.js";
import { useCanvas } from "./use-canvas.js";
import { useLanes } from "./use-lanes.js";
import type { Lane } from "./use-lanes.js";
import { usePointer } from "./use-pointer.js";
import "./task-stream.css";

/** Few lanes grow to fill the panel, but not beyond where a task looks like a wall. */
const LANE = { least: 4, most: 80 };
/** Pixels that a label needs. */
const LABEL = 12;

export interface TaskStreamProps {
  readonly emphasis?: Emphasis;
  /** Lanes of workers that left too. */
  readonly withLeft?: boolean;
  readonly range?: readonly [number, number] | undefined;
  readonly onRange?: (range: readonly [number, number] | undefined) => void;
  /** In place of the task's own page. */
  readonly onOpen?: (seq: number) => void;
  /** Nothing comes any more. It stands in a page that scrolls: the wheel zooms while Ctrl is held, or the stream has the focus. */
  readonly past?: boolean;
}

/** What ran where, when: a lane for each thread, drawn beside the page. */
export function TaskStream(props: TaskStreamProps): ReactElement {
  useTopic("tasks");
  useTopic("running");
  const { lanes } = useLanes(props.withLeft ?? false);
  const route = useRoute();
  const view = useTimeView();
  const stream = useRef(0);
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [size, setSize] = useState({ width: 0, height: 0 });
  const [scroll, setScroll] = useState(0);
  const [tip, setTip] = useState<{ readonly pick: Pick; readonly x: number; readonly y: number }>();
  const isEmpty = useCluster((state) => state.history.recorded === 0 && (state.totals?.threadsBusy ?? 0) === 0);
  const known = useCluster((state) => state.run !== undefined);
  const selected = route.parameters["sel"] === undefined ? undefined : Number(route.parameters["sel"]);

  const layout = useMemo((): LaneLayout => {
    const firsts = lanes.flatMap((lane, index) => (lane.first ? [index] : []));
    const room = size.height - 5 * Math.max(0, firsts.length - 1);
    const pitch = Math.min(LANE.most, Math.max(LANE.least, Math.floor(room / Math.max(1, lanes.length))));
    return { lanes: lanes.map(({ id }) => id), pitch, scroll, firsts };
  }, [lanes, size.height, scroll]);
  const places = useMemo(() => laneTops(layout.lanes.length, layout.pitch, layout.firsts), [layout]);

  const labels = useMemo(() => labelsOf(lanes, places.tops, layout.pitch), [lanes, places, layout.pitch]);

  useCanvas(stream, canvas);
  useLayoutEffect(() => {
    const observer = new ResizeObserver(([entry]) => {
      const { width, height } = entry!.contentRect;
      setSize({ width: Math.floor(width), height: Math.floor(height) });
    });
    observer.observe(box.current!);
    return () => observer.disconnect();
  }, []);
  useEffect(() => {
    if (size.width > 0) link.send({ type: "stream.size", stream: stream.current, ...size, ratio: devicePixelRatio });
  }, [size]);
  useEffect(() => link.send({ type: "stream.lanes", stream: stream.current, layout }), [layout]);
  useEffect(() => {
    link.send({ type: "stream.emphasis", stream: stream.current, emphasis: props.emphasis ?? {} });
  }, [props.emphasis]);
  useEffect(() => {
    link.send({ type: "stream.view", stream: stream.current, view: timeView() });
    return onTimeView((next) => link.send({ type: "stream.view", stream: stream.current, view: next }));
  }, []);
  useEffect(() => {
    const { range } = props;
    link.send({ type: "stream.range", stream: stream.current, ...(range === undefined ? {} : { range }) });
  }, [props.range]);
  useEffect(() => {
    link.send({
      type: "stream.cursor",
      stream: stream.current,
      ...(selected === undefined ? {} : { selected }),
      ...(tip?.pick.kind === "task" || tip?.pick.kind === "many" ? { hover: cursorOf(tip.pick) } : {}),
    });
  }, [selected, tip]);

  const timeAt = useCallback(
    (x: number): number => {
      const [from, to] = currentRange();
      return from + ((to - from) * x) / Math.max(1, size.width);
    },
    [size.width],
  );
  const find = async (x: number, y: number): Promise<Pick | undefined> => {
    const place = laneAt(layout, y);
    if (place === undefined) return undefined;
    const [from, to] = currentRange();
    const answer = await link.ask({
      type: "stream.pick",
      stream: stream.current,
      lane: layout.lanes[place.index]!,
      time: timeAt(x),
      pixel: (to - from) / Math.max(1, size.width),
      part: place.part,
    });
    return answer.type === "stream.picked" ? answer.pick : undefined;
  };

  const open = props.onOpen ?? ((seq: number) => void openTask(seq));
  const pointer = usePointer(box, size.width, props.past ?? false, {
    hover: (x, y, clientX, clientY) => void find(x, y).then((pick) => setTip(pick && { pick, x: clientX, y: clientY })),
    leave: () => setTip(undefined),
    click: (x, y) =>
      void find(x, y).then((pick) => {
        if (pick?.kind === "task") {
          setParameters({ sel: pick.seq });
          open(pick.seq);
        } else if (pick?.kind === "many")
          setTimeView({
            kind: "fixed",
            from: pick.from - 4 * (pick.to - pick.from),
            to: pick.to + 4 * (pick.to - pick.from),
          });
      }),
    select: props.onRange && ((from, to) => props.onRange!(to > from ? [timeAt(from), timeAt(to)] : undefined)),
  });

  const stepTo = async (direction: 1 | -1): Promise<void> => {
    const [from, to] = currentRange();
    if (selected === undefined) {
      // Somewhere has to be begun: at what is seen best.
      const answer = await link.ask({ type: "stream.select", from, to, filter: props.emphasis ?? {} });
      if (answer.type === "stream.selected") setParameters({ sel: answer.statistics.longest[0]?.seq });
      return;
    }
    const answer = await link.ask({ type: "stream.step", seq: selected, direction });
    if (answer.type !== "stream.stepped" || answer.pick === undefined) return;
    setParameters({ sel: answer.pick.seq });
    if (answer.pick.start < from || answer.pick.start > to) panBy((answer.pick.start - (from + to) / 2) / (to - from));
  };
  const key = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const action = KEYS[event.key] ?? KEYS[event.key.toLowerCase()];
    if (action) action();
    else if (event.key === "." || event.key === ",") void stepTo(event.key === "." ? 1 : -1);
    else if (event.key.toLowerCase() === "l" && !props.past) follow();
    else if (event.key.toLowerCase() === "f") {
      if (props.range === undefined) fitAll();
      else zoomTo(props.range);
    } else if (event.key === "Enter" && selected !== undefined) open(selected);
    else if (event.key === "Escape" && (props.range !== undefined || selected !== undefined)) {
      props.onRange?.(undefined);
      setParameters({ sel: undefined });
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <div className="stream">
      <div className="stream-labels" aria-hidden="true">
        {lanes.map((lane, index) => {
          const top = places.tops[index]! - scroll;
          if (top < -LANE.most || top > size.height) return null;
          return (
            <a
              key={lane.id}
              href={formatRoute(["workers", String(lane.worker.id)])}
              tabIndex={-1}
              className={lane.worker.leftAt === undefined ? "truncate" : "truncate muted"}
              style={{
                transform: `translateY(${top}px)`,
                height: labels[index] === "" ? layout.pitch : Math.max(layout.pitch, LABEL),
              }}
            >
              {labels[index]}
            </a>
          );
        })}
      </div>
      <div
        ref={box}
        className="stream-box"
        role="application"
        aria-roledescription="timeline"
        aria-label={`Task stream: ${lanes.length} lanes. W and S zoom, A and D move, comma and period step through a lane, Enter opens, F fits${props.past ? "" : ", L follows"}.`}
        tabIndex={0}
        onKeyDown={key}
        {...pointer.handlers}
      >
        <canvas ref={canvas} />
        {pointer.band && (
          <div className="stream-band" style={{ left: pointer.band[0], width: pointer.band[1] - pointer.band[0] }} />
        )}
        {known && lanes.length === 0 && (
          <Empty title="No threads yet">A lane for each thread of each worker comes here.</Empty>
        )}
        {lanes.length > 0 && isEmpty && (
          <Empty title="Waiting for the first task">
            What a program submits shows here while it runs: <code>client.submit(fn, argument)</code>
          </Empty>
        )}
      </div>
      {places.height > size.height + 1 && (
        <div className="stream-scroll" onScroll={(event) => setScroll(event.currentTarget.scrollTop)}>
          <div style={{ height: places.height }} />
        </div>
      )}
      <TimeAxis view={view} width={size.width} />
      {tip && (
        <FloatingTip x={tip.x} y={tip.y}>
          <TaskTip pick={tip.pick} />
        </FloatingTip>
      )}
    </div>
  );
}

/** The worker at its first lane, numbers of threads below it: as many as there is room for, none over another. */
function labelsOf(lanes: readonly Lane[], tops: ArrayLike<number>, pitch: number): readonly string[] {
  let free = -Infinity;
  return lanes.map((lane, index) => {
    const top = tops[index]!;
    if (lane.first ? top < free : pitch < LABEL) return "";
    free = top + LABEL;
    return lane.first ? plain(lane.worker.name, 40) : `thread ${lane.thread + 1}`;
  });
}

const KEYS: Readonly<Record<string, () => void>> = {
  w: () => zoomBy(0.7),
  ArrowUp: () => zoomBy(0.7),
  s: () => zoomBy(1.4),
  ArrowDown: () => zoomBy(1.4),
  a: () => panBy(-0.15),
  ArrowLeft: () => panBy(-0.15),
  d: () => panBy(0.15),
  ArrowRight: () => panBy(0.15),
};

function zoomTo([from, to]: readonly [number, number]): void {
  const margin = 0.04 * (to - from);
  setTimeView({ kind: "fixed", from: from - margin, to: to + margin });
}

async function openTask(seq: number): Promise<void> {
  const key = await keyOf(seq).catch(() => null);
  navigate(key === null ? formatRoute(["task"], { seq }) : formatRoute(["task", key]));
}

function cursorOf(pick: Exclude<Pick, { kind: "running" }>): { lane: number; from: number; to: number } {
  return pick.kind === "many"
    ? { lane: pick.lane, from: pick.from, to: pick.to }
    : { lane: pick.lane, from: pick.start, to: pick.start + pick.duration };
}

/** Ticks move with the time range: ten times a second while it follows. */
function TimeAxis({
  view,
  width,
}: {
  readonly view: ReturnType<typeof timeView>;
  readonly width: number;
}): ReactElement {
  const [, redraw] = useState(0);
  useEffect(() => {
    if (view.kind !== "follow") return;
    const timer = setInterval(() => redraw((had) => had + 1), 200);
    return () => clearInterval(timer);
  }, [view.kind]);
  const [from, to] = currentRange();
  const scale = scaleTime().domain([from, to]).range([0, width]);
  const ticks = width > 0 ? scale.ticks(Math.max(2, Math.floor(width / 130))) : [];
  // Parts of a second only where ticks stand within one.
  const fine = to - from < 1_000 || ticks.some((tick) => tick.getMilliseconds() > 0);
  // What would be cut off at the right says nothing.
  const whole = width - (fine ? 78 : 56);
  return (
    <div className="stream-axis" aria-hidden="true">
      {ticks.map((tick) => (
        <span key={tick.getTime()} style={{ transform: `translateX(${scale(tick)}px)` }}>
          {scale(tick) < whole && formatTime(tick.getTime(), fine)}
        </span>
      ))}
    </div>
  );
}
