import { FrameType } from "@heddle/protocol/dashboard";
import type {
  DashboardHello,
  DictionaryDelta,
  FlowNews,
  FrameHeader,
  Gap,
  GroupEntry,
  LogLine,
  SeriesPoint,
  SessionInfo,
  SummaryDelta,
} from "@heddle/protocol/dashboard";
import { Streams } from "../stream/streams.js";
import { readJson, ServerConnection } from "./connection.js";
import { HistoryLoader } from "./history-loader.js";
import type { Connection, PageToWorker, WorkerStats, WorkerToPage } from "./messages.js";
import { Outline } from "./outline.js";
import { RunningLanes } from "./running-lanes.js";
import { askSession } from "./session.js";
import { SnapshotOutbox } from "./snapshots.js";
import { standsSince } from "./standing.js";
import { TaskStore } from "./task-store.js";

export type Send = (message: WorkerToPage, transfer?: Transferable[]) => void;

/** Takes the page's commands and the server's frames apart and hands each to the part it concerns. */
export class DataWorker {
  private connection: ServerConnection | undefined;
  private readonly outbox: SnapshotOutbox;
  private base = "";
  private runId: string | undefined;
  private bytes = 0;
  /** The scheduler was started anew and nothing has run since: what is shown is the run before. */
  private keepsRun = false;
  private recorded = 0;
  private clockOffset = 0;
  /** When the cluster in sight began, by the scheduler's clock. */
  private startedAt: number | undefined;
  private readonly store = new TaskStore();
  private readonly running = new RunningLanes();
  private readonly outline = new Outline();
  private readonly groups = new Map<number, GroupEntry>();
  private readonly streams: Streams;
  private readonly loader: HistoryLoader;
  private state: Connection = { state: "connecting" };
  /** When the line was last lost, by this machine's clock; undefined once it is there again. */
  private lostAt: number | undefined;

  constructor(private readonly send: Send) {
    this.outbox = new SnapshotOutbox((snapshot) => send({ type: "snapshot", snapshot }));
    const { store, running, outline, groups } = this;
    const now = (): number => (standsSince(this.state, this.keepsRun, this.lostAt) ?? Date.now()) + this.clockOffset;
    const startedAt = (): number | undefined => this.startedAt;
    this.streams = new Streams({ store, running, outline, groups, now, startedAt }, send);
    this.loader = new HistoryLoader(
      store,
      (path) => this.fetchBytes(path),
      () => this.rowsCame(),
    );
  }

  receive(message: PageToWorker): void {
    switch (message.type) {
      case "start":
        return this.start(message.base);
      case "topics":
        return this.connection?.subscribe(message.topics);
      case "pause":
        return this.connection?.pause(message.paused);
      case "reconnect":
        return this.connection?.reconnect();
      case "leaveRun":
        return this.leaveRun();
      case "minimap":
        return;
      case "stats":
        return this.send({ type: "stats", id: message.id, stats: this.stats() });
      default:
        return this.streams.receive(message);
    }
  }

  private start(base: string): void {
    this.base = base;
    const address = new URL("ws?v=1", base);
    address.protocol = address.protocol.replace("http", "ws");
    this.connection = new ServerConnection({
      open: (protocol) => new WebSocket(address, protocol),
      authenticated: async () => {
        const session = await askSession(async () => {
          const answer = await fetch(new URL("api/v1/session", this.base), { credentials: "same-origin" });
          return (await answer.json()) as SessionInfo;
        });
        return session.authenticated;
      },
      onFrame: (header, view) => this.frame(header, view),
      onState: (connection) => {
        this.state = connection;
        if ("since" in connection) this.lostAt = connection.since;
        this.outbox.connection(connection);
      },
    });
    this.connection.start();
  }

  private frame(header: FrameHeader, view: DataView): void {
    this.bytes += view.byteLength;
    if (this.keepsRun && header.type !== FrameType.hello) {
      if (header.type === FrameType.tasks || header.type === FrameType.lod) this.leaveRun();
      return;
    }
    switch (header.type) {
      case FrameType.hello:
        return this.hello(readJson(view) as DashboardHello);
      case FrameType.dictionary:
        return this.dictionary(readJson(view) as DictionaryDelta);
      case FrameType.tasks:
        this.store.add(header, view);
        return this.rowsCame();
      case FrameType.lod:
        this.outline.take(header, view, this.recorded);
        this.recorded = Math.max(this.recorded, header.seq);
        return this.rowsCame();
      case FrameType.running:
        this.running.take(view);
        return this.streams.touched();
      case FrameType.gap: {
        const { from, to } = readJson(view) as Gap;
        return this.loader.fill(from, to);
      }
      case FrameType.summary: {
        const delta = readJson(view) as SummaryDelta;
        this.clock(delta.now);
        return this.outbox.summary(delta);
      }
      case FrameType.series:
        return this.outbox.series(readJson(view) as SeriesPoint);
      case FrameType.log:
        return this.outbox.log(readJson(view) as LogLine[]);
      case FrameType.flow:
        return this.outbox.flow(readJson(view) as FlowNews);
      default:
        return;
    }
  }

  private dictionary(delta: DictionaryDelta): void {
    for (const group of delta.groups ?? []) this.groups.set(group.id, group);
    this.outbox.dictionary(delta);
  }

  private hello(hello: DashboardHello): void {
    this.keepsRun = this.runId !== hello.runId && this.store.rows > 0 && hello.headSeq === 0;
    if (this.keepsRun) return this.outbox.previousRun(this.runId!);
    if (this.runId !== hello.runId) {
      this.store.clear(hello.oldestSeq);
      this.groups.clear();
      this.outline.clear();
    }
    this.runId = hello.runId;
    this.running.clear();
    for (const group of hello.dictionary.groups ?? []) this.groups.set(group.id, group);
    this.recorded = hello.headSeq;
    this.clock(hello.now);
    this.startedAt = hello.startedAt;
    this.lostAt = undefined;
    this.outbox.hello(hello);
    this.loader.begin(hello);
    this.rowsCame();
  }

  /** Another greeting tells all there is of the new run. */
  private leaveRun(): void {
    this.keepsRun = false;
    this.store.clear(0);
    this.connection?.reconnect();
  }

  /** The smallest delay a message ever had comes nearest to the true offset. */
  private clock(now: number): void {
    const offset = now - Date.now();
    if (offset > this.clockOffset || offset < this.clockOffset - 1000) this.clockOffset = offset;
  }

  private rowsCame(): void {
    const { store } = this;
    this.recorded = Math.max(this.recorded, store.nextSeq);
    this.outline.prune(store);
    this.outbox.history({
      rows: store.rows,
      recorded: this.recorded,
      loading: this.loader.loading,
      from: store.from,
      to: store.to,
    });
    this.streams.touched();
  }

  private async fetchBytes(path: string): Promise<ArrayBuffer> {
    const answer = await fetch(new URL(`api/v1/${path}`, this.base), { credentials: "same-origin" });
    if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
    return answer.arrayBuffer();
  }

  private stats(): WorkerStats {
    const { paints, drawnCells, lastSeq, lastPaintMs } = this.streams;
    return {
      paints,
      drawnCells,
      rows: this.store.rows,
      lastSeq,
      missing: this.loader.missing,
      lastPaintMs,
      connection: this.state.state,
      bytes: this.bytes,
    };
  }
}
