/** A living cluster, as its dashboard shows it: what the scheduler wrote down, kept up with ten times a second. */
import type { WebSocket } from "ws";
import { HEDDLE_VERSION } from "@heddle/protocol";
import {
  FrameType,
  type DashboardHello,
  type FlowNews,
  type FrameTypeCode,
  type GroupDetail,
  type GroupGraph,
  type LogLine,
  type Minimap as MinimapAnswer,
  type Role,
  type SearchResult,
  type TaskDetail,
  type TaskPage,
  type Topic,
  type Transfers,
  type WorkerDetail,
} from "@heddle/protocol/dashboard";
import { RecordColumns, type RecordMemory } from "../../core/record/memory.js";
import type { DashboardSource, LogQuery, SealedChunk, TaskGraphQuery, TaskQuery } from "../source.js";
import { Dictionary } from "./dictionary.js";
import { Errors } from "./errors.js";
import { FlowRuns } from "./flow-runs.js";
import { Groups } from "./groups.js";
import { History } from "./history.js";
import { lodFrame, SummaryMode } from "./lod.js";
import { Logs } from "./logs.js";
import type { DashboardIdentity, SchedulerQuestion, ToDashboard } from "./messages.js";
import { metricsText } from "./metrics.js";
import { Minimap } from "./minimap.js";
import { NewsIntake } from "./news-intake.js";
import { Prefault } from "./prefault.js";
import { Questions } from "./questions.js";
import { jsonFrame, RowReader } from "./reader.js";
import { RecordedTasks } from "./recorded-tasks.js";
import { RowIntake } from "./row-intake.js";
import { Running } from "./running.js";
import { search } from "./search.js";
import { Series } from "./series.js";
import { Summary, type SummaryParts } from "./summary.js";
import { transfersOf } from "./transfers.js";
import { Viewers } from "./viewers.js";
import { Workers } from "./workers.js";

/** Milliseconds between two ticks; a summary every so many of them, and a point of the series. */
export const TICK = 100;
const SUMMARY_EVERY = 250;
const SERIES_EVERY = 1_000;
const MAX_VIEWERS = 64;
/** Rows that a page keeps. */
const PAGE_ROWS = 4 * 1024 * 1024;

export interface ClusterDashboardOptions {
  readonly memory: RecordMemory;
  readonly identity: DashboardIdentity;
  readonly maxViewers?: number;
  /** Milliseconds since the epoch. Default: this machine's clock, never going back. */
  readonly now?: () => number;
  ask(id: number, question: SchedulerQuestion): void;
  /** Somebody looks; nobody does any more. */
  watch(watched: boolean): void;
}

export class ClusterDashboard implements DashboardSource {
  readonly mode = "cluster";
  readonly flows: FlowRuns;
  readonly #options: ClusterDashboardOptions;
  readonly #columns: RecordColumns;
  readonly #reader: RowReader;
  readonly #runsAhead: Prefault;
  readonly #tasksAhead: Prefault;
  readonly #keysAhead: Prefault;
  readonly #groups: Groups;
  readonly #dictionary: Dictionary;
  readonly #workers: Workers;
  readonly #errors = new Errors();
  readonly #logs = new Logs();
  readonly #history: History;
  readonly #rows: RowIntake;
  readonly #news: NewsIntake;
  readonly #minimap: Minimap;
  readonly #running: Running;
  readonly #mode = new SummaryMode();
  readonly #viewers: Viewers;
  readonly #series: Series;
  readonly #parts: SummaryParts;
  readonly #summary: Summary;
  readonly #questions: Questions;
  readonly #recorded: RecordedTasks;
  readonly #now: () => number;
  #tickAt: number;
  #summaryAt: number;
  #seriesAt: number;
  readonly #awaitingTick: (() => void)[] = [];

