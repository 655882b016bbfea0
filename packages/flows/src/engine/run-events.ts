/** Run events on their way from runs to whoever keeps or shows them: in order, a batch for each turn of the event loop. */
import { setImmediate } from "node:timers";
import type { RunEvent, RunEventSink } from "../history/run-event.js";

/** More events than this do not wait for the end of the turn. */
const FULL = 4096;

const everywhere = new Set<RunEventSink>();
const byFlowRun = new Map<string, RunEventSink>();
let batch: RunEvent[] = [];
let isQueued = false;

export function emit(event: RunEvent): void {
  if (everywhere.size === 0 && byFlowRun.size === 0) return;
  batch.push(event);
  if (batch.length >= FULL) deliver();
  else if (!isQueued) {
    isQueued = true;
    setImmediate(onTurn);
  }
}

function onTurn(): void {
  isQueued = false;
  deliver();
}

function deliver(): void {
  if (batch.length === 0) return;
  const events = batch;
  batch = [];
  for (const sink of everywhere) give(sink, events);
  if (byFlowRun.size === 0) return;
  const shares = new Map<RunEventSink, RunEvent[]>();
  for (const event of events) {
    const sink = byFlowRun.get(event.flowRun);
    if (sink === undefined) continue;
    const share = shares.get(sink);
    if (share === undefined) shares.set(sink, [event]);
    else share.push(event);
  }
  for (const [sink, share] of shares) give(sink, share);
}

function give(sink: RunEventSink, events: readonly RunEvent[]): void {
  try {
    sink.take(events);
  } catch (error) {
    // A sink promises not to throw; what follows is for others.
    process.emitWarning(`run events were lost: ${String(error)}`, {
      type: "HeddleFlowWarning",
      code: "HEDDLE_EVENTS_LOST",
    });
  }
}

/** Everything that happened so far is where it should be, or is known to be lost. */
export async function flushRunEvents(): Promise<void> {
  deliver();
  await Promise.allSettled([...everywhere, ...new Set(byFlowRun.values())].map((sink) => sink.flush()));
}

/**
 * Gives events of all flow runs of this process to a sink too, beside the run history.
 *
 * @returns ends that.
 */
export function addRunEventSink(sink: RunEventSink): () => void {
  everywhere.add(sink);
  return () => {
    deliver();
    everywhere.delete(sink);
  };
}

/** Gives the events of one flow run to a sink, until the function returned is called. */
export function routeRunEvents(flowRun: string, sink: RunEventSink): () => void {
  byFlowRun.set(flowRun, sink);
  return () => {
    deliver();
    byFlowRun.delete(flowRun);
  };
}
