/** What tasks and workers print, on its way to whoever shows it. */

/** Lines in one {@link LinesPrinted}, at most. */
export const MAX_PRINTED_LINES = 2_000;
/** UTF-16 units of a printed line, at most. */
export const MAX_PRINTED_TEXT = 4_000;
/** UTF-16 units of the key that goes with it, at most: a line of a task with a longer one goes without. */
export const MAX_PRINTED_KEY = 1_000;
export const PRINTED_LEVELS = ["debug", "info", "warn", "error"] as const;

export interface PrintedLine {
  /** Milliseconds since the epoch, by this worker's clock. */
  readonly time: number;
  readonly level: (typeof PRINTED_LEVELS)[number];
  readonly text: string;
  /** Key of the task that printed it; absent: the worker itself did. */
  readonly key?: string;
}

/** What tasks and the worker itself printed, after it was told to `listen`. Lost with its connection. */
export interface LinesPrinted {
  readonly op: "printed";
  readonly lines: readonly PrintedLine[];
}
