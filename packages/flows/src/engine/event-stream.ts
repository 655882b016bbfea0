/** Run events of one flow run on their way to whoever keeps or shows them: in order, a batch for each turn of the event loop. */
import { setImmediate } from "node:timers";
import type { RunEvent, RunEventSink } from "../history/run-event.js";

/** More events than this do not wait for the end of the turn. */
const FULL = 4096;

const everywhere = new Set<RunEventSink>();
/** Streams with events that no sink has yet, in the order of the first of them. */
const waiting = new Set<EventStream>();
let isQueued = false;

export class EventStream {
  #sinks: readonly RunEventSink[];
  #batch: RunEvent[] = [];
  /** All events so far, as long as a sink may be added that has to be told of them. */
  #early: RunEvent[] | undefined = [];

  constructor(sinks: readonly RunEventSink[]) {
    this.#sinks = sinks;
  }

  /** What streams of subflows go to as well. */
  get sinks(): readonly RunEventSink[] {
    return this.#sinks;
  }

  emit(event: RunEvent): void {
    this.#early?.push(event);
    if (this.#sinks.length === 0 && everywhere.size === 0) return;
    if (this.#batch.push(event) === 1) waiting.add(this);
    if (this.#batch.length >= FULL) this.deliver();
    else if (!isQueued) {
      isQueued = true;
      setImmediate(onTurn);
    }
  }

  /** Adds a sink, which is told of all events so far. */
  add(sink: RunEventSink): void {
    this.deliver();
    this.#sinks = [...this.#sinks, sink];
    if (this.#early !== undefined) give(sink, this.#early);
  }

  /** No sink will be added any more. */
  isComplete(): void {
    this.#early = undefined;
  }

  deliver(): void {
    waiting.delete(this);
    if (this.#batch.length === 0) return;
    const events = this.#batch;
    this.#batch = [];
    for (const sink of this.#sinks) give(sink, events);
    for (const sink of everywhere) give(sink, events);
  }

  /** Resolves when everything so far is where it should be, or is known to be lost. */
  async flush(): Promise<void> {
    deliverAll();
    await Promise.allSettled([...this.#sinks, ...everywhere].map((sink) => sink.flush()));
  }
}

function onTurn(): void {
  isQueued = false;
  deliverAll();
}

function deliverAll(): void {
  for (const stream of [...waiting]) stream.deliver();
}

function give(sink: RunEventSink, events: readonly RunEvent[]): void {
  try {
    sink.take(events);
  } catch (error) {
    // A sink promises not to throw; the others are not to suffer from one that does.
    const detail = error instanceof Error ? error.message : String(error);
    process.emitWarning(`run events were lost: ${detail}`, { type: "HeddleFlowWarning", code: "HEDDLE_EVENTS_LOST" });
  }
}

/**
 * Gives the run events of all flow runs of this process to a sink, beside the run history.
 *
 * @returns ends that.
 */
export function addRunEventSink(sink: RunEventSink): () => void {
  everywhere.add(sink);
  return () => {
    deliverAll();
    everywhere.delete(sink);
  };
}
