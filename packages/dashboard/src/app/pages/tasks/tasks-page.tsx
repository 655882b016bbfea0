import { useMemo, useState } from "react";
import type { ReactElement } from "react";
import { Panel } from "../../design/panel.js";
import { useRoute } from "../../routing/route.js";
import { emphasisOf } from "../../stream/stream-legend.js";
import { Minimap } from "../../stream/minimap.js";
import { Selection } from "../../stream/selection-statistics.js";
import { StreamPanel } from "../../stream/stream-panel.js";
import { useTimeParameters } from "../../time/time-range.js";
import "../groups/groups.css";
import "./tasks.css";

/** What ran where, when, and why there is white space. */
export default function TasksPage(): ReactElement {
  useTimeParameters();
  const { parameters } = useRoute();
  const [range, setRange] = useState<readonly [number, number]>();
  const groups = parameters["group"] ?? "";
  const failed = parameters["state"] === "failed";
  const filter = useMemo(
    () => emphasisOf(new Set(groups.split(",").filter(Boolean).map(Number)), undefined, failed),
    [groups, failed],
  );
  return (
    <div className="tasks">
      <Panel title="All recorded time" note="press to look there" live>
        <Minimap />
      </Panel>
      <StreamPanel
        range={range}
        onRange={setRange}
        tools={<span className="muted tasks-hint">shift and drag selects</span>}
      />
      {range && <Selection range={range} filter={filter} onClose={() => setRange(undefined)} />}
    </div>
  );
}
