import type { RunClient } from "@heddle/client/runs";
import { MAX_EVENT_BYTES } from "@heddle/protocol";
import type { RunEvent, RunEventSink } from "../../history/run-event.js";
import { topicOf } from "./news.js";

/** Events to a message, so that it nearly always holds them: what does not fit has been written for nothing. */
const PIECE = 1000;

/** Gives the events of a flow run to the scheduler, for its dashboard and whoever listens: JSON, an array of them in each message. */
export class ClusterEvents implements RunEventSink {
  readonly #client: RunClient;
  readonly #topic: string;
  /** Said first: who shows tasks has only their keys to tell whose they are. */
  #keys: { readonly kind: "keys"; readonly flowRun: string; readonly tag: string } | undefined;

  /** @param tag - in the keys of the flow run's tasks */
  constructor(client: RunClient, flowRun: string, tag: string) {
    this.#client = client;
    this.#topic = topicOf(flowRun);
    this.#keys = { kind: "keys", flowRun, tag };
  }

  take(events: readonly RunEvent[]): void {
    const keys = this.#keys;
    this.#keys = undefined;
    if (keys !== undefined) this.#publish([keys]);
    for (let at = 0; at < events.length; at += PIECE) this.#publish(events.slice(at, at + PIECE));
  }

  #publish(events: readonly unknown[]): void {
    const bytes = Buffer.from(JSON.stringify(events));
    if (bytes.byteLength <= MAX_EVENT_BYTES) this.#client.publish(this.#topic, bytes);
    else if (events.length > 1) {
      const half = events.length >> 1;
      this.#publish(events.slice(0, half));
      this.#publish(events.slice(half));
    } else this.#publishShort(events[0] as RunEvent, bytes.byteLength);
  }

  #publishShort(event: RunEvent, size: number): void {
    const bytes = Buffer.from(JSON.stringify([shortened(event, size)]));
    if (bytes.byteLength <= MAX_EVENT_BYTES) this.#client.publish(this.#topic, bytes);
  }

  async flush(): Promise<void> {
    // The connection keeps the order: with an answer to what was sent after them, the events are there.
    await this.#client.barrier().catch(() => {});
  }

  async close(): Promise<void> {}
}

/** Lists and texts of an event are cut here where it is more than a message holds: a dashboard shows no more of them. */
const MOST_ITEMS = 10_000;
const MOST_TEXT = 10_000;
/** Fields of any size that it does without. */
const UNSHOWN: readonly string[] = ["details", "result", "data"];

/** What a dashboard needs of an event: that a run ended must not get lost for a long message. */
function shortened(event: RunEvent, size: number): unknown {
  const fields = Object.entries(event).flatMap(([name, value]: [string, unknown]) => {
    if (typeof value === "string") return [[name, value.slice(0, MOST_TEXT)]];
    if (Array.isArray(value) && name !== "data") return [[name, value.slice(0, MOST_ITEMS)]];
    return UNSHOWN.includes(name) ? [] : [[name, value]];
  });
  const short = Object.fromEntries(fields) as object;
  if (event.kind !== "artifact") return short;
  const data = `*${Math.ceil(size / 1024)} KiB: more than the dashboard of a cluster shows. The run history has it: \`heddle dashboard\`.*`;
  return { ...short, type: "markdown", data };
}
