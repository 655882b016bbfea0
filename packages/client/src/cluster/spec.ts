/** How a cluster makes its parts. A cluster of another kind (over ssh, say) is another pair of these. */

/** What a worker or client has to know to join. */
export interface Place {
  readonly address: string;
  readonly token: string;
}

/** How a part ended. */
export interface Ending {
  readonly pid: number;
  /** In words: exit code, signal, last line. */
  readonly detail: string;
  /** Its scheduler sent it home: it is not started again. */
  readonly sentHome: boolean;
  /** By a signal from outside, so that starting it again may help even when it never became ready. */
  readonly killed: boolean;
}

/** A part that a cluster started. */
export interface Part {
  /** Resolves when it serves (a scheduler) or has joined (a worker); rejects with what kept it from that, its end included. */
  readonly ready: Promise<void>;
  readonly ended: Promise<Ending>;
  /** Orderly; by force after `patience` milliseconds. */
  close(patience: number): Promise<void>;
}

export interface SchedulerPart extends Part, Place {
  /** How other machines call it, where that differs from `address`. */
  readonly publicAddress: string;
  /** Known when it is ready. */
  readonly dashboardUrl: string | undefined;
  /** Tells it how the process of a worker ended. */
  reportExit(pid: number, detail: string): void;
}

export interface SchedulerEvents {
  readonly onLog: (line: string) => void;
  /** A client asked for the end of the whole cluster. */
  readonly onShutdown: () => void;
}

export interface SchedulerSpec {
  /**
   * Starts it. Its place may be known before it is ready, so that workers can be started at the same time.
   *
   * @param again - where it was before: one that is started again comes back to the same place, because its members look for it there.
   */
  start(events: SchedulerEvents, again: Place | undefined): Promise<SchedulerPart>;
}

export interface WorkerEvents {
  readonly onLog: (line: string) => void;
  /** A line, or part of one, that a task printed. */
  readonly onOutput: (stream: "stdout" | "stderr", text: string) => void;
}

export interface WorkerSpec {
  start(name: string, place: Place, events: WorkerEvents): Part;
}
