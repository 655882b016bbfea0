import type { CallPolicy } from "./task-call.js";

/**
 * Milliseconds before the attempt after `attempt`.
 *
 * @param attempt - the one that failed, from 1
 * @param draw - 0 to 1, for the jitter
 */
export function retryDelay(
  policy: Pick<CallPolicy, "retryDelays" | "retryJitter">,
  attempt: number,
  draw: number = Math.random(),
): number {
  const { retryDelays, retryJitter } = policy;
  if (retryDelays.length === 0) return 0;
  return retryDelays[Math.min(attempt, retryDelays.length) - 1]! * (1 + retryJitter * draw);
}
