import type { ReactElement } from "react";

/** Strokes on a 16 x 16 grid. */
const PATHS = {
  overview: "M2.5 2.5h4.5v5h-4.5zM9 2.5h4.5v3H9zM9 7.5h4.5v6H9zM2.5 9.5h4.5v4h-4.5z",
  tasks: "M2 3.5h6M5 6.5h7M2.5 9.5h4M8.5 9.5h5M4 12.5h7",
  groups: "M2.5 4h11M2.5 8h7.5M2.5 12h4.5",
  graph:
    "M3 5.5a1.6 1.6 0 1 0 0-.01M11.2 3.5a1.6 1.6 0 1 0 0-.01M11.2 12.5a1.6 1.6 0 1 0 0-.01M6 5l5-1.3M5.8 6.3l5.8 5.2",
  workers: "M2.5 3h11v4h-11zM2.5 9h11v4h-11zM5 5h.01M5 11h.01",
  data: "M8 6.2c3 0 5-.8 5-1.9S11 2.5 8 2.5 3 3.3 3 4.3s2 1.9 5 1.9zM3 4.3v7.4c0 1 2 1.8 5 1.8s5-.8 5-1.8V4.3M3 8c0 1 2 1.8 5 1.8S13 9 13 8",
  flows: "M2.5 4.5h5a3 3 0 0 1 3 3v1a3 3 0 0 0 3 3M2.5 11.5h4M11.5 9.5l2 2-2 2",
  logs: "M3.5 2.5h9v11h-9zM6 5.5h4M6 8h4M6 10.5h2.5",
  system:
    "M8 9.8a1.8 1.8 0 1 0 0-3.6 1.8 1.8 0 0 0 0 3.6M8 2.2v2M8 11.8v2M2.2 8h2M11.8 8h2M3.9 3.9l1.4 1.4M10.7 10.7l1.4 1.4M3.9 12.1l1.4-1.4M10.7 5.3l1.4-1.4",
  search: "M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9M10.3 10.3l3.2 3.2",
  sun: "M8 10.8a2.8 2.8 0 1 0 0-5.6 2.8 2.8 0 0 0 0 5.6M8 1.5v1.6M8 12.9v1.6M1.5 8h1.6M12.9 8h1.6M3.4 3.4l1.1 1.1M11.5 11.5l1.1 1.1M3.4 12.6l1.1-1.1M11.5 4.5l1.1-1.1",
  moon: "M13.2 9.6A5.6 5.6 0 0 1 6.4 2.8a5.6 5.6 0 1 0 6.8 6.8z",
  system_theme: "M2.5 3h11v7.5h-11zM6 13.5h4M8 10.5v3",
  export: "M8 2.5v7.5M5 7l3 3 3-3M3 11v2.5h10V11",
  close: "M4 4l8 8M12 4l-8 8",
  copy: "M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3",
  check: "M3 8.5l3.2 3.2L13 4.8",
  chevron: "M6 3.5L10.5 8 6 12.5",
  left: "M10 3.5L5.5 8l4.5 4.5",
  right: "M6 3.5L10.5 8 6 12.5",
  up: "M4 10l4-4 4 4",
  down: "M4 6l4 4 4-4",
  pause: "M5.5 3.5v9M10.5 3.5v9",
  play: "M5 3.2l7.5 4.8L5 12.8z",
  fit: "M2.5 6V2.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10",
  warning: "M8 2.5l6 11H2zM8 6.5v3.2M8 11.6h.01",
  error: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12M5.8 5.8l4.4 4.4M10.2 5.8l-4.4 4.4",
  info: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12M8 7.3v3.7M8 5.1h.01",
  filter: "M2.5 3.5h11L9.5 8.3v4.2l-3-1.5V8.3z",
  reload: "M13 8a5 5 0 1 1-1.5-3.6M13 2.5v2.9h-2.9",
  link: "M6.8 9.2l2.4-2.4M7.5 4.8l1.6-1.6a2.6 2.6 0 0 1 3.7 3.7l-1.6 1.6M8.5 11.2l-1.6 1.6a2.6 2.6 0 0 1-3.7-3.7l1.6-1.6",
  more: "M3.5 8h.01M8 8h.01M12.5 8h.01",
  menu: "M2.5 4.5h11M2.5 8h11M2.5 11.5h11",
} as const;

export type IconName = keyof typeof PATHS;

/** A drawing beside text, or in a button that has a label of its own: never read aloud. */
export function Icon({ name, size = 16 }: { readonly name: IconName; readonly size?: number }): ReactElement {
  return (
    <svg width={size} height={size} viewBox="0 0 16 16" fill="none" aria-hidden="true" className="icon">
      <path d={PATHS[name]} stroke="currentColor" strokeWidth="1.4" strokeLinecap="round" strokeLinejoin="round" />
    </svg>
  );
}
