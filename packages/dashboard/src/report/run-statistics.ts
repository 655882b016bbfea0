/** What the runs of a report come to, counted from the rows themselves. Times in milliseconds. */
import { RowState } from "@heddle/protocol/dashboard";
import type { Minimap } from "@heddle/protocol/dashboard";
import type { Segment } from "../data/segment.js";

export interface Sums {
  runs: number;
  failed: number;
  cancelled: number;
  /** With their workers. */
  lost: number;
  /** On a thread. */
  compute: number;
  transfer: number;
  deserialise: number;
  /** Without a thread. */
  waited: number;
  nbytes: number;
}

export interface GroupRuns extends Sums {
  readonly id: number;
  /** Of the durations, waiting included. */
  readonly mean: number;
  readonly median: number;
  readonly p95: number;
  readonly longest: number;
}

export interface RunStatistics {
  readonly all: Sums;
  /** Most time first. */
  readonly groups: readonly GroupRuns[];
  readonly lanes: ReadonlyMap<number, Sums>;
  readonly minimap: Minimap;
}

const BUCKETS = 1000;

/** Counts segment by segment: `rest` lets the page live in between. */
export async function runStatistics(
  segments: readonly Segment[],
  from: number,
  to: number,
  rest: () => Promise<void>,
): Promise<RunStatistics> {
  const all = noSums();
  const groups = new Map<number, Sums>();
  const lanes = new Map<number, Sums>();
  const busy = new Coverage(from, to);
  const errors = new Array<number>(BUCKETS).fill(0);
  for (const segment of segments) {
    for (const [lane, { runs }] of segment.lanes) {
      const ofLane = entry(lanes, lane, noSums);
      for (const track of runs) {
        for (let index = 0; index < track.length; index++) {
          const row = track.rows[index]!;
          const duration = track.durations[index]!;
          const waited = (segment.waited[row]! / 0xffff) * duration;
          const decoding = Math.min(segment.deserialise[row]! * 0.064, duration - waited);
          const state = segment.stateAttempt[row]! & 15;
          const ofGroup = entry(groups, track.groups[index]!, noSums);
          for (const sums of [all, ofGroup, ofLane]) {
            sums.runs++;
            if (state === RowState.erred) sums.failed++;
            else if (state === RowState.cancelled) sums.cancelled++;
            else if (state === RowState.lost) sums.lost++;
            sums.compute += duration - waited - decoding;
            sums.waited += waited;
            sums.transfer += segment.transfer[row]!;
            sums.deserialise += decoding;
            sums.nbytes += Math.max(0, segment.nbytes[row]!);
          }
          const end = track.endOf(index);
          busy.add(track.starts[index]!, end);
          if (state === RowState.erred) errors[busy.bucket(end)]!++;
        }
      }
    }
    await rest();
  }
  const columns = new Map([...groups].map(([id, { runs }]) => [id, { values: new Float32Array(runs), length: 0 }]));
  for (const segment of segments) {
    for (const { runs } of segment.lanes.values())
      for (const track of runs)
        for (let index = 0; index < track.length; index++) {
          const column = columns.get(track.groups[index]!)!;
          column.values[column.length++] = track.durations[index]!;
        }
    await rest();
  }
  const rows: GroupRuns[] = [];
  for (const [id, sums] of groups) {
    const sorted = columns.get(id)!.values.sort();
    const at = (part: number): number => sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))]!;
    const mean = (sums.compute + sums.waited) / sums.runs;
    rows.push({ id, ...sums, mean, median: at(0.5), p95: at(0.95), longest: at(1) });
    await rest();
  }
  rows.sort((a, b) => b.compute - a.compute);
  const share = 1 / Math.max(1, lanes.size);
  return { all, groups: rows, lanes, minimap: { from, to, busy: busy.parts(share), errors } };
}

/** How much of each of equal parts of a time runs cover. */
class Coverage {
  private readonly partly = new Float64Array(BUCKETS);
  /** Change of the number of runs that cover a whole bucket, from one to the next. */
  private readonly change = new Int32Array(BUCKETS + 1);
  private readonly width: number;

  constructor(
    private readonly from: number,
    to: number,
  ) {
    this.width = Math.max(1e-6, (to - from) / BUCKETS);
  }

  bucket(time: number): number {
    return Math.min(BUCKETS - 1, Math.max(0, Math.floor((time - this.from) / this.width)));
  }

  add(start: number, end: number): void {
    const [first, last] = [this.bucket(start), this.bucket(end)];
    const place = (time: number): number => Math.min(BUCKETS, Math.max(0, (time - this.from) / this.width));
    if (first === last) {
      this.partly[first]! += place(end) - place(start);
      return;
    }
    this.partly[first]! += first + 1 - place(start);
    this.partly[last]! += place(end) - last;
    this.change[first + 1]!++;
    this.change[last]!--;
  }

  /** @param share of one run */
  parts(share: number): number[] {
    let whole = 0;
    return Array.from(this.partly, (part, index) => {
      whole += this.change[index]!;
      return Math.min(1, Math.max(0, (part + whole) * share));
    });
  }
}

export const noSums = (): Sums => ({
  runs: 0,
  failed: 0,
  cancelled: 0,
  lost: 0,
  compute: 0,
  transfer: 0,
  deserialise: 0,
  waited: 0,
  nbytes: 0,
});

function entry<V>(map: Map<number, V>, key: number, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) map.set(key, (value = make()));
  return value;
}
