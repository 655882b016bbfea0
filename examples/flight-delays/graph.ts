/** The job as a graph. Nothing runs while it is built. */
import { delayed, type Delayed } from "heddle";
import { readAirports } from "./airports.js";
import { groupDelays, mergeDelays, summarise, type DelayReport, type DelayTable } from "./delays.js";
import type { FilePart } from "./files.js";
import { cleanFlights, readFlights } from "./flights.js";

export interface DelayGraph {
  readonly report: Delayed<DelayReport>;
  /** On the way to it: the groups of each part. */
  readonly tables: readonly Delayed<DelayTable>[];
}

/** Parse, clean, join and group each part by itself; then merge the groups of all parts as a tree. */
export function delayGraph(parts: readonly FilePart[], airportsPath: string): DelayGraph {
  const [read, clean, group] = [delayed(readFlights), delayed(cleanFlights), delayed(groupDelays)];
  const airports = delayed(readAirports)(airportsPath);
  const tables = parts.map((part) => group(clean(read(part), airports), airports));
  return { tables, report: delayed(summarise)(treeReduce(delayed(mergeDelays), tables)) };
}

/** Merges two and two, then what came of that two and two, until one is left: many merges at once, and none is large. */
function treeReduce<T>(merge: (a: Delayed<T>, b: Delayed<T>) => Delayed<T>, items: readonly Delayed<T>[]): Delayed<T> {
  let level = items;
  while (level.length > 1) {
    const next: Delayed<T>[] = [];
    for (let at = 0; at < level.length; at += 2) {
      const [left, right] = [level[at]!, level[at + 1]];
      next.push(right === undefined ? left : merge(left, right));
    }
    level = next;
  }
  return level[0]!;
}
