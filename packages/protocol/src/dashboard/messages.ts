/** JSON bodies of frames, and what a page may say. */

/** What a page subscribes to: a viewer on the log page gets no task rows. */
export const TOPICS = ["tasks", "running", "summary", "series", "flow", "log"] as const;
export type Topic = (typeof TOPICS)[number];

/** All that a page may send, as JSON text; anything else closes the connection. */
export type PageMessage = { readonly sub: readonly Topic[] } | { readonly pause: boolean } | { readonly ping: number };

export interface DashboardHello {
  /** Drawn when the scheduler started: another one means another run of the cluster. */
  readonly runId: string;
  readonly cluster: string;
  readonly heddle: string;
  readonly role: Role;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly startedAt: number;
  /** Number of the next row; of the oldest row that can still be had. */
  readonly headSeq: number;
  readonly oldestSeq: number;
  readonly chunks: readonly ChunkInfo[];
  readonly dictionary: DictionaryDelta;
  readonly summary: SummaryDelta;
  /** Newest last, at most 600. */
  readonly series: readonly SeriesPoint[];
  /** Settings the page keeps to. */
  readonly limits: { readonly maxRows: number };
}

/** view: look. operate: retry, cancel and the like too. */
export type Role = "view" | "operate";

/** A sealed chunk: `GET api/v1/chunks/<runId>/<id>`, immutable. */
export interface ChunkInfo {
  readonly id: number;
  readonly firstSeq: number;
  readonly rows: number;
  /** Milliseconds since the epoch. */
  readonly from: number;
  readonly to: number;
}

export interface DictionaryDelta {
  readonly groups?: readonly GroupEntry[];
  readonly workers?: readonly WorkerEntry[];
  readonly lanes?: readonly LaneEntry[];
  readonly flowRuns?: readonly { readonly index: number; readonly id: string; readonly name: string }[];
}

export interface GroupEntry {
  readonly id: number;
  readonly name: string;
  /** Colour: 0 to 7 plain, 8 to 15 the same hues with a texture, -1: "other". Assigned once, the same for every viewer. */
  readonly slot: number;
  /** Groups that tasks of this one take inputs from. */
  readonly upstream: readonly number[];
}

export interface WorkerEntry {
  readonly id: number;
  readonly name: string;
  readonly host: string;
  readonly pid: number;
  readonly threads: number;
  readonly memoryLimit: number;
  readonly joinedAt: number;
  /** Set when it has gone, with how. */
  readonly leftAt?: number;
  readonly ending?: string;
}

/** One thread of a worker. */
export interface LaneEntry {
  readonly id: number;
  readonly worker: number;
  readonly thread: number;
}

/** Everything that changed since the last one; complete in the hello. */
export interface SummaryDelta {
  readonly now: number;
  readonly totals: Totals;
  readonly groups: readonly GroupSummary[];
  readonly workers: readonly WorkerSummary[];
  /** Whole list whenever it changed. */
  readonly attention?: readonly Attention[];
  /** Whole list, most frequent first, whenever it changed; at most 100. */
  readonly errors?: readonly ErrorSummary[];
  /** Above the rate where rows are sent. */
  readonly summaryMode: boolean;
}

export interface Totals {
  /** Tasks by state, forgotten ones counted in `released`. */
  readonly states: StateCounts;
  readonly tasks: number;
  readonly done: number;
  readonly failed: number;
  readonly threads: number;
  readonly threadsBusy: number;
  readonly workers: number;
  readonly clients: number;
  /** Finished a second, over the last 5 s. */
  readonly rate: number;
  /** Milliseconds until all that is known will be done; absent until it can be told. */
  readonly eta?: number;
  readonly memory: MemoryUse;
}

/** In the order of the states' names. */
export interface StateCounts {
  readonly released: number;
  readonly waiting: number;
  readonly queued: number;
  readonly noWorker: number;
  readonly assigned: number;
  readonly processing: number;
  readonly memory: number;
  readonly erred: number;
}

/** Bytes. */
export interface MemoryUse {
  readonly managed: number;
  readonly spilled: number;
  /** Resident set. */
  readonly rss: number;
  readonly limit: number;
}

export interface GroupSummary {
  readonly id: number;
  readonly states: StateCounts;
  /** Tasks, each counted once. With the unfinished ones they are all, save those that nobody wants any more. */
  readonly done: number;
  readonly failed: number;
  /** Seconds on threads, in transfer of inputs, in decoding, waiting without a thread. */
  readonly compute: number;
  readonly transfer: number;
  readonly deserialise: number;
  readonly waited: number;
  /** Mean milliseconds of a run. */
  readonly mean: number;
  readonly nbytes: number;
  /** Finished a second, over the last 5 s. */
  readonly rate: number;
}

export interface WorkerSummary {
  readonly id: number;
  readonly status: "running" | "paused" | "closing" | "gone";
  readonly reason?: string;
  readonly lastSeen: number;
  readonly cpu: number;
  readonly threadsBusy: number;
  readonly executing: number;
  readonly ready: number;
  readonly fetching: number;
  readonly assigned: number;
  readonly memory: MemoryUse;
  /** Bytes a second. */
  readonly sent: number;
  readonly received: number;
  /** Its clock against the scheduler's, milliseconds. */
  readonly clockOffset: number;
  readonly failures: number;
}

/** Something that wants a person's eye, in words; `link` is a route of the page. */
export interface Attention {
  readonly id: string;
  readonly level: "info" | "warning" | "error";
  readonly text: string;
  readonly link: string;
  readonly since: number;
}

/** Errors of one group with one name, message and top frame. */
export interface ErrorSummary {
  readonly id: string;
  readonly group: number;
  readonly name: string;
  readonly message: string;
  readonly frame: string;
  readonly count: number;
  readonly first: number;
  readonly last: number;
  readonly workers: readonly number[];
  /** Key of one of them. */
  readonly example: string;
}

/** Once a second. */
export interface SeriesPoint {
  readonly time: number;
  readonly finished: number;
  readonly failed: number;
  readonly threadsBusy: number;
  readonly threads: number;
  readonly queued: number;
  readonly memory: MemoryUse;
  /** Bytes moved between workers in this second. */
  readonly transferred: number;
  readonly scheduler: {
    /** Event-loop utilisation, 0 to 1; delay of its loop in milliseconds. */
    readonly utilisation: number;
    readonly delayP50: number;
    readonly delayP99: number;
    readonly heap: number;
    readonly rss: number;
    readonly transitions: number;
  };
  readonly dashboard: {
    readonly utilisation: number;
    readonly viewers: number;
    readonly bytes: number;
    readonly framesSkipped: number;
  };
}

export interface LogLine {
  readonly time: number;
  readonly level: "debug" | "info" | "warn" | "error";
  /** "scheduler", a worker's name, or "flow:<run name>". */
  readonly source: string;
  readonly message: string;
  readonly key?: string;
}

/** Flow runs of which something changed: a state of theirs or of one of their task runs, a log line, an artifact. */
export interface FlowNews {
  /** Ids. */
  readonly changed: readonly string[];
}

export interface Gap {
  readonly from: number;
  readonly to: number;
}

export interface Bye {
  readonly reason: "closing" | "slow" | "full" | "expired";
  readonly message: string;
}
