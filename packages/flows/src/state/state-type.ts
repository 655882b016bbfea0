/** What kind of state a run is in. A state's name may say more: AwaitingRetry is a Scheduled one, TimedOut a Failed one. */
export const STATE_TYPES = [
  "Scheduled",
  "Pending",
  "Running",
  "Cancelling",
  "Completed",
  "Failed",
  "Cancelled",
  "Crashed",
] as const;
export type StateType = (typeof STATE_TYPES)[number];

/** A run in one of these never leaves it. */
export function isFinal(type: StateType): boolean {
  return type === "Completed" || type === "Failed" || type === "Cancelled" || type === "Crashed";
}
