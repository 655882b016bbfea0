/** Flights as columns: read from a file, then cleaned and joined with the airports. */
import { readFile } from "node:fs/promises";
import { asyncBufferFromFile, parquetRead } from "hyparquet";
import { compressors } from "hyparquet-compressors";
import type { Airports } from "./airports.js";
import type { FilePart } from "./files.js";

/** One row is one flight. */
export interface Flights {
  /** Day of departure, 0 is Sunday. */
  readonly weekday: Uint8Array;
  /** Minutes behind schedule; negative when early. */
  readonly delay: Int16Array;
  /** Index into `airports`. */
  readonly origin: Uint16Array;
  /** IATA codes of the airports in this part. */
  readonly airports: readonly string[];
}

/** Flights whose state is known and whose delay can be believed. */
export interface CleanFlights {
  readonly weekday: Uint8Array;
  readonly delay: Int16Array;
  /** Index into `Airports.states`. */
  readonly state: Uint8Array;
  readonly dropped: Dropped;
}

/** How many flights were left out, and why. */
export interface Dropped {
  /** Of an airport that the table has no state for. */
  readonly noState: number;
  /** A delay outside of {@link EARLIEST} to {@link LATEST}: the file has a flight that left 18 hours before its time. */
  readonly implausible: number;
}

/** Minutes: two hours early. */
export const EARLIEST = -120;
/** Minutes: just under two days late. */
export const LATEST = 2879;

/** Reads and parses one part: Parquet with the columns `date`, `delay` and `origin`, or a JSON array of such objects. */
export async function readFlights(part: FilePart): Promise<Flights> {
  const { date, delay, origin } = part.path.endsWith(".parquet") ? await readParquet(part) : await readJson(part);
  const codes = new Map<string, number>();
  const originCodes = Uint16Array.from(origin, (airport) => {
    let code = codes.get(airport);
    if (code === undefined) codes.set(airport, (code = codes.size));
    return code;
  });
  return {
    weekday: Uint8Array.from(date, (departure) => departure.getUTCDay()),
    delay: Int16Array.from(delay, Number),
    origin: originCodes,
    airports: [...codes.keys()],
  };
}

/** Leaves out what cannot be used, and looks up the state of each airport once instead of once per flight. */
export function cleanFlights(flights: Flights, airports: Airports): CleanFlights {
  const rows = flights.delay.length;
  const states = flights.airports.map((airport) => airports.stateOf.get(airport));
  const weekday = new Uint8Array(rows);
  const delay = new Int16Array(rows);
  const state = new Uint8Array(rows);
  let kept = 0;
  let noState = 0;
  let implausible = 0;
  for (let row = 0; row < rows; row++) {
    const minutes = flights.delay[row]!;
    const where = states[flights.origin[row]!];
    if (where === undefined) noState++;
    else if (minutes < EARLIEST || minutes > LATEST) implausible++;
    else {
      weekday[kept] = flights.weekday[row]!;
      delay[kept] = minutes;
      state[kept] = where;
      kept++;
    }
  }
  return {
    weekday: weekday.subarray(0, kept),
    delay: delay.subarray(0, kept),
    state: state.subarray(0, kept),
    dropped: { noState, implausible },
  };
}

/** What both formats are read into. Dates are local time at the airport, written as if they were UTC. */
interface RawColumns {
  readonly date: readonly Date[];
  readonly delay: readonly (number | bigint)[];
  readonly origin: readonly string[];
}

async function readParquet({ path, start, end }: FilePart): Promise<RawColumns> {
  const columns: Record<keyof RawColumns, unknown[]> = { date: [], delay: [], origin: [] };
  await parquetRead({
    file: await asyncBufferFromFile(path),
    compressors,
    columns: Object.keys(columns),
    rowStart: start,
    rowEnd: end,
    onChunk: ({ columnName, columnData, rowStart }) => {
      // Chunks come in any order, and may reach beyond the rows that were asked for, on both sides.
      const column = columns[columnName as keyof RawColumns];
      const last = Math.min(columnData.length, end - rowStart);
      for (let row = Math.max(0, start - rowStart); row < last; row++) column[rowStart + row - start] = columnData[row];
    },
  });
  return columns as unknown as RawColumns;
}

async function readJson({ path, start, end }: FilePart): Promise<RawColumns> {
  const all = JSON.parse(await readFile(path, "utf8")) as { date: string; delay: number; origin: string }[];
  const rows = all.slice(start, end);
  return {
    date: rows.map((row) => new Date(`${row.date.replaceAll("/", "-").replace(" ", "T")}Z`)),
    delay: rows.map((row) => row.delay),
    origin: rows.map((row) => row.origin),
  };
}
