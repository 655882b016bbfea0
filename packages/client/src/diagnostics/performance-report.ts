/** One file about what a cluster did while a function ran. */
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { getClient } from "../client/get-client.js";
import type { Client } from "../client/client.js";
import { keepAlive } from "../client/keep-alive.js";
import { InvalidArgumentError, checkOptionNames } from "../errors/usage.js";
import { mustBeAbleToReport, writeReport, type ReportRequest } from "./recorded-files.js";

export interface PerformanceReportOptions {
  /** Of the cluster that is reported on. Default: the newest client of this process that is open. */
  readonly client?: Client;
  /** Default: the function's name, or that of the program. */
  readonly title?: string;
}

/** Longest text of a program in a report. Characters. */
const MAX_CODE = 64 * 1024;

/**
 * Runs a function and writes what the cluster did meanwhile to an HTML file that opens in any browser, without a network: how long it
 * took and where the time went, the tasks on their threads, groups, workers, errors, memory, the log, the function itself. It is written
 * too when the function throws, and replaces what the file was only when it is complete.
 *
 * That a report can be written is made sure of before the function runs. Should it fail all the same after it, because the cluster is
 * gone or the disk is full, that is a warning of the process, HEDDLE_REPORT_NOT_WRITTEN: what the function returned is never lost.
 *
 * The dashboard keeps the newest tasks, 1,048,576 of them by default (setting `dashboard.history.rows`).
 *
 * @example
 * const sum = await performanceReport("report.html", async () => {
 *   const squares = client.map((x: number) => x * x, [1, 2, 3]);
 *   return client.submit((xs: number[]) => xs.reduce((a, b) => a + b), squares).result();
 * });
 *
 * @returns what the function returned
 * @throws what the function threw. Before it runs: NoClientError, NoDashboardError, DashboardRequestError, ReportFileError
 */
export async function performanceReport<T>(
  file: string,
  fn: () => T | PromiseLike<T>,
  options: PerformanceReportOptions = {},
): Promise<T> {
  checkOptionNames("performanceReport", options, ["client", "title"]);
  if (typeof file !== "string" || file === "")
    throw new InvalidArgumentError("performanceReport", "its first argument is the name of an HTML file");
  if (typeof fn !== "function")
    throw new InvalidArgumentError("performanceReport", "its second argument must be a function");
  const place = callingPlace();
  const client = options.client ?? getClient();
  // The function may change the working directory.
  const path = resolve(file);
  await keepAlive.during(mustBeAbleToReport(client, path));
  const request = {
    file: path,
    title: options.title ?? (fn.name === "" ? (process.argv[1] ?? "Heddle") : fn.name),
    from: Date.now(),
    code: `${place === undefined ? "" : `// ${place}\n`}${Function.prototype.toString.call(fn)}`.slice(0, MAX_CODE),
  };
  try {
    return await fn();
  } finally {
    await keepAlive.during(written(client, request));
  }
}

/** Never throws: what the function came to matters more. */
async function written(client: Client, request: ReportRequest): Promise<void> {
  try {
    await writeReport(client, request);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    process.emitWarning(`the report ${request.file} was not written: ${reason}`, {
      type: "HeddleReportWarning",
      code: "HEDDLE_REPORT_NOT_WRITTEN",
    });
  }
}

/** File and line of the program that called, as stack traces say it. */
function callingPlace(): string | undefined {
  const frame = new Error().stack?.split("\n")[3];
  const place = frame === undefined ? undefined : /\(?((?:file:|\/|[A-Z]:\\).*?:\d+):\d+\)?$/.exec(frame)?.[1];
  return place?.startsWith("file:") ? place.replace(/^file:.*(?=:\d+$)/, (url) => fileURLToPath(url)) : place;
}
