/** Every setting there is: its path, kind, default, and what it is for. */

/** What a setting of each kind is after parsing. */
export interface Kinds {
  /** Milliseconds. */
  duration: number;
  /** Bytes. */
  size: number;
  /** A whole number from 0. */
  count: number;
  /** 0 to 65535; 0 means any free one. */
  port: number;
  /** 0 to 1. */
  fraction: number;
  flag: boolean;
  text: string;
  /** Strings; separated by commas in an environment variable. */
  list: readonly string[];
}
export type Kind = keyof Kinds;

export interface Setting<K extends Kind = Kind> {
  readonly kind: K;
  readonly initial: Kinds[K] | undefined;
  readonly about: string;
}

/** A setting with a default. */
const by = <K extends Kind>(kind: K, initial: Kinds[K], about: string) => ({ kind, initial, about });
/** A setting that is absent unless somebody gives it. */
const open = <K extends Kind>(kind: K, about: string) => ({ kind, initial: undefined, about });

const KiB = 1024;
const MiB = 1024 * KiB;

export const CATALOGUE = {
  address: open("text", "Address (ws:// or wss://) of the scheduler that clients and commands talk to."),
  token: open("text", "Token that the scheduler asks for; sent with every connection."),

  "client.timeout": by("duration", 10_000, "How long a connection to a scheduler may take."),
  "client.reconnectTimeout": by("duration", 60_000, "How long a scheduler that was lost is looked for."),
  "client.shipPackages": by(
    "list",
    [],
    "Packages of npm that travel with functions to workers that may not have them; * for all that are imported.",
  ),

  "scheduler.host": by("text", "127.0.0.1", "Address to listen on. Any but a loopback address requires a token."),
  "scheduler.port": by("port", 8786, "Port for clients and workers, and for GET /health and /api/state."),
  "scheduler.dashboardPort": by("port", 8787, "Port of the dashboard."),
  "scheduler.allowedHosts": by(
    "list",
    [],
    "Names, beside IP addresses, localhost and this machine's name, that requests without a token may call it by.",
  ),
  "scheduler.allowedOrigins": by(
    "list",
    [],
    "Origins whose pages may use the HTTP interface, such as https://ops.example.",
  ),
  "scheduler.heartbeat": by("duration", 1_000, "Time between two heartbeats of a worker."),
  "scheduler.workerTtl": by("duration", 20_000, "A worker silent for longer than this is taken for dead."),
  "scheduler.reconnectGrace": by(
    "duration",
    3_000,
    "After a restart: how long members of the cluster are waited for before what they may hold is run again.",
  ),
  "scheduler.clientGrace": by("duration", 10_000, "How long what a lost client wanted is kept for its return."),
  "scheduler.allowedFailures": by("count", 3, "Workers that may die running a task before the task fails."),
  "scheduler.helloTimeout": by("duration", 10_000, "How long a connection may stay without introducing itself."),
  "scheduler.maxPayload": by("size", 64 * MiB, "Largest frame a client or worker may send."),
  "scheduler.maxClientBacklog": by(
    "size",
    256 * MiB,
    "Bytes kept for a client that does not read; beyond it, it is disconnected.",
  ),
  "scheduler.maxWorkerBacklog": by("size", 1024 * MiB, "The same for a worker."),
  "scheduler.resultsFolder": open(
    "text",
    "Folder of the result store that the scheduler serves at /api/results. Default: served-results under HEDDLE_HOME, ~/.heddle.",
  ),
  "scheduler.maxResult": by("size", 1024 * MiB, "Largest result that store takes."),
  "scheduler.maxResults": by("size", 16 * 1024 * MiB, "Bytes that store may hold in all."),
  "scheduler.validate": by("flag", false, "Check every invariant after each event. Slow; for tests."),

  "dashboard.history.rows": by(
    "count",
    2 ** 20,
    "Ended runs that the dashboard keeps; each takes about 80 bytes of memory. Rounded up to a power of two.",
  ),
  "dashboard.maxViewers": by("count", 64, "Pages that may look at once."),
  "dashboard.viewToken": open("text", "A second token, for who may look at the dashboard and do nothing else."),
  "dashboard.allowActionsWithoutToken": by(
    "flag",
    false,
    "Where no token is set: let whoever reaches the dashboard retry and cancel tasks.",
  ),
  "dashboard.trustOwnUser": by(
    "flag",
    true,
    "Let browsers of the user who runs the scheduler, on the same machine, in without the token (Linux).",
  ),
  "dashboard.basePath": by("text", "", "Path that a reverse proxy leaves in front of the dashboard, such as /heddle."),
  "dashboard.frameAncestors": by("list", [], "Origins whose pages may show panels of the dashboard in a frame."),

  "worker.threads": by("count", 1, "Executor threads of a worker process."),
  "worker.memoryLimit": open(
    "size",
    "Memory of a worker process, at least 256 MiB. Default: the machine's, shared equally.",
  ),
  "worker.asyncPerThread": by("count", 256, "Asynchronous tasks that wait without using their thread, per thread."),
  "worker.cancelGrace": by("duration", 500, "Time a cancelled or timed-out task has to react to its signal."),
  "worker.reconnectTimeout": by(
    "duration",
    300_000,
    "How long a scheduler that was lost is looked for; then the worker ends.",
  ),
  "worker.spillFolder": open(
    "text",
    "Folder for results that are written to disk. Default: the system's for temporary files.",
  ),

  "nanny.backoff": by("duration", 500, "Pause before a dead process is started again; doubles every time."),
  "nanny.maxBackoff": by("duration", 30_000, "Longest such pause."),
  "nanny.maxRestarts": by("count", 5, "Restarts within a minute before a process is given up."),

  "cluster.startTimeout": by(
    "duration",
    30_000,
    "How long a cluster may take until all its first workers have joined.",
  ),
  "cluster.closeTimeout": by("duration", 5_000, "How long an orderly end may take before processes are killed."),

  "results.storage": open(
    "text",
    "Where results are persisted that say nothing else: a directory, or a URL (http, https, redis, rediss, s3). " +
      "Default: results under HEDDLE_HOME, ~/.heddle.",
  ),
  "results.persist": by("flag", false, "Persist the results of tasks and flows that say nothing else."),
  "results.serializer": by("text", "structured", "How persisted results are encoded: structured or json."),
  "results.timeout": by("duration", 30_000, "How long an operation of a remote result store may take."),

  "flows.history": by("flag", true, "Keep a history of flow runs: their task runs, states, logs and artifacts."),
  "flows.historyFile": open("text", "File of that history. Default: history.db under HEDDLE_HOME, ~/.heddle."),
  "flows.historyMaxAge": by("duration", 30 * 24 * 3_600_000, "Flow runs older than this are forgotten."),
  "flows.historyMaxRuns": by("count", 10_000, "So many flow runs are remembered, the newest."),
  "flows.maxDepth": by(
    "count",
    64,
    "How deep flows may call flows that call flows; a recursion without an end ends there.",
  ),
  "flows.maxParameters": by("size", 16 * KiB, "What is kept of a flow run's arguments, as JSON; the rest is cut off."),
  "flows.maxArtifact": by("size", 1 * MiB, "Largest artifact that a flow or task may leave."),
} satisfies Readonly<Record<string, Setting>>;

export type SettingPath = keyof typeof CATALOGUE;

/** The type of a setting's value; a setting without a default may be absent. */
export type SettingValue<P extends SettingPath> = (typeof CATALOGUE)[P]["initial"] extends undefined
  ? Kinds[(typeof CATALOGUE)[P]["kind"]] | undefined
  : Kinds[(typeof CATALOGUE)[P]["kind"]];

/** The environment variable of a setting: "scheduler.workerTtl" is HEDDLE_SCHEDULER_WORKER_TTL. */
export function environmentName(path: string): string {
  return `HEDDLE_${path
    .replaceAll(".", "_")
    .replace(/([a-z])([A-Z])/g, "$1_$2")
    .toUpperCase()}`;
}
