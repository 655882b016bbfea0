import type { Connection } from "./messages.js";

/**
 * As of when what is shown is, once nothing more comes: how it ended stays in sight, instead of leaving it with the time that goes on.
 *
 * @param isPreviousRun - what is shown is of a scheduler that another one has taken the place of
 * @param lostAt - when the line was last lost
 * @returns milliseconds since the epoch by this machine's clock; undefined while it goes on
 */
export function standsSince(
  connection: Connection,
  isPreviousRun: boolean,
  lostAt: number | undefined,
): number | undefined {
  const hasEnded = connection.state === "ended" || connection.state === "disconnected";
  return hasEnded || isPreviousRun ? lostAt : undefined;
}
