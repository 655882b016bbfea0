import type { WorkerEntry, WorkerSummary } from "@heddle/protocol/dashboard";
import { clusterNow, schedulerNow } from "../../store/store.js";

export type WorkerStatus = WorkerSummary["status"] | "silent";

/** Milliseconds without a heartbeat after which a worker is spoken of as silent. */
const SILENT = 5000;

/** What is said of a worker: its own word, unless nothing has been heard of it, or it has left. */
export function workerStatus(entry: WorkerEntry, summary: WorkerSummary | undefined): WorkerStatus {
  if (entry.leftAt !== undefined) return "gone";
  if (summary === undefined) return "running";
  // Of a page that hears nothing itself, no worker is silent.
  if (clusterNow().connection.state !== "live") return summary.status;
  return schedulerNow() - summary.lastSeen > SILENT ? "silent" : summary.status;
}
