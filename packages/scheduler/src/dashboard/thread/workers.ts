import type { MemoryUse, WorkerDetail, WorkerSummary } from "@heddle/protocol/dashboard";
import { SILENT } from "./attention.js";
import type { Dictionary } from "./dictionary.js";
import type { WorkerPulse } from "./messages.js";

/** Seconds of a worker's series that are kept. */
const SERIES = 600;
/** Milliseconds for which it is remembered who fetched from whom, and how much of that at most. */
const FLOW_TIME = 60_000;
const MAX_FLOWS = 100_000;

type Point = WorkerDetail["series"][number];

/** Bytes from one worker to another. `bandwidth`: bytes a second; 0: too little to tell. */
export interface Flow {
  readonly from: number;
  readonly to: number;
  readonly bytes: number;
  readonly bandwidth: number;
}

interface Known {
  pulse: WorkerPulse;
  at: number;
  /** Bytes a second. */
  sent: number;
  received: number;
  readonly series: Point[];
  told: string;
}

/** The workers as they were last heard of. */
export class Workers {
  readonly #dictionary: Dictionary;
  readonly #known = new Map<number, Known>();
  readonly #failuresOfGone = new Map<number, number>();
  #transferred = 0;
  /** Of the last minute. */
  #flows: (Flow & { readonly at: number })[] = [];

  constructor(dictionary: Dictionary) {
    this.#dictionary = dictionary;
  }

  take(pulses: readonly WorkerPulse[], now: number): void {
    for (const pulse of pulses) {
      const known = this.#known.get(pulse.id);
      if (known === undefined) {
        this.#known.set(pulse.id, { pulse, at: now, sent: 0, received: 0, series: [], told: "" });
        continue;
      }
      const before = known.pulse;
      // Numbers of traffic come with heartbeats, less often than the rest.
      if (
        pulse.lastSeen > before.lastSeen &&
        pulse.receivedBytes + pulse.sentBytes !== before.receivedBytes + before.sentBytes
      ) {
        const seconds = Math.max(0.1, (now - known.at) / 1000);
        const received = Math.max(0, pulse.receivedBytes - before.receivedBytes);
        known.sent = Math.max(0, pulse.sentBytes - before.sentBytes) / seconds;
        known.received = received / seconds;
        known.at = now;
        this.#transferred += received;
      } else if (now - known.at > 2_000) {
        known.sent = 0;
        known.received = 0;
        known.at = now;
      }
      if (pulse.saidAt !== before.saidAt) this.#takeFlows(pulse, now);
      known.pulse = pulse;
    }
    while (this.#flows.length > 0 && (now - this.#flows[0]!.at > FLOW_TIME || this.#flows.length > MAX_FLOWS))
      this.#flows.shift();
    const here = new Set(pulses.map(({ id }) => id));
    for (const [id, { pulse }] of this.#known) {
      if (here.has(id)) continue;
      this.#known.delete(id);
      this.#failuresOfGone.set(id, pulse.failures);
    }
  }

  #takeFlows({ id, bandwidth, fetched }: WorkerPulse, at: number): void {
    const rates = new Map(bandwidth);
    for (const [from, bytes] of fetched) this.#flows.push({ at, from, to: id, bytes, bandwidth: rates.get(from) ?? 0 });
  }

  /** Bytes that moved in the last minute. */
  get flows(): readonly Flow[] {
    return this.#flows;
  }

  /** Once a second. */
  sample(now: number): void {
    for (const { pulse, series } of this.#known.values()) {
      const { cpu, rss, managed, spilled, threadsBusy: busy } = pulse;
      series.push({ time: Math.round(now), cpu, rss, managed, spilled, busy });
      if (series.length > SERIES) series.shift();
    }
  }

  /** Bytes moved between workers since the last call. */
  takeTransferred(): number {
    const bytes = this.#transferred;
    this.#transferred = 0;
    return bytes;
  }

  get size(): number {
    return this.#known.size;
  }

  get pulses(): WorkerPulse[] {
    return [...this.#known.values()].map(({ pulse }) => pulse);
  }

  get threads(): number {
    return this.#sum(({ id }) => this.#dictionary.workers.get(id)?.threads ?? 0);
  }

  /** Of workers that run tasks and have been heard of lately. */
  threadsAtWork(now: number): number {
    return this.#sum(({ id, status, lastSeen }) =>
      status === "running" && now - lastSeen <= SILENT ? (this.#dictionary.workers.get(id)?.threads ?? 0) : 0,
    );
  }

  get threadsBusy(): number {
    return this.#sum(({ threadsBusy }) => threadsBusy);
  }

  get memory(): MemoryUse {
    return {
      managed: this.#sum(({ managed }) => managed),
      spilled: this.#sum(({ spilled }) => spilled),
      rss: this.#sum(({ rss }) => rss),
      limit: this.#sum(({ id }) => this.#limit(id)),
    };
  }

  all(): WorkerSummary[] {
    return [...this.#known.values()].map((known) => this.#summary(known));
  }

  /** Those of whom something else is known than was last told. */
  takeChanges(): WorkerSummary[] {
    const changed: WorkerSummary[] = [];
    for (const known of this.#known.values()) {
      const summary = this.#summary(known);
      const text = JSON.stringify({ ...summary, lastSeen: Math.floor(summary.lastSeen / 1000) });
      if (text === known.told) continue;
      known.told = text;
      changed.push(summary);
    }
    return changed;
  }

  detail(id: number): Pick<WorkerDetail, "summary" | "series"> | undefined {
    const known = this.#known.get(id);
    if (known !== undefined) return { summary: this.#summary(known), series: known.series };
    const entry = this.#dictionary.workers.get(id);
    if (entry?.leftAt === undefined) return undefined;
    const failures = this.#failuresOfGone.get(id) ?? 0;
    return { summary: gone(id, entry.leftAt, entry.ending ?? "", failures), series: [] };
  }

  #summary({ pulse, sent, received }: Known): WorkerSummary {
    const { managed, spilled, rss } = pulse;
    return {
      id: pulse.id,
      status: pulse.status,
      ...(pulse.reason === "" ? {} : { reason: pulse.reason }),
      lastSeen: Math.round(pulse.lastSeen),
      cpu: Math.round(pulse.cpu * 1000) / 1000,
      threadsBusy: pulse.threadsBusy,
      executing: pulse.executing,
      ready: pulse.ready,
      fetching: pulse.fetching,
      assigned: pulse.assigned,
      memory: { managed, spilled, rss, limit: this.#limit(pulse.id) },
      sent: Math.round(sent),
      received: Math.round(received),
      clockOffset: Math.round(pulse.clockOffset * 10) / 10,
      failures: pulse.failures,
    };
  }

  #limit(id: number): number {
    return this.#dictionary.workers.get(id)?.memoryLimit ?? 0;
  }

  #sum(of: (pulse: WorkerPulse) => number): number {
    let sum = 0;
    for (const { pulse } of this.#known.values()) sum += of(pulse);
    return sum;
  }
}

function gone(id: number, lastSeen: number, reason: string, failures: number): WorkerSummary {
  return {
    id,
    status: "gone",
    reason,
    lastSeen,
    cpu: 0,
    threadsBusy: 0,
    executing: 0,
    ready: 0,
    fetching: 0,
    assigned: 0,
    memory: { managed: 0, spilled: 0, rss: 0, limit: 0 },
    sent: 0,
    received: 0,
    clockOffset: 0,
    failures,
  };
}
