/** What the scheduler answers to questions, as plain objects. */

export interface WorkerInfo {
  readonly name: string;
  /** Its number at the scheduler; another one when it has joined again. */
  readonly index: number;
  /** Where its results are fetched. */
  readonly address: string;
  readonly host: string;
  readonly pid: number;
  readonly threads: number;
  /** Bytes. */
  readonly memoryLimit: number;
  readonly status: "running" | "paused" | "closing";
  readonly resources: Readonly<Record<string, number>>;
  /** Tasks sent to it that are not done. */
  readonly processing: number;
  /** Tasks that wait without using a thread. */
  readonly waiting: number;
  /** Seconds of work it has been given. */
  readonly occupancy: number;
  /** Bytes of results in memory, resident bytes of the process, bytes of results on disk. */
  readonly managed: number;
  readonly rss: number;
  readonly spilled: number;
  /** Of one core. */
  readonly cpu: number;
  /** Milliseconds since the epoch. */
  readonly lastSeen: number;
}

export interface TaskInfo {
  readonly key: string;
  readonly group: string;
  readonly state: string;
  /** Of the worker it runs on, or that holds it. */
  readonly worker: string | null;
  readonly priority: number;
  /** The attempt it is at, from 1. */
  readonly attempts: number;
  /** Of its result. */
  readonly nbytes: number | null;
  /** What it failed with. */
  readonly error: string | null;
}

/** One transition of a task. */
export interface StoryLine {
  readonly from: string;
  readonly to: string;
  /** Milliseconds since the epoch. */
  readonly time: number;
  /** What happened: submit, place, finished, workerLeft, ... */
  readonly cause: string;
  /** Transitions with the same number come from one event. */
  readonly event: number;
  /** Name of the worker it was on. */
  readonly worker: string | null;
}

export interface Explanation {
  readonly key: string;
  readonly state: string;
  /** Why it is not running, in words. */
  readonly reason: string;
  readonly [detail: string]: unknown;
}

export interface Versions {
  readonly client: VersionPair;
  readonly workers: Readonly<Record<string, VersionPair>>;
}

export interface VersionPair {
  readonly heddle: string;
  readonly node: string;
}
