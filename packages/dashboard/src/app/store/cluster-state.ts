import type {
  Attention,
  ErrorSummary,
  GroupEntry,
  GroupSummary,
  LaneEntry,
  LogLine,
  SeriesPoint,
  Totals,
  WorkerEntry,
  WorkerSummary,
} from "@heddle/protocol/dashboard";
import type { Connection, History, RunInfo, Snapshot } from "../../data/messages.js";

interface FlowRunName {
  readonly index: number;
  readonly id: string;
  readonly name: string;
}

/** All the page knows of the cluster. Immutable: what has not changed is the same object as before. */
export interface ClusterState {
  readonly connection: Connection;
  readonly run: RunInfo | undefined;
  /** Set while the scheduler was started anew and what is shown is of the run before. */
  readonly previousRun: string | undefined;
  /** What is shown is a run that began while this page was open. */
  readonly restarted: boolean;
  /** By id: names, colours and places of what rows and summaries refer to. */
  readonly groupNames: ReadonlyMap<number, GroupEntry>;
  readonly workerNames: ReadonlyMap<number, WorkerEntry>;
  readonly lanes: ReadonlyMap<number, LaneEntry>;
  readonly flowRuns: ReadonlyMap<number, FlowRunName>;
  /** By id. */
  readonly groups: ReadonlyMap<number, GroupSummary>;
  readonly workers: ReadonlyMap<number, WorkerSummary>;
  readonly totals: Totals | undefined;
  readonly attention: readonly Attention[];
  readonly errors: readonly ErrorSummary[];
  /** Newest last, at most 600. */
  readonly series: readonly SeriesPoint[];
  /** Newest last, at most 10,000. */
  readonly log: readonly LogLine[];
  readonly summaryMode: boolean;
  readonly history: History;
  readonly clockOffset: number;
  readonly heardAt: number;
  /** When the line was last lost, by this machine's clock; undefined once it is there again. */
  readonly lostAt: number | undefined;
}

const SERIES_KEPT = 600;
const LOG_KEPT = 10_000;
const NO_HISTORY: History = { rows: 0, recorded: 0, loading: 0, from: 0, to: 0 };

export const INITIAL_STATE: ClusterState = {
  connection: { state: "connecting" },
  run: undefined,
  previousRun: undefined,
  restarted: false,
  groupNames: new Map(),
  workerNames: new Map(),
  lanes: new Map(),
  flowRuns: new Map(),
  groups: new Map(),
  workers: new Map(),
  totals: undefined,
  attention: [],
  errors: [],
  series: [],
  log: [],
  summaryMode: false,
  history: NO_HISTORY,
  clockOffset: 0,
  heardAt: 0,
  lostAt: undefined,
};

/** What the state is after a snapshot. */
export function apply(state: ClusterState, snapshot: Snapshot): ClusterState {
  let base = state;
  if (snapshot.run && state.run && snapshot.run.runId !== state.run.runId)
    base = { ...INITIAL_STATE, connection: state.connection, restarted: true };
  const { dictionary } = snapshot;
  return {
    connection: snapshot.connection ?? base.connection,
    run: snapshot.run ?? base.run,
    previousRun: snapshot.previousRun ?? (snapshot.run ? undefined : base.previousRun),
    restarted: base.restarted,
    groupNames: merged(base.groupNames, dictionary?.groups, (entry) => entry.id),
    workerNames: merged(base.workerNames, dictionary?.workers, (entry) => entry.id),
    lanes: merged(base.lanes, dictionary?.lanes, (entry) => entry.id),
    flowRuns: merged(base.flowRuns, dictionary?.flowRuns, (entry) => entry.index),
    groups: merged(base.groups, snapshot.groups, (entry) => entry.id),
    workers: merged(base.workers, snapshot.workers, (entry) => entry.id),
    totals: snapshot.totals ?? base.totals,
    attention: snapshot.attention ?? base.attention,
    errors: snapshot.errors ?? base.errors,
    series: joinSeries(base.series, snapshot.series),
    log: appended(base.log, snapshot.log, LOG_KEPT),
    summaryMode: snapshot.summaryMode ?? base.summaryMode,
    history: snapshot.history ?? base.history,
    clockOffset: snapshot.clockOffset ?? base.clockOffset,
    heardAt: snapshot.heardAt ?? base.heardAt,
    lostAt: lostAt(base, snapshot),
  };
}

function lostAt(base: ClusterState, { connection, run }: Snapshot): number | undefined {
  if (run !== undefined) return undefined;
  return connection !== undefined && "since" in connection ? connection.since : base.lostAt;
}

function merged<T>(
  had: ReadonlyMap<number, T>,
  more: readonly T[] | undefined,
  id: (entry: T) => number,
): ReadonlyMap<number, T> {
  if (!more || more.length === 0) return had;
  const all = new Map(had);
  for (const entry of more) all.set(id(entry), entry);
  return all;
}

function appended<T>(had: readonly T[], more: readonly T[] | undefined, kept: number): readonly T[] {
  if (!more || more.length === 0) return had;
  return [...had, ...more].slice(-kept);
}

/** A hello repeats points that were seen before the line was lost. */
function joinSeries(had: readonly SeriesPoint[], more: readonly SeriesPoint[] | undefined): readonly SeriesPoint[] {
  const last = had.at(-1)?.time ?? 0;
  return appended(
    had,
    more?.filter((point) => point.time > last),
    SERIES_KEPT,
  );
}
