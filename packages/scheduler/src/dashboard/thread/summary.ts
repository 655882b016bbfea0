import type {
  Attention,
  ErrorSummary,
  GroupSummary,
  StateCounts,
  SummaryDelta,
  Totals,
  WorkerSummary,
} from "@heddle/protocol/dashboard";
import { Gauge, type RecordColumns } from "../../core/record/memory.js";
import { AttentionList } from "./attention.js";
import type { Dictionary } from "./dictionary.js";
import type { Errors } from "./errors.js";
import { ended, total, unfinished, type Groups } from "./groups.js";
import { Rate } from "./rates.js";
import type { Series } from "./series.js";
import { timeLeft } from "./time-left.js";
import type { Workers } from "./workers.js";

export interface SummaryParts {
  readonly columns: RecordColumns;
  readonly groups: Groups;
  readonly workers: Workers;
  readonly errors: Errors;
  readonly dictionary: Dictionary;
  readonly series: Series;
}

/** Everything in numbers, and what of it has changed; taken four times a second. */
export class Summary {
  readonly #parts: SummaryParts;
  readonly #attention = new AttentionList();
  readonly #rate = new Rate();
  /** Milliseconds of waiting for inputs, and of threads, in the last half minute. */
  readonly #transfer = new Rate(30);
  #finishedBefore = 0;
  #finishedAt = -Infinity;
  #transferBefore = 0;
  #firstTaskAt = -1;
  #groupRates: number[] = [];
  totals: Totals;
  groups: readonly GroupSummary[] = [];
  #attentionNow: readonly Attention[] = [];
  #errorsNow: readonly ErrorSummary[] = [];

  constructor(parts: SummaryParts) {
    this.#parts = parts;
    this.totals = this.#totals(0);
  }

  /** Takes a look. @returns what has changed since the last one */
  step(now: number, summaryMode: boolean): SummaryDelta {
    const { groups, workers, errors, dictionary, series } = this.#parts;
    let finished = 0;
    let transfer = 0;
    this.#groupRates = [];
    const changed: GroupSummary[] = [];
    const all: GroupSummary[] = [];
    for (const group of groups.all) {
      const done = groups.finished(group.id);
      const rate = group.rate(done);
      this.#groupRates[group.id] = rate;
      finished += done;
      transfer += group.transfer;
      const summary = groups.summary(group, rate);
      all.push(summary);
      const text = JSON.stringify(summary);
      if (text === group.told) continue;
      group.told = text;
      changed.push(summary);
    }
    this.groups = all;
    if (finished !== this.#finishedBefore) this.#finishedAt = now;
    this.#rate.add(finished - this.#finishedBefore);
    this.#rate.step();
    this.#finishedBefore = finished;
    this.#transfer.add((transfer - this.#transferBefore) / 1e6);
    this.#transfer.step();
    this.#transferBefore = transfer;
    this.totals = this.#totals(now);
    const newErrors = errors.takeIsNew();
    if (newErrors) this.#errorsNow = errors.all((name) => this.#workerNamed(name));
    const attention = this.#attention.takeChanges({
      now,
      groups: all.map((summary) => ({ name: groups.byId[summary.id]!.name, summary })),
      workers: workers.all().map((worker) => ({ ...worker, name: dictionary.workers.get(worker.id)?.name ?? "" })),
      errors: this.#errorsNow.map(({ id, name, message, frame, count, group }) => ({
        id,
        name,
        message,
        frame,
        count,
        group: groups.byId[group]?.name ?? "",
      })),
      series: series.points.slice(-5),
      transferShare: workers.threads === 0 ? 0 : this.#transfer.perSecond / workers.threads,
    });
    if (attention !== undefined) this.#attentionNow = attention;
    return {
      now,
      totals: this.totals,
      groups: changed,
      workers: workers.takeChanges(),
      ...(attention === undefined ? {} : { attention }),
      ...(newErrors ? { errors: this.#errorsNow } : {}),
      summaryMode,
    };
  }

  /** Everything, for a page that comes. */
  whole(now: number, summaryMode: boolean): SummaryDelta {
    const { groups, workers } = this.#parts;
    return {
      now,
      totals: this.#totals(now),
      groups: groups.all.map((group) => groups.summary(group, this.#groupRates[group.id] ?? 0)),
      workers: this.#allWorkers(workers.all()),
      attention: this.#attentionNow,
      errors: this.#parts.errors.all((name) => this.#workerNamed(name)),
      summaryMode,
    };
  }

  /** With those that have left: they are in the record. */
  #allWorkers(here: readonly WorkerSummary[]): WorkerSummary[] {
    const { dictionary, workers } = this.#parts;
    const gone = [...dictionary.workers.values()].filter(({ leftAt }) => leftAt !== undefined);
    return [...here, ...gone.flatMap(({ id }) => workers.detail(id)?.summary ?? [])];
  }

  #workerNamed(name: string): number | undefined {
    let found: number | undefined;
    for (const worker of this.#parts.dictionary.workers.values()) if (worker.name === name) found = worker.id;
    return found;
  }

  #totals(now: number): Totals {
    const { groups, workers, columns } = this.#parts;
    const sums: Record<keyof StateCounts, number> = {
      released: 0,
      waiting: 0,
      queued: 0,
      noWorker: 0,
      assigned: 0,
      processing: 0,
      memory: 0,
      erred: 0,
    };
    let runs = 0;
    let done = 0;
    let failed = 0;
    let time = 0;
    for (const { id } of groups.all) {
      const states = groups.states(id);
      for (const name of Object.keys(sums) as (keyof StateCounts)[]) sums[name] += states[name];
      const finished = groups.finished(id);
      const ends = ended(states, finished, groups.failed(id));
      runs += finished;
      done += ends.done;
      failed += ends.failed;
    }
    for (const group of groups.all) time += group.took;
    const tasks = total(sums);
    if (tasks > 0 && this.#firstTaskAt < 0) this.#firstTaskAt = now;
    const eta = timeLeft({
      groups: groups.all.map(({ id, runs, took }) => ({
        unfinished: unfinished(groups.states(id)),
        mean: runs === 0 ? undefined : took / runs / 1000,
      })),
      runs,
      mean: runs === 0 ? 0 : time / runs / 1000,
      threads: workers.threadsAtWork(now),
      sinceFirstTask: now - this.#firstTaskAt,
      sinceLastEnd: now - this.#finishedAt,
    });
    return {
      states: sums,
      tasks,
      done,
      failed,
      threads: workers.threads,
      threadsBusy: workers.threadsBusy,
      workers: workers.size,
      clients: columns.gauges[Gauge.clients]!,
      rate: Math.round(this.#rate.perSecond * 10) / 10,
      ...(eta === undefined ? {} : { eta }),
      memory: workers.memory,
    };
  }
}
