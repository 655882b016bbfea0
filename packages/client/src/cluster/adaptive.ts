/** How many workers a cluster should have, by what there is to do. */

/** The cluster at one look. */
export interface ClusterLoad {
  /** Workers that are here or on their way, without those that are leaving. */
  readonly workers: number;
  /** Of them, those that run or have been given something. */
  readonly busy: number;
  /** Tasks that could run and have no worker yet. */
  readonly queued: number;
  /** Tasks that workers run or have been given. */
  readonly processing: number;
  /** Seconds that those are expected to take together. */
  readonly occupancy: number;
}

export interface AdaptiveLimits {
  readonly minimum: number;
  readonly maximum: number;
}

/** What there is to do should be done in about so many seconds: less, and starting a worker costs more than it saves. */
const TARGET = 1;
/** Looks in a row at which fewer workers would do before any goes. */
const PATIENCE = 4;
/** A queue that has become shorter by less than this share since the last look is not about to vanish. */
const SHRINKING = 0.2;

/**
 * Grows by the time that what is queued is expected to take; where nothing is known of that time, by doubling as long as the queue does
 * not shrink. Shrinks to the busy workers after some looks at which they sufficed.
 */
export class Adaptive {
  readonly #limits: AdaptiveLimits;
  #lastQueued = 0;
  #looksWithIdle = 0;

  constructor(limits: AdaptiveLimits) {
    this.#limits = limits;
  }

  /** The number of workers there should be now. */
  look(load: ClusterLoad): number {
    const { minimum, maximum } = this.#limits;
    const wanted = this.#wanted(load);
    this.#lastQueued = load.queued;
    if (wanted >= load.workers) this.#looksWithIdle = 0;
    else if (++this.#looksWithIdle < PATIENCE) return clamp(load.workers, minimum, maximum);
    return clamp(wanted, minimum, maximum);
  }

  #wanted({ workers, busy, queued, processing, occupancy }: ClusterLoad): number {
    if (queued === 0) return busy;
    if (workers === 0) return 1;
    const mean = processing === 0 ? 0 : occupancy / processing;
    const byTime = Math.ceil((occupancy + queued * mean) / TARGET);
    const isStuck = this.#lastQueued > 0 && queued > this.#lastQueued * (1 - SHRINKING);
    const byQueue = isStuck ? workers * 2 : workers;
    // More workers than there are tasks would have nothing to do.
    return Math.min(Math.max(byTime, byQueue), workers + queued);
  }
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}
