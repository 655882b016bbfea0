import type { SeriesPoint } from "@heddle/protocol/dashboard";
import { formatBytes, formatDuration, formatPercent, formatRate } from "../../design/format.js";

interface Line {
  readonly name: string;
  /** Slot of its colour. */
  readonly category: number;
  readonly value: (point: SeriesPoint) => number;
}

export interface SystemChart {
  readonly label: string;
  readonly format: (value: number) => string;
  /** Upper end of the scale, when it is known. */
  readonly max?: number;
  /** Bytes have ticks at powers of two. */
  readonly steps?: "bytes";
  /** Pixels. */
  readonly height?: number;
  /** The second and later ones are dashed. */
  readonly lines: readonly Line[];
}

/** What is drawn, panel by panel. */
export const SYSTEM_PANELS: readonly {
  readonly title: string;
  readonly note?: string;
  readonly charts: readonly SystemChart[];
}[] = [
  {
    title: "Scheduler: event loop",
    note: "busy near 100 % means that tasks wait for it",
    charts: [
      {
        label: "Share of time in which the scheduler's event loop is busy",
        format: formatPercent,
        max: 1,
        lines: [{ name: "busy", category: 5, value: ({ scheduler }) => scheduler.utilisation }],
      },
      {
        label: "Delay of the scheduler's event loop",
        format: formatDuration,
        lines: [
          { name: "delay, median", category: 3, value: ({ scheduler }) => scheduler.delayP50 },
          { name: "delay, 99 %", category: 0, value: ({ scheduler }) => scheduler.delayP99 },
        ],
      },
    ],
  },
  {
    title: "Scheduler: transitions",
    charts: [
      {
        label: "Changes of state per second",
        format: formatRate,
        height: 269,
        lines: [
          { name: "transitions", category: 4, value: ({ scheduler }) => scheduler.transitions },
          { name: "finished tasks", category: 2, value: ({ finished }) => finished },
        ],
      },
    ],
  },
  {
    title: "Scheduler: memory",
    charts: [
      {
        label: "Memory of the scheduler's process",
        format: formatBytes,
        steps: "bytes",
        height: 269,
        lines: [
          { name: "process", category: 6, value: ({ scheduler }) => scheduler.rss },
          { name: "heap", category: 7, value: ({ scheduler }) => scheduler.heap },
        ],
      },
    ],
  },
  {
    title: "This dashboard",
    note: "a thread of its own: none of this is the scheduler's",
    charts: [
      {
        label: "Share of time in which the dashboard's thread is busy",
        format: formatPercent,
        lines: [{ name: "busy", category: 1, value: ({ dashboard }) => dashboard.utilisation }],
      },
      {
        label: "Bytes sent to viewers per second",
        format: (bytes) => `${formatBytes(bytes)}/s`,
        steps: "bytes",
        lines: [{ name: "sent to viewers", category: 3, value: ({ dashboard }) => dashboard.bytes }],
      },
    ],
  },
];
