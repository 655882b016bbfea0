/**
 * The record as Chrome trace events, which Perfetto, chrome://tracing and speedscope open.
 *
 * A worker is a process, each of its threads a thread of it; what a thread waited for before a run (its inputs on their way) stands on
 * a thread of its own, because it overlaps the run before. Counters come from the once-a-second series.
 *
 * Source: the Trace Event Format document of the Chromium project.
 */
import type { DashboardHello, RowState } from "@heddle/protocol/dashboard";
import type { DashboardSource } from "../source.js";
import { frames, runsOf, type RecordedRun, type TimeRange } from "./recorded-runs.js";

/** Events of one piece of text. */
const BATCH = 1000;
const STATES = ["memory", "erred", "cancelled", "lost"] as const satisfies readonly (keyof typeof RowState)[];

/** Pieces of one JSON text, so that no trace is held as a whole. */
export async function* chromeTrace(source: DashboardSource, range: TimeRange): AsyncGenerator<string> {
  const hello = await source.hello("view");
  const origin = range.from > 0 ? range.from : hello.startedAt;
  const lanes = new Map((hello.dictionary.lanes ?? []).map((lane) => [lane.id, lane]));
  const groups = new Map((hello.dictionary.groups ?? []).map((group) => [group.id, group.name]));
  yield `{"displayTimeUnit":"ms","otherData":${JSON.stringify({ cluster: hello.cluster, heddle: hello.heddle, startedAt: new Date(origin).toISOString() })},"traceEvents":[\n`;
  yield metadata(hello)
    .map((event) => `${JSON.stringify(event)},\n`)
    .join("");
  for await (const frame of frames(source, range)) {
    let batch: RecordedRun[] = [];
    for (const run of runsOf(frame, range)) {
      batch.push(run);
      if (batch.length < BATCH) continue;
      yield await spans(batch);
      batch = [];
    }
    if (batch.length > 0) yield await spans(batch);
  }
  yield hello.series
    .filter(({ time }) => time >= range.from && time <= range.to)
    .flatMap((point) => counters(point, origin))
    .map((event) => `${JSON.stringify(event)},\n`)
    .join("");
  // A list of events ends without a comma: this one has to be somewhere.
  yield `${JSON.stringify({ ph: "M", pid: 0, name: "process_name", args: { name: "cluster" } })}]}\n`;

  async function spans(runs: readonly RecordedRun[]): Promise<string> {
    const keys = await source.keys(runs.map(({ seq }) => seq));
    return runs
      .flatMap((run, index) => spansOf(run, keys[index] ?? null))
      .map((event) => `${JSON.stringify(event)},\n`)
      .join("");
  }

  function spansOf(run: RecordedRun, key: string | null): object[] {
    const lane = lanes.get(run.lane);
    const pid = (lane?.worker ?? -1) + 1;
    const tid = 2 * run.lane;
    const name = groups.get(run.group) ?? "other";
    const start = micro(run.end - run.duration - origin);
    const span = { ph: "X", pid, tid, name, cat: "task", ts: start, dur: micro(run.duration) };
    const args = {
      key: key ?? `#${run.seq}`,
      state: STATES[run.state] ?? "memory",
      attempt: run.attempt,
      nbytes: run.nbytes,
    };
    const events: object[] = [{ ...span, args }];
    const decoding = Math.min(micro(run.deserialise), span.dur);
    if (decoding > 0) events.push({ ...span, name: "decode inputs", cat: "deserialise", dur: decoding });
    if (run.transfer > 0) {
      const dur = micro(run.transfer);
      events.push({ ...span, tid: tid + 1, name: "inputs on their way", cat: "transfer", ts: start - dur, dur });
    }
    return events;
  }
}

function metadata(hello: DashboardHello): object[] {
  const workers = (hello.dictionary.workers ?? []).flatMap(({ id, name }) => [
    { ph: "M", pid: id + 1, name: "process_name", args: { name } },
    { ph: "M", pid: id + 1, name: "process_sort_index", args: { sort_index: id + 1 } },
  ]);
  const threads = (hello.dictionary.lanes ?? []).flatMap(({ id, worker, thread }) => [
    { ph: "M", pid: worker + 1, tid: 2 * id, name: "thread_name", args: { name: `thread ${thread}` } },
    { ph: "M", pid: worker + 1, tid: 2 * id + 1, name: "thread_name", args: { name: `thread ${thread}, inputs` } },
  ]);
  return [...workers, ...threads];
}

function counters(point: DashboardHello["series"][number], origin: number): object[] {
  const counter = (name: string, args: Record<string, number>): object => ({
    ph: "C",
    pid: 0,
    name,
    ts: micro(point.time - origin),
    args,
  });
  return [
    counter("threads", { busy: point.threadsBusy }),
    counter("queued tasks", { queued: point.queued }),
    counter("memory", { managed: point.memory.managed, spilled: point.memory.spilled }),
  ];
}

/** Whole microseconds: traces of days stay exact. */
function micro(milliseconds: number): number {
  return Math.round(milliseconds * 1000);
}
