/** The scheduler as a server. */
import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { join } from "node:path";
import {
  HEDDLE_VERSION,
  HeddleError,
  PROTOCOL_VERSION,
  Settings,
  createToken,
  heddleHome,
  loadSettings,
  readToken,
  registerError,
  removeToken,
  saveToken,
  tokenFile,
  type SettingsInput,
} from "@heddle/protocol";
import { allocateRecord } from "../core/record/memory.js";
import { Recorder } from "../core/record/recorder.js";
import { SchedulerCore } from "../core/scheduler-core.js";
import { DashboardLink } from "../dashboard/link.js";
import { Doors } from "./doors.js";
import { Endpoint, type ServerTls } from "./endpoint.js";
import { addressOf, needsToken } from "./listening.js";
import { ResultRoutes } from "./result-routes.js";
import { Shell } from "./shell.js";
import type { HealthReport, StateReport } from "./state.js";

export interface SchedulerServerOptions {
  /** Address to listen on. Default: setting `scheduler.host`, 127.0.0.1. */
  readonly host?: string;
  /** Default: setting `scheduler.port`, 8786. 0: any free one. */
  readonly port?: number;
  /** Take the next free port when `port` is in use. Default false. */
  readonly nextFreePort?: boolean;
  /** File descriptor of a port that is listened on already, from whoever started this process; `port` is not used then. */
  readonly listeningFd?: number;
  /** Port for browsers, setting `scheduler.dashboardPort` by default; false for none. */
  readonly dashboard?: { readonly port?: number; readonly nextFreePort?: boolean } | false;
  /** What peers must show. Default: setting `token`, else the content of `tokenFile`, else one is made where the host requires it. */
  readonly token?: string;
  /** Read the token from this file; when there is none, make one and write it there, readable by its user alone. */
  readonly tokenFile?: string;
  /** PEM: speak wss:// and https://. With `ca`, peers must show a certificate signed by it. */
  readonly tls?: ServerTls;
  /** Any setting, by path. Default: file and environment. */
  readonly settings?: Settings | SettingsInput;
  /** It takes the place of a scheduler that died: its members are given time to come back before what they hold is run again. */
  readonly recovering?: boolean;
  /** Milliseconds that the end of a worker waits for {@link SchedulerServer.reportExit}. Default 0: nobody reports. */
  readonly reportPatience?: number;
  /** Lines for whoever runs it. Default: standard error. */
  readonly log?: (line: string) => void;
  /** What clients publish about their runs, in order: bytes as they came, to be copied by who keeps them. */
  readonly onRunEvents?: (topic: string, events: Uint8Array) => void;
  /** A client asked for the end of the whole cluster; the workers have been told. Default: close. */
  readonly onShutdown?: () => void;
}

/** The server was asked for something that it can only do while it runs. */
export class SchedulerNotRunningError extends HeddleError {
  constructor(readonly state: string) {
    super("HEDDLE_SCHEDULER_NOT_RUNNING", `the scheduler is ${state}: call start() and wait for it first`);
  }
}
registerError(SchedulerNotRunningError);

type State = "new" | "starting" | "running" | "closing" | "closed";

/**
 * Listens for clients and workers, and drives a {@link SchedulerCore}.
 *
 * @example
 * ```ts
 * await using scheduler = new SchedulerServer({ port: 0 });
 * await scheduler.start();
 * console.log(scheduler.address); // ws://127.0.0.1:41231
 * ```
 */
export class SchedulerServer implements AsyncDisposable {
  readonly #options: SchedulerServerOptions;
  readonly #settings: Settings;
  readonly #epoch = randomBytes(6).toString("hex");
  readonly #token: string | undefined;
  readonly #madeToken: boolean;
  readonly #core: SchedulerCore;
  readonly #shell: Shell;
  readonly #endpoint: Endpoint;
  readonly #dashboard: DashboardLink | undefined;
  #state: State = "new";
  #port = 0;
  #dashboardUrl: string | undefined;
  #startedAt = 0;
  #closed: Promise<void> | undefined;

