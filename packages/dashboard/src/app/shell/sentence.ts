import type { Totals } from "@heddle/protocol/dashboard";
import type { Connection } from "../../data/messages.js";
import { formatAbout, formatCount, formatPercent, formatPlural } from "../design/format.js";
import { unfinishedOf } from "../design/states.js";

/** What the cluster does, in a word. */
export type Activity = "Running" | "Idle" | "Finished" | "Waiting" | "No workers" | "Disconnected" | "Ended";

export function activityOf(totals: Totals, connection: Connection["state"]): Activity {
  if (connection === "ended") return "Ended";
  if (connection === "disconnected") return "Disconnected";
  if (totals.workers === 0) return "No workers";
  // Tasks are counted somewhat later than threads are seen to be busy.
  if (totals.tasks === 0) return totals.threadsBusy > 0 ? "Running" : "Idle";
  if (unfinishedOf(totals.states) === 0) return "Finished";
  return totals.threadsBusy > 0 || totals.rate > 0 ? "Running" : "Waiting";
}

/** Parts of the sentence at the top of everything, without those that say nothing. */
export function sentenceParts(totals: Totals, connection: Connection["state"]): readonly string[] {
  const activity = activityOf(totals, connection);
  const parts: string[] = [];
  if (totals.tasks > 0)
    parts.push(
      `${formatCount(totals.done)} of ${formatPlural(totals.tasks, "task")} (${formatPercent(totals.done / totals.tasks)})`,
    );
  const cancelled = totals.tasks - totals.done - totals.failed - unfinishedOf(totals.states);
  if (cancelled > 0) parts.push(`${formatCount(cancelled)} cancelled`);
  if (totals.threads > 0)
    parts.push(`${formatCount(totals.threadsBusy)} of ${formatPlural(totals.threads, "thread")} busy`);
  if (totals.eta !== undefined && activity === "Running") parts.push(`${formatAbout(totals.eta)} left`);
  return parts;
}

export function sentenceOf(totals: Totals, connection: Connection["state"]): string {
  const failed = totals.failed > 0 ? [`${formatCount(totals.failed)} failed`] : [];
  return [activityOf(totals, connection), ...sentenceParts(totals, connection), ...failed].join(", ");
}
