import { useMemo, useState } from "react";
import type { CSSProperties, ReactElement } from "react";
import { RowState } from "@heddle/protocol/dashboard";
import { formatBytes, formatCount, formatDuration, formatTime, plain } from "../app/design/format.js";
import { Icon } from "../app/design/icon.js";
import { Swatch } from "../app/design/legend.js";
import { Panel } from "../app/design/panel.js";
import { setParameters, useRoute } from "../app/routing/route.js";
import { useCluster } from "../app/store/store.js";
import { Minimap } from "../app/stream/minimap.js";
import { Selection } from "../app/stream/selection-statistics.js";
import "../app/pages/groups/groups.css";
import { emphasisOf, StreamLegend } from "../app/stream/stream-legend.js";
import { TaskStream } from "../app/stream/task-stream.js";
import { useLanes } from "../app/stream/use-lanes.js";
import { fitAll } from "../app/time/time-range.js";
import type { RecordPort } from "./record-port.js";

const LANE = 22;
const GAP = 5;
const HEIGHT = { least: 90, most: 560 };

/** The runs on their threads, the whole time below them, and what was selected of either. */
export function StreamSection({ record }: { readonly record: RecordPort }): ReactElement {
  const { lanes } = useLanes(true);
  const { parameters } = useRoute();
  const [selected, setSelected] = useState<ReadonlySet<number>>(new Set());
  const [hovered, setHovered] = useState<number>();
  const [failed, setFailed] = useState(false);
  const [range, setRange] = useState<readonly [number, number]>();
  const emphasis = useMemo(() => emphasisOf(selected, hovered, failed), [selected, hovered, failed]);
  const chosen = parameters["sel"] === undefined ? undefined : Number(parameters["sel"]);
  const workers = lanes.filter(({ first }) => first).length;
  const height = Math.min(HEIGHT.most, Math.max(HEIGHT.least, lanes.length * LANE + workers * GAP));
  const toggle = (group: number): void =>
    setSelected((had) => {
      const next = new Set(had);
      if (!next.delete(group)) next.add(group);
      return next;
    });
  return (
    <section id="stream" className="report-part" style={{ "--stream-height": `${height + 22}px` } as CSSProperties}>
      <Panel
        title="Task stream"
        note="click it, then scroll to zoom; drag to move; shift and drag to select"
        className="report-stream"
        flush
        tools={
          <button type="button" className="button quiet" onClick={fitAll}>
            Show everything
          </button>
        }
      >
        <TaskStream
          emphasis={emphasis}
          withLeft
          past
          range={range}
          onRange={setRange}
          // What was chosen is described below.
          onOpen={() => {}}
        />
        <Minimap />
        <StreamLegend selected={selected} failed={failed} onHover={setHovered} onToggle={toggle} onFailed={setFailed} />
      </Panel>
      {chosen !== undefined && <Chosen record={record} seq={chosen} />}
      {range !== undefined && <Selection range={range} filter={emphasis} onClose={() => setRange(undefined)} />}
    </section>
  );
}

const STATE_WORDS: Readonly<Record<number, string>> = {
  [RowState.memory]: "done",
  [RowState.erred]: "failed",
  [RowState.cancelled]: "cancelled",
  [RowState.lost]: "lost with its worker",
};

function Chosen({ record, seq }: { readonly record: RecordPort; readonly seq: number }): ReactElement | null {
  const groups = useCluster((state) => state.groupNames);
  const { lanes } = useLanes(true);
  const run = record.run(seq);
  if (run === undefined) return null;
  const group = groups.get(run.group);
  const lane = lanes.find(({ id }) => id === run.lane);
  const facts: readonly (readonly [string, string])[] = [
    ["State", STATE_WORDS[run.state] ?? ""],
    ["Worker", lane === undefined ? "" : `${plain(lane.worker.name, 60)}, thread ${lane.thread + 1}`],
    ["Began", formatTime(run.start)],
    ...(run.state === RowState.lost ? ([["Ended about", formatTime(run.start + run.duration)]] as const) : []),
    ["Took", formatDuration(run.duration)],
    ["Waited without a thread", formatDuration(run.waited)],
    ["Inputs on their way", formatDuration(run.transfer)],
    ["Decoding inputs", formatDuration(run.deserialise)],
    ["Result", formatBytes(Math.max(0, run.nbytes))],
    ["Attempt", formatCount(Math.max(1, run.attempt))],
  ];
  return (
    <Panel
      title={plain(record.key(seq) ?? `Run ${seq + 1}`, 120)}
      note={
        <>
          <Swatch slot={group?.slot ?? -1} /> {plain(group?.name ?? "")}
        </>
      }
      tools={
        <button
          type="button"
          className="button quiet icon-only"
          aria-label="Close"
          onClick={() => setParameters({ sel: undefined })}
        >
          <Icon name="close" />
        </button>
      }
    >
      <dl className="facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </Panel>
  );
}
