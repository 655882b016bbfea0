/** The scheduler's end of its dashboard: starts the thread that shows, tells it what is new, answers what it asks. */
import { createRequire } from "node:module";
import { monitorEventLoopDelay, performance, type IntervalHistogram } from "node:perf_hooks";
import { Worker } from "node:worker_threads";
import { childEnvironment, fromPlainError, toPlainError } from "@heddle/protocol";
import type { LogLine } from "@heddle/protocol/dashboard";
import type { SchedulerEvent } from "../core/events.js";
import { Gauge, RecordColumns } from "../core/record/memory.js";
import type { GoneWorker, NewGroup, NewWorker, RecordNews } from "../core/record/news.js";
import type { Recorder } from "../core/record/recorder.js";
import type { SchedulerCore } from "../core/scheduler-core.js";
import { answer } from "./answers.js";
import { pulseOf } from "./pulse.js";
import type {
  DashboardHttp,
  DashboardIdentity,
  DashboardThreadOptions,
  FromDashboard,
  ToDashboard,
} from "./thread/messages.js";

/** Milliseconds between two reports of how everybody is, and between those of this thread. */
const PULSE = 250;
const GAUGE_EVERY = 4;
const BACKOFF = 500;
const MAX_BACKOFF = 30_000;
/** Milliseconds that the thread may take to say goodbye to its pages. */
const CLOSE_PATIENCE = 500;
const NANOS = 1e6;
/**
 * Of this thread's time that goes into counting tasks: so much at most, but for counts every half second; with millions of tasks, where one
 * takes milliseconds, so much.
 */
const COUNT_SHARE = 0.001;
const COUNT_AT_LEAST_EVERY = 500;
const MAX_COUNT_SHARE = 0.01;

export interface DashboardLinkOptions {
  readonly core: SchedulerCore;
  readonly recorder: Recorder;
  readonly identity: Omit<DashboardIdentity, "workerCommand">;
  readonly http: DashboardHttp;
  readonly maxViewers: number;
  /** Hands an event to the core by way of the shell, which carries out what follows from it. */
  readonly feed: (event: SchedulerEvent) => void;
  log(line: string): void;
}

export interface DashboardPlace {
  readonly port: number;
  readonly url: string;
}

export class DashboardLink {
  readonly #options: DashboardLinkOptions;
  readonly #columns: RecordColumns;
  #thread: Worker | undefined;
  #workerCommand = "";
  #isClosing = false;
  #backoff = BACKOFF;
  #restarting: NodeJS.Timeout | undefined;
  #pulse: NodeJS.Timeout | undefined;
  #pulses = 0;
  #delay: IntervalHistogram | undefined;
  #utilisation = performance.eventLoopUtilization();
  #countAfter = 0;
  #place: DashboardPlace | undefined;
  /** What a thread that takes the place of a dead one has to be told again. */
  readonly #groups: NewGroup[] = [];
  readonly #joined = new Map<number, NewWorker>();
  readonly #left = new Map<number, GoneWorker>();
  readonly #edges = new Map<string, number>();

  constructor(options: DashboardLinkOptions) {
    this.#options = options;
    this.#columns = new RecordColumns(options.recorder.memory);
  }

  /**
   * Starts the thread. It is started again, on the same port, whenever it dies.
   *
   * @param workerCommand - what a person types to add a worker
   * @throws PortInUseError, ListenError
   */
  async start(workerCommand: string): Promise<DashboardPlace> {
    this.#workerCommand = workerCommand;
    const { http } = this.#options;
    this.#place = await this.#startThread(http);
    this.#delay = monitorEventLoopDelay({ resolution: 20 });
    this.#delay.enable();
    this.#pulse = setInterval(() => this.#beat(), PULSE).unref();
    return this.#place;
  }

  /** The core has handled an event: what it has written down becomes visible, when its names have been told. */
  handled(): void {
    const { recorder } = this.#options;
    if (recorder.hasNames) this.#tellNews();
    recorder.publish();
  }

  /** A line for the operator. */
  logged(line: string): void {
    const time = performance.timeOrigin + performance.now();
    this.#post({ type: "logs", lines: [{ time, level: "warn", source: "scheduler", message: line }] });
  }

  /** What workers and their tasks printed. */
  printed(lines: readonly LogLine[]): void {
    this.#post({ type: "logs", lines });
  }

