/** Starting a scheduler as a process of its own, or as a thread of this one. */
import { fork, type ChildProcess } from "node:child_process";
import { createServer, type Server, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import {
  HeddleError,
  childEnvironment,
  describeEnd,
  fromPlainError,
  registerError,
  removeToken,
  tokenFile,
  type ProcessEnd,
} from "@heddle/protocol";
import { addressOf, listen } from "../server/listening.js";
import type { FromScheduler, StartOptions, ToScheduler } from "./messages.js";

const ENTRY = fileURLToPath(new URL("./main.js", import.meta.url));
const LAST_LINES = 20;

/** A scheduler ended before it was ready. `end` says how. */
export class SchedulerStartError extends HeddleError {
  constructor(reason: string, options?: ErrorOptions) {
    super("HEDDLE_SCHEDULER_START", `the scheduler could not be started: ${reason}`, options);
  }
}
registerError(SchedulerStartError);

export interface SpawnSchedulerOptions extends StartOptions {
  /** A line that the scheduler logged or wrote. */
  readonly onLog: (line: string) => void;
  readonly onShutdown: () => void;
}

/** What carries a scheduler: a process or a thread. */
interface Carrier {
  readonly pid: number;
  post(message: ToScheduler): void;
  onMessage(listener: (message: FromScheduler) => void): void;
  readonly ended: Promise<ProcessEnd>;
  kill(): void;
}

/** A scheduler that this process started and looks after. It does not keep this process alive. */
export class StartedScheduler {
  readonly ended: Promise<ProcessEnd>;
  /**
   * Resolves when it serves; rejects with what kept it from starting (PortInUseError for its dashboard, SchedulerStartError).
   */
  readonly ready: Promise<void>;
  readonly #carrier: Carrier;
  #address: string | undefined;
  #dashboardUrl: string | undefined;

  /** @internal Use {@link spawnScheduler} or {@link spawnSchedulerThread}. */
  constructor(carrier: Carrier, options: SpawnSchedulerOptions, address?: string) {
    this.#address = address;
    this.#carrier = carrier;
    this.ended = carrier.ended;
    this.ready = new Promise((resolve, reject) => {
      carrier.onMessage((message) => {
        switch (message.type) {
          case "listening":
            this.#address = message.address;
            this.#dashboardUrl = message.dashboardUrl;
            resolve();
            return;
          case "failed":
            reject(fromPlainError(message.error));
            return;
          case "log":
            options.onLog(message.line);
            return;
          case "shutdown":
            options.onShutdown();
        }
      });
      void carrier.ended.then((end) => reject(new SchedulerStartError(describeEnd(end))));
    });
    this.ready.catch(() => {});
  }

  get pid(): number {
    return this.#carrier.pid;
  }

  /**
   * "ws://127.0.0.1:8786". Of a process it is known before it serves, so that workers can be started at the same time: what dials
   * early waits in the port's backlog.
   */
  get address(): string {
    return this.#address!;
  }

  /** Where browsers look; undefined when there is no such port, or before `ready`. */
  get dashboardUrl(): string | undefined {
    return this.#dashboardUrl;
  }

  /** Tells it how the process of a worker ended. */
  reportExit(pid: number, detail: string): void {
    this.#carrier.post({ type: "workerExited", pid, detail });
  }

  /** Ends it: orderly, by force after `patience` milliseconds. Idempotent. */
  async close(patience: number): Promise<void> {
    this.#carrier.post({ type: "close" });
    const force = setTimeout(() => this.#carrier.kill(), patience);
    await this.ended;
    clearTimeout(force);
  }
}

/**
 * Starts a scheduler in a process of its own. The port is taken here and handed over, so nobody else can get it in between.
 *
 * @throws PortInUseError, ListenError - at once, when the port cannot be had.
 */
export async function spawnScheduler(options: SpawnSchedulerOptions): Promise<StartedScheduler> {
  const listening = createServer();
  const { host, nextFreePort: nextFree } = options;
  const port = await listen(listening, { host, port: options.port, nextFree });
  const child = fork(ENTRY, [], {
    execArgv: [],
    env: childEnvironment(),
    stdio: ["ignore", "pipe", "pipe", "ipc", descriptorOf(listening)],
  });
  // From here on the child alone has it. Who dials before it accepts waits in the port's backlog.
  listening.close();
  const carrier = processCarrier(child, options.onLog);
  const scheduler = new StartedScheduler(carrier, options, addressOf("ws", host, port));
  carrier.post({ type: "start", options: plainOptions(options) });
  return scheduler;
}

/**
 * Starts a scheduler on a thread of this process.
 *
 * @throws PortInUseError, ListenError
 */
export async function spawnSchedulerThread(options: SpawnSchedulerOptions): Promise<StartedScheduler> {
  const thread = new Worker(ENTRY, { execArgv: [], env: childEnvironment() as Record<string, string> });
  const carrier: Carrier = {
    pid: process.pid,
    post: (message) => thread.postMessage(message),
    onMessage(listener) {
      thread.on("message", listener);
      // Listening to messages makes a thread keep its process alive.
      thread.unref();
    },
    kill: () => void thread.terminate(),
    ended: new Promise((resolve) => {
      const lastLines: string[] = [];
      thread.on("error", (error) => lastLines.push(String(error)));
      thread.on("exit", (exitCode) => resolve({ pid: process.pid, exitCode, signal: null, lastLines }));
    }),
  };
  const scheduler = new StartedScheduler(carrier, options);
  carrier.post({ type: "start", options: plainOptions(options) });
  await scheduler.ready;
  // A thread does not see its process end, so what it would have cleared away is cleared away here.
  const forget = (): void => removeToken(tokenFile(Number(new URL(scheduler.address).port)), options.token);
  process.once("exit", forget);
  void scheduler.ended.then(() => process.off("exit", forget));
  return scheduler;
}

function processCarrier(child: ChildProcess, onLog: (line: string) => void): Carrier {
  const lastLines: string[] = [];
  for (const stream of [child.stdout!, child.stderr!]) {
    (stream as Socket).unref();
    createInterface(stream).on("line", (line) => {
      lastLines.push(line);
      if (lastLines.length > LAST_LINES) lastLines.shift();
      onLog(line);
    });
  }
  child.unref();
  child.channel?.unref();
  const ended = new Promise<ProcessEnd>((resolve) => {
    child.on("error", (error) => {
      lastLines.push(error.message);
      if (child.pid === undefined) resolve({ pid: 0, exitCode: null, signal: null, lastLines });
    });
    // `close` comes after `exit`, when what it wrote has been read.
    child.on("close", (exitCode, signal) => resolve({ pid: child.pid ?? 0, exitCode, signal, lastLines }));
  });
  return {
    pid: child.pid ?? 0,
    ended,
    // It may have ended a moment ago: `ended` tells.
    post: (message) => {
      if (child.connected) child.send(message, () => {});
    },
    onMessage: (listener) => void child.on("message", (message) => listener(message as FromScheduler)),
    kill: () => void child.kill("SIGKILL"),
  };
}

/**
 * Node's other way to hand on a server, `child.send(message, server)`, makes the child accept as soon as it has read the message, and
 * drop who dials while its modules are still being loaded. An inherited descriptor is listened on when the child is ready.
 */
function descriptorOf(server: Server): number {
  const { _handle } = server as { _handle?: { readonly fd?: number } };
  if (_handle?.fd === undefined || _handle.fd < 0)
    throw new SchedulerStartError("this platform does not tell a socket's file descriptor");
  return _handle.fd;
}

/** Only the fields that travel. */
function plainOptions(options: SpawnSchedulerOptions): StartOptions {
  const { settings, host, port, nextFreePort, dashboard, token, reportPatience, recovering } = options;
  return { settings, host, port, nextFreePort, dashboard, token, reportPatience, recovering };
}
