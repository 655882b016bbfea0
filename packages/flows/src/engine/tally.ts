/** How the runs of one attempt of a flow ended: counts, and the first of those that did not complete. */
import type { Run } from "./run.js";

export interface Outcomes {
  readonly total: number;
  readonly completed: number;
  readonly cancelled: number;
  /** Failed and crashed ones. */
  readonly failed: number;
  /** In call order; undefined: there is none. */
  readonly firstCancelled: Run | undefined;
  readonly firstFailed: Run | undefined;
  /** Of those that did not run, because of others. */
  readonly firstOther: Run | undefined;
}

export class Tally implements Outcomes {
  total = 0;
  completed = 0;
  cancelled = 0;
  failed = 0;
  firstCancelled: Run | undefined;
  firstFailed: Run | undefined;
  firstOther: Run | undefined;

  /** Counts runs that are over. */
  static of(runs: Iterable<Run>): Tally {
    const tally = new Tally();
    for (const run of runs) tally.add(run);
    return tally;
  }

  add(run: Run): void {
    this.total++;
    switch (run.type) {
      case "Completed":
        this.completed++;
        break;
      case "Cancelled":
        this.cancelled++;
        this.firstCancelled = earlier(this.firstCancelled, run);
        break;
      case "Failed":
      case "Crashed":
        this.failed++;
        this.firstFailed = earlier(this.firstFailed, run);
        break;
      default:
        this.firstOther = earlier(this.firstOther, run);
    }
  }
}

function earlier(first: Run | undefined, run: Run): Run {
  return first === undefined || run.number < first.number ? run : first;
}
