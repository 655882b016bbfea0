import type { CSSProperties, ReactElement } from "react";
import type { GroupSummary } from "@heddle/protocol/dashboard";
import { formatCount } from "./format.js";
import { partsOf, totalOf } from "./states.js";
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
