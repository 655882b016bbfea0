/** Between a flow's thread and the one that writes the history. */
import type { RunChunk } from "../chunk.js";

export interface WriterOptions {
  readonly file: string;
  /** Flow runs older than this, in milliseconds, are forgotten. */
  readonly maxAge: number;
  /** So many flow runs are remembered. */
  readonly maxRuns: number;
  /** How many batches have been dealt with: shared, so that counting them wakes nobody, and can be waited for while the process ends. */
  readonly done: Int32Array;
}

export type ToWriter =
  | { readonly type: "batch"; readonly chunks: readonly RunChunk[] }
  /** Answered when every batch before it is in the file, or cannot be put there. */
  | { readonly type: "flush"; readonly id: number }
  | { readonly type: "close" };

export type FromWriter =
  | { readonly type: "flushed"; readonly id: number }
  | { readonly type: "warning"; readonly code: string; readonly message: string };
