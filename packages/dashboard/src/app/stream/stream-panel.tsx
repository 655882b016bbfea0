import { useMemo, useState } from "react";
import type { ReactElement, ReactNode } from "react";
import { formatCount, formatPlural } from "../design/format.js";
import { Panel } from "../design/panel.js";
import { setParameters, useRoute } from "../routing/route.js";
import { useCluster } from "../store/store.js";
import { emphasisOf, StreamLegend } from "./stream-legend.js";
import { TaskStream } from "./task-stream.js";
import { useLanes } from "./use-lanes.js";

/** The stream with its legend. Filters are in the address: `group=1,4` and `state=failed`. */
export function StreamPanel(props: {
  readonly range?: readonly [number, number] | undefined;
  readonly onRange?: (range: readonly [number, number] | undefined) => void;
  readonly tools?: ReactNode;
}): ReactElement {
  const { parameters } = useRoute();
  const [hovered, setHovered] = useState<number>();
  const groups = parameters["group"] ?? "";
  const selected = useMemo(() => new Set(groups.split(",").filter(Boolean).map(Number)), [groups]);
  const failed = parameters["state"] === "failed";
  const withLeft = parameters["left"] !== undefined;
  const { left } = useLanes(withLeft);
  const history = useCluster((state) => state.history);
  const emphasis = useMemo(() => emphasisOf(selected, hovered, failed), [selected, hovered, failed]);
  const toggle = (group: number): void => {
    const next = new Set(selected);
    if (!next.delete(group)) next.add(group);
    setParameters({ group: next.size === 0 ? undefined : [...next].join(",") });
  };
  const away = history.recorded - history.rows - history.loading;
  const note =
    history.loading > 0
      ? `fetching ${formatPlural(history.loading, "earlier run")}`
      : away > 0
        ? `the last ${formatCount(history.rows)} of ${formatCount(history.recorded)} runs`
        : undefined;
  const tools = (
    <>
      {left > 0 && (
        <button
          type="button"
          className="button quiet"
          aria-pressed={withLeft}
          onClick={() => setParameters({ left: withLeft ? undefined : 1 })}
        >
          {withLeft ? "hide workers that left" : `show ${formatPlural(left, "worker")} that left`}
        </button>
      )}
      {props.tools}
    </>
  );
  return (
    <Panel className="stream-panel" title="Task stream" note={note} tools={tools} picture live flush>
      <TaskStream
        emphasis={emphasis}
        withLeft={withLeft}
        range={props.range}
        {...(props.onRange === undefined ? {} : { onRange: props.onRange })}
      />
      <StreamLegend
        selected={selected}
        failed={failed}
        onHover={setHovered}
        onToggle={toggle}
        onFailed={(on) => setParameters({ state: on ? "failed" : undefined })}
      />
    </Panel>
  );
}
