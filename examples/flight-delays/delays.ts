/**
 * Delays grouped by state and weekday.
 *
 * A group is kept as a histogram: how many flights were late by each number of minutes. Delays are whole minutes, so that nothing is
 * lost, histograms of two parts are merged by adding them, and everything asked for can be read off exactly at the end, the
 * percentile too.
 */
import type { Airports } from "./airports.js";
import { EARLIEST, LATEST, type CleanFlights, type Dropped } from "./flights.js";

const MINUTES = LATEST - EARLIEST + 1;
const WEEKDAYS = 7;
const LATE = 15;

export interface DelayTable {
  readonly states: readonly string[];
  /** One histogram after the other, in the order of states and then weekdays. */
  readonly counts: Uint32Array;
  readonly dropped: Dropped;
}

/** One row of the answer. */
export interface DelaySummary {
  readonly state: string;
  /** 0 is Sunday. */
  readonly weekday: number;
  readonly flights: number;
  /** Minutes. */
  readonly mean: number;
  /** Share of flights more than 15 minutes late, 0 to 1. */
  readonly late: number;
  /** Minutes that 90 of 100 flights do not exceed: the smallest delay with at least that share at or below it. */
  readonly percentile90: number;
}

/** The group step. */
export function groupDelays(flights: CleanFlights, airports: Airports): DelayTable {
  const { states } = airports;
  const counts = new Uint32Array(states.length * WEEKDAYS * MINUTES);
  for (let row = 0; row < flights.delay.length; row++) {
    const group = flights.state[row]! * WEEKDAYS + flights.weekday[row]!;
    counts[group * MINUTES + (flights.delay[row]! - EARLIEST)]!++;
  }
  return { states, counts, dropped: flights.dropped };
}

/** The reduce step: associative, so that it can be a tree. */
export function mergeDelays(a: DelayTable, b: DelayTable): DelayTable {
  return {
    states: a.states,
    counts: a.counts.map((amount, index) => amount + b.counts[index]!),
    dropped: {
      noState: a.dropped.noState + b.dropped.noState,
      implausible: a.dropped.implausible + b.dropped.implausible,
    },
  };
}

/** The answer: one summary for each state and weekday with flights, and how many flights were left out. */
export interface DelayReport {
  readonly groups: readonly DelaySummary[];
  /** The same over all states. */
  readonly weekdays: readonly DelaySummary[];
  readonly dropped: Dropped;
}

export function summarise({ states, counts, dropped }: DelayTable): DelayReport {
  const allStates = new Uint32Array(WEEKDAYS * MINUTES);
  const groups: DelaySummary[] = [];
  states.forEach((state, index) => {
    for (let weekday = 0; weekday < WEEKDAYS; weekday++) {
      const group = index * WEEKDAYS + weekday;
      const histogram = counts.subarray(group * MINUTES, (group + 1) * MINUTES);
      histogram.forEach((amount, minute) => (allStates[weekday * MINUTES + minute]! += amount));
      groups.push(summaryOf(state, weekday, histogram));
    }
  });
  const weekdays = Array.from({ length: WEEKDAYS }, (_, weekday) =>
    summaryOf("all", weekday, allStates.subarray(weekday * MINUTES, (weekday + 1) * MINUTES)),
  );
  return { groups: groups.filter(hasFlights), weekdays: weekdays.filter(hasFlights), dropped };
}

function summaryOf(state: string, weekday: number, histogram: Uint32Array): DelaySummary {
  const flights = histogram.reduce((sum, amount) => sum + amount, 0);
  let minutes = 0;
  let late = 0;
  let seen = 0;
  let percentile90: number | undefined;
  histogram.forEach((amount, index) => {
    const delay = index + EARLIEST;
    minutes += amount * delay;
    if (delay > LATE) late += amount;
    seen += amount;
    // In whole numbers: 0.9 * flights would be rounded.
    if (percentile90 === undefined && seen * 10 >= flights * 9) percentile90 = delay;
  });
  return { state, weekday, flights, mean: minutes / flights, late: late / flights, percentile90: percentile90 ?? NaN };
}

const hasFlights = (summary: DelaySummary): boolean => summary.flights > 0;
