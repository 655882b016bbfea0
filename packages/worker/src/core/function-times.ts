/** How long each function occupies its thread, so that a thread can be given a few milliseconds of work ahead. */
interface Times {
  /** Microseconds; -1 until one run has been reported. */
  mean: number;
  /** Runs that gave their thread back while they waited. */
  parked: number;
  sum: number;
  count: number;
}

export class FunctionTimes {
  readonly #byFunction: (Times | undefined)[] = [];
  readonly #touched: Times[] = [];
  readonly #unknown: number;

  /** `unknown`: what a run of a function is taken for that was never seen to end, in microseconds. */
  constructor(unknown: number) {
    this.#unknown = unknown;
  }

  /** Microseconds on the thread, at least 1. */
  expected(functionIndex: number): number {
    const times = this.#byFunction[functionIndex];
    if (times === undefined) return this.#unknown;
    if (times.mean >= 0) return Math.max(1, Math.round(times.mean));
    // A function that parks is known to leave its thread, not for how long it holds it: send 4, 16, 64.
    return Math.max(1, Math.round(this.#unknown / Math.min(64, 4 ** times.parked)));
  }

  parks(functionIndex: number): boolean {
    return (this.#byFunction[functionIndex]?.parked ?? 0) > 0;
  }

  addParked(functionIndex: number): void {
    this.#of(functionIndex).parked++;
  }

  forget(functionIndex: number): void {
    // Not set to undefined: indices are never used again.
    Reflect.deleteProperty(this.#byFunction, functionIndex);
  }

  /** `settle` must follow, once for all runs of a report. */
  add(functionIndex: number, busyMicros: number): void {
    const times = this.#of(functionIndex);
    if (times.count === 0) this.#touched.push(times);
    times.sum += busyMicros;
    times.count++;
  }

  /**
   * Takes what was added into the means: half new, half old, but at once when the new is far below. A first run pays for
   * reviving and compiling its function, and that must not keep the window small.
   */
  settle(): void {
    for (const times of this.#touched) {
      const latest = times.sum / times.count;
      times.mean = times.mean < 0 || latest * 2 < times.mean ? latest : (times.mean + latest) / 2;
      times.sum = 0;
      times.count = 0;
    }
    this.#touched.length = 0;
  }

  #of(functionIndex: number): Times {
    return (this.#byFunction[functionIndex] ??= { mean: -1, parked: 0, sum: 0, count: 0 });
  }
}
