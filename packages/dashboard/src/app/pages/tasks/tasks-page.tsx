import { useMemo } from "react";
import type { ReactElement } from "react";
import { Panel } from "../../design/panel.js";
import { setParameters, useRoute } from "../../routing/route.js";
import { emphasisOf } from "../../stream/stream-legend.js";
import { Minimap } from "../../stream/minimap.js";
import { Selection } from "../../stream/selection-statistics.js";
import { StreamPanel } from "../../stream/stream-panel.js";
import { formatRange, parseRange } from "../../time/range-address.js";
import { useTimeParameters } from "../../time/time-range.js";
import "../groups/groups.css";
import "./tasks.css";

/** What ran where, when, and why there is white space. */
export default function TasksPage(): ReactElement {
  useTimeParameters();
  const { parameters } = useRoute();
  // What was selected is in the address, as what is in sight is: a copied link shows the same statistics.
  const { select } = parameters;
  const range = useMemo(() => parseRange(select), [select]);
  const setRange = (next: readonly [number, number] | undefined): void =>
    setParameters({ select: next && formatRange(next) });
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
