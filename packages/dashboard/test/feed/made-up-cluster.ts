import { RowState } from "@heddle/protocol/dashboard";
import type {
  Attention,
  DictionaryDelta,
  ErrorSummary,
  GroupSummary,
  SeriesPoint,
  StateCounts,
  SummaryDelta,
  WorkerSummary,
} from "@heddle/protocol/dashboard";
import { random } from "./rows.js";
import type { Run } from "./rows.js";

export interface MadeUpOptions {
  readonly workers: number;
  readonly threads: number;
  /** Names of groups, in the order work flows through them. */
  readonly groups: readonly string[];
  /** Tasks there are to do. */
  readonly tasks: number;
  /** Mean milliseconds of a task. */
  readonly mean: number;
  readonly errorRate: number;
  readonly seed: number;
  readonly startedAt: number;
}

interface Lane {
  readonly id: number;
  readonly worker: number;
  group: number;
  start: number;
  end: number;
}

/**
 * A cluster that is not there: the lanes take made-up tasks one after another as its clock is moved on. The same options make
 * the same tasks, so a test knows what a picture must show.
 */
export class MadeUpCluster {
  readonly lanes: Lane[] = [];
  readonly done: number[];
  readonly failed: number[];
  private readonly busy: number[];
  private readonly random: () => number;
  private seq = 0;
  private started = 0;

  constructor(readonly options: MadeUpOptions) {
    this.random = random(options.seed);
    this.done = options.groups.map(() => 0);
    this.failed = options.groups.map(() => 0);
    this.busy = options.groups.map(() => 0);
    for (let worker = 0; worker < options.workers; worker++)
      for (let thread = 0; thread < options.threads; thread++) {
        const start = options.startedAt + this.random() * options.mean;
        this.lanes.push({ id: this.lanes.length, worker, group: 0, start, end: start });
      }
    for (const lane of this.lanes) this.next(lane, options.startedAt);
  }

  get head(): number {
    return this.seq;
  }

  /** Runs that end by `now`, in the order they end. */
  advance(now: number): Run[] {
    const ended: Run[] = [];
    for (const lane of this.lanes)
      while (lane.end <= now && lane.group >= 0) {
        ended.push(this.finish(lane));
        this.next(lane, lane.end);
      }
    ended.sort((a, b) => a.end - b.end);
    return ended.map((run) => ({ ...run, seq: this.seq++ }));
  }

  private finish(lane: Lane): Run {
    const failed = this.random() < this.options.errorRate;
    const { group, start, end } = lane;
    (failed ? this.failed : this.done)[group]! += 1;
    this.busy[group]! += (end - start) / 1000;
    const far = this.random() < 0.3;
    return {
      seq: 0,
      lane: lane.id,
      group,
      start,
      end,
      transfer: far ? this.random() * 0.6 * (end - start) : 0,
      deserialise: far ? this.random() * 0.15 * (end - start) : 0,
      nbytes: Math.round(this.random() * 1e6),
      state: failed ? RowState.erred : RowState.memory,
    };
  }

  private next(lane: Lane, after: number): void {
    const { groups, tasks, mean } = this.options;
    if (this.started >= tasks) {
      lane.group = -1;
      lane.start = lane.end = Infinity;
      return;
    }
    const phase = (this.started++ / tasks) * groups.length;
    lane.group = Math.min(groups.length - 1, Math.floor(phase * 0.85 + this.random() * 1.6 * (phase > 0.4 ? 1 : 0.6)));
    lane.start = after + this.random() * mean * 0.12;
    lane.end = lane.start + 0.05 * mean - Math.log(1 - this.random()) * 0.95 * mean;
  }

  dictionary(): DictionaryDelta {
    const { options } = this;
    return {
      groups: options.groups.map((name, id) => ({
        id,
        name,
        slot: id < 16 ? id : -1,
        upstream: id > 0 ? [id - 1] : [],
      })),
      workers: Array.from({ length: options.workers }, (_, id) => ({
        id,
        name: `worker-${id + 1}`,
        host: "10.0.0.7",
        pid: 4000 + id,
        threads: options.threads,
        memoryLimit: 2 ** 32,
        joinedAt: options.startedAt,
      })),
      lanes: this.lanes.map((lane, id) => ({ id, worker: lane.worker, thread: id % options.threads })),
      flowRuns: [],
    };
  }

