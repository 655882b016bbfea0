import { describe, expect, it } from "vitest";
import { dataset } from "../dataset.js";
import { parseCsv, readAirports, type Airports } from "./airports.js";
import { groupDelays, mergeDelays, summarise } from "./delays.js";
import { partsOf } from "./files.js";
import { cleanFlights, readFlights, type Flights } from "./flights.js";
import { groupTable } from "./report.js";
import { delaysInOneProcess } from "./single-process.js";

const airportsFile = dataset("airports.csv");

describe("airports", () => {
  it("reads quoted fields with commas and quotes", () => {
    expect(parseCsv('a,"b, c",d\r\n"W. H. ""Bud"" Barron",,x\n')).toEqual([
      ["a", "b, c", "d"],
      ['W. H. "Bud" Barron', "", "x"],
    ]);
  });

  it("knows the state of an airport with a comma in its name, and has none for an airport whose state is not available", async () => {
    const { states, stateOf } = await readAirports(airportsFile);
    expect(states[stateOf.get("BTR")!]).toBe("LA");
    expect(stateOf.has("MQT")).toBe(false);
    expect(states).not.toContain("NA");
  });
});

describe("parts", () => {
  it("covers a Parquet file by its row groups, without gap or overlap", async () => {
    const parts = await partsOf(dataset("flights-3m.parquet"));
    expect(parts.length).toBe(11);
    expect(parts.map((part) => part.start)).toEqual([0, ...parts.slice(0, -1).map((part) => part.end)]);
    expect(parts.at(-1)!.end).toBe(3_000_000);
  });

  it("reads rows of a Parquet file that begin and end inside of a row group", async () => {
    const path = dataset("flights-3m.parquet");
    const few = await readFlights({ path, start: 272_725, end: 272_729 });
    expect([...few.delay]).toHaveLength(4);
    const before = await readFlights({ path, start: 272_725, end: 272_727 });
    const after = await readFlights({ path, start: 272_727, end: 272_729 });
    expect([...few.delay]).toEqual([...before.delay, ...after.delay]);
  });
});

describe("cleaning", () => {
  it("leaves out flights without a state and delays that cannot be, and counts them", () => {
    const airports: Airports = {
      states: ["GA", "NY"],
      stateOf: new Map([
        ["ATL", 0],
        ["JFK", 1],
      ]),
    };
    const flights: Flights = {
      weekday: Uint8Array.of(1, 2, 3, 4),
      delay: Int16Array.of(5, -1140, 30, 2880),
      origin: Uint16Array.of(0, 0, 1, 2),
      airports: ["ATL", "MQT", "JFK"],
    };
    const clean = cleanFlights(flights, airports);
    expect([...clean.delay]).toEqual([5]);
    expect([...clean.state]).toEqual([0]);
    expect(clean.dropped).toEqual({ noState: 1, implausible: 2 });
  });
});

describe("the answer", () => {
  it("gives the smallest delay that nine of ten flights do not exceed", () => {
    const delays = [10, 1, 2, 3, 4, 5, 6, 7, 8, 9];
    const table = groupDelays(
      {
        weekday: new Uint8Array(10),
        delay: Int16Array.from(delays),
        state: new Uint8Array(10),
        dropped: { noState: 0, implausible: 0 },
      },
      { states: ["GA"], stateOf: new Map() },
    );
    expect(summarise(table).groups).toEqual([
      { state: "GA", weekday: 0, flights: 10, mean: 5.5, late: 0, percentile90: 9 },
    ]);
  });

  it("is the one of the plain loop, however the parts are merged", async () => {
    const parts = await partsOf(dataset("flights-20k.json"));
    const airports = await readAirports(airportsFile);
    const tables = await Promise.all(
      parts.map(async (part) => groupDelays(cleanFlights(await readFlights(part), airports), airports)),
    );
    const plain = await delaysInOneProcess(parts, airportsFile);
    expect(plain.groups.length).toBeGreaterThan(300);
    expect(summarise(tables.reduce(mergeDelays))).toEqual(plain);
    expect(summarise(tables.reduceRight(mergeDelays))).toEqual(plain);
  });

  it("is printed in columns of equal width", async () => {
    const parts = await partsOf(dataset("flights-2k.json"));
    const text = groupTable(await delaysInOneProcess(parts, airportsFile));
    const widths = new Set(text.split("\n").map((line) => line.length));
    expect(widths.size).toBe(1);
    expect(text).toContain("Wednesday");
  });
});