  constructor(options: SchedulerServerOptions = {}) {
    this.#options = options;
    const base = options.settings instanceof Settings ? options.settings : loadSettings(options.settings);
    this.#settings = base.with({
      "scheduler.host": options.host,
      "scheduler.port": options.port,
      token: options.token,
    });
    const settings = this.#settings;
    const kept = options.tokenFile === undefined ? undefined : readToken(options.tokenFile);
    const given = settings.get("token") ?? kept;
    this.#madeToken =
      given === undefined && (options.tokenFile !== undefined || needsToken(settings.get("scheduler.host")));
    this.#token = given ?? (this.#madeToken ? createToken() : undefined);

    const shown = options.dashboard !== false;
    const recorder = shown ? new Recorder(allocateRecord(settings.get("dashboard.history.rows"))) : undefined;
    const coreSettings = {
      epoch: this.#epoch,
      allowedFailures: settings.get("scheduler.allowedFailures"),
      clientGrace: settings.get("scheduler.clientGrace"),
      workerTtl: settings.get("scheduler.workerTtl"),
      reconnectGrace: settings.get("scheduler.reconnectGrace"),
      heartbeat: settings.get("scheduler.heartbeat"),
      asyncPerThread: settings.get("worker.asyncPerThread"),
      validate: settings.get("scheduler.validate"),
      recovering: options.recovering ?? false,
    };
    this.#core = new SchedulerCore(coreSettings, recorder);
    const log = options.log ?? ((line: string) => void process.stderr.write(`heddle scheduler: ${line}\n`));
    this.#dashboard = recorder === undefined ? undefined : this.#newDashboard(recorder, log);
    const dashboard = this.#dashboard;
    this.#shell = new Shell({
      core: this.#core,
      epoch: this.#epoch,
      heartbeat: settings.get("scheduler.heartbeat"),
      maxClientBacklog: settings.get("scheduler.maxClientBacklog"),
      maxWorkerBacklog: settings.get("scheduler.maxWorkerBacklog"),
      reportPatience: options.reportPatience ?? 0,
      log: (line) => {
        log(line);
        dashboard?.logged(line);
      },
      ...(dashboard === undefined ? {} : { onHandled: () => dashboard.handled() }),
      onShutdown: options.onShutdown ?? (() => void this.close()),
      onRunEvents: (topic, events) => {
        dashboard?.published(topic, events);
        options.onRunEvents?.(topic, events);
      },
      onPrinted: (lines) => dashboard?.printed(lines),
    });
    this.#endpoint = new Endpoint({
      doors: new Doors({
        token: this.#token,
        allowedHosts: [settings.get("scheduler.host"), ...settings.get("scheduler.allowedHosts")],
        allowedOrigins: settings.get("scheduler.allowedOrigins"),
        secure: options.tls !== undefined,
      }),
      tls: options.tls,
      maxPayload: settings.get("scheduler.maxPayload"),
      helloTimeout: settings.get("scheduler.helloTimeout"),
      onPeer: (socket, hello) => this.#shell.admit(socket, hello),
      http: { health: () => this.health(), state: () => this.state() },
      results: new ResultRoutes({
        folder: settings.get("scheduler.resultsFolder") ?? join(heddleHome(), "served-results"),
        maxResult: settings.get("scheduler.maxResult"),
        maxResults: settings.get("scheduler.maxResults"),
        log,
      }),
    });
  }

  /**
   * Opens its ports.
   *
   * @throws PortInUseError, ListenError
   */
  async start(): Promise<void> {
    if (this.#state !== "new") throw new SchedulerNotRunningError(this.#state);
    this.#state = "starting";
    const { listeningFd, nextFreePort = false } = this.#options;
    const host = this.#settings.get("scheduler.host");
    try {
      if (listeningFd !== undefined) {
        this.#port = await this.#endpoint.adopt(listeningFd);
      } else {
        const port = this.#settings.get("scheduler.port");
        this.#port = await this.#endpoint.open({ host, port, nextFree: nextFreePort });
      }
      // Members may join while the dashboard's thread loads.
      this.#shell.start();
      this.#dashboardUrl = (await this.#dashboard?.start(`heddle worker ${this.#addressOf()}`))?.url;
      if (this.#dashboardUrl !== undefined) this.#shell.take({ type: "dashboard", url: this.#dashboardUrl });
      this.#keepToken();
    } catch (error) {
      this.#state = "closed";
      await Promise.all([this.#shell.close(0), this.#dashboard?.close(), this.#endpoint.close()]);
      throw error;
    }
    this.#startedAt = performance.now();
    this.#state = "running";
  }

  /** "ws://127.0.0.1:8786": what clients and workers connect to. @throws SchedulerNotRunningError before `start` has resolved. */
  get address(): string {
    this.#host();
    return this.#addressOf();
  }

  /** "http://127.0.0.1:8787/"; undefined when there is none. @throws SchedulerNotRunningError before `start` has resolved. */
  get dashboardUrl(): string | undefined {
    this.#host();
    return this.#dashboardUrl;
  }

  /** What peers must show; undefined when anybody who reaches the port may enter. */
  get token(): string | undefined {
    return this.#token;
  }

  /** Whether the token was made here, so that nobody knows it yet. */
  get madeToken(): boolean {
    return this.#madeToken;
  }

  get epoch(): string {
    return this.#epoch;
  }

  /** Whether it serves, as `GET /health` answers. */
  health(): HealthReport {
    return {
      status: this.#state === "running" ? "running" : "closing",
      heddle: HEDDLE_VERSION,
      uptime: Math.round(performance.now() - this.#startedAt),
    };
  }

  /** The cluster in numbers, as `GET /api/state` answers. */
  state(): StateReport {
    const { workers, clients, states } = this.#core.overview();
    return {
      ...this.health(),
      protocol: PROTOCOL_VERSION,
      epoch: this.#epoch,
      address: this.address,
      clients,
      workers,
      tasks: states,
    };
  }

  /** How the process of a worker ended (exit code, signal, last lines), told by the process that watches it. */
  reportExit(pid: number, detail: string): void {
    this.#shell.reportExit(pid, detail);
  }

  /**
   * Closes every connection and port. Workers and clients go on trying to come back; they end only when they are told to.
   * Idempotent; takes at most `patience` milliseconds (default 1,000).
   */
  close(patience = 1_000): Promise<void> {
    return (this.#closed ??= this.#close(patience));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(patience: number): Promise<void> {
    const wasRunning = this.#state === "running";
    this.#state = "closing";
    if (wasRunning) {
      await this.#shell.close(patience);
      if (this.#token !== undefined) removeToken(tokenFile(this.#port), this.#token);
    }
    await Promise.all([this.#dashboard?.close(), this.#endpoint.close()]);
    this.#state = "closed";
  }

  #newDashboard(recorder: Recorder, log: (line: string) => void): DashboardLink {
    const { dashboard, nextFreePort = false, tls } = this.#options;
    const settings = this.#settings;
    const port = dashboard === false ? undefined : dashboard?.port;
    // Nobody asked for the default one: a second scheduler on a machine must not fail for its dashboard.
    const isAsked = port !== undefined || settings.source("scheduler.dashboardPort") !== "default";
    const nextFree = dashboard === false ? undefined : dashboard?.nextFreePort;
    const host = settings.get("scheduler.host");
    return new DashboardLink({
      core: this.#core,
      recorder,
      maxViewers: settings.get("dashboard.maxViewers"),
      identity: {
        runId: this.#epoch,
        cluster: hostname(),
        startedAt: performance.timeOrigin + performance.now(),
      },
      http: {
        host,
        port: port ?? settings.get("scheduler.dashboardPort"),
        nextFree: nextFree ?? (nextFreePort || !isAsked),
        token: this.#token,
        viewToken: settings.get("dashboard.viewToken"),
        actionsWithoutToken: settings.get("dashboard.allowActionsWithoutToken"),
        trustOwnUser: settings.get("dashboard.trustOwnUser"),
        allowedHosts: [host, ...settings.get("scheduler.allowedHosts")],
        allowedOrigins: settings.get("scheduler.allowedOrigins"),
        basePath: settings.get("dashboard.basePath"),
        frameAncestors: settings.get("dashboard.frameAncestors"),
        ...(tls === undefined ? {} : { tls: { cert: String(tls.cert), key: String(tls.key) } }),
      },
      feed: (event) => this.#shell.take(event),
      log,
    });
  }

  #addressOf(): string {
    return addressOf(this.#options.tls === undefined ? "ws" : "wss", this.#settings.get("scheduler.host"), this.#port);
  }

  #host(): string {
    if (this.#port === 0) throw new SchedulerNotRunningError(this.#state);
    return this.#settings.get("scheduler.host");
  }

  /** The user's other programs find the token; that they may have to be told it is no reason not to run. */
  #keepToken(): void {
    if (this.#token === undefined) return;
    try {
      if (this.#madeToken && this.#options.tokenFile !== undefined) saveToken(this.#options.tokenFile, this.#token);
      saveToken(tokenFile(this.#port), this.#token);
    } catch (error) {
      this.#options.log?.(`the token could not be written to a file: ${(error as Error).message}`);
    }
  }
}
