/** How far some tasks are, as a line of text. */

export interface Tally {
  readonly total: number;
  readonly finished: number;
  /** Failed, cancelled or lost. */
  readonly failed: number;
  /** Milliseconds since they were first looked at. */
  readonly elapsed: number;
}

const FILLED = "█";
const EMPTY = "░";
const SMALLEST_BAR = 10;
const LARGEST_BAR = 40;

/** `label ████░░░░ 45 % 450 of 1,000, 2 failed, 3.1 s, 3.8 s left`, in at most `width` columns as far as a bar fits. */
export function progressLine(label: string, tally: Tally, width: number): string {
  const text = progressText(tally);
  const prefix = label === "" ? "" : `${label} `;
  const room = Math.min(LARGEST_BAR, width - prefix.length - text.length - 1);
  if (room < SMALLEST_BAR) return (prefix + text).slice(0, Math.max(0, width));
  const filled = Math.round(fraction(tally) * room);
  return `${prefix}${FILLED.repeat(filled)}${EMPTY.repeat(room - filled)} ${text}`;
}

/** The same without the bar, for logs. */
export function progressText(tally: Tally): string {
  const { total, finished, failed, elapsed } = tally;
  const done = finished + failed;
  const parts = [`${String(Math.floor(fraction(tally) * 100)).padStart(3)} %  ${number(done)} of ${number(total)}`];
  if (failed > 0) parts.push(`${number(failed)} failed`);
  parts.push(time(elapsed));
  // Before some have been done, how long the rest will take is anybody's guess.
  if (done > 0 && done < total) parts.push(`about ${time((elapsed / done) * (total - done))} left`);
  return parts.join(", ");
}

function fraction({ total, finished, failed }: Tally): number {
  return total === 0 ? 1 : (finished + failed) / total;
}

function number(value: number): string {
  return value.toLocaleString("en-US");
}

function time(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const minutes = Math.floor(seconds / 60);
  const rest = Math.floor(seconds % 60);
  if (minutes < 60) return `${minutes} min ${rest} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
