/** The airports of the United States: which state a flight starts in. */
import { readFile } from "node:fs/promises";

export interface Airports {
  /** Postal codes of states and territories, in alphabetical order. */
  readonly states: readonly string[];
  /** Index into `states` by IATA code. Airports without a state are not in it. */
  readonly stateOf: ReadonlyMap<string, number>;
}

/** Reads a CSV file with the columns `iata`, `state` and `country`. */
export async function readAirports(path: string): Promise<Airports> {
  const [header = [], ...records] = parseCsv(await readFile(path, "utf8"));
  const field = (record: readonly string[], name: string): string => record[header.indexOf(name)] ?? "";
  // Airports abroad, and a few at home, have the state "NA": not available.
  const known = records.filter((record) => field(record, "country") === "USA" && field(record, "state") !== "NA");
  const states = [...new Set(known.map((record) => field(record, "state")))].sort();
  const indexOf = new Map(states.map((state, index) => [state, index]));
  return {
    states,
    stateOf: new Map(known.map((record) => [field(record, "iata"), indexOf.get(field(record, "state"))!])),
  };
}

/** RFC 4180 without line breaks inside quotes: `BTR,"Baton Rouge Metropolitan, Ryan",Baton Rouge,LA`. */
export function parseCsv(text: string): string[][] {
  return text
    .split(/\r?\n/)
    .filter((line) => line !== "")
    .map((line) =>
      [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
        ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? "",
      ),
    );
}
