/** Between the scheduler's thread and the dashboard's. */
import type { PlainError } from "@heddle/protocol";
import type { LogLine, TaskPage, WorkerDetail } from "@heddle/protocol/dashboard";
import type { TaskFacts } from "../../core/inspect.js";
import type { RecordMemory } from "../../core/record/memory.js";
import type { RecordNews } from "../../core/record/news.js";
import type { DashboardServerOptions } from "../http/index.js";
import type { TaskGraphQuery } from "../source.js";

/** What the dashboard is about; fixed for the life of a scheduler. */
export interface DashboardIdentity {
  readonly runId: string;
  readonly cluster: string;
  readonly workerCommand: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
}

/** The page's files are found by the thread. */
export type DashboardHttp = Omit<DashboardServerOptions, "pageFolder" | "reportFolder">;

/** What the thread is started with. */
export interface DashboardThreadOptions {
  readonly memory: RecordMemory;
  readonly identity: DashboardIdentity;
  readonly http: DashboardHttp;
  readonly maxViewers: number;
}

/** A worker at this moment. */
export interface WorkerPulse {
  readonly id: number;
  readonly status: "running" | "paused" | "closing";
  readonly reason: string;
  readonly lastSeen: number;
  readonly cpu: number;
  readonly threadsBusy: number;
  readonly executing: number;
  readonly ready: number;
  readonly fetching: number;
  readonly assigned: number;
  readonly managed: number;
  readonly spilled: number;
  readonly rss: number;
  /** Since it started. */
  readonly sentBytes: number;
  readonly receivedBytes: number;
  readonly clockOffset: number;
  /** Runs that failed on it. */
  readonly failures: number;
  /** When the worker said what follows, by its clock; told again until it says more. */
  readonly saidAt: number;
  /** From each peer: index and bytes a second, as last measured; index and bytes. */
  readonly bandwidth: readonly (readonly [number, number])[];
  readonly fetched: readonly (readonly [number, number])[];
}

/** Questions that only the scheduler's tables answer. */
export type SchedulerQuestion =
  | { readonly what: "task"; readonly key: string }
  /** Keys of tasks by their ids; null for those that are forgotten. */
  | { readonly what: "keys"; readonly tasks: readonly number[] }
  /** Nothing: when it is answered, what had happened before is told and counted. */
  | { readonly what: "news" }
  | {
      readonly what: "tasks";
      readonly state?: string;
      readonly group?: number;
      readonly worker?: number;
      readonly limit: number;
      readonly after?: string;
    }
  | { readonly what: "search"; readonly prefix: string; readonly limit: number }
  | ({ readonly what: "graph" } & TaskGraphQuery)
  | { readonly what: "worker"; readonly id: number }
  | { readonly what: "retry"; readonly keys: readonly string[] }
  | { readonly what: "retryFailed"; readonly group: number; readonly messages: readonly string[] }
  | { readonly what: "cancel"; readonly keys: readonly string[] };

export interface SchedulerAnswers {
  task: TaskFacts | undefined;
  keys: (string | null)[];
  news: undefined;
  tasks: TaskPage;
  search: string[];
  graph: Uint8Array;
  worker: Pick<WorkerDetail, "executing" | "resources" | "address"> | undefined;
  retry: number;
  retryFailed: number;
  cancel: number;
}

export type ToDashboard =
  | { readonly type: "news"; readonly news: RecordNews }
  | { readonly type: "pulse"; readonly workers: readonly WorkerPulse[] }
  | { readonly type: "logs"; readonly lines: readonly LogLine[] }
  /** Run events of flows, as clients publish them. */
  | { readonly type: "events"; readonly topic: string; readonly events: Uint8Array }
  | { readonly type: "answer"; readonly id: number; readonly value: unknown }
  | { readonly type: "refused"; readonly id: number; readonly error: PlainError }
  | { readonly type: "close" };

export type FromDashboard =
  | { readonly type: "listening"; readonly port: number; readonly url: string }
  | { readonly type: "failed"; readonly error: PlainError }
  | { readonly type: "watch"; readonly watched: boolean }
  | { readonly type: "ask"; readonly id: number; readonly question: SchedulerQuestion }
  | { readonly type: "log"; readonly line: string };
