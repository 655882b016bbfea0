import type { SessionInfo } from "@heddle/protocol/dashboard";

/**
 * Who we are to the server. A session that an answer opens counts when its cookie has come back: in a frame of another site's page no
 * browser keeps it, and whatever is asked next would be refused.
 *
 * @param ask asks `session`
 */
export async function askSession(ask: () => Promise<SessionInfo>): Promise<SessionInfo> {
  const first = await ask();
  if (!first.opened) return first;
  const second = await ask();
  return second.opened ? { ...second, authenticated: false } : second;
}
