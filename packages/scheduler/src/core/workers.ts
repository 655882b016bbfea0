import type { Heartbeat, WorkerHello } from "@heddle/protocol";
import type { Definition } from "./definitions.js";
import type { ComputeColumns, TaskColumns } from "./outbox.js";
import type { TaskQueue } from "./task-queue.js";

/** Work sent ahead to a worker, at most: microseconds per thread. */
const WINDOW_TIME = 20_000;
/** Runs sent ahead per thread, at most, however short. */
const WINDOW_COUNT = 256;
/** Runs per thread that a worker may have of tasks that last: one executing and, with several threads, a few waiting. */
const SATURATION = 1.1;
/** Runs per thread that may follow others, however long they last. */
const FOLLOWERS = 4;
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
  /** In the record: lane of its first thread; milliseconds that its clock is ahead of the scheduler's. */
  lane: number;
  clockOffset: number;
  /** What its last beats said of its clock, milliseconds ahead, their journey included. */
  readonly clock: number[];
  lastSeen: number;
  metrics: Heartbeat | undefined;
  /** Runs it owns and that use, or will use, a thread. */
  inflight: number;
  /** Runs it owns that wait without a thread. */
  away: number;
  /** Runs it owns that follow others there (`assigned`): they cannot use a thread beside those. */
  following: number;
  /** Estimated time of `following`, microseconds. */
  followingTime: number;
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
  readonly queue: TaskQueue;
  queuedTime: number;
  /** Tasks whose dependents could go with them once the window has room. */
  tails: number[];
  readonly known: Set<Definition>;
  readonly compute: ComputeColumns;
  readonly free: TaskColumns;
  /** Runs it was asked to give back. */
  readonly revoking: Set<number>;
  /** Runs that have lasted a while, by slot, for the record: when each began by the worker's clock, and on which thread. */
  readonly begun: Map<number, { readonly startedAt: number; readonly thread: number }>;
  /** Runs that failed on it. */
  failures: number;
}

export function newWorker(
  index: number,
  name: string,
  hello: WorkerHello,
  now: number,
  queue: TaskQueue,
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
    lane: 0,
    clockOffset: 0,
    clock: [],
    lastSeen: now,
    metrics: undefined,
    inflight: 0,
    away: 0,
    following: 0,
    followingTime: 0,
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
    begun: new Map(),
    failures: 0,
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

/**
 * Whether a run list may grow. Followers take nothing from each other, so a few may go ahead however long they last: each finds its
 * input still on its thread. Short ones go by the hundred.
 */
export function hasRoomToFollow(worker: WorkerRecord): boolean {
  if (worker.status !== "running") return false;
  if (worker.following < FOLLOWERS * worker.threads) return true;
  return worker.followingTime < WINDOW_TIME * worker.threads && worker.following < WINDOW_COUNT * worker.threads;
}

/** Estimated wait before a task sent now would begin, microseconds. */
export function expectedWait(worker: WorkerRecord): number {
  return (worker.occupancy + worker.followingTime + worker.queuedTime) / worker.threads;
}

/** Counts a run among those that use a thread, or (`sign` -1) no longer. */
export function countRun(worker: WorkerRecord, sign: 1 | -1, charge: number, bytes: number): void {
  worker.inflight += sign;
  // The mean drifts while runs come and go; an idle worker has none of it left.
  const idle = worker.inflight === 0;
  worker.occupancy = idle ? 0 : Math.max(0, worker.occupancy + sign * charge);
  worker.expectedBytes = idle ? 0 : Math.max(0, worker.expectedBytes + sign * bytes);
}

/** Counts a run among those that follow others, or (`sign` -1) no longer. */
export function countFollower(worker: WorkerRecord, sign: 1 | -1, charge: number): void {
  worker.following += sign;
  worker.followingTime = worker.following === 0 ? 0 : Math.max(0, worker.followingTime + sign * charge);
}
