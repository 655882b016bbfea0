import type {
  DashboardHello,
  DictionaryDelta,
  FlowNews,
  GroupSummary,
  LogLine,
  SeriesPoint,
  SummaryDelta,
  WorkerSummary,
} from "@heddle/protocol/dashboard";
import type { Connection, History, Snapshot } from "./messages.js";

/** The page is told at most this often: 4 times a second is as fast as numbers can be read. */
const SNAPSHOT_INTERVAL = 250;

type Draft = { -readonly [K in keyof Snapshot]: Snapshot[K] };

/** Gathers what frames say until the page is told. */
export class SnapshotOutbox {
  private draft: Draft = {};
  private readonly groups = new Map<number, GroupSummary>();
  private readonly workers = new Map<number, WorkerSummary>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private sentAt = 0;

  constructor(private readonly send: (snapshot: Snapshot) => void) {}

  /** At once: a person waits for it. */
  connection(connection: Connection): void {
    this.draft.connection = connection;
    this.flush();
  }

  previousRun(runId: string): void {
    this.draft.previousRun = runId;
    this.flush();
  }

  hello(hello: DashboardHello): void {
    const { runId, cluster, heddle, role, startedAt } = hello;
    this.draft.run = { runId, cluster, heddle, role, startedAt };
    this.dictionary(hello.dictionary);
    this.summary(hello.summary);
    this.draft.attention ??= [];
    this.draft.errors ??= [];
    this.draft.series = hello.series;
    this.clock(hello.now);
    this.flush();
  }

  dictionary(delta: DictionaryDelta): void {
    const had = this.draft.dictionary;
    this.draft.dictionary = had
      ? {
          groups: [...(had.groups ?? []), ...(delta.groups ?? [])],
          workers: [...(had.workers ?? []), ...(delta.workers ?? [])],
          lanes: [...(had.lanes ?? []), ...(delta.lanes ?? [])],
          flowRuns: [...(had.flowRuns ?? []), ...(delta.flowRuns ?? [])],
        }
      : delta;
    this.later();
  }

  summary(delta: SummaryDelta): void {
    this.draft.totals = delta.totals;
    this.draft.summaryMode = delta.summaryMode;
    for (const group of delta.groups) this.groups.set(group.id, group);
    for (const worker of delta.workers) this.workers.set(worker.id, worker);
    if (delta.attention) this.draft.attention = delta.attention;
    if (delta.errors) this.draft.errors = delta.errors;
    this.clock(delta.now);
    this.later();
  }

  series(point: SeriesPoint): void {
    this.draft.series = [...(this.draft.series ?? []), point];
    this.later();
  }

  log(lines: readonly LogLine[]): void {
    this.draft.log = [...(this.draft.log ?? []), ...lines];
    this.later();
  }

  flow(news: FlowNews): void {
    this.draft.flow = [...(this.draft.flow ?? []), news];
    this.later();
  }

  history(history: History): void {
    this.draft.history = history;
    this.later();
  }

  private offset: number | undefined;
  /** The smallest delay a message ever had comes nearest to the true offset. */
  private clock(now: number): void {
    const offset = now - Date.now();
    if (this.offset === undefined || offset > this.offset || offset < this.offset - 1000) this.offset = offset;
    this.draft.clockOffset = this.offset;
    this.draft.heardAt = Date.now();
  }

  private later(): void {
    if (this.timer !== undefined) return;
    const wait = Math.max(0, this.sentAt + SNAPSHOT_INTERVAL - Date.now());
    this.timer = setTimeout(() => this.flush(), wait);
  }

  private flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.sentAt = Date.now();
    if (this.groups.size > 0) this.draft.groups = [...this.groups.values()];
    if (this.workers.size > 0) this.draft.workers = [...this.workers.values()];
    this.groups.clear();
    this.workers.clear();
    const snapshot = this.draft;
    this.draft = {};
    this.send(snapshot);
  }
}
