import { useMemo } from "react";
import type { ReactElement } from "react";
import type { Emphasis } from "../../stream/messages.js";
import { Legend } from "../design/legend.js";
import { useCluster } from "../store/store.js";

/** Groups named at once; the others share their colours or have none. */
const NAMED = 8;

/** Colours of the groups with most time, and what the patterns mean. Hover lifts one out, click keeps it so. */
export function StreamLegend(props: {
  readonly selected: ReadonlySet<number>;
  readonly failed: boolean;
  readonly onHover: (group: number | undefined) => void;
  readonly onToggle: (group: number) => void;
  readonly onFailed: (failed: boolean) => void;
}): ReactElement {
  const groups = useCluster((state) => state.groups);
  const names = useCluster((state) => state.groupNames);
  const entries = useMemo(
    () =>
      [...groups.values()]
        .sort((a, b) => b.compute - a.compute)
        .slice(0, NAMED)
        .flatMap(({ id }) => {
          const entry = names.get(id);
          return entry === undefined ? [] : [{ id, label: entry.name, slot: entry.slot }];
        }),
    [groups, names],
  );
  const others = groups.size - entries.length;
  return (
    <div className="stream-legend">
      <Legend entries={entries} selected={props.selected} onHover={props.onHover} onToggle={props.onToggle} />
      {others > 0 && <span className="muted">and {others} more</span>}
      <span className="stream-kinds">
        <button
          type="button"
          className="legend-item"
          aria-pressed={props.failed}
          onClick={() => props.onFailed(!props.failed)}
        >
          <span className="stream-key failed" aria-hidden="true" /> failed
        </button>
        <span className="muted">
          <span className="stream-key lost" aria-hidden="true" /> lost
        </span>
        <span className="muted">
          <span className="stream-key cancelled" aria-hidden="true" /> cancelled
        </span>
        <span className="muted">
          <span className="stream-key running" aria-hidden="true" /> running
        </span>
        <span className="muted">
          <span className="stream-key transfer" aria-hidden="true" /> inputs on their way
        </span>
        <span className="muted">
          <span className="stream-key idle" aria-hidden="true" /> idle
        </span>
      </span>
    </div>
  );
}

/** What the picture shows at full strength. */
export function emphasisOf(selected: ReadonlySet<number>, hovered: number | undefined, failed: boolean): Emphasis {
  const groups = hovered === undefined ? [...selected] : [hovered];
  return { ...(groups.length > 0 ? { groups } : {}), ...(failed ? { failed } : {}) };
}
