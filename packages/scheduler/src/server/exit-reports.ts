/**
 * How worker processes ended. A socket closes a moment before the process that watches a worker learns its exit code and last words,
 * and both belong together in what the user reads; so the end of a watched worker waits briefly for its report.
 */
export class ExitReports {
  readonly #patience: number;
  /** By process id. A process that never joined leaves its report here: a few bytes, and few of them. */
  readonly #reports = new Map<number, string>();
  readonly #waiting = new Map<number, { finish: (report?: string) => void; timer: NodeJS.Timeout }>();

  /** `patience` in milliseconds; 0: nobody reports, so nothing waits. */
  constructor(patience: number) {
    this.#patience = patience;
  }

  report(pid: number, detail: string): void {
    const waiting = this.#waiting.get(pid);
    if (waiting !== undefined) return waiting.finish(detail);
    this.#reports.set(pid, detail);
  }

  /** Calls back with the report, or with nothing when it does not come in time. */
  await(pid: number, callback: (report: string | undefined) => void): void {
    const early = this.#reports.get(pid);
    this.#reports.delete(pid);
    if (early !== undefined || this.#patience === 0) return callback(early);
    const finish = (report?: string): void => {
      clearTimeout(timer);
      this.#waiting.delete(pid);
      callback(report);
    };
    const timer = setTimeout(finish, this.#patience);
    this.#waiting.set(pid, { finish, timer });
  }

  close(): void {
    for (const { finish } of this.#waiting.values()) finish();
  }
}
