import type { CSSProperties, ReactElement } from "react";
import type { GroupSummary } from "@heddle/protocol/dashboard";
import { formatCount } from "./format.js";
import { PARTS, partsOf, totalOf } from "./states.js";
import "./progress-bar.css";

/** Where a group's tasks are, as parts of a bar: colours, and patterns that tell them apart without colour. */
export function ProgressBar(props: {
  readonly summary: Pick<GroupSummary, "states" | "done" | "failed">;
  readonly label: string;
}): ReactElement {
  const { summary, label } = props;
  const parts = partsOf(summary);
  const words = parts.map(({ look, count }) => `${formatCount(count)} ${look.label}`).join(", ");
  return (
    <div
      className="progress"
      role="img"
      aria-label={`${label}: ${words || "no tasks"} of ${formatCount(totalOf(summary.states))}`}
      title={words}
    >
      {parts.map(({ look, count }) => (
        <span key={look.label} className={look.className} style={{ "--share": count } as CSSProperties} />
      ))}
    </div>
  );
}

/** What the parts of these bars mean: only those that any of them has. */
export function ProgressLegend(props: {
  readonly summaries: readonly Pick<GroupSummary, "states" | "done" | "failed">[];
}): ReactElement | null {
  const present = new Set(props.summaries.flatMap((summary) => partsOf(summary).map(({ look }) => look)));
  if (present.size === 0) return null;
  return (
    <ul className="progress-legend" aria-label="Parts of the bars">
      {PARTS.filter((look) => present.has(look)).map((look) => (
        <li key={look.label} title={look.meaning}>
          <span className={`progress-key ${look.className}`} aria-hidden="true" /> {look.label}
        </li>
      ))}
    </ul>
  );
}
