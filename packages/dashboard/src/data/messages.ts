/** What the page and its data worker tell each other. */
import type {
  Attention,
  DashboardHello,
  DictionaryDelta,
  FlowNews,
  ErrorSummary,
  GroupSummary,
  LogLine,
  Minimap,
  SeriesPoint,
  Topic,
  Totals,
  WorkerSummary,
} from "@heddle/protocol/dashboard";
import type { StreamCommand, StreamReport } from "../stream/messages.js";

/** State of the line to the server, as the connection pill says it. */
export type Connection =
  | { readonly state: "connecting" }
  | { readonly state: "live" }
  /** The person asked for it, or the page is hidden. */
  | { readonly state: "paused" }
  /** Lost; tries again at `retryAt` (milliseconds since the epoch). */
  | { readonly state: "reconnecting"; readonly retryAt: number; readonly since: number }
  /** Has been away for so long that it is worth saying; still tries. */
  | { readonly state: "disconnected"; readonly retryAt: number; readonly since: number }
  /** A token is wanted. */
  | { readonly state: "unauthenticated" }
  /** Nobody else may look; tries again at `retryAt`. */
  | { readonly state: "full"; readonly message: string; readonly retryAt: number }
  /** The cluster closed. */
  | { readonly state: "ended"; readonly message: string; readonly since: number };

/** Rows the worker holds and what it knows of those it does not. */
export interface History {
  readonly rows: number;
  /** All rows the scheduler ever recorded in this run. */
  readonly recorded: number;
  /** Rows evicted here or there: those that are not shown are `recorded - rows`. */
  readonly loading: number;
  /** Time of the oldest and the newest row held, milliseconds since the epoch. */
  readonly from: number;
  readonly to: number;
}

/** Everything of a run but the rows. Sent whole after a hello, else the parts that changed, at most 4 times a second. */
export interface Snapshot {
  readonly connection?: Connection;
  /** Set after each hello: what went before is of another run unless `runId` is the same. */
  readonly run?: RunInfo;
  /** The scheduler was started anew: what is shown is still of this run, until the first row of the new one. */
  readonly previousRun?: string;
  readonly dictionary?: DictionaryDelta;
  readonly totals?: Totals;
  readonly groups?: readonly GroupSummary[];
  readonly workers?: readonly WorkerSummary[];
  readonly attention?: readonly Attention[];
  readonly errors?: readonly ErrorSummary[];
  readonly series?: readonly SeriesPoint[];
  readonly log?: readonly LogLine[];
  readonly flow?: readonly FlowNews[];
  readonly summaryMode?: boolean;
  readonly history?: History;
  /** Scheduler time minus this machine's, milliseconds. */
  readonly clockOffset?: number;
  /** When the newest frame arrived, this machine's clock. */
  readonly heardAt?: number;
}

export type RunInfo = Pick<DashboardHello, "runId" | "cluster" | "heddle" | "role" | "startedAt">;

export type PageToWorker =
  | { readonly type: "start"; readonly base: string }
  | { readonly type: "topics"; readonly topics: readonly Topic[] }
  /** By the person, or because the page is hidden. */
  | { readonly type: "pause"; readonly paused: boolean }
  /** Try again now. */
  | { readonly type: "reconnect" }
  /** Show the new run, although nothing has run in it. */
  | { readonly type: "leaveRun" }
  | { readonly type: "minimap"; readonly minimap: Minimap }
  | { readonly type: "stats"; readonly id: number }
  | StreamCommand;

export type WorkerToPage =
  | { readonly type: "snapshot"; readonly snapshot: Snapshot }
  | { readonly type: "stats"; readonly id: number; readonly stats: WorkerStats }
  | StreamReport;

/** For tests: `window.__dash.stats()` on a page opened with `?test=1`. */
export interface WorkerStats {
  readonly paints: number;
  readonly drawnCells: number;
  readonly rows: number;
  /** Number of the newest row that has been painted, -1: none. */
  readonly lastSeq: number;
  /** Rows that were told of but never came. */
  readonly missing: number;
  readonly lastPaintMs: number;
  readonly connection: Connection["state"];
  readonly bytes: number;
}
