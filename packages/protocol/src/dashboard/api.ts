/**
 * What the dashboard's HTTP interface answers, under `<base>/api/v1/`. All JSON unless said otherwise; errors are `{ code, message }`
 * with a 4xx or 5xx status. Everything but `session`, `login` and `<base>/healthz` wants a session where a token is set.
 *
 * | request | answer |
 * |---|---|
 * | GET session | SessionInfo |
 * | POST login `{ token }` | SessionInfo, and the cookie |
 * | POST logout | 204 |
 * | GET chunks/:runId/:id | binary `tasks` frame of a sealed chunk, immutable, compressed |
 * | GET rows?from=seq&to=seq | binary `tasks` frames, one after another, each preceded by its length as u32: the unsealed tail, or a gap |
 * | GET minimap | Minimap |
 * | POST keys `{ seqs }` | `{ keys: (string or null)[] }` |
 * | GET task?key= or ?seq= | TaskDetail |
 * | GET search?q= | SearchResult[] (keys by prefix, groups, workers, flow runs) |
 * | GET groups/:id | GroupDetail |
 * | GET graph?level=group | GroupGraph |
 * | GET graph?level=task&group=&limit=&focus=&depth= | binary: see TaskGraphHeader |
 * | GET workers/:id | WorkerDetail |
 * | GET transfers | Transfers |
 * | GET tasks?state=&group=&worker=&limit=&after= | TaskPage |
 * | GET logs?source=&level=&before=&limit= | LogLine[] |
 * | GET flows?limit=&before=&flow=&state= | FlowRunRow[], newest first; `before`: id of the last one of the page before |
 * | GET flows/:id | FlowRunDetail |
 * | GET flows/:id/logs?level=&task=&after=&limit= | FlowLogPage |
 * | POST actions/retry `{ keys }` or `{ error }` | `{ count }`, role operate |
 * | POST actions/cancel `{ keys }` | `{ count }`, role operate |
 * | GET report?from=&to=&title=; POST report `{ from, to, title, code }`, all optional | text/html, one file |
 * | GET trace | Chrome trace JSON |
 */
import type { GroupSummary, LogLine, Role, StateCounts, WorkerSummary } from "./messages.js";

/** Header that every request but GET carries, any value: a page of another origin cannot set it. */
export const ACTION_HEADER = "x-heddle-dashboard";

export interface SessionInfo {
  /** Whether a token is wanted before anything is shown. */
  readonly authenticated: boolean;
  /** This answer brings the session's cookie: it counts once the browser has sent it back, which it does not for every frame. */
  readonly opened: boolean;
  readonly role: Role;
  readonly cluster: string;
  readonly heddle: string;
  /** cluster: live. history: run history without a cluster; only flows are there. */
  readonly mode: "cluster" | "history";
  /** Copyable command that joins a worker. */
  readonly workerCommand: string;
  /** Whether `report` answers: the page for reports was built. */
  readonly reports: boolean;
}

/** Equal buckets over all recorded time. */
export interface Minimap {
  readonly from: number;
  readonly to: number;
  /** Busy threads, 0 to 1 of those there were, and errors, by bucket; at most 2,048. */
  readonly busy: readonly number[];
  readonly errors: readonly number[];
}

export interface TaskDetail {
  readonly key: string;
  readonly group: number;
  readonly state: string;
  /** false: the scheduler has forgotten it; what was recorded is shown. */
  readonly live: boolean;
  readonly worker?: string;
  readonly nbytes?: number;
  readonly holders: readonly string[];
  readonly attempt: number;
  readonly priority: number;
  readonly story: readonly {
    readonly time: number;
    readonly from: string;
    readonly to: string;
    readonly cause: string;
    readonly worker: string;
  }[];
  /** Why it is where it is, in words; set while it is not done. */
  readonly explanation?: { readonly state: string; readonly reasons: readonly string[] };
  readonly dependencies: readonly TaskLink[];
  readonly dependents: readonly TaskLink[];
  readonly dependencyCount: number;
  readonly dependentCount: number;
  /** Milliseconds; parts of the way from ready to done. They sum to its whole time. */
  readonly split?: {
    readonly queued: number;
    readonly transfer: number;
    readonly deserialise: number;
    readonly compute: number;
    readonly waited: number;
  };
  readonly startedAt?: number;
  readonly endedAt?: number;
  readonly error?: ErrorDetail;
  readonly flowRun?: { readonly id: string; readonly number: number; readonly name: string };
}

export interface TaskLink {
  readonly key: string;
  readonly state: string;
}

export interface ErrorDetail {
  readonly kind: string;
  readonly name: string;
  readonly message: string;
  /** At most 64 KiB. */
  readonly stack: string;
  readonly causes: readonly { readonly name: string; readonly message: string }[];
}

