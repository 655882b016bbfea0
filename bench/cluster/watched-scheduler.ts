import { readFileSync, writeFileSync } from "node:fs";
import { Child } from "../harness/child.js";
import { cpuSeconds } from "../harness/cpu-time.js";

export type ToScheduler = "startWatch" | "endWatch";
export type FromScheduler = { readonly places: readonly SchedulerPlace[] } | { readonly longestTurn: number };

export interface SchedulerPlace {
  readonly address: string;
  /** Empty where there is none. */
  readonly dashboardUrl: string;
}

/** A scheduler process whose CPU time, memory and longest turn can be read from here. */
export class WatchedScheduler {
  readonly #child: Child<ToScheduler, FromScheduler>;
  /** Of each scheduler in it. */
  readonly places: readonly SchedulerPlace[];

  private constructor(child: Child<ToScheduler, FromScheduler>, places: readonly SchedulerPlace[]) {
    this.#child = child;
    this.places = places;
  }

  /** @param kinds - a scheduler each in one process, with a dashboard on any free port or without */
  static async start(...kinds: ("plain" | "dashboard")[]): Promise<WatchedScheduler> {
    const script = new URL("./scheduler-process.ts", import.meta.url);
    const child = new Child<ToScheduler, FromScheduler>(script, kinds.length === 0 ? ["plain"] : kinds);
    const { places } = (await child.receive()) as { places: readonly SchedulerPlace[] };
    return new WatchedScheduler(child, places);
  }

  get address(): string {
    return this.places[0]!.address;
  }

  /** CPU seconds used so far. */
  get cpuSeconds(): number {
    return cpuSeconds(this.#child.pid);
  }

  /** CPU seconds that the scheduler's own thread has used: without its dashboard's, and without those of the engine. */
  get threadSeconds(): number {
    const { pid } = this.#child;
    const [nanos] = readFileSync(`/proc/${pid}/task/${pid}/schedstat`, "utf8").split(" ");
    return Number(nanos) / 1e9;
  }

  /** Bytes resident now. */
  get rss(): number {
    return this.#status("VmRSS");
  }

  /** The most bytes resident since {@link forgetPeak}. */
  get peakRss(): number {
    return this.#status("VmHWM");
  }

  forgetPeak(): void {
    writeFileSync(`/proc/${this.#child.pid}/clear_refs`, "5");
  }

  /** Begins to watch its turns; the watch costs a wake-up every few milliseconds. */
  async startWatch(): Promise<void> {
    this.#child.send("startWatch");
    await this.#child.receive();
  }

  /** @returns milliseconds that the longest turn since {@link startWatch} took */
  async endWatch(): Promise<number> {
    this.#child.send("endWatch");
    const { longestTurn } = (await this.#child.receive()) as { longestTurn: number };
    return longestTurn;
  }

  close(): Promise<void> {
    return this.#child.close();
  }

  #status(field: string): number {
    const found = new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(
      readFileSync(`/proc/${this.#child.pid}/status`, "utf8"),
    );
    return Number(found![1]) * 1024;
  }
}
