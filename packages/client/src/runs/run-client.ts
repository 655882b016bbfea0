/**
 * A client as those need it who keep account of runs (the runner of flows on a cluster): functions that are prepared once and submitted
 * often under names of their own, when and where they ran, and news beside results.
 */
import type { EventsPublished, FailureRecord, TaskOptions, TasksBegun, TasksFinished } from "@heddle/protocol";
import type { Client } from "../client/client.js";
import { errorOf } from "../client/failures.js";
import { taskOf, type Future } from "../client/future.js";
import { keepAlive } from "../client/keep-alive.js";
import type { TaskStatus } from "../core/events.js";
import type { Callable } from "../graph/callable.js";
import { callableOf } from "../graph/functions.js";
import type { Recipe } from "../graph/recipe.js";
import type { AnyFunction } from "../types.js";

/** A function ready to travel, with the options of its tasks. One object for all of them: they share its row in messages. */
export interface PreparedFunction {
  readonly name: string;
  readonly options: TaskOptions | undefined;
  /** @internal */
  readonly callable: () => Callable;
}

/** Called while a message of the scheduler is taken, before whoever waits for the tasks: must be short and not throw. */
export interface RunListener {
  /** Runs that finished, with when and where. Rows by the scheduler's message. */
  ran(runs: TasksFinished): void;
  /** Runs that have been going on for a while. */
  begun(runs: TasksBegun): void;
  /** A task of this client has ended, one way or another. */
  ended(task: number): void;
}

export class RunClient {
  readonly client: Client;
  readonly #watch: { settled(task: number): void };
  #isOver!: () => void;

  /** Keeps this process alive until it is closed. */
  constructor(client: Client, listener: RunListener) {
    this.client = client;
    void keepAlive.during(new Promise<void>((resolve) => (this.#isOver = resolve)));
    this.#watch = {
      settled: (task) => {
        // Whoever keeps account of runs sees every error.
        client.session.looked(task);
        try {
          listener.ended(task);
        } catch (error) {
          // Not in the midst of what the scheduler said: it must not look like a broken connection.
          queueMicrotask(() => {
            throw error;
          });
        }
      },
    };
    client.session.account = listener;
  }

  /**
   * The function as it is now.
   *
   * @param name - the tasks' group
   * @throws FunctionNotSerializableError naming the variable that cannot be copied
   */
  prepare(fn: AnyFunction, name: string, options: TaskOptions | undefined): PreparedFunction {
    const callable = callableOf(fn, name);
    return { name, options, callable: () => callable };
  }

  /**
   * One task, under a key that must not have been used before. The listener hears of its end.
   *
   * @throws CodecError - an argument cannot travel.
   * @throws ForeignFutureError, ReleasedFutureError, ArgumentsTooLargeError, ClientClosedError
   */
  submit(prepared: PreparedFunction, key: string, args: readonly unknown[]): Future<unknown> {
    const { session } = this.client;
    const recipe: Recipe = {
      name: prepared.name,
      options: { key, pure: false, name: prepared.name, shipping: undefined, task: prepared.options },
      pure: false,
      callable: prepared.callable,
    };
    const future = session.submit(recipe, args);
    session.watches.add(taskOf(future), this.#watch);
    return future;
  }

  /** What messages and the listener know the task by. */
  taskOf(future: Future<unknown>): number {
    return taskOf(future);
  }

  /** Cancels several at once, without waiting for an answer. */
  cancel(futures: readonly Future<unknown>[]): void {
    // The connection may be gone: then they are lost, and that is told.
    this.client.session.cancel(futures.map(taskOf), false).catch(() => {});
  }

  /** How a task stands, and why it failed. */
  outcome(future: Future<unknown>): {
    readonly status: TaskStatus;
    readonly error?: Error;
    readonly failure?: FailureRecord;
  } {
    const { session } = this.client;
    const task = taskOf(future);
    const status = session.status(task);
    const failure = session.core.failure(task);
    if (failure !== undefined) return { status, failure, error: errorOf(failure) };
    return { status, ...(session.failure === undefined ? {} : { error: session.failure }) };
  }

  /** Why nothing that is pending will ever settle: the scheduler cannot be reached any more, or the client was closed. */
  get failure(): Error | undefined {
    return this.client.session.failure;
  }

  /** Closes the client with it. What is pending is lost. */
  async close(): Promise<void> {
    const closed = this.client.close();
    this.client.session.account = undefined;
    await closed;
    this.#isOver();
  }

  /** Resolves when the scheduler has taken everything sent before. @throws ClientClosedError, ConnectionLostError */
  async barrier(): Promise<void> {
    await this.client.session.ask({ what: "identity" });
  }

  /** Listens to what tasks of this and other clients publish under a topic. @returns how to stop */
  subscribe(topic: string, listener: (news: EventsPublished) => void): () => void {
    return this.client.session.subscribe(topic, listener);
  }

  /** For other listeners, and for whoever shows what the cluster does. @param events - at most MAX_EVENT_BYTES */
  publish(topic: string, events: Uint8Array): void {
    this.client.session.publish(topic, events);
  }
}

/**
 * Waits until fewer than `limit` leases of this name are out over the whole cluster, and takes `slots` of them.
 *
 * @returns how to give it back
 * @throws ClientClosedError, SchedulerUnreachableError; what `signal` was aborted with
 */
export function acquireLease(
  client: Client,
  name: string,
  limit: number,
  slots: number,
  signal?: AbortSignal,
): Promise<() => void> {
  return client.session.acquire(name, limit, slots, signal);
}
