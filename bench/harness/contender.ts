/**
 * What one measurement found: metric name, with its unit, to value. Every metric is a cost (time, bytes), so that less is better
 * and a ratio always reads the same way round.
 */
export type Sample = Readonly<Record<string, number>>;

/** One party of a comparison, opened: its processes are up, and each call of `measure` is one whole repetition. */
export interface Contender {
  /** Repeats the work once, checks its result, and throws when it is wrong. */
  measure(): Promise<Sample>;
  /** Facts that belong beside the numbers: versions, settings. */
  readonly config?: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** Who a contender is: Heddle itself, a bare program over the same hops, or Dask. */
export type Side = "heddle" | "bare" | "dask";

/** Names of the sides as they are printed. */
export const SIDE_NAMES: Readonly<Record<Side, string>> = { heddle: "Heddle", bare: "bare", dask: "Dask" };

/** A limit that a median is held against: `reach` must hold, `aim` is wanted. */
export interface Target {
  readonly metric: string;
  /**
   * Without it the limits are absolute, in the metric's unit, and Heddle must stay at or below. Against `bare` they are the most
   * that Heddle may cost as a multiple of it. Against `dask` they are how many times less than it Heddle must cost.
   */
  readonly against?: "bare" | "dask";
  readonly reach: number;
  readonly aim: number;
}

/** One benchmark: `npm run bench -- <name>`. */
export interface Program {
  readonly name: string;
  /** One sentence: what is done, with which parameters, from when to when the clock runs. */
  readonly what: string;
  /** Repetitions that count, unless the command line says otherwise; one more is run first and dropped. */
  readonly reps: number;
  /** Rounds before those that count. Default 1. */
  readonly warmups?: number;
  readonly contenders: Readonly<Partial<Record<Side, () => Promise<Contender>>>>;
  readonly targets: readonly Target[];
}
