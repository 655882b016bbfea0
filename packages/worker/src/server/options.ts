import { hostname } from "node:os";
import { HeddleError, isLoopback, registerError, type TlsOptions } from "@heddle/protocol";
import { availableMemory } from "../data/memory-watch.js";

const MIN_MEMORY = 256 * 1024 ** 2;

export interface WorkerServerOptions {
  /** ws:// or wss:// address of the scheduler. */
  readonly address: string;
  /** For the scheduler, and asked of whoever fetches results. */
  readonly token?: string | undefined;
  readonly tls?: TlsOptions | undefined;
  /** Default: the scheduler draws one. */
  readonly name?: string | undefined;
  /** Executor threads. Default 1. */
  readonly threads?: number | undefined;
  /** Bytes, at least 256 MiB. Default: the machine's, or the container's. */
  readonly memoryLimit?: number | undefined;
  /** Amounts of abstract resources, `{ GPU: 1 }`. */
  readonly resources?: Readonly<Record<string, number>> | undefined;
  /** Asynchronous tasks that wait without their thread, per thread. Default 256. */
  readonly asyncPerThread?: number | undefined;
  /** Milliseconds a cancelled task has to react to its signal. Default 500. */
  readonly cancelGrace?: number | undefined;
  /** Address on which results are served. Default 127.0.0.1; any other requires a token. */
  readonly host?: string | undefined;
  /** How others reach this machine, when `host` is no address they can use (0.0.0.0). Default: the machine's name. */
  readonly publicHost?: string | undefined;
  /** Default 0: any free port. */
  readonly dataPort?: number | undefined;
  /** Folder for what is spilled. Default: the system's for temporary files. */
  readonly spillFolder?: string | undefined;
  /** Where bare imports of tasks are resolved from. Default: the working directory. */
  readonly baseDir?: string | undefined;
  /** File descriptor of a pipe for what tasks print, in frames. Default: `onOutput`. */
  readonly outputFd?: number | undefined;
  /** Milliseconds a first connection is tried for. Default 10,000. */
  readonly connectTimeout?: number | undefined;
  /** Milliseconds a lost scheduler is looked for before the worker gives up. Default 300,000. */
  readonly reconnectTimeout?: number | undefined;
  /** The process is this worker's alone, so that its resident set says how much memory the worker takes. Default true. */
  readonly ownsProcess?: boolean | undefined;
  /** Checks every invariant after each event, and shared inputs in full. Slow; for tests. Default false. */
  readonly validate?: boolean | undefined;
  /** What a task printed: a line, or part of one. Default: this process's output, prefixed with the worker's name. */
  readonly onOutput?: ((stream: "stdout" | "stderr", text: string) => void) | undefined;
  /** What the worker itself has to say. Default: this process's standard error. */
  readonly log?: ((line: string) => void) | undefined;
  /** It has ended without being asked to by `close`: told by the scheduler, out of memory, or given up. */
  readonly onEnded?: ((end: WorkerEnd) => void) | undefined;
}

export interface WorkerEnd {
  readonly reason: string;
  /** true: orderly, asked for by the scheduler. */
  readonly expected: boolean;
  /** true: memory runs out. It is being closed, and there is no time to wait for that. */
  readonly urgent: boolean;
}

/** An option of a worker makes no sense. `option` names it. */
export class WorkerOptionError extends HeddleError {
  constructor(
    readonly option: string,
    problem: string,
  ) {
    super("HEDDLE_WORKER_OPTION", `${option} of a worker: ${problem}`);
  }
}
registerError(WorkerOptionError);

/** Options with their defaults. */
export interface WorkerSettings {
  readonly threads: number;
  readonly memoryLimit: number;
  readonly resources: Readonly<Record<string, number>>;
  readonly asyncPerThread: number;
  readonly host: string;
  readonly machine: string;
  readonly connectTimeout: number;
  readonly reconnectTimeout: number;
  readonly ownsProcess: boolean;
}

/**
 * @throws WorkerOptionError
 */
export function settingsOf(options: WorkerServerOptions): WorkerSettings {
  const settings: WorkerSettings = {
    threads: options.threads ?? 1,
    memoryLimit: options.memoryLimit ?? availableMemory(),
    resources: options.resources ?? {},
    asyncPerThread: options.asyncPerThread ?? 256,
    host: options.host ?? "127.0.0.1",
    machine: hostname(),
    connectTimeout: options.connectTimeout ?? 10_000,
    reconnectTimeout: options.reconnectTimeout ?? 300_000,
    ownsProcess: options.ownsProcess ?? true,
  };
  if (!Number.isInteger(settings.threads) || settings.threads < 1)
    throw new WorkerOptionError("threads", `${settings.threads} is not a whole number from 1`);
  if (!(settings.memoryLimit >= MIN_MEMORY))
    throw new WorkerOptionError(
      "memoryLimit",
      `${settings.memoryLimit} bytes are less than the smallest allowed, 256 MiB`,
    );
  if (!Number.isInteger(settings.asyncPerThread) || settings.asyncPerThread < 1)
    throw new WorkerOptionError("asyncPerThread", `${settings.asyncPerThread} is not a whole number from 1`);
  if (!isLoopback(settings.host) && options.token === undefined)
    throw new WorkerOptionError("host", `${settings.host} can be reached from other machines, so a token is required`);
  for (const [name, amount] of Object.entries(settings.resources)) {
    if (!(amount >= 0)) throw new WorkerOptionError("resources", `${name} is ${amount}, not an amount`);
  }
  return settings;
}
