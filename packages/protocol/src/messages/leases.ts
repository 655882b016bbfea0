/**
 * Leases: of each name only so many are out at once, over the whole cluster. Whoever asks waits its turn, first come, first served,
 * and is told; nobody polls. A lease goes back when it is released, when the task it was taken in is over, or when its client is gone
 * beyond its grace.
 */

export interface AcquireLease {
  readonly op: "acquire";
  /** Number of the lease among this client's, never used again. */
  readonly lease: number;
  readonly name: string;
  /** How many of this name may be out at once. The latest word counts. */
  readonly limit: number;
  /** How many of those this one takes. More than `limit`: it is granted when it can be alone. */
  readonly slots: number;
  /** It was granted on an earlier connection: it is again, whatever is out by now. */
  readonly held: boolean;
  /** Id of the task it is taken in. */
  readonly task?: number;
}

/** Given back, or not wanted any more. */
export interface ReleaseLease {
  readonly op: "release";
  readonly lease: number;
}

export interface LeaseGranted {
  readonly op: "granted";
  readonly lease: number;
}
