import type { Cluster } from "@heddle/client/cluster";
import { createWriteStream } from "node:fs";
import { rm } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

export interface ReportRequest {
  readonly cluster: Cluster;
  readonly file: string;
  readonly title: string;
  /** Milliseconds since the epoch. */
  readonly from: number;
}

/**
 * Writes what the cluster's dashboard recorded since `from` to an HTML file.
 *
 * @throws Error saying why there is none: there is no dashboard, or it has no report to give, or the file cannot be written.
 */
export async function writePerformanceReport({ cluster, file, title, from }: ReportRequest): Promise<void> {
  const { dashboardUrl } = cluster;
  if (dashboardUrl === undefined) throw new Error("the cluster has no dashboard that could have recorded anything");
  const url = new URL("api/v1/report", dashboardUrl);
  url.searchParams.set("from", String(from));
  url.searchParams.set("title", title);
  const response = await fetch(url, { headers: { authorization: `Bearer ${cluster.token}` } });
  if (!response.ok || response.body === null) throw new Error(await reasonOf(response));
  try {
    await pipeline(Readable.fromWeb(response.body), createWriteStream(file));
  } catch (error) {
    // Half a report would not open.
    await rm(file, { force: true });
    throw error;
  }
}

async function reasonOf(response: Response): Promise<string> {
  const text = await response.text();
  try {
    const { message } = JSON.parse(text) as { readonly message?: unknown };
    if (typeof message === "string") return message;
  } catch {
    // Not from the dashboard itself.
  }
  return `its dashboard answers with HTTP ${response.status}`;
}
