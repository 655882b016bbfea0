/**
 * The data of a report, which is one HTML file: gzip of blocks, each preceded by its length as u32, little endian. The first block is a
 * {@link ReportHead} as JSON. Each other is a `tasks` frame, whose rows are numbered from 0 on through all frames, or, told by its
 * first byte "[", a JSON array of the keys of the rows of the frame before it: texts, null where one is not known any more.
 */
import type { ErrorDetail, FlowRunRow } from "./api.js";
import type { DashboardHello, LogLine } from "./messages.js";

export interface ReportHead {
  readonly title: string;
  /** Milliseconds since the epoch; runs that ended within are in the report. */
  readonly from: number;
  readonly to: number;
  readonly writtenAt: number;
  /** Source text of the program that was measured; "" when it is not known. */
  readonly code: string;
  /** Of the scheduler. */
  readonly node: string;
  /** Its series are those of the time; its summary is of the cluster's whole life. */
  readonly hello: DashboardHello;
  /** The most frequent errors of the time at full length, by their id. */
  readonly errors: Readonly<Record<string, ErrorDetail>>;
  /** Oldest first. */
  readonly logs: readonly LogLine[];
  readonly flows: readonly FlowRunRow[];
  readonly leftOut: {
    /** Runs that the dashboard had forgotten by then, of any time. */
    readonly forgotten: number;
    /** Runs beyond so many are without their keys. */
    readonly keysAfter: number;
    /** There were more lines than these. */
    readonly logs: boolean;
  };
}
