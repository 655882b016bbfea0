import { useEffect, useRef } from "react";
import type { ReactElement, ReactNode } from "react";
import { Icon } from "./icon.js";
import "./floating.css";

/** A sheet over the right of the page, which stays usable. Escape closes it; the focus returns to where it was. */
export function Drawer(props: {
  readonly title: ReactNode;
  readonly label: string;
  readonly tools?: ReactNode;
  readonly onClose: () => void;
  readonly children: ReactNode;
}): ReactElement {
  const ref = useRef<HTMLElement>(null);
  const close = useRef(props.onClose);
  close.current = props.onClose;
  useEffect(() => {
    const before = document.activeElement;
    ref.current!.focus({ preventScroll: true });
    const key = (event: KeyboardEvent): void => {
      if (event.key === "Escape" && !event.defaultPrevented) close.current();
    };
    window.addEventListener("keydown", key);
    return () => {
      window.removeEventListener("keydown", key);
      if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
    };
  }, []);
  return (
    <aside ref={ref} className="drawer" role="dialog" aria-label={props.label} tabIndex={-1}>
      <header className="drawer-header">
        <h2 className="truncate">{props.title}</h2>
        <div className="drawer-tools">
          {props.tools}
          <button type="button" className="button quiet icon-only" aria-label="Close" onClick={props.onClose}>
            <Icon name="close" />
          </button>
        </div>
      </header>
      <div className="drawer-body">{props.children}</div>
    </aside>
  );
}

/** A dialog over the page, which waits meanwhile: Tab stays inside, Escape and a click outside close it. */
export function Dialog(props: {
  readonly label: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
}): ReactElement {
  const ref = useRef<HTMLDivElement>(null);
  const close = useRef(props.onClose);
  close.current = props.onClose;
  useEffect(() => {
    const before = document.activeElement;
    const dialog = ref.current!;
    if (!dialog.contains(document.activeElement)) dialog.focus();
    const key = (event: KeyboardEvent): void => {
      if (event.key === "Escape") {
        event.preventDefault();
        event.stopPropagation();
        close.current();
      }
      if (event.key === "Tab") keepInside(event, dialog);
    };
    window.addEventListener("keydown", key, true);
    return () => {
      window.removeEventListener("keydown", key, true);
      if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
    };
  }, []);
  return (
    <div className="overlay" onMouseDown={(event) => event.target === event.currentTarget && props.onClose()}>
      <div ref={ref} className="dialog" role="dialog" aria-modal="true" aria-label={props.label} tabIndex={-1}>
        {props.children}
      </div>
    </div>
  );
}

function keepInside(event: KeyboardEvent, dialog: HTMLElement): void {
  const all = [
    ...dialog.querySelectorAll<HTMLElement>("a[href], button:not(:disabled), input, select, [tabindex='0']"),
  ];
  const edge = event.shiftKey ? all[0] : all.at(-1);
  const other = event.shiftKey ? all.at(-1) : all[0];
  if (document.activeElement !== edge && dialog.contains(document.activeElement)) return;
  event.preventDefault();
  other?.focus();
}
