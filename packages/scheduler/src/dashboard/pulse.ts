import type { WorkerRecord } from "../core/workers.js";
import type { WorkerPulse } from "./thread/messages.js";

/** How a worker is at this moment. */
export function pulseOf(worker: WorkerRecord): WorkerPulse {
  const { metrics } = worker;
  const executing = metrics?.executing ?? 0;
  // What it was given it does at once, unless it is paused or the inputs are still on their way.
  const begun = worker.status === "paused" ? 0 : worker.inflight - (metrics?.fetching ?? 0);
  return {
    id: worker.index,
    status: worker.status,
    reason: worker.statusReason,
    lastSeen: worker.lastSeen,
    cpu: metrics?.cpu ?? 0,
    threadsBusy: Math.min(worker.threads, Math.max(executing, begun)),
    executing,
    ready: metrics?.ready ?? 0,
    fetching: metrics?.fetching ?? 0,
    assigned: worker.inflight + worker.following + worker.away,
    managed: metrics?.managed ?? worker.managed,
    spilled: metrics?.spilled ?? 0,
    rss: metrics?.rss ?? 0,
    sentBytes: metrics?.sentBytes ?? 0,
    receivedBytes: metrics?.receivedBytes ?? 0,
    clockOffset: worker.clockOffset,
    failures: worker.failures,
    saidAt: metrics?.time ?? 0,
    bandwidth: metrics?.bandwidth ?? [],
    fetched: metrics?.fetched ?? [],
  };
}
