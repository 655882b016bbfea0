/** Asks the cluster's dashboard, which has a port of its own beside the scheduler's. */
import { request as plainRequest, type IncomingMessage } from "node:http";
import { request as secureRequest } from "node:https";
import { ACTION_HEADER } from "@heddle/protocol/dashboard";
import type { Session } from "../client/session.js";
import { DashboardRequestError, NoDashboardError } from "../errors/connection.js";

/**
 * @param path - below the dashboard's address
 * @param body - posts it as JSON; without one it is a GET
 * @returns the answer, status 200, to be read by the caller
 * @throws NoDashboardError, DashboardRequestError; what asking the scheduler throws
 */
export async function askDashboard(session: Session, path: string, body?: object): Promise<IncomingMessage> {
  const url = new URL(path, await dashboardOf(session));
  const { token } = await session.endpoint.place();
  const { tls } = session.endpoint;
  const json = body === undefined ? undefined : JSON.stringify(body);
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const send = url.protocol === "https:" ? secureRequest : plainRequest;
    const sent = send(url, {
      method: json === undefined ? "GET" : "POST",
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(json === undefined ? {} : { "content-type": "application/json", ...OWN_PAGE(url) }),
      },
      ...(url.protocol === "https:" ? tls : {}),
      agent: false,
    });
    sent.on("response", resolve);
    sent.on("error", (cause) => reject(new DashboardRequestError(url.href, cause.message, { cause })));
    sent.end(json);
  });
  if (answer.statusCode !== 200) throw new DashboardRequestError(url.href, await reasonOf(answer));
  return answer;
}

/** Where there is no token, a request with a body has to show that it comes from where it goes. */
const OWN_PAGE = (url: URL): Record<string, string> => ({ origin: url.origin, [ACTION_HEADER]: "1" });

/** It listens where the scheduler does, under the name by which this program reached that: it may itself know but 0.0.0.0. */
async function dashboardOf(session: Session): Promise<URL> {
  let told = await toldBy(session);
  // Members may join while its thread still loads.
  for (const end = performance.now() + PATIENCE; told === undefined && performance.now() < end;) {
    await new Promise((resolve) => setTimeout(resolve, POLL));
    told = await toldBy(session);
  }
  if (typeof told !== "string" || !URL.canParse(told)) throw new NoDashboardError();
  const url = new URL(told);
  if (url.protocol !== "http:" && url.protocol !== "https:") throw new NoDashboardError();
  url.hostname = new URL(session.address).hostname;
  return url;
}

/** How long a dashboard that is not there yet is waited for, and how often it is asked for. Milliseconds. */
const PATIENCE = 3_000;
const POLL = 50;

async function toldBy(session: Session): Promise<unknown> {
  const { value } = await session.ask({ what: "identity" });
  return (value as { readonly dashboard?: unknown } | null)?.dashboard;
}

/** Beyond it the reason is not told by a dashboard. Characters. */
const MAX_REASON = 64 * 1024;

async function reasonOf(answer: IncomingMessage): Promise<string> {
  answer.setEncoding("utf8");
  let text = "";
  for await (const piece of answer) if (text.length < MAX_REASON) text += piece as string;
  try {
    const { message } = JSON.parse(text) as { readonly message?: unknown };
    if (typeof message === "string") return message;
  } catch {
    // From a proxy in front of it.
  }
  return `it answers with HTTP ${answer.statusCode}`;
}
