import { totalmem } from "node:os";

/** Fractions of a worker's memory limit. */
export interface MemoryThresholds {
  /** Bytes of values above which the least recently used go to disk as new ones come. */
  readonly target: number;
  /** Resident set above which more of them go. */
  readonly spill: number;
  /** Resident set above which nothing new is started or fetched. */
  readonly pause: number;
  /** Resident set above which the process ends, before the machine is harmed. */
  readonly terminate: number;
}

export const DEFAULT_THRESHOLDS: MemoryThresholds = { target: 0.6, spill: 0.7, pause: 0.8, terminate: 0.95 };
/** Below this part of the pause threshold a paused worker goes on: not the moment it is crossed again. */
const RESUME = 0.95;
/** Milliseconds between two looks. */
const INTERVAL = 200;
/** Milliseconds between two collections that memory is hoped from. */
const COLLECT_INTERVAL = 2_000;

export interface MemoryActions {
  spill(bytes: number): void;
  /** Threads should collect what they hold of buffers that are gone. */
  collect(): void;
  status(status: "running" | "paused", reason: string): void;
  terminate(reason: string): void;
}

/** Compares the process's resident set with the worker's limit, and acts before the system does. */
export class MemoryWatch {
  readonly #limit: number;
  readonly #actions: MemoryActions;
  readonly #thresholds: MemoryThresholds;
  #timer: NodeJS.Timeout | undefined;
  #paused = false;
  #collectedAt = -Infinity;

  constructor(limit: number, actions: MemoryActions, thresholds: MemoryThresholds = DEFAULT_THRESHOLDS) {
    this.#limit = limit;
    this.#actions = actions;
    this.#thresholds = thresholds;
  }

  start(): void {
    this.#timer = setInterval(() => this.check(process.memoryUsage.rss(), performance.now()), INTERVAL);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** `rss` in bytes, `now` in milliseconds. */
  check(rss: number, now: number): void {
    const { target, spill, pause, terminate } = this.#thresholds;
    const fraction = rss / this.#limit;
    const used = `${Math.round(fraction * 100)} % of its ${megabytes(this.#limit)} memory limit is in use`;
    if (fraction >= terminate) return this.#actions.terminate(used);
    if (fraction >= spill) {
      this.#actions.spill(rss - target * this.#limit);
      if (now - this.#collectedAt >= COLLECT_INTERVAL) {
        this.#collectedAt = now;
        this.#actions.collect();
      }
    }
    if (!this.#paused && fraction >= pause) {
      this.#paused = true;
      this.#actions.status("paused", used);
    } else if (this.#paused && fraction < pause * RESUME) {
      this.#paused = false;
      this.#actions.status("running", used);
    }
  }
}

/** Memory of this machine, or of the container this process is confined to: bytes. */
export function availableMemory(): number {
  const constrained = process.constrainedMemory();
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1024 ** 2)} MiB`;
}
