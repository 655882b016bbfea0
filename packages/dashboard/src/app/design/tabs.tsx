import { useId } from "react";
import type { KeyboardEvent, ReactElement, ReactNode } from "react";
import "./small.css";

export interface Tab {
  readonly id: string;
  readonly label: ReactNode;
}

/** Tabs and the content of the selected one. Arrow keys move between tabs. */
export function Tabs(props: {
  readonly label: string;
  readonly tabs: readonly Tab[];
  readonly selected: string;
  readonly onSelect: (id: string) => void;
  readonly children: ReactNode;
}): ReactElement {
  const prefix = useId();
  const move = (event: KeyboardEvent<HTMLDivElement>): void => {
    const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (step === 0) return;
    const at = props.tabs.findIndex((tab) => tab.id === props.selected);
    const next = props.tabs[(at + step + props.tabs.length) % props.tabs.length];
    if (!next) return;
    event.preventDefault();
    event.stopPropagation();
    props.onSelect(next.id);
    document.getElementById(`${prefix}${next.id}`)?.focus();
  };
  return (
    <>
      <div className="tabs" role="tablist" aria-label={props.label} onKeyDown={move}>
        {props.tabs.map(({ id, label }) => (
          <button
            type="button"
            key={id}
            id={`${prefix}${id}`}
            role="tab"
            aria-selected={id === props.selected}
            aria-controls={`${prefix}content`}
            tabIndex={id === props.selected ? 0 : -1}
            onClick={() => props.onSelect(id)}
          >
            {label}
          </button>
        ))}
      </div>
      <div id={`${prefix}content`} role="tabpanel" aria-labelledby={`${prefix}${props.selected}`}>
        {props.children}
      </div>
    </>
  );
}
