/**
 * The same question answered the plain way, by one thread, from rows and sorted lists: no columns, no histograms, no merging.
 * It shares no step with the graph, so that an error in one of them shows.
 */
import { readFileSync } from "node:fs";
import { asyncBufferFromFile, parquetReadObjects } from "hyparquet";
import { compressors } from "hyparquet-compressors";
import { parseCsv } from "./airports.js";
import type { DelayReport, DelaySummary } from "./delays.js";
import type { FilePart } from "./files.js";

interface FlightRow {
  readonly date: Date | string;
  readonly delay: number | bigint;
  readonly origin: string;
}

export async function delaysInOneProcess(parts: readonly FilePart[], airportsPath: string): Promise<DelayReport> {
  const stateOf = new Map<string, string>();
  for (const [iata = "", , , state = "", country] of parseCsv(readFileSync(airportsPath, "utf8")).slice(1))
    if (country === "USA" && state !== "NA") stateOf.set(iata, state);

  const delaysOf = new Map<string, number[]>();
  const add = (state: string, weekday: number, delay: number): void => {
    const group = `${state} ${String(weekday)}`;
    const delays = delaysOf.get(group);
    if (delays === undefined) delaysOf.set(group, [delay]);
    else delays.push(delay);
  };
  const dropped = { noState: 0, implausible: 0 };
  for (const part of parts) {
    for (const row of await rowsOf(part)) {
      const state = stateOf.get(row.origin);
      const delay = Number(row.delay);
      if (state === undefined) dropped.noState++;
      else if (delay < -2 * 60 || delay >= 48 * 60) dropped.implausible++;
      else {
        const weekday = new Date(row.date).getUTCDay();
        add(state, weekday, delay);
        add("all", weekday, delay);
      }
    }
  }
  const summaries = [...delaysOf].map(([group, delays]) => summaryOf(group, delays));
  summaries.sort((a, b) => (a.state < b.state ? -1 : a.state > b.state ? 1 : a.weekday - b.weekday));
  return {
    groups: summaries.filter((summary) => summary.state !== "all"),
    weekdays: summaries.filter((summary) => summary.state === "all"),
    dropped,
  };
}

function summaryOf(group: string, delays: readonly number[]): DelaySummary {
  const [state = "", weekday] = group.split(" ");
  const sorted = Int32Array.from(delays).sort();
  return {
    state,
    weekday: Number(weekday),
    flights: sorted.length,
    mean: sorted.reduce((sum, delay) => sum + delay, 0) / sorted.length,
    late: sorted.filter((delay) => delay > 15).length / sorted.length,
    percentile90: sorted[Math.ceil((sorted.length * 9) / 10) - 1]!,
  };
}

async function rowsOf({ path, start, end }: FilePart): Promise<FlightRow[]> {
  if (!path.endsWith(".parquet"))
    return (JSON.parse(readFileSync(path, "utf8")) as FlightRow[])
      .slice(start, end)
      .map((row) => ({ ...row, date: `${String(row.date).replace(" ", "T").replaceAll("/", "-")}Z` }));
  const file = await asyncBufferFromFile(path);
  return (await parquetReadObjects({ file, compressors, rowStart: start, rowEnd: end })) as unknown as FlightRow[];
}
