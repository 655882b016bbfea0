import { resolve } from "node:path";
import { setTimeout } from "node:timers/promises";
import { Client } from "@heddle/client";
import { Cluster, LocalCluster } from "@heddle/client/cluster";
import { RunClient, acquireLease, mustBeAbleToReport, writeReport } from "@heddle/client/runs";
import { at, type EventsPublished, type TasksBegun, type TasksFinished } from "@heddle/protocol";
import type { RunEventSink } from "../../history/run-event.js";
import { localStoreWarning } from "../../results/reachability.js";
import type { StoreDescription } from "../../results/result-store.js";
import { RunnerLifecycle } from "../lifecycle.js";
import type { AcquireLease, RunnerContext, RunnerHandle, RunnerTask, TaskRunner } from "../task-runner.js";
import { ClusterEvents } from "./cluster-events.js";
import { ClusterRun, type RunHost } from "./cluster-run.js";
import { Definitions } from "./definitions.js";
import { decodeNews, topicOf } from "./news.js";
import { checkOptions, type ClusterTaskRunnerOptions } from "./options.js";
import { drawTag, runKey } from "./run-key.js";
import { UnsubmittedRun } from "./unsubmitted-run.js";
import { Upstream } from "./upstream.js";

/** How long the end of a flow run waits for a scheduler to say what it lost, in milliseconds: one that does not answer is gone. */
const LAST_WORDS_MS = 1_000;

/**
 * Runs tasks on a Heddle cluster: the futures in their arguments are the scheduler's own dependencies, and results go from worker to
 * worker.
 *
 * @example
 * ```ts
 * new ClusterTaskRunner()                                     // a LocalCluster for this flow run, gone afterwards
 * new ClusterTaskRunner({ cluster: { workers: 4 } })          // the same with options
 * new ClusterTaskRunner({ cluster: new LocalCluster() })      // an existing cluster: used, never closed
 * new ClusterTaskRunner({ address: "wss://scheduler:8786", token })
 * ```
 *
 * @throws InvalidOptionError
 */
export class ClusterTaskRunner implements TaskRunner {
  readonly name = "ClusterTaskRunner";
  readonly concurrency = "parallel";
  readonly #options: ClusterTaskRunnerOptions;
  readonly #lifecycle = new RunnerLifecycle("ClusterTaskRunner");
  #session: FlowSession | undefined;

  constructor(options: ClusterTaskRunnerOptions = {}) {
    checkOptions(options);
    this.#options = options;
  }

