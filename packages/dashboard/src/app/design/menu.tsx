import { useEffect, useRef, useState } from "react";
import type { ReactElement, ReactNode } from "react";
import { Icon } from "./icon.js";
import "./floating.css";

/** A button that opens a short list; a choice, Escape or a press elsewhere closes it. */
export function Menu(props: {
  readonly label: string;
  /** Entries: `li`, each with one link or button. */
  readonly children: ReactNode;
}): ReactElement {
  const [open, setOpen] = useState(false);
  const ref = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!open) return;
    const close = (event: Event): void => {
      if (event instanceof KeyboardEvent ? event.key === "Escape" : !ref.current!.contains(event.target as Node))
        setOpen(false);
    };
    window.addEventListener("mousedown", close);
    window.addEventListener("keydown", close);
    return () => {
      window.removeEventListener("mousedown", close);
      window.removeEventListener("keydown", close);
    };
  }, [open]);
  return (
    <div className="menu" ref={ref}>
      <button
        type="button"
        className="button quiet icon-only"
        aria-label={props.label}
        title={props.label}
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      >
        <Icon name="export" />
      </button>
      {open && (
        <ul className="menu-list" onClick={() => setOpen(false)}>
          {props.children}
        </ul>
      )}
    </div>
  );
}