  constructor(options: ClusterDashboardOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.timeOrigin + performance.now());
    const { memory, identity, maxViewers = MAX_VIEWERS } = options;
    this.#columns = new RecordColumns(memory);
    this.#reader = new RowReader(this.#columns);
    this.#runsAhead = Prefault.ofRuns(memory);
    this.#tasksAhead = Prefault.ofTasks(memory);
    this.#keysAhead = Prefault.ofKeys(memory);
    this.#groups = new Groups(this.#columns);
    this.#dictionary = new Dictionary(this.#groups);
    this.#workers = new Workers(this.#dictionary);
    this.#history = new History(this.#reader);
    this.#minimap = new Minimap(this.#reader.rows, identity.startedAt);
    this.#running = new Running(this.#columns);
    this.flows = new FlowRuns((index, id, name) => this.#dictionary.flowRunAdded(index, id, name));
    this.#rows = new RowIntake({
      reader: this.#reader,
      flows: this.flows,
      groups: this.#groups,
      history: this.#history,
      minimap: this.#minimap,
      running: this.#running,
    });
    this.#news = new NewsIntake({
      groups: this.#groups,
      dictionary: this.#dictionary,
      running: this.#running,
      errors: this.#errors,
      logs: this.#logs,
      flows: this.flows,
      now: this.#now,
    });
    this.#recorded = new RecordedTasks(this.#reader, this.#groups, this.#dictionary);
    this.#viewers = new Viewers({
      max: maxViewers,
      now: this.#now,
      everything: () => this.#everything(),
      onFirst: () => options.watch(true),
      onLast: () => options.watch(false),
    });
    this.#series = new Series(this.#columns, this.#groups, this.#workers, this.#viewers);
    this.#parts = {
      columns: this.#columns,
      groups: this.#groups,
      workers: this.#workers,
      errors: this.#errors,
      dictionary: this.#dictionary,
      series: this.#series,
    };
    this.#summary = new Summary(this.#parts);
    this.#questions = new Questions((id, question) => options.ask(id, question));
    this.#tickAt = this.#summaryAt = this.#seriesAt = this.#now();
  }

  /** Number of the next row to be taken in. */
  get #taken(): number {
    return this.#rows.taken;
  }

  get cluster(): string {
    return this.#options.identity.cluster;
  }

  get workerCommand(): string {
    return this.#options.identity.workerCommand;
  }

  get viewers(): number {
    return this.#viewers.size;
  }

  get full(): string | undefined {
    return this.#viewers.full;
  }

  // ---- what comes in

  /** A message of the scheduler's thread. */
  take(message: Exclude<ToDashboard, { type: "close" }>): void {
    switch (message.type) {
      case "news":
        return this.#news.take(message.news);
      case "pulse":
        return this.#workers.take(message.workers, this.#now());
      case "logs":
        for (const line of message.lines) this.#logs.add(line);
        return;
      case "events":
        return this.#news.takeEvents(message.events);
      case "answer":
        return this.#questions.answered(message.id, message.value);
      case "refused":
        return this.#questions.refused(message.id, message.error);
    }
  }

  // ---- what goes out

  /** Called every {@link TICK} milliseconds, when all messages that came before have been taken. */
  tick(): void {
    const now = this.#now();
    const from = this.#rows.take();
    this.#runsAhead.advance(this.#taken);
    this.#tasksAhead.advance(this.#reader.nextTask);
    this.#keysAhead.advance(this.#reader.keyBytes);
    this.#mode.observe(this.#taken - from, now - this.#tickAt);
    if (this.#viewers.size > 0) this.#show(from, now);
    else this.#dictionary.takeDelta();
    this.#tickAt = now;
    if (now - this.#summaryAt >= SUMMARY_EVERY || now < this.#summaryAt) {
      this.#summaryAt = this.#next(this.#summaryAt, SUMMARY_EVERY, now);
      const delta = this.#summary.step(now, this.#mode.active);
      this.#sendJson("summary", FrameType.summary, delta, now);
    }
    if (now - this.#seriesAt >= SERIES_EVERY || now < this.#seriesAt) {
      this.#seriesAt = this.#next(this.#seriesAt, SERIES_EVERY, now);
      this.#workers.sample(now);
      this.#minimap.addThreads(this.#workers.threads, now);
      this.#sendJson("series", FrameType.series, this.#series.add(now), now);
    }
    for (const resolve of this.#awaitingTick.splice(0)) resolve();
  }

  /** Keeps the step, unless the clock has jumped. */
  #next(at: number, step: number, now: number): number {
    return Math.abs(now - at) > 2 * step ? now : at + step;
  }

  #show(from: number, now: number): void {
    const viewers = this.#viewers;
    viewers.begin(!this.#mode.active, from);
    // Names first: what follows refers to them.
    const dictionary = this.#dictionary.takeDelta();
    if (dictionary !== undefined) viewers.sendAll(jsonFrame(FrameType.dictionary, dictionary, this.#taken, now));
    this.#showRows(from, now);
    const running = this.#running.takeChanges(this.#taken, now);
    viewers.sendRunning(running, () => this.#running.all(this.#taken, now));
    const lines = this.#logs.takeNew();
    if (lines.length > 0) this.#sendJson("log", FrameType.log, lines, now);
    const changed = this.flows.takeChanged();
    if (changed.length > 0) this.#sendJson("flow", FrameType.flow, { changed } satisfies FlowNews, now);
  }

  #showRows(from: number, now: number): void {
    const isSummary = this.#mode.active;
    const news = this.#taken > from ? { from, since: this.#tickAt } : undefined;
    this.#viewers.sendRows(news, !isSummary, (owed) => {
      const first = Math.max(owed.from, this.#reader.oldest);
      if (isSummary) return lodFrame(this.#reader, first, this.#taken, owed.since, now);
      return this.#reader.frame(first, this.#taken);
    });
  }

  #sendJson(topic: Topic, type: FrameTypeCode, body: unknown, now: number): void {
    if (this.#viewers.want(topic)) this.#viewers.send(topic, jsonFrame(type, body, this.#taken, now));
  }

  /** For a page that has just said what it wants, or missed something. */
  #everything(): Buffer[] {
    const now = this.#now();
    return [
      jsonFrame(FrameType.dictionary, this.#dictionary.all(), this.#taken, now),
      jsonFrame(FrameType.summary, this.#summary.whole(now, this.#mode.active), this.#taken, now),
      this.#running.all(this.#taken, now),
    ];
  }

  attach(socket: WebSocket, role: Role): void {
    this.#viewers.add(socket, jsonFrame(FrameType.hello, this.#hello(role), this.#taken, this.#now()));
  }

  hello(role: Role): Promise<DashboardHello> {
    return Promise.resolve(this.#hello(role));
  }

  #hello(role: Role): DashboardHello {
    const { runId, cluster, startedAt } = this.#options.identity;
    const now = this.#now();
    return {
      runId,
      cluster,
      heddle: HEDDLE_VERSION,
      role,
      now,
      startedAt,
      headSeq: this.#taken,
      oldestSeq: Math.min(this.#reader.oldest, this.#taken),
      chunks: this.#history.chunks,
      dictionary: this.#dictionary.all(),
      summary: this.#summary.whole(now, this.#mode.active),
      series: this.#series.points,
      limits: { maxRows: PAGE_ROWS },
    };
  }

  // ---- what is asked for

  /** The scheduler writes a row before it tells anybody that the task is done, and a tick takes in all rows there are. */
  async caughtUp(): Promise<void> {
    // What failed is told beside the rows, and before any answer. A scheduler that has no time tells it later.
    await this.#questions.ask({ what: "news" }).catch(() => {});
    await new Promise<void>((resolve) => this.#awaitingTick.push(resolve));
  }

  chunk(runId: string, id: number): Promise<SealedChunk | undefined> {
    return runId === this.#options.identity.runId ? this.#history.chunk(id) : Promise.resolve(undefined);
  }

  rows(from: number, to: number): Promise<Uint8Array> {
    return Promise.resolve(this.#history.rows(from, to));
  }

  minimap(): Promise<MinimapAnswer> {
    return Promise.resolve(this.#minimap.answer(this.#now()));
  }

  keys(seqs: readonly number[]): Promise<(string | null)[]> {
    return Promise.resolve(seqs.map((seq) => this.#reader.key(seq) ?? null));
  }

  /** As the scheduler knows it; when it has forgotten it, as it was recorded. */
  async task(which: { readonly key: string } | { readonly seq: number }): Promise<TaskDetail | undefined> {
    const key = "key" in which ? which.key : this.#reader.key(which.seq);
    if (key === undefined) return undefined;
    const live = await this.#questions.ask({ what: "task", key });
    const detail = this.#recorded.complete(key, live, "seq" in which ? which.seq : undefined);
    const run = this.flows.ofKey(key);
    if (detail === undefined || run === undefined) return detail;
    return { ...detail, flowRun: { id: run.id, number: run.number, name: run.name } };
  }

  tasks({ state, group, worker, limit, after }: TaskQuery): Promise<TaskPage> {
    return this.#questions.ask({
      what: "tasks",
      limit,
      ...(state === undefined ? {} : { state }),
      ...(group === undefined ? {} : { group }),
      ...(worker === undefined ? {} : { worker }),
      ...(after === undefined ? {} : { after }),
    });
  }

  search(text: string): Promise<SearchResult[]> {
    const { flows } = this;
    const [groups, dictionary, recorded] = [this.#groups, this.#dictionary, this.#recorded];
    const liveKeys = (limit: number): Promise<readonly string[]> =>
      this.#questions.ask({ what: "search", prefix: text, limit });
    return search(text, { flows, groups, dictionary, recorded, liveKeys });
  }

  group(id: number): Promise<GroupDetail | undefined> {
    const group = this.#groups.byId[id];
    if (group === undefined) return Promise.resolve(undefined);
    return Promise.resolve(
      this.#groups.detail(
        group,
        (seq) => this.#reader.key(seq),
        (lane) => this.#dictionary.workerOfLane(lane),
      ),
    );
  }

  groupGraph(): Promise<GroupGraph> {
    return Promise.resolve(this.#groups.graph());
  }

  taskGraph(query: TaskGraphQuery): Promise<Uint8Array> {
    return this.#questions.ask({ what: "graph", ...query });
  }

  async worker(id: number): Promise<WorkerDetail | undefined> {
    const known = this.#workers.detail(id);
    if (known === undefined) return undefined;
    const live = await this.#questions.ask({ what: "worker", id });
    const entry = this.#dictionary.workers.get(id);
    return {
      ...known,
      ...(live ?? { executing: [], resources: entry?.resources ?? {}, address: entry?.address ?? "" }),
    };
  }

  transfers(): Promise<Transfers> {
    return Promise.resolve(transfersOf(this.#workers, this.#dictionary));
  }

  logs(query: LogQuery): Promise<LogLine[]> {
    return Promise.resolve(this.#logs.find(query));
  }

  retry(what: { readonly keys: readonly string[] } | { readonly error: string }): Promise<number> {
    if ("keys" in what) return this.#questions.ask({ what: "retry", keys: what.keys });
    const failed = this.#errors.tasksOf(what.error);
    return failed === undefined ? Promise.resolve(0) : this.#questions.ask({ what: "retryFailed", ...failed });
  }

  cancel(keys: readonly string[]): Promise<number> {
    return this.#questions.ask({ what: "cancel", keys });
  }

  metrics(): Promise<string> {
    return Promise.resolve(metricsText(this.#parts, this.#summary, this.#viewers, this.#reader.lost));
  }

  close(): void {
    this.#viewers.close();
    this.#questions.close();
  }
}
