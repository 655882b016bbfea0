import type { ReactElement, ReactNode } from "react";
import { stateLook } from "./states.js";
import "./small.css";

export type Tone = "neutral" | "good" | "accent" | "warning" | "error";

/** A word with a tone; the mark says in shape what the tone says in colour. */
export function Pill(props: {
  readonly tone?: Tone;
  readonly mark?: string;
  readonly title?: string;
  readonly children: ReactNode;
}): ReactElement {
  return (
    <span className={`pill ${props.tone ?? "neutral"}`} title={props.title}>
      {props.mark !== undefined && (
        <span className="pill-mark" aria-hidden="true">
          {props.mark}
        </span>
      )}
      {props.children}
    </span>
  );
}

/** A task's or run's state: glyph, colour, word. */
export function StateMark({ state, label }: { readonly state: string; readonly label?: string }): ReactElement {
  const look = stateLook(state);
  return (
    <span className="state-mark">
      <span aria-hidden="true" style={{ color: look.color }}>
        {look.glyph}
      </span>
      <span>{label ?? look.label}</span>
    </span>
  );
}

/** Keys to press: one after another, or together as one string ("Ctrl K"). */
export function KeyHint({ keys }: { readonly keys: readonly string[] }): ReactElement {
  return (
    <span className="key-hint">
      {keys.map((key, index) => (
        <kbd key={index}>{key}</kbd>
      ))}
    </span>
  );
}
