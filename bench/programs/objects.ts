import { delayed } from "heddle";
import { openHeddle } from "../cluster/local.js";
import type { Contender, Program, Sample } from "../harness/contender.js";

const RECORDS = 100_000;
const MAPS = 10;
const WORKERS = 2;

interface Reading {
  readonly id: number;
  readonly station: string;
  readonly at: Date;
  readonly values: readonly number[];
  readonly revision: number;
}

const makeReadings = (count: number): Reading[] =>
  Array.from({ length: count }, (_, id) => ({
    id,
    station: `station ${id % 500}`,
    at: new Date(1_700_000_000_000 + id * 60_000),
    values: [id, id / 2, id / 4],
    revision: 0,
  }));

const revise = (readings: readonly Reading[]): Reading[] =>
  readings.map((reading) => ({
    ...reading,
    values: reading.values.map((value) => value + 1),
    revision: reading.revision + 1,
  }));

/** One number that depends on every field of every reading. */
const digest = (readings: readonly Reading[]): number =>
  readings.reduce(
    (sum, { id, station, at, values, revision }) =>
      sum + id + station.length + at.getTime() / 60_000 + values[0]! + values[2]! + revision,
    0,
  );

function inOneProcess(): number {
  let readings = makeReadings(RECORDS);
  for (let map = 0; map < MAPS; map++) readings = revise(readings);
  return digest(readings);
}

let expected: number | undefined;

async function onCluster(): Promise<number> {
  let readings = delayed(makeReadings)(RECORDS);
  for (let map = 0; map < MAPS; map++) readings = delayed(revise)(readings);
  return delayed(digest)(readings).compute();
}

async function timed(run: () => number | Promise<number>): Promise<Sample> {
  expected ??= inOneProcess();
  const start = performance.now();
  const found = await run();
  const elapsed = performance.now() - start;
  if (found !== expected) throw new Error(`the digest is ${found} instead of ${expected}`);
  return { ms: elapsed };
}

async function openBare(): Promise<Contender> {
  return {
    config: { workers: "none, the same functions are called here" },
    measure: () => timed(inOneProcess),
    close: async () => {},
  };
}

export const objects: Program = {
  name: "objects",
  what: "100,000 records made by one task, changed by ten more in a chain, and digested by a last one. The bare one calls the same functions in one process.",
  reps: 7,
  warmups: 3,
  contenders: { heddle: () => openHeddle(WORKERS, () => timed(onCluster)), bare: openBare },
  targets: [{ metric: "ms", against: "bare", reach: 3, aim: 1.5 }],
};
