/** Files of what the cluster's dashboard recorded. */
import { randomUUID } from "node:crypto";
import { createWriteStream } from "node:fs";
import { open, rename, rm, stat } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import type { IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import type { SessionInfo } from "@heddle/protocol/dashboard";
import type { Client } from "../client/client.js";
import type { Session } from "../client/session.js";
import { DashboardRequestError, ReportFileError } from "../errors/connection.js";
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
 * Looks whether {@link writeReport} would succeed, before something is run for its sake.
 *
 * @throws ReportFileError, NoDashboardError, DashboardRequestError
 */
export async function mustBeAbleToReport(client: Client, file: string): Promise<void> {
  await mustBeWritable(file);
  const { authenticated, reports } = JSON.parse(await text(await askDashboard(client.session, SESSION))) as SessionInfo;
  if (!authenticated) throw new DashboardRequestError(SESSION, "it wants a token that this client does not have");
  if (!reports) throw new DashboardRequestError(SESSION, "this installation has no page for reports: npm run build");
}

const SESSION = "api/v1/session";

async function mustBeWritable(file: string): Promise<void> {
  const draft = draftOf(file);
  try {
    const there = await stat(file).catch(() => undefined);
    if (there?.isDirectory() === true) throw new Error("it is a folder");
    await (await open(draft, "wx")).close();
    await rm(draft);
  } catch (cause) {
    throw new ReportFileError(file, { cause: cause as Error });
  }
}

/** Milliseconds that a cluster which may be gone is waited for. */
const PATIENCE = 60_000;

/**
 * Writes a report of what ran since `from`, all tasks that this client saw the end of among it.
 *
 * @throws NoDashboardError, DashboardRequestError; what writing the file throws; that the cluster does not answer
 */
export async function writeReport(client: Client, { file, ...about }: ReportRequest): Promise<void> {
  const path = "api/v1/report";
  const enough = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      const error = new DashboardRequestError(path, `no report came within ${PATIENCE / 1000} s`);
      enough.abort(error);
      reject(error);
    }, PATIENCE);
  });
  const written = async (): Promise<void> =>
    write(await askDashboard(client.session, path, about), file, enough.signal);
  try {
    await Promise.race([written(), patience]);
  } finally {
    clearTimeout(timer);
  }
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
async function write(answer: IncomingMessage, file: string, signal?: AbortSignal): Promise<void> {
  const draft = draftOf(file);
  try {
    await pipeline(answer, createWriteStream(draft), signal === undefined ? {} : { signal });
    await rename(draft, file);
  } catch (error) {
    answer.destroy();
    await rm(draft, { force: true });
    throw error;
  }
}

/** Beside it: a file is renamed within one file system. */
function draftOf(file: string): string {
  return `${file}.${randomUUID()}`;
}
