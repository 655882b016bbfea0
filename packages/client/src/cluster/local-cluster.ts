import { availableParallelism, totalmem } from "node:os";
import { createToken, loadSettings, parseSize, type SettingsInput, type Size } from "@heddle/protocol";
import { assertNotImporting } from "@heddle/worker/task";
import { InvalidOptionError, checkOptionNames } from "../errors/usage.js";
import { Cluster } from "./cluster.js";
import { localScheduler } from "./local-scheduler.js";
import { workerProcesses, workerThreads } from "./local-workers.js";
import { terminalLog } from "./terminal-log.js";

export interface LocalClusterOptions {
  /** Workers to begin with; 0 is allowed. Default: as many as there are cores. */
  readonly workers?: number;
  /** Threads of each worker that run tasks. Default: setting `worker.threads`, 1. */
  readonly threadsPerWorker?: number;
  /** false: everything in this process; tasks still run on threads. Default true. */
  readonly processes?: boolean;
  /** Of each worker, at least 256 MiB: bytes, or "2GiB". Default: the machine's memory, or the container's, shared equally. */
  readonly memoryLimit?: Size;
  /** Address to listen on. Default 127.0.0.1. */
  readonly host?: string;
  /** Port for clients and workers. Default 8786, or the next free one; a port that is named here is taken or refused. */
  readonly port?: number;
  /** Port of the dashboard, in the same way: default 8787. false: none. */
  readonly dashboard?: { readonly port?: number } | false;
  /** Abstract resources of each worker, `{ GPU: 1 }`. */
  readonly resources?: Readonly<Record<string, number>>;
  /** Nothing that workers and scheduler print reaches this process's terminal. Default false. */
  readonly silenceLogs?: boolean;
  /** Any setting by path: `{ "scheduler.workerTtl": "5s" }`. */
  readonly config?: SettingsInput;
}

const NAMES: readonly (keyof LocalClusterOptions)[] = [
  "workers",
  "threadsPerWorker",
  "processes",
  "memoryLimit",
  "host",
  "port",
  "dashboard",
  "resources",
  "silenceLogs",
  "config",
];

const SMALLEST_WORKER = 256 * 1024 ** 2;

/**
 * A scheduler and workers on this machine, each in a process of its own. It starts when it is made, starts again what dies, and ends
 * with the scope, with `close()`, or with this process, however that ends.
 *
 * @example
 * ```ts
 * await using cluster = new LocalCluster({ workers: 4 });
 * await cluster.ready;
 * console.log(cluster.address); // ws://127.0.0.1:8786
 * ```
 *
 * @throws InvalidOptionError, UnknownSettingError, InvalidSettingError, QuantityError
 * @throws ImportedProgramError - on a worker, at the top level of a file that tasks import.
 */
export class LocalCluster extends Cluster {
  constructor(options: LocalClusterOptions = {}) {
    assertNotImporting("new LocalCluster()");
    checkOptionNames("new LocalCluster", options, NAMES);
    const settings = loadSettings(options.config).with({
      "scheduler.host": options.host,
      "scheduler.port": options.port,
      "worker.threads": options.threadsPerWorker,
      "worker.memoryLimit": options.memoryLimit,
    });
    const { processes = true, resources = {}, dashboard } = options;
    const workers = options.workers ?? availableParallelism();
    if (!Number.isInteger(workers) || workers < 0)
      throw new InvalidOptionError("new LocalCluster", "workers", `workers is ${workers}, not a whole number from 0`);
    if (dashboard !== undefined && dashboard !== false)
      checkOptionNames("dashboard of LocalCluster", dashboard, ["port"]);
    for (const [name, amount] of Object.entries(resources))
      if (!(amount >= 0))
        throw new InvalidOptionError("new LocalCluster", "resources", `resources.${name} is ${amount}, not an amount`);

    const local = {
      threads: settings.get("worker.threads"),
      memoryLimit: settings.get("worker.memoryLimit") ?? shareOfMemory(workers),
      resources,
      asyncPerThread: settings.get("worker.asyncPerThread"),
      cancelGrace: settings.get("worker.cancelGrace"),
      reconnectTimeout: settings.get("worker.reconnectTimeout"),
      spillFolder: settings.get("worker.spillFolder"),
      host: settings.get("scheduler.host"),
      validate: settings.get("scheduler.validate"),
    };
    if (local.memoryLimit < SMALLEST_WORKER)
      throw new InvalidOptionError(
        "new LocalCluster",
        "memoryLimit",
        `${local.memoryLimit} bytes for each worker are less than the smallest allowed, 256 MiB`,
      );
    if (local.threads < 1)
      throw new InvalidOptionError("new LocalCluster", "threadsPerWorker", "threadsPerWorker must be at least 1");

    super({
      workers,
      settings,
      log: options.silenceLogs === true ? () => {} : terminalLog(),
      scheduler: localScheduler({
        process: processes,
        settings,
        host: settings.get("scheduler.host"),
        port: settings.get("scheduler.port"),
        nextFreePort: settings.source("scheduler.port") === "default",
        dashboard: dashboard !== false && {
          port: dashboard?.port ?? settings.get("scheduler.dashboardPort"),
          nextFreePort: dashboard?.port === undefined && settings.source("scheduler.dashboardPort") === "default",
        },
        token: settings.get("token") ?? createToken(),
      }),
      worker: processes ? workerProcesses(local) : workerThreads(local),
    });
  }
}

/** Of the container, where there is one; never less than a worker must have, so that many workers on a small machine still start. */
function shareOfMemory(workers: number): number {
  const constrained = process.constrainedMemory();
  const memory = constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
  return Math.max(parseSize("256MiB"), Math.floor(memory / Math.max(1, workers)));
}
