/** A worker's connection to its scheduler: made, lost, looked for again. */
import { setTimeout as sleep } from "node:timers/promises";
import {
  connect,
  RefusedError,
  SchedulerUnreachableError,
  type Channel,
  type ConnectOptions,
  type SchedulerToWorker,
  type Welcome,
  type WorkerHello,
  type WorkerToScheduler,
} from "@heddle/protocol";

const FIRST_PAUSE = 50;
const LONGEST_PAUSE = 2_000;

export interface MembershipOptions extends ConnectOptions {
  readonly address: string;
  /** Milliseconds the first connection is tried for. */
  readonly connectTimeout: number;
  /** Milliseconds a lost scheduler is looked for. */
  readonly reconnectTimeout: number;
  /** What to introduce oneself as, the next time. */
  hello(): WorkerHello;
  /** `rejoining`: the hello named an earlier epoch. Messages come after the call. */
  onJoined(welcome: Welcome, rejoining: boolean): void;
  onMessages(messages: readonly SchedulerToWorker[]): void;
  onLost(reason: string): void;
  /** It cannot be found again, or does not want this worker any more. */
  onGivenUp(error: Error): void;
  readonly log: (line: string) => void;
}

export class Membership {
  readonly #options: MembershipOptions;
  readonly #ending = new AbortController();
  #channel: Channel<WorkerToScheduler, SchedulerToWorker> | undefined;

  constructor(options: MembershipOptions) {
    this.#options = options;
  }

  /**
   * Joins for the first time.
   *
   * @throws SchedulerUnreachableError after `connectTimeout`; UnauthorizedError, ProtocolVersionError, RefusedError at once.
   */
  async join(): Promise<void> {
    await this.#dial(this.#options.connectTimeout, true);
  }

  /** While there is no scheduler, messages go nowhere: the core presents what matters when there is one again. */
  send(message: WorkerToScheduler): void {
    this.#channel?.send(message);
  }

  /** Leaves for good, saying what is pending first. */
  close(reason: string): void {
    this.#ending.abort();
    const channel = this.#channel;
    this.#channel = undefined;
    channel?.close(1000, reason);
  }

  /** Leaves, to join again as if for the first time. */
  async rejoin(): Promise<void> {
    const channel = this.#channel;
    this.#channel = undefined;
    channel?.close(1000, "restarting");
    await this.#dial(this.#options.reconnectTimeout, false);
  }

  async #dial(patience: number, first: boolean): Promise<void> {
    const { address, log } = this.#options;
    const { signal } = this.#ending;
    const until = performance.now() + patience;
    for (let attempt = 0, pause = FIRST_PAUSE; ; attempt++, pause = Math.min(pause * 2, LONGEST_PAUSE)) {
      try {
        const hello = this.#options.hello();
        const connection = await connect(address, hello, { ...this.#options, signal });
        if (signal.aborted) return connection.terminate();
        const channel = connection.open<WorkerToScheduler, SchedulerToWorker>({
          onMessages: (messages) => {
            if (this.#channel === channel) this.#options.onMessages(messages);
          },
          onClose: (code, reason) => {
            if (this.#channel === channel) this.#lost(reason === "" ? `code ${code}` : reason);
          },
        });
        this.#channel = channel;
        // What the scheduler said since its welcome is delivered after this turn.
        this.#options.onJoined(connection.welcome, hello.lastEpoch !== undefined);
        return;
      } catch (error) {
        if (signal.aborted) return;
        if (!mayPass(error, first) || performance.now() + pause > until) throw error;
        if (attempt === 0 && first) log(`${(error as Error).message}; trying for ${Math.round(patience / 1000)} s`);
        await sleep(pause, undefined, { signal }).catch(() => {});
        if (signal.aborted) return;
      }
    }
  }

  #lost(reason: string): void {
    this.#channel = undefined;
    this.#options.onLost(reason);
    this.#dial(this.#options.reconnectTimeout, false).catch((error: unknown) => {
      if (!this.#ending.signal.aborted) this.#options.onGivenUp(error as Error);
    });
  }
}

/** Whether trying again can help: nobody is there yet, or a scheduler has not noticed yet that the earlier connection is dead. */
function mayPass(error: unknown, first: boolean): boolean {
  if (error instanceof SchedulerUnreachableError) return true;
  return !first && error instanceof RefusedError && error.refusal.code === "HEDDLE_WORKER_NAME_TAKEN";
}
