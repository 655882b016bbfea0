import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";
import { pageDirectory } from "@heddle/dashboard/assets";
import type { LogLine } from "@heddle/protocol/dashboard";
import { allocateRecord, Gauge, RecordColumns } from "../../core/record/memory.js";
import { Recorder } from "../../core/record/recorder.js";
import { answer } from "../answers.js";
import { DashboardServer, type DashboardServerOptions } from "../http/index.js";
import { pulseOf } from "../pulse.js";
import { ClusterDashboard, TICK } from "../thread/cluster-dashboard.js";
import { VirtualCluster, type TrueRun } from "./virtual-cluster.js";

export interface FeedOptions {
  /** Tasks a second. Default 100; 0: only what {@link Feed.advance} is told. */
  readonly rate?: number;
  /** How many, or their names. Default 4. */
  readonly workers?: number | readonly string[];
  /** Of each worker. Default 2. */
  readonly threads?: number;
  /** How many, or their names. Default 4. */
  readonly groups?: number | readonly string[];
  /** Share of tasks that fail, 0 to 1. Default 0. */
  readonly errorRate?: number;
  /** What they fail with. */
  readonly errors?: readonly string[];
  /** Default 1. */
  readonly seed?: number;
  /** Milliseconds that runs take, from and to. Default: so that four of five threads are busy. */
  readonly durations?: readonly [number, number];
  /** Keys of the first tasks, in place of drawn ones. */
  readonly keys?: readonly string[];
  /** Tasks whose results are wanted; what came before them the scheduler forgets. Default 100,000. */
  readonly kept?: number;
  /** Tasks to submit in all. Default: no end. */
  readonly tasks?: number;
  /** Milliseconds since the epoch when it begins. Default: now. */
  readonly startAt?: number;
  /** false: time passes only by {@link Feed.advance}. Default true. */
  readonly live?: boolean;
  /** Rows kept. Default 2^20. */
  readonly historyRows?: number;
  readonly maxViewers?: number;
  /** Default "feed-1". Another one is another run of the cluster. */
  readonly runId?: string;
  /** Doors of the server; without a token whoever reaches it may look. */
  readonly http?: Partial<DashboardServerOptions>;
}

/** A dashboard that serves a made-up cluster, of which everything is known. */
export interface Feed extends AsyncDisposable {
  /** "http://127.0.0.1:41231/" */
  readonly url: string;
  readonly dashboard: ClusterDashboard;
  readonly cluster: VirtualCluster;
  /** Every run that has ended, in the order of the record. */
  readonly truth: readonly TrueRun[];
  /** Milliseconds since the epoch, by its own clock. */
  now(): number;
  /** Lets its time pass: runs end, the dashboard ticks. */
  advance(milliseconds: number): void;
  /** Its clock jumps, as clocks of machines do. */
  setClock(now: number): void;
  /** The core's own numbers of tasks by state. */
  states(): Readonly<Record<string, number>>;
  log(line: LogLine): void;
  /** Run events of flows, as a client publishes them. */
  publish(events: readonly unknown[]): void;
  close(): Promise<void>;
}

const BUSY_SHARE = 0.8;
const ERRORS = ["cannot read property 'x' of undefined", "connection reset by peer", "value 17 out of range"];

/**
 * Starts a dashboard over virtual tasks: the recorder, the core and the dashboard are the real ones, its peers are made up. Two feeds of
 * equal options that are advanced by equal steps show the same.
 */
export async function startFeed(options: FeedOptions = {}): Promise<Feed> {
  const { rate = 100, threads = 2, live = true, http = {}, maxViewers, runId = "feed-1" } = options;
  const workers = named(options.workers ?? 4, "worker");
  const startAt = options.startAt ?? performance.timeOrigin + performance.now();
  const lanes = workers.length * threads;
  const mean = rate === 0 ? 100 : (BUSY_SHARE * lanes * 1000) / rate;
  let now = startAt;

  const recorder = new Recorder(allocateRecord(options.historyRows ?? 2 ** 20));
  const columns = new RecordColumns(recorder.memory);
  const dashboard: ClusterDashboard = new ClusterDashboard({
    memory: recorder.memory,
    identity: { runId, cluster: "feed", workerCommand: "heddle worker ws://127.0.0.1:8786", startedAt: startAt },
    now: () => now,
    ...(maxViewers === undefined ? {} : { maxViewers }),
    ask: (id, question) => {
      const value = answer({ core: cluster.core, feed: (event) => cluster.feed(event) }, question);
      queueMicrotask(() => dashboard.take({ type: "answer", id, value }));
    },
    watch: (watched) => cluster.feed({ type: "watch", watched }),
  });
  const tell = (): void => {
    const news = recorder.hasNames ? recorder.takeNews() : undefined;
    if (news !== undefined) dashboard.take({ type: "news", news });
    recorder.publish();
  };
  const cluster: VirtualCluster = new VirtualCluster(
    {
      rate,
      workers,
      threads,
      groups: named(options.groups ?? 4, "group"),
      errorRate: options.errorRate ?? 0,
      errors: options.errors ?? ERRORS,
      seed: options.seed ?? 1,
      durations: options.durations ?? [mean * 0.5, mean * 1.5],
      keys: options.keys ?? [],
      kept: options.kept ?? 100_000,
      tasks: options.tasks ?? Infinity,
    },
    recorder,
    now,
    tell,
  );

  const step = (milliseconds: number): void => {
    now += milliseconds;
    cluster.advance(now);
    const news = recorder.takeNews();
    if (news !== undefined) dashboard.take({ type: "news", news });
    columns.gauges[Gauge.clients] = cluster.core.inspect.clients();
    cluster.core.count();
    dashboard.take({ type: "pulse", workers: cluster.core.inspect.workers().map(pulseOf) });
    dashboard.tick();
  };
  const advance = (milliseconds: number): void => {
    for (let left = milliseconds; left > 0; left -= TICK) step(Math.min(left, TICK));
  };

  const server = new DashboardServer(dashboard, {
    host: "127.0.0.1",
    port: 0,
    nextFree: false,
    token: undefined,
    actionsWithoutToken: true,
    trustOwnUser: false,
    allowedHosts: [],
    allowedOrigins: [],
    pageFolder: fileURLToPath(pageDirectory),
    ...http,
  });
  await server.start();

  let lastAt = performance.now();
  const timer = live
    ? setInterval(() => {
        const at = performance.now();
        step(at - lastAt);
        lastAt = at;
      }, TICK)
    : undefined;

  const close = async (): Promise<void> => {
    clearInterval(timer);
    dashboard.close();
    await server.close();
  };
  return {
    url: server.url,
    dashboard,
    cluster,
    truth: cluster.truth,
    now: () => now,
    advance,
    setClock: (to) => {
      now = to;
      cluster.setClock(to);
    },
    states: () => cluster.core.overview().states,
    log: (line) => dashboard.take({ type: "logs", lines: [line] }),
    publish: (events) =>
      dashboard.take({ type: "events", topic: "flow:feed", events: new TextEncoder().encode(JSON.stringify(events)) }),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function named(given: number | readonly string[], prefix: string): readonly string[] {
  return typeof given === "number" ? Array.from({ length: given }, (_, i) => `${prefix}-${i + 1}`) : given;
}
