/** What all kinds of clusters have in common: one scheduler, some workers, looked after from here. */
import { availableParallelism } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { HeddleError, type Settings } from "@heddle/protocol";
import { InvalidArgumentError, checkOptionNames } from "../errors/usage.js";
import { Adaptive, type ClusterLoad } from "./adaptive.js";
import { askScheduler } from "./ask-scheduler.js";
import { enterCluster, leaveCluster } from "./current.js";
import { ClusterClosedError, ClusterFailedError, ClusterNotReadyError, ClusterStartError } from "./errors.js";
import { holdOpen } from "./hold-open.js";
import { chooseToRetire, type WorkerLoad } from "./retirement.js";
import type { Part, Place, SchedulerPart, SchedulerSpec, WorkerSpec } from "./spec.js";
import { WatchedPart } from "./watched-part.js";

/** What one of its parts ("worker-1", "scheduler") prints, or is said about them ("cluster"): a line, or part of one. */
export type ClusterLog = (source: string, stream: "stdout" | "stderr", text: string) => void;

export interface ClusterOptions {
  readonly scheduler: SchedulerSpec;
  readonly worker: WorkerSpec;
  /** Workers to begin with, from 0. */
  readonly workers: number;
  readonly settings: Settings;
  /** What its processes have to say to the user. */
  readonly log: ClusterLog;
}

/** Milliseconds. */
const RETIRE_AGAIN = 5_000;
/** Between two looks at what there is to do. */
const LOOK_AGAIN = 500;

type State = "starting" | "running" | "closing" | "closed";

/**
 * A scheduler and its workers. It starts when it is made, keeps its processes alive, and ends them when it is closed, or with this
 * process, however that ends.
 */
export class Cluster implements AsyncDisposable {
  readonly #options: ClusterOptions;
  readonly #scheduler: WatchedPart<SchedulerPart>;
  readonly #workers = new Map<string, WatchedPart<Part>>();
  readonly #leaving = new Set<string>();
  readonly #place: Promise<Place>;
  readonly #ready: Promise<void>;
  readonly #closeListeners = new Set<(reason: HeddleError) => void>();
  #state: State = "starting";
  #known: Place | undefined;
  #publicAddress = "";
  #dashboardUrl: string | undefined;
  #nextWorker = 1;
  #resizing: Promise<unknown> = Promise.resolve();
  #closed: Promise<void> | undefined;
  #adapting = new AbortController();