  summary(now: number): SummaryDelta {
    const { options } = this;
    const executing = this.lanes.filter((lane) => lane.group >= 0 && lane.start <= now && lane.end > now);
    const perGroup = Math.ceil(options.tasks / options.groups.length);
    const groups = options.groups.map((_, id): GroupSummary => {
      const running = executing.filter((lane) => lane.group === id).length;
      const done = this.done[id]!;
      const failed = this.failed[id]!;
      const left = Math.max(0, perGroup - done - failed - running);
      const states = {
        ...NO_TASKS,
        released: Math.floor(done * 0.6),
        memory: Math.ceil(done * 0.4),
        processing: running,
        queued: Math.floor(left * 0.3),
        waiting: Math.ceil(left * 0.7),
        erred: failed,
      };
      const seconds = this.busy[id]!;
      return {
        id,
        states,
        done,
        failed,
        compute: seconds,
        transfer: seconds * 0.1,
        deserialise: seconds * 0.02,
        waited: 0,
        mean: (seconds * 1000) / Math.max(1, done + failed),
        nbytes: done * 5e5,
        rate: 0,
      };
    });
    const workers = Array.from({ length: options.workers }, (_, id): WorkerSummary => {
      const mine = executing.filter((lane) => lane.worker === id).length;
      const paused = id === 6;
      return {
        id,
        status: paused ? "paused" : "running",
        ...(paused ? { reason: "memory" } : {}),
        lastSeen: now,
        cpu: mine / options.threads,
        threadsBusy: mine,
        executing: mine,
        ready: 3,
        fetching: 1,
        assigned: 12,
        memory: { managed: 9e8, spilled: 2e8, rss: 1.4e9 + id * 1e8, limit: 2 ** 32 },
        sent: 1e6,
        received: 2e6,
        clockOffset: 0,
        failures: 0,
      };
    });
    const sum = (of: (group: GroupSummary) => number): number => groups.reduce((total, group) => total + of(group), 0);
    const done = sum((group) => group.done);
    const failed = sum((group) => group.failed);
    const rate = executing.length / (options.mean / 1000);
    const states = Object.fromEntries(
      Object.keys(NO_TASKS).map((state) => [state, sum((group) => group.states[state as keyof StateCounts])]),
    ) as unknown as StateCounts;
    return {
      now,
      totals: {
        states,
        tasks: options.tasks,
        done,
        failed,
        threads: this.lanes.length,
        threadsBusy: executing.length,
        workers: options.workers,
        clients: 1,
        rate,
        ...(executing.length > 0 ? { eta: ((options.tasks - done - failed) / Math.max(1, rate)) * 1000 } : {}),
        memory: {
          managed: 9e8 * options.workers,
          spilled: 2e8 * options.workers,
          rss: 1.8e9 * options.workers,
          limit: 2 ** 32 * options.workers,
        },
      },
      groups,
      workers,
      attention: this.attention(failed),
      errors: this.errors(failed, now),
      summaryMode: false,
    };
  }

  series(now: number): SeriesPoint {
    const { totals } = this.summary(now);
    return {
      time: now,
      finished: Math.max(0, totals.rate * (0.8 + 0.4 * Math.sin(now / 7000) ** 2)),
      failed: 0,
      threadsBusy: totals.threadsBusy,
      threads: totals.threads,
      queued: totals.states.queued,
      memory: totals.memory,
      transferred: 3e6,
      scheduler: {
        utilisation: 0.1,
        delayP50: 0.2,
        delayP99: 1.1,
        heap: 6e7,
        rss: 1.2e8,
        transitions: totals.rate * 5,
      },
      dashboard: { utilisation: 0.01, viewers: 1, bytes: 4e4, framesSkipped: 0 },
    };
  }

  private attention(failed: number): Attention[] {
    const { options } = this;
    const since = options.startedAt + 5000;
    const all: Attention[] = [];
    if (options.workers > 6)
      all.push({ id: "paused", level: "warning", text: "worker-7 paused at 92 % memory", link: "#/workers/6", since });
    if (failed > 0)
      all.push({
        id: "errors",
        level: "error",
        text: `${failed} tasks of ${options.groups.at(-1)} failed (TypeError)`,
        link: "#/logs?tab=errors",
        since,
      });
    return all;
  }

  private errors(failed: number, now: number): ErrorSummary[] {
    if (failed === 0) return [];
    return [
      {
        id: "e1",
        group: 0,
        name: "TypeError",
        message: "x is not a function",
        frame: "at f (a.ts:3:1)",
        count: failed,
        first: now - 60_000,
        last: now,
        workers: [0],
        example: "k-1",
      },
    ];
  }
}

const NO_TASKS: StateCounts = {
  released: 0,
  waiting: 0,
  queued: 0,
  noWorker: 0,
  assigned: 0,
  processing: 0,
  memory: 0,
  erred: 0,
};
