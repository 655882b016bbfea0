import type { SeriesPoint } from "@heddle/protocol/dashboard";
import { Gauge, type RecordColumns } from "../../core/record/memory.js";
import { unfinished, type Groups } from "./groups.js";
import type { Viewers } from "./viewers.js";
import type { Workers } from "./workers.js";

const KEPT = 600;

/** One point a second, of everything that has a course over time. */
export class Series {
  readonly points: SeriesPoint[] = [];
  readonly #columns: RecordColumns;
  readonly #groups: Groups;
  readonly #workers: Workers;
  readonly #viewers: Viewers;
  #finished = 0;
  #failed = 0;
  #transitions = 0;
  #bytes = 0;
  #skipped = 0;
  #utilisation = performance.eventLoopUtilization();

  constructor(columns: RecordColumns, groups: Groups, workers: Workers, viewers: Viewers) {
    this.#columns = columns;
    this.#groups = groups;
    this.#workers = workers;
    this.#viewers = viewers;
  }

  /** The second that is over. */
  add(now: number): SeriesPoint {
    let finished = 0;
    let failed = 0;
    let queued = 0;
    for (const { id } of this.#groups.all) {
      finished += this.#groups.finished(id);
      failed += this.#groups.failed(id);
      const states = this.#groups.states(id);
      queued += unfinished(states) - states.processing - states.assigned;
    }
    const { gauges } = this.#columns;
    const transitions = gauges[Gauge.transitions]!;
    const utilisation = performance.eventLoopUtilization(this.#utilisation);
    this.#utilisation = performance.eventLoopUtilization();
    const point: SeriesPoint = {
      time: Math.round(now),
      finished: finished - this.#finished,
      failed: failed - this.#failed,
      threadsBusy: this.#workers.threadsBusy,
      threads: this.#workers.threads,
      queued,
      memory: this.#workers.memory,
      transferred: this.#workers.takeTransferred(),
      scheduler: {
        utilisation: rounded(gauges[Gauge.utilisation]!),
        delayP50: rounded(gauges[Gauge.delayP50]!),
        delayP99: rounded(gauges[Gauge.delayP99]!),
        heap: gauges[Gauge.heap]!,
        rss: gauges[Gauge.rss]!,
        transitions: Math.max(0, transitions - this.#transitions),
      },
      dashboard: {
        utilisation: rounded(utilisation.utilization),
        viewers: this.#viewers.size,
        bytes: this.#viewers.bytes - this.#bytes,
        framesSkipped: this.#viewers.skipped - this.#skipped,
      },
    };
    this.#finished = finished;
    this.#failed = failed;
    this.#transitions = transitions;
    this.#bytes = this.#viewers.bytes;
    this.#skipped = this.#viewers.skipped;
    this.points.push(point);
    if (this.points.length > KEPT) this.points.shift();
    return point;
  }
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
