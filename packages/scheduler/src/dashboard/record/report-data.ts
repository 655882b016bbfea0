/** What a report shows, in the form its page reads: see `report.ts` of `@heddle/protocol/dashboard`. */
import {
  FRAME_HEADER,
  ROW_BYTES,
  readFrameHeader,
  writeFrameHeader,
  type DashboardHello,
  type ErrorDetail,
  type ErrorSummary,
  type LogLine,
  type ReportHead,
} from "@heddle/protocol/dashboard";
import type { DashboardSource } from "../source.js";
import { frames, runsOf, type TimeRange } from "./recorded-runs.js";

export interface ReportOptions extends TimeRange {
  readonly title: string;
  /** Source text of the program that was measured, shown with it. */
  readonly code?: string;
}

/** With keys for at most so many runs: a key is most of a run's bytes. */
const MAX_KEYS = 200_000;
const KEYS_AT_ONCE = 1000;
/** How often they are asked for, and milliseconds in between. */
const ATTEMPTS = 20;
const PAUSE = 100;
const LOG_LINES = 10_000;
const FLOW_RUNS = 100;
/** Kinds of errors that are shown with their stacks. */
const WHOLE_ERRORS = 20;

/** Blocks, each preceded by its length. */
export async function* reportData(source: DashboardSource, options: ReportOptions): AsyncGenerator<Uint8Array> {
  yield* block(Buffer.from(JSON.stringify(await headOf(source, options))));
  let rows = 0;
  for await (const frame of frames(source, options)) {
    const seqs = Array.from(runsOf(frame, options), ({ seq }) => seq);
    if (seqs.length === 0) continue;
    yield* block(clipped(frame, options, rows));
    const keyed = seqs.slice(0, Math.max(0, MAX_KEYS - rows));
    rows += seqs.length;
    if (keyed.length === 0) continue;
    const keys: (string | null)[] = [];
    for (let at = 0; at < keyed.length; at += KEYS_AT_ONCE)
      keys.push(...(await keysOf(source, keyed.slice(at, at + KEYS_AT_ONCE))));
    yield* block(Buffer.from(JSON.stringify(keys)));
  }
}

/** A scheduler that has no time is asked again; a report is not worth more than its work, and does without keys in the end. */
async function keysOf(source: DashboardSource, seqs: readonly number[]): Promise<readonly (string | null)[]> {
  for (let left = ATTEMPTS; left > 0; left--) {
    try {
      return await source.keys(seqs);
    } catch {
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
  }
  return seqs.map(() => null);
}

async function headOf(source: DashboardSource, options: ReportOptions): Promise<ReportHead> {
  const { title, from, to, code = "" } = options;
  const hello = await source.hello("view");
  const [logs, flows, errors] = await Promise.all([
    source.logs({ limit: LOG_LINES }),
    source.flows.list({ limit: FLOW_RUNS }),
    wholeErrors(source, hello, options),
  ]);
  return {
    title,
    from,
    to,
    writtenAt: Date.now(),
    code,
    node: process.version,
    hello: { ...hello, chunks: [], series: hello.series.filter(({ time }) => isWithin(time, options)) },
    errors,
    logs: logs.filter(({ time }) => isWithin(time, options)).sort(byTime),
    flows: flows.filter(({ startedAt, endedAt }) => startedAt <= to && (endedAt ?? to) >= from),
    leftOut: { forgotten: hello.oldestSeq, keysAfter: MAX_KEYS, logs: logs.length >= LOG_LINES },
  };
}

async function wholeErrors(
  source: DashboardSource,
  { summary }: DashboardHello,
  { from, to }: TimeRange,
): Promise<Record<string, ErrorDetail>> {
  const found = (summary.errors ?? []).filter(({ first, last }) => last >= from && first <= to).slice(0, WHOLE_ERRORS);
  const asked = await Promise.all(found.map(async (kind) => [kind.id, await wholeError(source, kind)] as const));
  return Object.fromEntries(asked.filter((each): each is readonly [string, ErrorDetail] => each[1] !== undefined));
}

async function wholeError(source: DashboardSource, { example }: ErrorSummary): Promise<ErrorDetail | undefined> {
  try {
    return (await source.task({ key: example }))?.error;
  } catch {
    // The scheduler has no time: its first line, which is known here, has to do.
    return undefined;
  }
}

function isWithin(time: number, { from, to }: TimeRange): boolean {
  return time >= from && time <= to;
}

const byTime = (a: LogLine, b: LogLine): number => a.time - b.time;

/** A frame with those of its rows alone that belong to the time, numbered from `first` on. */
function clipped(frame: Uint8Array, range: TimeRange, first: number): Uint8Array {
  const rows = Array.from(runsOf(frame, range), ({ place }) =>
    frame.subarray(FRAME_HEADER + place * ROW_BYTES, FRAME_HEADER + (place + 1) * ROW_BYTES),
  );
  const kept = Buffer.concat([frame.subarray(0, FRAME_HEADER), ...rows]);
  const view = new DataView(kept.buffer, kept.byteOffset, kept.byteLength);
  writeFrameHeader(view, { ...readFrameHeader(view), seq: first });
  return kept;
}

function* block(bytes: Uint8Array): Generator<Uint8Array> {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(bytes.length);
  yield length;
  yield bytes;
}
