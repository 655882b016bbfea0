import type { CSSProperties, ReactElement } from "react";
import type { StateCounts } from "@heddle/protocol/dashboard";
import { formatCount } from "./format.js";
import { STATES, STATE_ORDER, totalOf } from "./states.js";
import "./progress-bar.css";

/** Where a group's tasks are, as parts of a bar: colours, and patterns that tell them apart without colour. */
export function ProgressBar({ states, label }: { readonly states: StateCounts; readonly label: string }): ReactElement {
  const total = totalOf(states);
  const parts = STATE_ORDER.filter((state) => states[state] > 0);
  const words = parts.map((state) => `${formatCount(states[state])} ${STATES[state].label}`).join(", ");
  return (
    <div
      className="progress"
      role="img"
      aria-label={`${label}: ${words || "no tasks"} of ${formatCount(total)}`}
      title={words}
    >
      {parts.map((state) => (
        <span key={state} className={STATES[state].className} style={{ "--share": states[state] } as CSSProperties} />
      ))}
    </div>
  );
}
