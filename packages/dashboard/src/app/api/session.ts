import type { SessionInfo } from "@heddle/protocol/dashboard";
import { askSession } from "../../data/session.js";
import { getJson, postJson } from "./client.js";
import { useQuery } from "./use-query.js";
import type { Query } from "./use-query.js";

/** Who we are to the server. @param ready false: not to be asked yet */
export const useSession = (ready = true): Query<SessionInfo> => useQuery(ready ? "session" : undefined, ask);

/** @throws Error when the token is wrong, or tried too often, or when nothing is left of it in this browser */
export async function login(token: string): Promise<void> {
  await postJson<SessionInfo>("login", { token });
  if ((await ask()).authenticated) return;
  throw new Error(
    "The token is right, but this browser does not send the cookie that says so. Does it refuse cookies, or does the scheduler have a dashboard.basePath that is not the path of this page?",
  );
}

const ask = (signal?: AbortSignal): Promise<SessionInfo> => askSession(() => getJson<SessionInfo>("session", signal));

/** Whether this browser sends cookies of sessions from here. From a frame in a page of another site it does not. */
export function keepsSessions(): boolean {
  // As strict as a session's.
  document.cookie = `${PROBE}=1; SameSite=Strict`;
  const kept = document.cookie.includes(`${PROBE}=1`);
  document.cookie = `${PROBE}=; Max-Age=0; SameSite=Strict`;
  return kept;
}

const PROBE = "heddle-probe";
