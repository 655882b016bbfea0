/** How states, times and durations look in a terminal. */
import { styleText } from "node:util";
import type { StateRecord } from "@heddle/flows/history";

export type Colour = "green" | "red" | "yellow" | "cyan" | "gray" | "bold";

/** Off where nobody sees it, and where NO_COLOR says so. */
export function paint(colour: Colour, text: string): string {
  return process.stdout.isTTY && process.stdout.hasColors() ? styleText(colour, text) : text;
}

const LOOKS = {
  Scheduled: { sign: "◷", colour: "yellow" },
  Pending: { sign: "·", colour: "gray" },
  Running: { sign: "▸", colour: "cyan" },
  Cancelling: { sign: "⊘", colour: "yellow" },
  Completed: { sign: "✓", colour: "green" },
  Failed: { sign: "✗", colour: "red" },
  Cancelled: { sign: "⊘", colour: "yellow" },
  Crashed: { sign: "☠", colour: "red" },
} as const satisfies Record<StateRecord["type"], { readonly sign: string; readonly colour: Colour }>;

export function look(state: Pick<StateRecord, "type">): { readonly sign: string; readonly colour: Colour } {
  return LOOKS[state.type];
}

/** "12 ms", "1.2 s", "3 min 4 s", "2 h 5 min". */
function formatDuration(milliseconds: number): string {
  if (milliseconds < 999.5) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < 59_950) return `${(milliseconds / 1_000).toFixed(1)} s`;
  const seconds = Math.round(milliseconds / 1_000);
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  return `${Math.floor(minutes / 1_440)} d ${Math.floor((minutes % 1_440) / 60)} h`;
}

/** How long a run has taken, or takes so far; "" when it has not begun. */
export function durationOf(run: { readonly started?: number; readonly ended?: number }): string {
  return run.started === undefined ? "" : formatDuration(Math.max(0, (run.ended ?? Date.now()) - run.started));
}

/** "2026-01-31 14:05:59", where the reader is. */
export function formatTime(time: number): string {
  const at = new Date(time);
  const day = [at.getFullYear(), at.getMonth() + 1, at.getDate()].map(two).join("-");
  return `${day} ${formatClock(time).slice(0, 8)}`;
}

/** "14:05:59.123". */
export function formatClock(time: number): string {
  const at = new Date(time);
  const clock = [at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(":");
  return `${clock}.${String(at.getMilliseconds()).padStart(3, "0")}`;
}

function two(number: number): string {
  return String(number).padStart(2, "0");
}
