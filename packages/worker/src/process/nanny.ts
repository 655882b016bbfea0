import { describeEnd, toPlainError } from "@heddle/protocol";
import {
  spawnWorkerProcess,
  type SpawnWorkerOptions,
  type WorkerProcess,
  type WorkerProcessEnd,
} from "./worker-process.js";

const MINUTE = 60_000;
/** Milliseconds that a worker which could not join has to end by itself. */
const START_PATIENCE = 2_000;

export interface NannyOptions extends SpawnWorkerOptions {
  /** Milliseconds before a first restart; doubles each time. Default 500. */
  readonly backoff?: number;
  /** Longest such pause. Default 30,000. */
  readonly maxBackoff?: number;
  /** Deaths within a minute after which it is given up. Default 5. */
  readonly maxRestarts?: number;
  /** A worker has joined, for the first time or again. */
  readonly onReady?: (worker: { readonly name: string; readonly address: string; readonly pid: number }) => void;
  /** A worker process ended: how, and in words. */
  readonly onExit?: (end: WorkerProcessEnd, detail: string) => void;
  /** It will not be started again: it died too often, or ended because it was told to. */
  readonly onGivenUp?: (reason: string) => void;
}

/**
 * Keeps a worker process running: starts it again when it dies, after a pause that grows, and gives up when it dies all the time.
 *
 * ```ts
 * const nanny = new Nanny({ address, onOutput, onLog, onExit: (end, detail) => console.error(detail) });
 * const { name } = await nanny.start();
 * await nanny.close(5_000);
 * ```
 */
export class Nanny {
  readonly #options: NannyOptions;
  #process: WorkerProcess | undefined;
  #deaths: number[] = [];
  #restart: NodeJS.Timeout | undefined;
  #closing = false;

  constructor(options: NannyOptions) {
    this.#options = options;
  }

  /** Of the process that runs now, or ran last; 0 before `start`. */
  get pid(): number {
    return this.#process?.pid ?? 0;
  }

  /**
   * Starts the worker; resolves when it has joined.
   *
   * @throws what kept the first process from joining (SchedulerUnreachableError, UnauthorizedError, WorkerStartError, ...).
   */
  async start(): Promise<{ readonly name: string; readonly address: string }> {
    const worker = this.#spawn();
    const identity = await worker.ready.catch(async (error: unknown) => {
      await worker.close(START_PATIENCE);
      throw error;
    });
    void worker.ended.then((end) => this.#ended(end));
    this.#options.onReady?.({ ...identity, pid: worker.pid });
    return identity;
  }

  /** Ends the worker and does not start it again. By force after `patience` milliseconds. Idempotent. */
  async close(patience: number): Promise<void> {
    this.#closing = true;
    clearTimeout(this.#restart);
    await this.#process?.close(patience);
  }

  #spawn(): WorkerProcess {
    return (this.#process = spawnWorkerProcess(this.#options));
  }

  #ended(end: WorkerProcessEnd): void {
    const detail = end.orderly?.reason ?? describeEnd(end);
    this.#options.onExit?.(end, detail);
    if (this.#closing) return;
    if (end.orderly?.expected === true) return this.#options.onGivenUp?.(detail);
    const now = performance.now();
    this.#deaths = [...this.#deaths.filter((at) => now - at < MINUTE), now];
    const { backoff = 500, maxBackoff = 30_000, maxRestarts = 5, onLog } = this.#options;
    if (this.#deaths.length > maxRestarts) {
      const reason = `the worker ended ${this.#deaths.length} times within a minute, the last time with ${detail}`;
      onLog(`${reason}; it is not started again`);
      this.#options.onGivenUp?.(reason);
      return;
    }
    const pause = Math.min(maxBackoff, backoff * 2 ** (this.#deaths.length - 1));
    onLog(`the worker process ended (${detail}); it is started again in ${pause} ms`);
    this.#restart = setTimeout(() => this.#revive(), pause);
    // Like the worker itself: what should go on has something else that keeps this process alive.
    this.#restart.unref();
  }

  #revive(): void {
    const worker = this.#spawn();
    worker.ready.then(
      (identity) => this.#options.onReady?.({ ...identity, pid: worker.pid }),
      (error: unknown) => this.#options.onLog(toPlainError(error).message),
    );
    void worker.ended.then((end) => this.#ended(end));
  }
}
