/** The program's way to a cluster. */
import { HEDDLE_VERSION, ValueEncoder, parseDuration, type ClusterEvent, type Duration } from "@heddle/protocol";
import { CAPTURE_HOOK, withShipping, type Shipping } from "@heddle/closures";
import { assertNotImporting, taskConnection } from "@heddle/worker/task";
import { ClientClosedError } from "../errors/connection.js";
import { WaitTimeoutError } from "../errors/tasks.js";
import { writeTrace } from "../diagnostics/recorded-files.js";
import { InvalidArgumentError, checkOptionNames } from "../errors/usage.js";
import { callableOf } from "../graph/functions.js";
import { NO_OPTIONS } from "../options/task-options.js";
import type { TaskValue } from "../types.js";
import { codecExtensions } from "./codec-extensions.js";
import { decode } from "./decoding.js";
import { enterClient, leaveClient } from "./current-client.js";
import { endpointOf, shippingOf, type ClientOptions, type ClusterLike } from "./endpoint.js";
import { taskOf, type Future } from "./future.js";
import { holdUntil } from "./hold-until.js";
import { keepAlive } from "./keep-alive.js";
import type { Explanation, StoryLine, TaskInfo, Versions, WorkerInfo } from "./reports.js";
import type { ErrorMode } from "./results.js";
import { scatter, type ScatterOptions } from "./scatter.js";
import { Session } from "./session.js";
import { Submitter } from "./submitter.js";
import { WorkerTransfer } from "./worker-transfer.js";
import { commonSession, futureList } from "./wait.js";

export interface GatherOptions {
  /** raise: reject with the first error, as soon as there is one. skip: leave out what failed. Default raise. */
  readonly errors?: ErrorMode;
}

export interface RunOptions {
  /** Names of workers. Default: all. */
  readonly workers?: readonly string[];
  /** What the function is called with. */
  readonly args?: readonly unknown[];
}

/** Futures or keys, one or more. */
type NamedTasks = Future<unknown> | string | Iterable<Future<unknown> | string>;

/** Between two looks at who is there. Milliseconds. */
const POLL = 50;
const RESTART_TIMEOUT = 60_000;

/**
 * A connection to a scheduler, and what can be asked of it.
 *
 * @example
 * await using cluster = new LocalCluster({ workers: 4 });
 * await using client = new Client(cluster);
 * const doubled = client.map((x: number) => 2 * x, [1, 2, 3]);
 * console.log(await client.gather(doubled)); // [2, 4, 6]
 */
export class Client extends Submitter implements AsyncDisposable {
  readonly #ready: Promise<void>;
  readonly #transfer: WorkerTransfer;
  readonly #shipping: Shipping | undefined;
  readonly #stopListening: (() => void) | undefined;
  #closed: Promise<void> | undefined;

  /**
   * Connects in the background: submitting can begin at once.
   *
   * @param target - a cluster, or the address of a scheduler ("ws://host:8786", "wss://..."). Default: HEDDLE_ADDRESS, else the
   * newest cluster of this process that is open.
   * @throws NoClusterError, InvalidArgumentError, InvalidOptionError
   * @throws ImportedProgramError - on a worker, at the top level of a file that tasks import.
   */
  constructor(target?: ClusterLike | string, options: ClientOptions = {}) {
    assertNotImporting("new Client()");
    const inside = taskConnection();
    const endpoint = endpointOf(target, options);
    const shipping = shippingOf(options);
    const transfer = new WorkerTransfer(endpoint);
    super(
      new Session({
        endpoint,
        name: options.name ?? `client-${process.pid}`,
        insideTask: inside?.task,
        extensions: codecExtensions,
        transfer,
      }),
      { ...NO_OPTIONS, shipping },
    );
    this.#shipping = shipping;
    this.#transfer = transfer;
    this.#ready = keepAlive.during(this.session.ready);
    this.#ready.catch(() => {});
    // A closed cluster is no broken connection: there is nothing to come back to.
    if (typeof target === "object") this.#stopListening = target.onClose?.((reason) => void this.#close(reason));
    enterClient(this);
  }

