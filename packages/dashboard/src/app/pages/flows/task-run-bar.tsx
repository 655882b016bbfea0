import type { CSSProperties, ReactElement } from "react";
import { formatCount } from "../../design/format.js";
import { stateLook } from "../../design/states.js";
import "../../design/progress-bar.css";

const ORDER = ["Completed", "Running", "Cancelling", "Scheduled", "Pending", "Cancelled", "Crashed", "Failed"];

/** How many task runs are in which state, as a bar. */
export function TaskRunBar({ counts }: { readonly counts: Readonly<Record<string, number>> }): ReactElement {
  const parts = ORDER.filter((state) => (counts[state] ?? 0) > 0);
  const total = parts.reduce((sum, state) => sum + counts[state]!, 0);
  const words = parts.map((state) => `${formatCount(counts[state]!)} ${stateLook(state).label}`).join(", ");
  if (total === 0) return <span className="muted">none</span>;
  return (
    <span className="task-run-bar">
      <span className="progress" role="img" aria-label={`Task runs: ${words}`} title={words}>
        {parts.map((state) => (
          <span
            key={state}
            className={stateLook(state).className}
            style={{ "--share": counts[state]! } as CSSProperties}
          />
        ))}
      </span>
      <span>{formatCount(total)}</span>
    </span>
  );
}
