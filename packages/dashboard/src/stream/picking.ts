/** What is at a place of the picture, what is beside it, and what a range of it comes to. */
import { RowState } from "@heddle/protocol/dashboard";
import type { LaneRuns, Segment } from "../data/segment.js";
import type { TaskStore } from "../data/task-store.js";
import type { Track } from "../data/track.js";
import type { Emphasis, LanePart, ManyPick, SelectionStatistics, TaskPick } from "./messages.js";

const LISTED_GROUPS = 5;
const LISTED_RUNS = 10;

function taskAt(segment: Segment, track: Track, index: number): TaskPick {
  const row = track.rows[index]!;
  const duration = track.durations[index]!;
  const stateAttempt = segment.stateAttempt[row]!;
  return {
    kind: "task",
    seq: segment.firstSeq + row,
    lane: segment.lane[row]!,
    group: track.groups[index]!,
    start: track.starts[index]!,
    duration,
    transfer: segment.transfer[row]!,
    deserialise: segment.deserialise[row]! * 0.064,
    waited: (segment.waited[row]! / 0xffff) * duration,
    nbytes: segment.nbytes[row]!,
    state: stateAttempt & 15,
    attempt: stateAttempt >> 4,
    flowRun: segment.flowRun[row]!,
  };
}

/** @param pixel - milliseconds that a pixel stands for */
export function pick(
  store: TaskStore,
  lane: number,
  time: number,
  pixel: number,
  part: LanePart,
): TaskPick | ManyPick | undefined {
  const from = time - pixel / 2;
  const to = time + pixel / 2;
  let only: TaskPick | undefined;
  let count = 0;
  const ends = noEnds();
  let longest = 0;
  const groups = new Map<number, number>();
  for (const { segment, runs } of lanesOf(store, lane, from, to)) {
    for (const track of tracksOf(runs, part)) {
      const end = track.lowerBound(to);
      for (let index = track.firstEndingAfter(from); index < end; index++) {
        const found = taskAt(segment, track, index);
        // Wide enough to be hit: that is the one that is meant.
        if (track.durations[index]! >= 2 * pixel) return byRow(segment, runs, found.seq) ?? found;
        only = found;
        count++;
        countEnd(ends, found.state);
        longest = Math.max(longest, found.duration);
        groups.set(found.group, (groups.get(found.group) ?? 0) + 1);
      }
    }
  }
  if (count <= 1) return only;
  const most = [...groups].sort((a, b) => b[1] - a[1]).slice(0, LISTED_GROUPS);
  return { kind: "many", lane, from, to, count, ...ends, groups: most, longest };
}

const noEnds = (): { failed: number; cancelled: number; lost: number } => ({ failed: 0, cancelled: 0, lost: 0 });

function countEnd(ends: ReturnType<typeof noEnds>, state: number): void {
  if (state === RowState.erred) ends.failed++;
  else if (state === RowState.cancelled) ends.cancelled++;
  else if (state === RowState.lost) ends.lost++;
}

/** The run of a row, by its place among the runs: a transfer's slice is another. */
function byRow(segment: Segment, runs: LaneRuns, seq: number): TaskPick | undefined {
  for (const track of runs.runs) {
    const index = track.indexOfRow(seq - segment.firstSeq);
    if (index >= 0) return taskAt(segment, track, index);
  }
  return undefined;
}

export function taskOf(store: TaskStore, seq: number): TaskPick | undefined {
  const segment = store.segmentOf(seq);
  const lane = segment?.lane[seq - segment.firstSeq];
  const runs = lane === undefined ? undefined : segment!.lanes.get(lane);
  return runs === undefined ? undefined : byRow(segment!, runs, seq);
}

/** The run before or after another one in its lane. */
export function step(store: TaskStore, seq: number, direction: 1 | -1): TaskPick | undefined {
  const current = taskOf(store, seq);
  if (current === undefined) return undefined;
  let best: TaskPick | undefined;
  const nearer = (start: number): boolean =>
    direction * (start - current.start) > 0 && (best === undefined || direction * (best.start - start) > 0);
  for (const segment of store.segments) {
    for (const track of segment.lanes.get(current.lane)?.runs ?? []) {
      const at = track.lowerBound(current.start);
      // Equal starts are the run itself, or ones that take no time.
      for (const index of [at - 1, at, at + 1])
        if (index >= 0 && index < track.length && nearer(track.starts[index]!)) best = taskAt(segment, track, index);
    }
  }
  return best;
}

export function selectionOf(store: TaskStore, from: number, to: number, filter: Emphasis): SelectionStatistics {
  const groups = new Map<number, { count: number; time: number }>();
  const longest: TaskPick[] = [];
  const lanes = new Set<number>();
  const ends = noEnds();
  let [count, compute, transfer, deserialise, waited, covered] = [0, 0, 0, 0, 0, 0];
  for (const segment of store.segments) {
    if (segment.to < from || segment.from > to) continue;
    for (const [lane, runs] of segment.lanes) {
      for (const track of runs.runs) {
        const end = track.lowerBound(to);
        for (let index = track.firstEndingAfter(from); index < end; index++) {
          const group = track.groups[index]!;
          if (filter.groups !== undefined && !filter.groups.includes(group)) continue;
          const row = track.rows[index]!;
          const state = segment.stateAttempt[row]! & 15;
          if (filter.failed === true && state !== RowState.erred) continue;
          const duration = track.durations[index]!;
          const parked = (segment.waited[row]! / 0xffff) * duration;
          lanes.add(lane);
          count++;
          countEnd(ends, state);
          const decoding = Math.min(segment.deserialise[row]! * 0.064, duration - parked);
          compute += duration - parked - decoding;
          waited += parked;
          transfer += segment.transfer[row]!;
          deserialise += decoding;
          covered += Math.min(to, track.endOf(index)) - Math.max(from, track.starts[index]!);
          const sums = groups.get(group) ?? { count: 0, time: 0 };
          sums.count++;
          sums.time += duration;
          groups.set(group, sums);
          if (longest.length < LISTED_RUNS || duration > longest.at(-1)!.duration) {
            const place = longest.findIndex((other) => other.duration < duration);
            longest.splice(place < 0 ? longest.length : place, 0, taskAt(segment, track, index));
            longest.length = Math.min(longest.length, LISTED_RUNS);
          }
        }
      }
    }
  }
  return {
    from,
    to,
    count,
    ...ends,
    busy: lanes.size === 0 ? 0 : Math.min(1, covered / (lanes.size * Math.max(1e-9, to - from))),
    compute,
    transfer,
    deserialise,
    waited,
    groups: [...groups].map(([group, sums]) => ({ group, ...sums })).sort((a, b) => b.time - a.time),
    longest,
  };
}

function* lanesOf(
  store: TaskStore,
  lane: number,
  from: number,
  to: number,
): Generator<{ readonly segment: Segment; readonly runs: LaneRuns }> {
  for (const segment of store.segments) {
    const runs = segment.to < from || segment.from > to ? undefined : segment.lanes.get(lane);
    if (runs !== undefined) yield { segment, runs };
  }
}

function tracksOf(runs: LaneRuns, part: LanePart): readonly Track[] {
  if (part === "run") return runs.runs;
  return runs.transfers === undefined ? [] : [runs.transfers];
}
