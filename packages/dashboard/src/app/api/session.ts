import type { SessionInfo } from "@heddle/protocol/dashboard";
import { getJson, postJson } from "./client.js";
import { useQuery } from "./use-query.js";
import type { Query } from "./use-query.js";

/** Who we are to the server. */
export const useSession = (): Query<SessionInfo> =>
  useQuery("session", (signal) => getJson<SessionInfo>("session", signal));

/** @throws ApiError when the token is wrong, or tried too often */
export const login = (token: string): Promise<SessionInfo> => postJson<SessionInfo>("login", { token });
