/** How long the rest takes can be told after so many runs, or so many milliseconds since the first task. */
const RUNS = 20;
const AFTER = 5_000;
/** Milliseconds without a run's end after which nobody can tell any more. */
const STALLED = 30_000;

/** What there is to do, and how it went so far. Times in milliseconds. */
export interface WorkLeft {
  /** Of each group: unfinished tasks, and what a run of it took on average, when one has ended. */
  readonly groups: readonly { readonly unfinished: number; readonly mean: number | undefined }[];
  /** Of all runs there were: their number, and what they took on average. */
  readonly runs: number;
  readonly mean: number;
  /** Threads of workers that are at work. */
  readonly threads: number;
  readonly sinceFirstTask: number;
  readonly sinceLastEnd: number;
}

/**
 * How long all that is known will take: what remains of each group times its mean duration, shared among the threads.
 *
 * @returns milliseconds; undefined when nothing is left and while it cannot be told
 */
export function timeLeft(work: WorkLeft): number | undefined {
  const { groups, runs, mean, threads, sinceFirstTask, sinceLastEnd } = work;
  if (runs === 0 || threads === 0 || sinceLastEnd >= STALLED) return undefined;
  if (runs < RUNS && sinceFirstTask < AFTER) return undefined;
  let left = 0;
  let time = 0;
  for (const group of groups) {
    left += group.unfinished;
    // Of a group of which none has ended, the others are all that can be gone by.
    time += group.unfinished * (group.mean ?? mean);
  }
  return left === 0 ? undefined : Math.round(time / threads);
}