  /**
   * Resolves when the scheduler has accepted this client.
   *
   * @throws SchedulerUnreachableError, UnauthorizedError, ProtocolVersionError; what the cluster failed with
   */
  get ready(): Promise<void> {
    return this.#ready;
  }

  /** Of the scheduler; "" until the first attempt to connect. */
  get address(): string {
    return this.session.address;
  }

  get closed(): boolean {
    return this.#closed !== undefined;
  }

  /** Sends what is pending and leaves: what only this client wants is dropped. What is pending rejects. Idempotent. */
  close(): Promise<void> {
    return this.#close(undefined);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  // ---- results

  /**
   * The values of futures, in order. Big ones are fetched from the workers that have them, all of one worker at once.
   *
   * @throws the error of the first task that failed, as soon as it has; with `errors: "skip"`, failed ones are left out instead
   */
  async gather<const F extends readonly Future<unknown>[]>(
    futures: F,
    options?: GatherOptions & { readonly errors?: "raise" },
  ): Promise<{ -readonly [I in keyof F]: F[I] extends Future<infer V> ? V : never }>;
  async gather<T>(futures: Iterable<Future<T>>, options?: GatherOptions): Promise<T[]>;
  async gather(futures: Iterable<Future<unknown>>, options: GatherOptions = {}): Promise<unknown> {
    checkOptionNames("gather", options, ["errors"]);
    const { errors = "raise" } = options;
    if (errors !== "raise" && errors !== "skip")
      throw new InvalidArgumentError("gather", 'errors is "raise" or "skip"');
    const list = futureList("gather", futures);
    return holdUntil(this.session.results.gather(this.#own("gather", list), errors), list);
  }

  /**
   * Stops tasks: those waiting never start, running JavaScript is stopped for real. A task another client wants goes on for that
   * one. Resolves when the scheduler has taken note.
   */
  async cancel(
    futures: Future<unknown> | Iterable<Future<unknown>>,
    options: {
      /** Disregard other clients' interest and the grace period. */
      readonly force?: boolean;
    } = {},
  ): Promise<void> {
    checkOptionNames("cancel", options, ["force"]);
    await this.session.cancel(this.#own("cancel", oneOrMore(futures)), options.force ?? false);
  }

  /** Runs failed tasks again, and the failed tasks they rest on. Resolves when they are pending. */
  async retry(futures: Future<unknown> | Iterable<Future<unknown>>): Promise<void> {
    await this.session.retry(this.#own("retry", oneOrMore(futures)));
  }

  /** Lets these tasks run to their end though nobody may hold their futures any more. */
  async fireAndForget(futures: Future<unknown> | Iterable<Future<unknown>>): Promise<void> {
    await this.session.ask({ what: "fireAndForget", tasks: this.#own("fireAndForget", oneOrMore(futures)) });
  }

  /**
   * Puts values on workers, for tasks to use without carrying them. An array gives one future per element; anything else, typed
   * arrays among it, gives one.
   *
   * @throws CodecError - a value cannot travel.
   * @throws NoWorkerError - nobody came in time to take it, or nobody of them can be reached.
   */
  async scatter<T>(values: readonly T[], options?: ScatterOptions): Promise<Future<T>[]>;
  async scatter<T>(value: T, options?: ScatterOptions): Promise<Future<T>>;
  async scatter(values: unknown, options: ScatterOptions = {}): Promise<unknown> {
    const list = Array.isArray(values) ? (values as unknown[]) : [values];
    const futures = await withShipping(this.#shipping, () => scatter(this.session, this.#transfer, list, options));
    return Array.isArray(values) ? futures : futures[0];
  }

  // ---- what the cluster is and does

  /** Names of the workers that hold each result, by key. Default: of everything in memory. */
  async whoHas(futures?: NamedTasks): Promise<Record<string, string[]>> {
    return this.#ask({ what: "whoHas", keys: keysOf(futures) });
  }

  /** Bytes of each result, by key. Default: of everything in memory. */
  async nbytes(futures?: NamedTasks): Promise<Record<string, number>> {
    return this.#ask({ what: "nbytes", keys: keysOf(futures) });
  }

  /** The workers there are. */
  async workers(): Promise<WorkerInfo[]> {
    return this.#ask({ what: "workers" });
  }

  /** The tasks the scheduler knows, at most `limit` (10,000), all of them or those in one state. */
  async tasks(options: { readonly state?: string; readonly limit?: number } = {}): Promise<TaskInfo[]> {
    checkOptionNames("tasks", options, ["state", "limit"]);
    return this.#ask({ what: "tasks", state: options.state ?? null, limit: options.limit ?? 10_000 });
  }

  /** What happened to a task: its transitions, oldest first, each with what caused it. @throws UnknownKeyError */
  async story(key: string | Future<unknown>): Promise<StoryLine[]> {
    return this.#ask({ what: "story", key: keyOf(key) });
  }

  /** Why a task is where it is, in words and data: what it waits for, say. @throws UnknownKeyError */
  async explain(key: string | Future<unknown>): Promise<Explanation> {
    return this.#ask({ what: "explain", key: keyOf(key) });
  }

  /** Versions of Heddle and Node on every side. */
  async versions(): Promise<Versions> {
    const others = await this.#ask<Omit<Versions, "client">>({ what: "versions" });
    return { client: { heddle: HEDDLE_VERSION, node: process.version }, ...others };
  }

  /**
   * Writes what the cluster's dashboard recorded to a file of Chrome trace events, which Perfetto (ui.perfetto.dev), chrome://tracing
   * and speedscope open: a process per worker, a row per thread. In place of what the file was, when it is complete.
   *
   * @param options.from - milliseconds since the epoch; default: all that is still recorded
   * @throws NoDashboardError, DashboardRequestError; what writing the file throws
   */
  async trace(file: string, options: { readonly from?: number; readonly to?: number } = {}): Promise<void> {
    checkOptionNames("trace", options, ["from", "to"]);
    if (typeof file !== "string" || file === "")
      throw new InvalidArgumentError("trace", "its first argument is the name of a file");
    await keepAlive.during(writeTrace(this.session, file, options));
  }

  // ---- the cluster as a whole

  /**
   * Calls a function on every worker, beside its tasks.
   *
   * @returns what it returned, by name of the worker
   * @throws the first error it threw on one of them; NoWorkerError for a name that is no worker's
   */
  async run<R>(fn: (...args: never[]) => R, options: RunOptions = {}): Promise<Record<string, TaskValue<R>>> {
    checkOptionNames("run", options, ["workers", "args"]);
    if (typeof fn !== "function") throw new InvalidArgumentError("run", "its first argument must be a function");
    const callable = withShipping(this.#shipping, () => callableOf(fn, fn.name));
    const args = new ValueEncoder({ extensions: codecExtensions, outOfBandBytes: Number.POSITIVE_INFINITY });
    const answer = await this.session.ask(
      {
        what: "run",
        function: callable.function,
        args: args.encode(options.args ?? []).head,
        workers: options.workers ?? null,
      },
      callable.definitions,
    );
    const values: Record<string, TaskValue<R>> = {};
    for (const [worker, { ok, bytes }] of Object.entries(answer.values ?? {})) {
      const value = await decode({ head: bytes });
      if (!ok) throw value;
      values[worker] = value as TaskValue<R>;
    }
    return values;
  }

  /** Cancels every task of every client, drops all data, and gives every worker fresh threads. Resolves when they are back. */
  async restart(options: { readonly timeout?: Duration } = {}): Promise<void> {
    checkOptionNames("restart", options, ["timeout"]);
    const before = new Set((await this.workers()).map(({ index }) => index));
    await this.#ask({ what: "restart" });
    await this.#until("the restart", options.timeout ?? RESTART_TIMEOUT, async () => {
      const back = (await this.workers()).filter(({ index, status }) => status === "running" && !before.has(index));
      return back.length >= before.size;
    });
  }

  /** Resolves when at least `count` workers are running. @throws WaitTimeoutError */
  async waitForWorkers(count: number, options: { readonly timeout?: Duration } = {}): Promise<void> {
    checkOptionNames("waitForWorkers", options, ["timeout"]);
    if (!Number.isInteger(count) || count < 0)
      throw new InvalidArgumentError("waitForWorkers", "its first argument is a number of workers");
    await this.#until(`the arrival of ${count} workers`, options.timeout, async () => {
      const workers = await this.workers();
      return workers.filter(({ status }) => status === "running").length >= count;
    });
  }

  /** Takes workers out: they finish what they run, hand over what they hold, and end. @returns the names of those that go */
  async retireWorkers(names: readonly string[]): Promise<string[]> {
    return this.#ask({ what: "retireWorkers", workers: names });
  }

  /** Ends the whole cluster. */
  async shutdown(): Promise<void> {
    await this.#ask({ what: "shutdown" });
  }

  /** Workers that come and go, and warnings. @returns how to stop listening */
  onEvent(listener: (event: ClusterEvent) => void): () => void {
    return this.session.onEvent(listener);
  }

  [CAPTURE_HOOK](): { reason: string; hint: string } {
    return { reason: "a Client, a connection of this process", hint: "use getClient() inside the task" };
  }

  #close(reason: Error | undefined): Promise<void> {
    return (this.#closed ??= this.#leave(reason));
  }

  async #leave(reason: Error | undefined): Promise<void> {
    leaveClient(this);
    this.#stopListening?.();
    // Whoever keeps account of runs has seen every error, also of tasks that finished first.
    const unseenErrors = this.session.account === undefined ? this.session.core.unseenErrors : 0;
    await this.session.close(reason);
    if (unseenErrors > 0)
      console.error(
        `heddle: ${unseenErrors} ${unseenErrors === 1 ? "task" : "tasks"} failed and nobody looked at the error ` +
          "(future.result() and future.exception() show it)",
      );
  }

  async #ask<T>(question: Parameters<Session["ask"]>[0]): Promise<T> {
    return (await this.session.ask(question)).value as T;
  }

  /** Task numbers of futures of this client. */
  #own(where: string, futures: Iterable<Future<unknown>>): number[] {
    const list = futureList(where, futures);
    for (const future of list) this.session.check(future);
    commonSession(where, list);
    return list.map(taskOf);
  }

  async #until(what: string, timeout: Duration | undefined, holds: () => Promise<boolean>): Promise<void> {
    const limit = timeout === undefined ? Number.POSITIVE_INFINITY : parseDuration(timeout);
    const end = performance.now() + limit;
    while (!(await holds())) {
      if (this.closed) throw new ClientClosedError(what);
      if (performance.now() >= end) throw new WaitTimeoutError(what, limit);
      await new Promise((resolve) => setTimeout(resolve, POLL));
    }
  }
}

function oneOrMore(futures: Future<unknown> | Iterable<Future<unknown>>): Iterable<Future<unknown>> {
  return typeof futures === "object" && futures !== null && Symbol.iterator in futures ? futures : [futures];
}

function keyOf(key: string | Future<unknown>): string {
  return typeof key === "string" ? key : key.key;
}

function keysOf(futures: NamedTasks | undefined): string[] | null {
  if (futures === undefined) return null;
  if (typeof futures === "string" || !(Symbol.iterator in futures)) return [keyOf(futures)];
  return Array.from(futures, keyOf);
}
