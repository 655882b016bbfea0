/** Flow runs that nobody goes on with: their process has ended and could not say so. */
import { hasEnded, thisProcess, type KnownProcess } from "./process-identity.js";
import type { Sqlite } from "./sqlite.js";

/** What the state of such a run says. */
export const LOST_MESSAGE = "its process ended without saying so";

/** Rows of the processes that have ended and left flow runs unfinished. */
export function lostProcesses(sqlite: Sqlite, now = Date.now()): number[] {
  const known = sqlite.all<KnownProcess & { process: number }>(
    `SELECT process, pid, host, machine, born, beat FROM processes
     WHERE process IN (SELECT process FROM flow_runs WHERE ended IS NULL)`,
  );
  const here = thisProcess();
  return known.filter((each) => hasEnded(each, here, now)).map((each) => each.process);
}
