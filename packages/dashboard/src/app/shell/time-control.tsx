import type { ReactElement } from "react";
import { formatDuration } from "../design/format.js";
import { Icon } from "../design/icon.js";
import { currentRange, fitAll, follow, setTimeView, useTimeView } from "../time/time-range.js";

const SPANS = [10_000, 60_000, 300_000, 1_800_000] as const;

/** Which part of time all timelines show. */
export function TimeControl(): ReactElement {
  const view = useTimeView();
  const following = view.kind === "follow";
  const value = following ? String(SPANS.find((span) => span === view.span) ?? "other") : "fixed";
  const width = following ? view.span : view.to - view.from;
  return (
    <div className="time-control" role="group" aria-label="Time range">
      <button
        type="button"
        className="button quiet"
        aria-pressed={following}
        title="Follow the present (L)"
        onClick={() => (following ? freeze() : follow())}
      >
        <Icon name={following ? "pause" : "play"} />
        {following ? "Following" : "Follow"}
      </button>
      <select
        className="time-span"
        aria-label="Width of the time range"
        value={value}
        onChange={(event) => (event.target.value === "all" ? fitAll() : follow(Number(event.target.value)))}
      >
        {SPANS.map((span) => (
          <option key={span} value={span}>
            last {formatDuration(span).replace(/\u00a000\u00a0s$/, "")}
          </option>
        ))}
        <option value="all">everything</option>
        {value === "other" && <option value="other">last {formatDuration(width)}</option>}
        {value === "fixed" && <option value="fixed">{formatDuration(width)}</option>}
      </select>
    </div>
  );
}

function freeze(): void {
  const [from, to] = currentRange();
  setTimeView({ kind: "fixed", from, to });
}