export interface SearchResult {
  readonly kind: "task" | "group" | "worker" | "flowRun";
  readonly label: string;
  readonly link: string;
}

export interface GroupDetail {
  readonly summary: GroupSummary;
  /** Runs by duration: bucket i holds those below `bounds[i]` milliseconds. */
  readonly histogram: { readonly bounds: readonly number[]; readonly counts: readonly number[] };
  /** Milliseconds at 0, 25, 50, 75, 95, 99, 100 %. */
  readonly quantiles: readonly number[];
  readonly upstream: readonly number[];
  readonly downstream: readonly number[];
  readonly slowest: readonly { readonly key: string; readonly duration: number; readonly worker: string }[];
}

export interface GroupGraph {
  readonly nodes: readonly {
    readonly id: number;
    readonly tasks: number;
    readonly states: StateCounts;
    /** As in GroupSummary. */
    readonly done: number;
    readonly failed: number;
  }[];
  /** [from, to, number of task edges]. */
  readonly edges: readonly (readonly [number, number, number])[];
}

/**
 * Task graph: u32 length of a JSON header, the header, padding to 8 bytes, then `groups` Uint16[nodes], `states` Uint8[nodes] (index
 * into the states of StateCounts) each padded to 8 bytes, `offsets` Uint32[nodes + 1], `targets` Uint32[edges] (dependents of a node).
 */
export interface TaskGraphHeader {
  readonly nodes: number;
  readonly edges: number;
  /** Tasks there are beyond the limit. */
  readonly truncated: number;
  /** Ids of the tasks, as their numbers in `states`' updates; keys when there are at most 2,000. */
  readonly keys?: readonly string[];
}

export interface WorkerDetail {
  readonly summary: WorkerSummary;
  /** By the second, newest last; at most 600. */
  readonly series: readonly {
    readonly time: number;
    readonly cpu: number;
    readonly rss: number;
    readonly managed: number;
    readonly spilled: number;
    readonly busy: number;
  }[];
  readonly executing: readonly TaskLink[];
  readonly resources: Readonly<Record<string, number>>;
  readonly address: string;
}

export interface Transfers {
  /** Names, at most 64, busiest first; then "other". */
  readonly workers: readonly string[];
  /** Bytes from row to column, in the last minute. */
  readonly matrix: readonly (readonly number[])[];
  /** Bytes a second, quantiles 10, 50, 90 % of measured bandwidths. */
  readonly bandwidth: readonly number[];
}

export interface TaskPage {
  readonly tasks: readonly {
    readonly key: string;
    readonly group: number;
    readonly state: string;
    readonly worker: string;
    readonly nbytes: number;
  }[];
  readonly total: number;
  /** Give it as `after` for the next page. */
  readonly next?: string;
}

export interface FlowRunRow {
  readonly id: string;
  readonly name: string;
  readonly flow: string;
  readonly state: string;
  readonly stateName: string;
  readonly message?: string;
  readonly startedAt: number;
  readonly endedAt?: number;
  readonly runner: string;
  readonly tags: readonly string[];
  readonly parent?: { readonly flowRun: string; readonly number: number };
  readonly taskRuns: Readonly<Record<string, number>>;
}

export interface FlowRunDetail {
  readonly run: FlowRunRow;
  readonly parameters: string;
  readonly version: string;
  readonly states: readonly FlowState[];
  /** At most 10,000; `taskRunCount` says how many there are. */
  readonly taskRuns: readonly TaskRunRow[];
  readonly taskRunCount: number;
  readonly artifacts: readonly {
    readonly key: string;
    readonly type: "markdown" | "table" | "link";
    readonly description: string;
    readonly data: unknown;
    readonly number: number;
  }[];
}

export interface FlowLogPage {
  readonly lines: readonly FlowLogLine[];
  /** Give it as `after` to go on, now or when there is more. */
  readonly next: string;
  readonly more: boolean;
}

export interface FlowLogLine {
  /** Of the task run; -1: the flow run itself. */
  readonly number: number;
  readonly time: number;
  readonly level: LogLine["level"];
  readonly message: string;
  /** Absent: the flow's own process. */
  readonly worker?: string;
}

export interface FlowState {
  readonly type: string;
  readonly name: string;
  readonly time: number;
  readonly message?: string;
}

export interface TaskRunRow {
  readonly number: number;
  readonly name: string;
  readonly task: string;
  readonly state: string;
  readonly stateName: string;
  readonly message?: string;
  readonly createdAt: number;
  readonly startedAt?: number;
  readonly endedAt?: number;
  readonly attempts: number;
  readonly upstream: readonly number[];
  readonly worker?: string;
  readonly key?: string;
  readonly childFlowRun?: string;
}
