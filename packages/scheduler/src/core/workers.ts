import type { Heartbeat, WorkerHello } from "@heddle/protocol";
import type { Definition } from "./definitions.js";
import type { ComputeColumns, TaskColumns } from "./outbox.js";
import type { TaskHeap } from "./task-heap.js";

/** Work sent ahead to a worker, at most: microseconds per thread. */
const WINDOW_TIME = 20_000;
/** Runs sent ahead per thread, at most, however short. */
const WINDOW_COUNT = 256;
/** Runs per thread that a worker may have of tasks that last: one executing and, with several threads, a few waiting. */
const SATURATION = 1.1;
/** What a task of a group that never ran is taken for, microseconds: four fill a window. */
export const UNKNOWN_DURATION = 5_000;
/** Share of the memory limit that results of runs sent ahead may fill. */
const WINDOW_BYTES = 0.05;
/** Between two workers, bytes a second, until measured. */
const INITIAL_BANDWIDTH = 500e6;

export interface WorkerRecord {
  readonly index: number;
  readonly name: string;
  readonly hello: WorkerHello;
  readonly threads: number;
  readonly resources: Readonly<Record<string, number>>;
  status: "running" | "paused" | "closing";
  statusReason: string;
  /** false: it was a member before, and has not said yet what it holds: nothing is sent that it may have. */
  presented: boolean;
  joinedAt: number;
  lastSeen: number;
  metrics: Heartbeat | undefined;
  /** Runs it owns and that use, or will use, a thread. */
  inflight: number;
  /** Runs it owns that wait without a thread. */
  away: number;
  /** Estimated time of `inflight`, microseconds. */
  occupancy: number;
  /** When it last finished something, or began after having nothing: a long silence means long tasks. */
  busySince: number;
  /** Expected bytes of their results. */
  expectedBytes: number;
  /** Bytes of results it holds. */
  managed: number;
  bandwidth: number;
  /** Ready tasks that are best run here, held at the scheduler, and their estimated time. */
  readonly queue: TaskHeap;
  queuedTime: number;
  /** Tasks whose dependents could go with them once the window has room. */
  tails: number[];
  readonly known: Set<Definition>;
  readonly compute: ComputeColumns;
  readonly free: TaskColumns;
  /** Runs it was asked to give back. */
  readonly revoking: Set<number>;
}

export function newWorker(
  index: number,
  name: string,
  hello: WorkerHello,
  now: number,
  queue: TaskHeap,
  compute: ComputeColumns,
  free: TaskColumns,
): WorkerRecord {
  return {
    index,
    name,
    hello,
    threads: Math.max(1, hello.threads),
    resources: hello.resources,
    status: "running",
    statusReason: "",
    presented: hello.lastEpoch === undefined,
    joinedAt: now,
    lastSeen: now,
    metrics: undefined,
    inflight: 0,
    away: 0,
    occupancy: 0,
    busySince: now,
    expectedBytes: 0,
    managed: 0,
    bandwidth: INITIAL_BANDWIDTH,
    queue,
    queuedTime: 0,
    tails: [],
    known: new Set(),
    compute,
    free,
    revoking: new Set(),
  };
}

/**
 * Whether more may be sent ahead. A window in time and bytes: enough to cover a round trip of short tasks, never so much that
 * long ones wait behind each other while another worker is idle, or that results fill the memory.
 */
export function hasRoom(worker: WorkerRecord): boolean {
  if (worker.status !== "running" || !worker.presented) return false;
  if (worker.away >= worker.hello.asyncPerThread * worker.threads) return false;
  if (worker.inflight < worker.threads) return true;
  if (worker.expectedBytes > worker.hello.memoryLimit * WINDOW_BYTES) return false;
  if (worker.inflight < Math.ceil(SATURATION * worker.threads)) return true;
  return worker.occupancy < WINDOW_TIME * worker.threads && worker.inflight < WINDOW_COUNT * worker.threads;
}

/** Estimated wait before a task sent now would begin, microseconds. */
export function expectedWait(worker: WorkerRecord): number {
  return (worker.occupancy + worker.queuedTime) / worker.threads;
}
