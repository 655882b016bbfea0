/** Files of what the cluster's dashboard recorded. */
import { randomUUID } from "node:crypto";
import { createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import type { IncomingMessage } from "node:http";
import type { Client } from "../client/client.js";
import type { Session } from "../client/session.js";
import { askDashboard } from "./dashboard-request.js";

export interface ReportRequest {
  readonly file: string;
  readonly title: string;
  /** Milliseconds since the epoch. */
  readonly from: number;
  /** Text of the program that is reported on, shown with it. */
  readonly code?: string;
}

/**
 * Writes a report of what ran since `from`, all tasks that this client saw the end of among it.
 *
 * @throws NoDashboardError, DashboardRequestError; what writing the file throws
 */
export async function writeReport(client: Client, { file, ...about }: ReportRequest): Promise<void> {
  await write(await askDashboard(client.session, "api/v1/report", about), file);
}

/** @throws as {@link writeReport} */
export async function writeTrace(
  session: Session,
  file: string,
  range: { readonly from?: number; readonly to?: number },
): Promise<void> {
  const query = new URLSearchParams();
  for (const [name, time] of Object.entries(range)) query.set(name, String(time));
  await write(await askDashboard(session, `api/v1/trace?${query.toString()}`), file);
}

/** Whole or not at all: half a report does not open. */
async function write(answer: IncomingMessage, file: string): Promise<void> {
  const draft = `${file}.${randomUUID()}`;
  try {
    await pipeline(answer, createWriteStream(draft));
    await rename(draft, file);
  } catch (error) {
    answer.destroy();
    await rm(draft, { force: true });
    throw error;
  }
}
