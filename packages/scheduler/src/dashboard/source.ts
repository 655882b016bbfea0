/** What the dashboard's HTTP interface and its viewers are served from: a living cluster, or run history without one. */
import type { WebSocket } from "ws";
import type {
  DashboardHello,
  FlowLogPage,
  FlowRunDetail,
  FlowRunRow,
  GroupDetail,
  GroupGraph,
  LogLine,
  Minimap,
  Role,
  SearchResult,
  SessionInfo,
  TaskDetail,
  TaskPage,
  Transfers,
  WorkerDetail,
} from "@heddle/protocol/dashboard";

/** Undefined as an answer: there is no such thing. Every question may be asked of a source that has none of it. */
export interface DashboardSource {
  readonly mode: SessionInfo["mode"];
  readonly cluster: string;
  readonly workerCommand: string;
  /** Hands over a page's socket whose door checks are done. The source greets it, feeds it and limits it. */
  attach(socket: WebSocket, role: Role): void;
  /** How many are attached. */
  readonly viewers: number;
  /** Why no more can be attached. Absent or undefined: there is room. */
  readonly full?: string | undefined;

  /** What a page is greeted with; reports begin with it too. */
  hello(role: Role): Promise<DashboardHello>;
  /** Resolves when all that had happened at the time of the call is in the answers. Absent: it always is. */
  caughtUp?(): Promise<void>;
  chunk(runId: string, id: number): Promise<SealedChunk | undefined>;
  /** Frames one after another, each preceded by its length as u32. */
  rows(from: number, to: number): Promise<Uint8Array>;
  minimap(): Promise<Minimap>;
  keys(seqs: readonly number[]): Promise<(string | null)[]>;
  task(which: { readonly key: string } | { readonly seq: number }): Promise<TaskDetail | undefined>;
  tasks(query: TaskQuery): Promise<TaskPage>;
  search(text: string): Promise<SearchResult[]>;
  group(id: number): Promise<GroupDetail | undefined>;
  groupGraph(): Promise<GroupGraph>;
  taskGraph(query: TaskGraphQuery): Promise<Uint8Array>;
  worker(id: number): Promise<WorkerDetail | undefined>;
  transfers(): Promise<Transfers>;
  logs(query: LogQuery): Promise<LogLine[]>;
  readonly flows: FlowSource;
  /** @returns how many tasks it was done to */
  retry(what: { readonly keys: readonly string[] } | { readonly error: string }): Promise<number>;
  cancel(keys: readonly string[]): Promise<number>;
  /** Prometheus text. */
  metrics(): Promise<string>;
}

export interface SealedChunk {
  /** The `tasks` frame, compressed. */
  readonly body: Uint8Array;
  readonly encoding: "deflate" | "gzip";
  /** sha256 of the body, hexadecimal. */
  readonly etag: string;
}

export interface TaskQuery {
  readonly state?: string;
  readonly group?: number;
  readonly worker?: number;
  readonly limit: number;
  readonly after?: string;
}

export interface TaskGraphQuery {
  readonly group?: number;
  readonly limit: number;
  readonly focus?: string;
  readonly depth?: number;
}

export interface LogQuery {
  readonly source?: string;
  /** This and more serious ones. */
  readonly level?: LogLine["level"];
  readonly before?: number;
  readonly limit: number;
}

export interface FlowSource {
  /** Newest first. `before`: id of the last one of the page before. */
  list(query: {
    readonly limit: number;
    readonly before?: string;
    readonly flow?: string;
    readonly state?: string;
  }): Promise<FlowRunRow[]>;
  run(id: string): Promise<FlowRunDetail | undefined>;
  logs(id: string, query: FlowLogQuery): Promise<FlowLogPage>;
}

export interface FlowLogQuery {
  readonly level?: LogLine["level"];
  /** Lines of this task run alone. */
  readonly task?: number;
  /** `next` of the page before. */
  readonly after?: string;
  readonly limit: number;
}