  constructor(options: ClusterOptions) {
    this.#options = options;
    let placed!: (place: Place) => void;
    let unplaced!: (reason: Error) => void;
    this.#place = new Promise((resolve, reject) => {
      placed = resolve;
      unplaced = reject;
    });
    this.#scheduler = this.#watchScheduler(placed);
    this.#scheduler.ready.catch(unplaced);
    this.#ready = this.#start();
    // Whoever asks for them hears of it; nobody has to ask.
    this.#place.catch(() => {});
    this.#ready.catch(() => {});
    enterCluster(this);
  }

  /**
   * Resolves when all first workers have joined. Keeps this process alive until then.
   *
   * @throws PortInUseError, ListenError - the port cannot be had.
   * @throws ClusterStartError - a process ended, or not everybody joined in time.
   * @throws ClusterClosedError - it was closed meanwhile.
   */
  get ready(): Promise<void> {
    return holdOpen(this.#ready);
  }

  /** Where clients connect and the token they show: known long before the workers have joined. */
  get place(): Promise<Place> {
    return this.#place;
  }

  /** "ws://127.0.0.1:8786". @throws ClusterNotReadyError before `ready`. */
  get address(): string {
    this.#whenReady("address");
    return this.#publicAddress;
  }

  /** What clients must show. @throws ClusterNotReadyError before `ready`. */
  get token(): string {
    return this.#whenReady("token").token;
  }

  /** "http://127.0.0.1:8787/"; undefined with `dashboard: false`. @throws ClusterNotReadyError before `ready`. */
  get dashboardUrl(): string | undefined {
    this.#whenReady("dashboardUrl");
    return this.#dashboardUrl;
  }

  /** Names of the workers that are here or on their way, without those that are leaving. */
  get workerNames(): readonly string[] {
    return [...this.#workers.keys()].filter((name) => !this.#leaving.has(name));
  }

  get closed(): boolean {
    return this.#state === "closing" || this.#state === "closed";
  }

  /** Calls back once when the cluster closes; at once when it has. @returns how to take that back. */
  onClose(listener: (reason: HeddleError) => void): () => void {
    if (this.closed) listener(new ClusterClosedError());
    else this.#closeListeners.add(listener);
    return () => void this.#closeListeners.delete(listener);
  }

  /**
   * Changes the number of workers, and resolves when it has: new ones have joined, or the idlest and newest have handed over what
   * they hold and ended. Calls take their turn. Ends what `adapt` began.
   *
   * @throws ClusterClosedError, ClusterStartError, InvalidArgumentError
   */
  scale(workers: number): Promise<void> {
    if (!Number.isInteger(workers) || workers < 0)
      return Promise.reject(new InvalidArgumentError("cluster.scale", `${workers} is not a whole number from 0`));
    this.#adapting.abort();
    return this.#scale(workers);
  }

  #scale(workers: number): Promise<void> {
    const decided = this.#resizing.then(() => this.#resize(workers));
    this.#resizing = decided.catch(() => {});
    return holdOpen(decided.then((carryOut) => carryOut()));
  }

  /**
   * From now on the number of workers follows what there is to do, between these limits; `scale` ends that.
   *
   * @param limits - `minimum`: default 0; `maximum`: default as many as there are cores
   * @throws InvalidArgumentError, InvalidOptionError
   */
  adapt(limits: { readonly minimum?: number; readonly maximum?: number } = {}): void {
    checkOptionNames("cluster.adapt", limits, ["minimum", "maximum"]);
    const { minimum = 0, maximum = Math.max(minimum, availableParallelism()) } = limits;
    for (const limit of [minimum, maximum])
      if (!Number.isInteger(limit) || limit < 0)
        throw new InvalidArgumentError("cluster.adapt", `${limit} is not a whole number from 0`);
    if (minimum > maximum || maximum === 0)
      throw new InvalidArgumentError("cluster.adapt", `there are no numbers of workers from ${minimum} to ${maximum}`);
    this.#adapting.abort();
    this.#adapting = new AbortController();
    void this.#adapt(new Adaptive({ minimum, maximum }), this.#adapting.signal);
  }

  /** Ends everything: orderly, by force after the setting `cluster.closeTimeout`. Idempotent. */
  close(): Promise<void> {
    return holdOpen((this.#closed ??= this.#close(new ClusterClosedError())));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #adapt(adaptive: Adaptive, signal: AbortSignal): Promise<void> {
    await this.#ready.catch(() => {});
    while (!this.closed && !signal.aborted) {
      const load = await this.#load().catch(() => undefined);
      if (load !== undefined && !signal.aborted) {
        const wanted = adaptive.look(load);
        // Workers that leave hand over what they hold first: that may take long, and the next look does not wait for it.
        if (wanted !== load.workers) this.#scale(wanted).catch(() => {});
      }
      await delay(LOOK_AGAIN, undefined, { ref: false });
    }
  }

  async #load(): Promise<ClusterLoad> {
    const { address, token } = await this.#place;
    const ask = (what: "workers" | "identity"): Promise<unknown> => askScheduler(address, { what }, { token });
    const [workers, { states }] = (await Promise.all([ask("workers"), ask("identity")])) as [
      readonly (WorkerLoad & { readonly occupancy: number })[],
      { readonly states: Readonly<Record<string, number>> },
    ];
    const sum = (of: (worker: (typeof workers)[number]) => number): number =>
      workers.reduce((total, worker) => total + of(worker), 0);
    const staying = this.workerNames;
    return {
      workers: staying.length,
      busy: workers.filter(({ name, processing }) => processing > 0 && staying.includes(name)).length,
      queued: (states["queued"] ?? 0) + (states["noWorker"] ?? 0),
      processing: sum(({ processing }) => processing),
      occupancy: sum(({ occupancy }) => occupancy),
    };
  }

  async #start(): Promise<void> {
    const timeout = this.#options.settings.get("cluster.startTimeout");
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const fail = (): void => reject(new ClusterStartError([`not everybody had joined after ${timeout} ms`]));
      timer = setTimeout(fail, timeout).unref();
    });
    try {
      await Promise.race([this.#startAll(), late]);
      if (this.closed) throw new ClusterClosedError("it was closed before it was ready");
      this.#dashboardUrl = this.#scheduler.current?.dashboardUrl;
      this.#state = "running";
    } catch (error) {
      const reason = this.closed ? new ClusterClosedError("it was closed before it was ready") : asHeddleError(error);
      void (this.#closed ??= this.#close(reason));
      throw reason;
    } finally {
      clearTimeout(timer);
    }
  }

  async #startAll(): Promise<void> {
    await this.#place;
    // Nobody would end workers that are added now.
    if (this.closed) return;
    const workers = Array.from({ length: this.#options.workers }, () => this.#addWorker());
    await Promise.all([this.#scheduler.ready, allReady(workers)]);
  }

  /** The new ones, or how those that go will go; deciding takes turns, joining and leaving do not. */
  async #resize(count: number): Promise<() => Promise<void>> {
    if (this.closed) throw new ClusterClosedError();
    await this.#ready;
    if (this.closed) throw new ClusterClosedError();
    const staying = this.workerNames;
    if (count >= staying.length) {
      const joining = Array.from({ length: count - staying.length }, () => this.#addWorker());
      return () => allReady(joining);
    }
    const { address, token } = await this.#place;
    // A scheduler that is just being restarted cannot tell who is idle.
    const loads = await askScheduler(address, { what: "workers" }, { token }).catch(() => []);
    const leaving = chooseToRetire(staying, loads as unknown as readonly WorkerLoad[], staying.length - count);
    for (const name of leaving) {
      this.#leaving.add(name);
      this.#workers.get(name)?.expectEnd();
    }
    return () => this.#retire(leaving);
  }

  /** Workers hand over what they hold, finish what they run, and are sent home by the scheduler. */
  async #retire(names: readonly string[]): Promise<void> {
    const { address, token } = await this.#place;
    const leaving = [...this.#workers.values()].filter((worker) => names.includes(worker.name));
    const gone = Promise.all(leaving.map((worker) => worker.gone));
    // Told again now and then: a scheduler that was restarted meanwhile has forgotten.
    for (let left: readonly string[] = names; left.length > 0; left = left.filter((name) => this.#workers.has(name))) {
      await askScheduler(address, { what: "retireWorkers", workers: left }, { token }).catch(() => {});
      await Promise.race([gone, delay(RETIRE_AGAIN, undefined, { ref: false })]);
    }
  }

  async #close(reason: HeddleError): Promise<void> {
    this.#state = "closing";
    this.#adapting.abort();
    leaveCluster(this);
    for (const listener of this.#closeListeners) listener(reason);
    this.#closeListeners.clear();
    const patience = this.#options.settings.get("cluster.closeTimeout");
    await Promise.all(Array.from(this.#workers.values(), (worker) => worker.close(patience)));
    await this.#scheduler.close(patience);
    this.#state = "closed";
  }

  #watchScheduler(placed: (place: Place) => void): WatchedPart<SchedulerPart> {
    const { scheduler, log } = this.#options;
    return new WatchedPart({
      name: "scheduler",
      limits: this.#limits(),
      start: async () => {
        const events = {
          onLog: (line: string) => log("scheduler", "stderr", `${line}\n`),
          onShutdown: () => void (this.#closed ??= this.#close(new ClusterClosedError("a client shut it down"))),
        };
        const started = await scheduler.start(events, this.#known);
        this.#known = { address: started.address, token: started.token };
        this.#publicAddress = started.publicAddress;
        placed(this.#known);
        return started;
      },
      onDeath: () => {},
      onGone: () => {
        if (this.#state === "running")
          void (this.#closed ??= this.#close(new ClusterFailedError("its scheduler died again and again")));
      },
      log: (line) => log("cluster", "stderr", `${line}\n`),
    });
  }

  #addWorker(): WatchedPart<Part> {
    const name = `worker-${this.#nextWorker++}`;
    const { worker, log } = this.#options;
    const watched = new WatchedPart<Part>({
      name,
      limits: this.#limits(),
      start: async () =>
        worker.start(name, await this.#place, {
          onLog: (line) => log(name, "stderr", `${line}\n`),
          onOutput: (stream, text) => log(name, stream, text),
        }),
      onDeath: (end) => this.#scheduler.current?.reportExit(end.pid, end.detail),
      onGone: () => {
        this.#workers.delete(name);
        this.#leaving.delete(name);
      },
      log: (line) => log("cluster", "stderr", `${line}\n`),
    });
    this.#workers.set(name, watched);
    return watched;
  }

  #limits() {
    const { settings } = this.#options;
    return {
      backoff: settings.get("nanny.backoff"),
      maxBackoff: settings.get("nanny.maxBackoff"),
      maxRestarts: settings.get("nanny.maxRestarts"),
    };
  }

  #whenReady(field: string): Place {
    if (this.#state === "starting" || this.#known === undefined) throw new ClusterNotReadyError(field);
    return this.#known;
  }
}

/** Resolves when all are ready; rejects with every reason when some are not. */
async function allReady(workers: readonly WatchedPart<Part>[]): Promise<void> {
  const outcomes = await Promise.allSettled(workers.map((worker) => worker.ready));
  const reasons = outcomes.filter((outcome) => outcome.status === "rejected").map((outcome) => outcome.reason as Error);
  if (reasons.length > 0)
    throw new ClusterStartError([...new Set(reasons.map((reason) => reason.message))], { cause: reasons[0] });
}

function asHeddleError(error: unknown): HeddleError {
  if (error instanceof HeddleError) return error;
  return new ClusterStartError([error instanceof Error ? error.message : String(error)], { cause: error });
}
