/** What a run occupies on its thread. */
export const Seat = {
  none: 0,
  /** A place in the thread's queue, or the thread itself. */
  queue: 1,
  /** One of `asyncPerThread` places for runs that wait without the thread. */
  parked: 2,
} as const;
export type Seat = (typeof Seat)[keyof typeof Seat];