  /** @param events - as they came; copied here */
  published(topic: string, events: Uint8Array): void {
    this.#post({ type: "events", topic, events: events.slice() });
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    clearTimeout(this.#restarting);
    clearInterval(this.#pulse);
    this.#delay?.disable();
    const thread = this.#thread;
    if (thread === undefined) return;
    thread.ref();
    const ended = new Promise((resolve) => thread.once("exit", resolve));
    this.#post({ type: "close" });
    const force = setTimeout(() => void thread.terminate(), CLOSE_PATIENCE);
    await ended;
    clearTimeout(force);
  }

  #startThread(http: DashboardHttp): Promise<DashboardPlace> {
    const { identity, recorder, maxViewers } = this.#options;
    const data: DashboardThreadOptions = {
      memory: recorder.memory,
      identity: { ...identity, workerCommand: this.#workerCommand },
      http,
      maxViewers,
    };
    // By the package's name: also where this file runs from its source, the thread runs what was built.
    const entry = createRequire(import.meta.url).resolve("@heddle/scheduler/dashboard-thread");
    const thread = new Worker(entry, {
      workerData: data,
      execArgv: [],
      env: childEnvironment() as Record<string, string>,
    });
    this.#thread = thread;
    this.#replay();
    return new Promise((resolve, reject) => {
      thread.on("message", (message: FromDashboard) => {
        switch (message.type) {
          case "listening":
            this.#backoff = BACKOFF;
            resolve({ port: message.port, url: message.url });
            return;
          case "failed":
            reject(fromPlainError(message.error));
            return;
          case "watch":
            this.#options.feed({ type: "watch", watched: message.watched });
            return;
          case "ask":
            this.#answer(message.id, message.question);
            return;
          case "log":
            this.#options.log(message.line);
        }
      });
      let error: unknown;
      thread.on("error", (thrown) => (error = thrown));
      thread.on("exit", () => {
        if (this.#thread === thread) this.#thread = undefined;
        reject(error instanceof Error ? error : new Error("the dashboard's thread ended before it listened"));
        this.#ended(error);
      });
      // It serves whoever looks, which is no reason for a process to go on.
      thread.unref();
    });
  }

  #ended(error: unknown): void {
    // The first start fails to whoever asked for it.
    if (this.#isClosing || this.#place === undefined) return;
    const reason = error instanceof Error ? (error.stack ?? error.message) : "it exited";
    this.#options.log(`the dashboard ended and is started again: ${reason}`);
    this.#options.feed({ type: "watch", watched: false });
    const { port } = this.#place;
    this.#restarting = setTimeout(() => {
      this.#startThread({ ...this.#options.http, port, nextFree: false }).catch(() => {
        // Its end is heard of, and it is tried again.
      });
    }, this.#backoff).unref();
    this.#backoff = Math.min(this.#backoff * 2, MAX_BACKOFF);
  }

  #answer(id: number, question: Extract<FromDashboard, { type: "ask" }>["question"]): void {
    const { core, feed } = this.#options;
    // An answer comes after all that was new when it was given.
    this.#tellNews();
    try {
      this.#post({ type: "answer", id, value: answer({ core, feed }, question) });
    } catch (error) {
      this.#post({ type: "refused", id, error: toPlainError(error) });
    }
  }

  #post(message: ToDashboard): void {
    this.#thread?.postMessage(message);
  }

  #tellNews(): void {
    const news = this.#options.recorder.takeNews();
    if (news === undefined) return;
    this.#groups.push(...news.groups);
    for (const worker of news.joined) this.#joined.set(worker.id, worker);
    for (const worker of news.left) this.#left.set(worker.id, worker);
    for (let i = 0; i < news.edges.length; i += 3) {
      const pair = `${news.edges[i]} ${news.edges[i + 1]}`;
      this.#edges.set(pair, (this.#edges.get(pair) ?? 0) + news.edges[i + 2]!);
    }
    this.#post({ type: "news", news });
  }

  #replay(): void {
    if (this.#groups.length + this.#joined.size === 0) return;
    const edges = [...this.#edges].flatMap(([pair, count]) => [...pair.split(" ").map(Number), count]);
    const news: RecordNews = {
      groups: this.#groups,
      joined: [...this.#joined.values()],
      left: [...this.#left.values()],
      failures: [],
      moreFailures: 0,
      edges,
    };
    this.#post({ type: "news", news });
  }

  #beat(): void {
    if (this.#pulses++ % GAUGE_EVERY === 0) this.#measure();
    const { core } = this.#options;
    this.#count();
    const { gauges } = this.#columns;
    gauges[Gauge.clients] = core.inspect.clients();
    gauges[Gauge.time] = performance.timeOrigin + performance.now();
    this.#tellNews();
    this.#post({ type: "pulse", workers: core.inspect.workers().map(pulseOf) });
  }

  /** Not more often than is cheap: with millions of tasks, one look at all of them takes milliseconds. */
  #count(): void {
    const start = performance.now();
    if (start < this.#countAfter) return;
    this.#options.core.count();
    const took = performance.now() - start;
    this.#countAfter = start + Math.min(took / COUNT_SHARE, Math.max(COUNT_AT_LEAST_EVERY, took / MAX_COUNT_SHARE));
  }

  #measure(): void {
    const { gauges } = this.#columns;
    const now = performance.eventLoopUtilization();
    gauges[Gauge.utilisation] = performance.eventLoopUtilization(now, this.#utilisation).utilization;
    this.#utilisation = now;
    const delay = this.#delay!;
    // The timer that measures counts its own interval as delay.
    const beyond = (nanos: number): number => Math.max(0, nanos / NANOS - 20);
    gauges[Gauge.delayP50] = beyond(delay.percentile(50));
    gauges[Gauge.delayP99] = beyond(delay.percentile(99));
    gauges[Gauge.delayMax] = Math.max(gauges[Gauge.delayMax]!, beyond(delay.max));
    delay.reset();
    const { heapUsed, rss } = process.memoryUsage();
    gauges[Gauge.heap] = heapUsed;
    gauges[Gauge.rss] = rss;
  }
}
