import type { SessionInfo } from "@heddle/protocol/dashboard";
import { getJson, postJson } from "./client.js";
import { useQuery } from "./use-query.js";
import type { Query } from "./use-query.js";

/** Who we are to the server. @param ready false: not to be asked yet */
export const useSession = (ready = true): Query<SessionInfo> =>
  useQuery(ready ? "session" : undefined, (signal) => getJson<SessionInfo>("session", signal));

/** @throws ApiError when the token is wrong, or tried too often */
export const login = (token: string): Promise<SessionInfo> => postJson<SessionInfo>("login", { token });