  /** @throws SchedulerUnreachableError, UnauthorizedError; ReportFileError, NoDashboardError; what the cluster failed with; what the signal is aborted with */
  async start(context: RunnerContext): Promise<void> {
    this.#lifecycle.start();
    const { signal } = context;
    signal.throwIfAborted();
    const session = (this.#session = new FlowSession(this.#options, context));
    // Nobody will use it: it goes at once, without coming up first.
    const giveUp = (): void => void session.close().catch(() => {});
    signal.addEventListener("abort", giveUp);
    try {
      await session.ready();
      signal.throwIfAborted();
    } catch (error) {
      await session.close();
      throw error;
    } finally {
      signal.removeEventListener("abort", giveUp);
    }
  }

  /** After `start`: the scheduler is told of what happens, for its dashboard. */
  get events(): RunEventSink | undefined {
    return this.#session?.events;
  }

  /** After `start`: leases are counted by the scheduler, over the whole cluster. */
  get acquire(): AcquireLease | undefined {
    return this.#session?.acquire;
  }

  get failure(): Error | undefined {
    return this.#session?.failure;
  }

  submit(run: RunnerTask): RunnerHandle {
    this.#lifecycle.assertStarted();
    return this.#session!.submit(run);
  }

  async stop(): Promise<void> {
    if (this.#lifecycle.stop()) await this.#session?.close();
  }

  duplicate(): ClusterTaskRunner {
    return new ClusterTaskRunner(this.#options);
  }
}

/** The cluster as one flow run uses it. */
class FlowSession implements RunHost {
  readonly client: RunClient;
  readonly events: ClusterEvents;
  /** Made here, and to be ended here. */
  readonly #own: LocalCluster | undefined;
  readonly #definitions: Definitions;
  readonly #tag = drawTag();
  /** Runs that have not ended, by the number the client has for them. */
  readonly #byTask = new Map<number, ClusterRun>();
  /** Runs by their number in the flow run, for news of them. */
  readonly #byNumber: (ClusterRun | undefined)[] = [];
  readonly #workers = new Map<number, string>();
  readonly #upstream: Upstream;
  readonly #context: RunnerContext;
  /** Absolute: the flow may change the working directory. */
  readonly #report: string | undefined;
  /** Cancelled in this turn: told together. */
  #cancelled: ClusterRun[] = [];
  #submissions = 0;
  #hasWarned = false;
  #isReady = false;
  #failure: Error | undefined;
  readonly #began = Date.now();
  #closed: Promise<void> | undefined;

  constructor(options: ClusterTaskRunnerOptions, context: RunnerContext) {
    this.#context = context;
    const { cluster, address, token, tls, timeout, adapt, performanceReport } = options;
    this.#report = performanceReport === undefined ? undefined : resolve(performanceReport);
    if (address === undefined && !(cluster instanceof Cluster)) {
      const minimum = adapt?.minimum;
      this.#own = new LocalCluster({ ...(minimum === undefined ? {} : { workers: minimum }), ...cluster });
    }
    const name = `flow ${context.flowRun.name}`;
    let client: Client;
    try {
      if (adapt !== undefined) this.#own?.adapt(adapt);
      client = new Client(address ?? this.#own ?? (cluster as Cluster), {
        name,
        ...(token === undefined ? {} : { token }),
        ...(tls === undefined ? {} : { tls }),
        ...(timeout === undefined ? {} : { timeout }),
      });
    } catch (error) {
      // Its processes are on their way up, and nobody else knows of them.
      this.#own?.close().catch(() => {});
      throw error;
    }
    this.client = new RunClient(client, {
      ran: (runs) => this.#ran(runs),
      begun: (runs) => this.#begun(runs),
      ended: (task) => this.#ended(task),
    });
    const { id } = context.flowRun;
    client.onEvent(({ topic, data }) => {
      if (topic === "workers") this.#name(data as unknown as readonly WorkerName[]);
    });
    this.client.subscribe(topicOf(id), (news) => this.#hear(news));
    this.events = new ClusterEvents(this.client, id, this.#tag);
    this.#definitions = new Definitions(this.client, id);
    this.#upstream = new Upstream(this.client);
  }

  readonly acquire: AcquireLease = async (name, limit, slots, signal) => {
    try {
      return await acquireLease(this.client.client, name, limit, slots, signal);
    } catch (error) {
      this.suffered();
      throw error;
    }
  };

  get failure(): Error | undefined {
    return this.#failure;
  }

  suffered(): void {
    // A cluster that goes when nothing of the flow run needs it any more does no harm.
    if (!this.isStopped) this.#failure ??= this.client.failure;
  }

  get isStopped(): boolean {
    return this.#closed !== undefined;
  }

  async ready(): Promise<void> {
    const { client } = this.client;
    // All of a cluster's own workers: the first to join would take what is there, and the others find nothing left.
    await Promise.all([client.ready, this.#own?.ready]);
    this.#name(await client.workers());
    // Nobody else knows where that is: the cluster is here for this flow run alone. A program without a terminal has nobody to tell.
    const dashboard = this.#own?.dashboardUrl;
    if (dashboard !== undefined && process.stderr.isTTY)
      this.#context.log("info", `its tasks can be watched at ${dashboard}`);
    // Before the flow's body runs, which would be for nothing if the report is what it is run for.
    if (this.#report !== undefined) await mustBeAbleToReport(client, this.#report);
    this.#isReady = true;
  }

  submit(task: RunnerTask): RunnerHandle {
    const { run, call } = task;
    try {
      const { keeper } = call.policy;
      if (keeper !== undefined && !this.#hasWarned) this.#warnOfLocal(task, keeper.store);
      const prepared = this.#definitions.of(call, run.tags, task.report.maxArtifact);
      const bound = new Set<RunnerHandle>();
      const args = task.bind((upstream) => {
        bound.add(upstream);
        return (upstream as ClusterRun).argument;
      });
      const after = this.#upstream.markers(task.upstream, bound);
      // A flow that is retried runs some of its runs again, under the same numbers.
      const again = this.#byNumber[run.number] === undefined ? 0 : ++this.#submissions;
      const key = runKey(run.name, this.#tag, run.number, again);
      const future = this.client.submit(prepared, key, after === undefined ? [args] : [args, after]);
      const handle = new ClusterRun(this, task, future);
      this.#byTask.set(this.client.taskOf(future), handle);
      this.#byNumber[run.number] = handle;
      return handle;
    } catch (error) {
      this.suffered();
      return new UnsubmittedRun(task, error);
    }
  }

  /** Once: results that each machine would keep for itself. */
  #warnOfLocal(task: RunnerTask, store: StoreDescription): void {
    if (this.#own !== undefined) return;
    const warning = localStoreWarning(this.client.client.address, [store]);
    if (warning === undefined) return;
    this.#hasWarned = true;
    task.report.warn(warning);
  }

  close(): Promise<void> {
    return (this.#closed ??= this.#close());
  }

  async #close(): Promise<void> {
    if (this.#isReady) {
      await this.#writeReport();
      if (this.#failure === undefined) await this.#hearAll();
    }
    await this.client.close();
    await this.#own?.close();
  }

  /** With the answer to a question comes how much was lost of what this process did not read in time. */
  async #hearAll(): Promise<void> {
    const enough = new AbortController();
    const wait = setTimeout(LAST_WORDS_MS, undefined, { signal: enough.signal });
    await Promise.race([this.client.client.workers(), wait]).catch(() => {});
    enough.abort();
    await wait.catch(() => {});
  }

  /** That it could not be written after all is said, and spoils nothing: the flow run ends as it would have. */
  async #writeReport(): Promise<void> {
    const file = this.#report;
    if (file === undefined) return;
    const { flow, name } = this.#context.flowRun;
    try {
      await writeReport(this.client.client, {
        file,
        title: `${flow}: ${name}`,
        from: this.#began,
      });
    } catch (error) {
      this.#context.log("warn", `the performance report ${file} could not be written: ${(error as Error).message}`);
    }
  }

  // ---- what runs need

  ownTime(time: number, notBefore: number): number {
    // Clocks of other machines differ: what they say is taken as far as it can be true.
    return Math.min(Math.max(time, notBefore), Date.now());
  }

  workerName(index: number): string | undefined {
    return this.#workers.get(index);
  }

  cancel(run: ClusterRun): void {
    if (this.#cancelled.push(run) > 1) return;
    queueMicrotask(() => {
      const runs = this.#cancelled;
      this.#cancelled = [];
      if (!this.isStopped) this.client.cancel(runs.map((each) => each.native));
    });
  }

  // ---- what the scheduler says

  #name(workers: readonly WorkerName[]): void {
    for (const { index, name } of workers) this.#workers.set(index, name);
  }

  #ran({ tasks, startedAt, took, workers }: TasksFinished): void {
    for (let row = 0; row < tasks.length; row++)
      this.#byTask.get(tasks[row]!)?.ran(startedAt[row]!, took[row]!, at(workers, row));
  }

  #begun({ tasks, startedAt, workers }: TasksBegun): void {
    for (let row = 0; row < tasks.length; row++)
      this.#byTask.get(tasks[row]!)?.begun(startedAt[row]!, at(workers, row));
  }

  #ended(task: number): void {
    const run = this.#byTask.get(task);
    if (run === undefined) return;
    this.#byTask.delete(task);
    run.ended();
  }

  #hear({ events, worker, dropped, missed }: EventsPublished): void {
    if (missed !== undefined)
      this.#context.log(
        "warn",
        `${missed} messages were lost (log lines, retries, artifacts): this process did not read them in time`,
      );
    // Events of other clients about this flow run are not from its workers.
    if (worker === undefined) return;
    if (dropped !== undefined)
      this.#context.log("warn", `${worker} left out ${dropped} log messages: there were more than can be sent`);
    const news = decodeNews(events);
    if (news !== undefined) this.#byNumber[news.number]?.hear(news, worker);
  }
}

interface WorkerName {
  readonly index: number;
  readonly name: string;
}
