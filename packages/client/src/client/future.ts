/** What a submitted task is to the program: its state, and its result when there is one. */
import { inspect } from "node:util";
import { CAPTURE_HOOK } from "@heddle/closures";
import type { Duration } from "@heddle/protocol";
import type { TaskStatus } from "../core/events.js";
import { ReleasedFutureError, checkOptionNames } from "../errors/usage.js";
import { holdUntil } from "./hold-until.js";
import type { Session } from "./session.js";

/** @internal Whether a value is a Future, whatever its prototype says. */
export let isFuture: (value: object) => value is Future<unknown>;
/** @internal */
export let taskOf: (future: Future<unknown>) => number;
/** @internal */
export let sessionOf: (future: Future<unknown>) => Session;
/** @internal */
export let isReleased: (future: Future<unknown>) => boolean;

/** Something the futures of one submission keep alive: when it is collected, so are they, and what they hold is released. */
export type Lease = object;

export interface ResultOptions {
  /** How long to wait. Default: for ever. */
  readonly timeout?: Duration;
}

/**
 * The result of a task that is waiting, running or done. Made by `client.submit` and its like.
 *
 * @remarks
 * Not thenable: `await future` gives the future itself, `await future.result()` its value. As long as a Future exists, the cluster
 * keeps the result; {@link Future.release} lets go of it at once, garbage collection some time later.
 *
 * @typeParam T - type of the result
 */
export class Future<T> {
  readonly #session: Session;
  readonly #task: number;
  readonly #lease: Lease | undefined;
  #key: string | undefined;
  /** Set when released: the status it had. */
  #last: TaskStatus | undefined;

  /** @internal */
  constructor(session: Session, task: number, lease: Lease | undefined) {
    this.#session = session;
    this.#task = task;
    this.#lease = lease;
  }

  /** "add-<hash>" for a pure call; with a unique part otherwise; or as given with `with({ key })`. */
  get key(): string {
    return (this.#key ??= Buffer.from(this.#session.key(this.#task)).toString());
  }

  /** Where the task is. `"lost"`: scattered data whose last holder is gone, or a task whose cluster cannot be reached any more. */
  get status(): TaskStatus {
    return this.#last ?? this.#session.status(this.#task);
  }

  /** Finished, failed, cancelled or lost. */
  get done(): boolean {
    return this.status !== "pending";
  }

  /**
   * The result, decoded anew for each call: what one caller changes, another does not see.
   *
   * @throws the task's own error, with its name, message, stack and fields; TaskCancelledError, TaskTimeoutError,
   * KilledWorkerError, DataLostError and their like; WaitTimeoutError when it is not there in time.
   */
  async result(options?: ResultOptions): Promise<T> {
    if (this.#last !== undefined) throw new ReleasedFutureError(this.key);
    if (options !== undefined) checkOptionNames("result", options, ["timeout"]);
    return holdUntil(this.#session.results.value(this.#task, options?.timeout), this) as Promise<T>;
  }

  /**
   * The task's error, undefined when it finished.
   *
   * @throws WaitTimeoutError
   */
  async exception(options?: ResultOptions): Promise<Error | undefined> {
    if (this.#last !== undefined) throw new ReleasedFutureError(this.key);
    if (options !== undefined) checkOptionNames("exception", options, ["timeout"]);
    return holdUntil(this.#session.results.error(this.#task, options?.timeout), this);
  }

  /** Calls back once, when the task is done; in the next microtask when it is already. */
  onDone(callback: (future: Future<T>) => void): void {
    this.#session.onDone(this.#task, () => callback(this));
  }

  /** Stops the task, unless another client wants it: see `client.cancel`. */
  cancel(options: { readonly force?: boolean } = {}): Promise<void> {
    return this.#session.cancel([this.#task], options.force ?? false);
  }

  /** Lets go of the result. The future cannot be used after it, but for its key and status. */
  release(): void {
    if (this.#last !== undefined) return;
    this.#key = this.key;
    this.#last = this.status;
    this.#session.release(this.#task, 1);
  }

  [Symbol.dispose](): void {
    this.release();
  }

  [CAPTURE_HOOK](): { reason: string; hint: string } {
    return { reason: `the Future ${this.key}`, hint: "pass it as an argument: the task then gets its value" };
  }

  [inspect.custom](): string {
    return `Future<${this.key}: ${this.status}>`;
  }

  static {
    isFuture = (value): value is Future<unknown> => #task in value;
    taskOf = (future) => future.#task;
    sessionOf = (future) => future.#session;
    isReleased = (future) => future.#last !== undefined;
  }
}
