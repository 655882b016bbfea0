/** Starting a worker as a process of its own. */
import { fork, type ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import {
  HeddleError,
  childEnvironment,
  describeEnd,
  fromPlainError,
  registerError,
  type ProcessEnd,
} from "@heddle/protocol";
import { OutputFrameReader, type OutputStream } from "../executor/output-frames.js";
import { OUTPUT_FD, type FromWorkerProcess, type ToWorkerProcess, type WorkerStartOptions } from "./messages.js";

const ENTRY = fileURLToPath(new URL("./main.js", import.meta.url));
const LAST_LINES = 20;

/** A worker process ended before it had joined its scheduler. */
export class WorkerStartError extends HeddleError {
  constructor(reason: string, options?: ErrorOptions) {
    super("HEDDLE_WORKER_START", `the worker could not be started: ${reason}`, options);
  }
}
registerError(WorkerStartError);

export interface SpawnWorkerOptions extends WorkerStartOptions {
  /** What its tasks printed: a line, or part of one, `task` its id. */
  readonly onOutput: (stream: OutputStream, text: string, task: number) => void;
  /** What the worker itself has to say, line by line. */
  readonly onLog: (line: string) => void;
}

/** How a worker process ended. */
export interface WorkerProcessEnd extends ProcessEnd {
  /** It ended in order, for this reason. Absent: it died. */
  readonly orderly?: { readonly reason: string; readonly expected: boolean };
}

/** A worker process that this process started. It does not keep this process alive, and ends with it. */
export class WorkerProcess {
  readonly pid: number;
  /** Resolves when it has joined; rejects with what kept it from joining. */
  readonly ready: Promise<{ readonly name: string; readonly address: string }>;
  readonly ended: Promise<WorkerProcessEnd>;
  readonly #child: ChildProcess;
  readonly #lastLines: string[] = [];
  readonly #spillFolder: string;
  #orderly: WorkerProcessEnd["orderly"];

  /** @internal Use {@link spawnWorkerProcess}. */
  constructor(child: ChildProcess, options: SpawnWorkerOptions & { readonly spillFolder: string }) {
    this.#child = child;
    this.#spillFolder = options.spillFolder;
    this.pid = child.pid ?? 0;
    const log = (line: string): void => {
      this.#lastLines.push(line);
      if (this.#lastLines.length > LAST_LINES) this.#lastLines.shift();
      options.onLog(line);
    };
    this.#readOutput(options, log);
    this.ended = this.#end();
    this.ready = new Promise((resolve, reject) => {
      child.on("message", (message: FromWorkerProcess) => {
        switch (message.type) {
          case "ready":
            return resolve({ name: message.name, address: message.address });
          case "failed":
            return reject(fromPlainError(message.error));
          case "log":
            return log(message.line);
          case "ended":
            this.#orderly = { reason: message.reason, expected: message.expected };
        }
      });
      void this.ended.then((end) => reject(new WorkerStartError(end.orderly?.reason ?? describeEnd(end))));
    });
    this.ready.catch(() => {});
    this.#post({ type: "start", options: plainOptions(options) });
  }

  /** Ends it: in order, by force after `patience` milliseconds. Idempotent. */
  async close(patience: number): Promise<WorkerProcessEnd> {
    this.#post({ type: "close" });
    const force = setTimeout(() => this.kill(), patience);
    const end = await this.ended;
    clearTimeout(force);
    return end;
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }

  #post(message: ToWorkerProcess): void {
    // It may have ended a moment ago: `ended` tells.
    if (this.#child.connected) this.#child.send(message, () => {});
  }

  #readOutput(options: SpawnWorkerOptions, log: (line: string) => void): void {
    const { stdout, stderr, stdio } = this.#child;
    // Written by Node, or by native code: everything of ours goes other ways.
    for (const stream of [stdout!, stderr!]) {
      (stream as Socket).unref();
      createInterface(stream).on("line", (line) => {
        log(line);
        this.#post({ type: "wrote", line });
      });
    }
    const frames = stdio[OUTPUT_FD] as Socket;
    frames.unref();
    const reader = new OutputFrameReader((task, stream, text) => options.onOutput(stream, text, task));
    frames.on("data", (chunk: Buffer) => reader.push(chunk));
  }

  #end(): Promise<WorkerProcessEnd> {
    const child = this.#child;
    child.unref();
    child.channel?.unref();
    return new Promise((resolve) => {
      const settle = (exitCode: number | null, signal: NodeJS.Signals | null): void =>
        resolve({
          pid: this.pid,
          exitCode,
          signal,
          lastLines: this.#lastLines,
          ...(this.#orderly === undefined ? {} : { orderly: this.#orderly }),
        });
      child.on("error", (error) => {
        this.#lastLines.push(error.message);
        if (child.pid === undefined) settle(null, null);
      });
      // `close` comes after `exit`, when everything it wrote has been read.
      child.on("close", (exitCode, signal) => {
        rmSync(this.#spillFolder, { recursive: true, force: true });
        settle(exitCode, signal);
      });
    });
  }
}

/**
 * Starts a worker in a process of its own. What it writes to disk is in a folder that goes with it, however it ends.
 */
export function spawnWorkerProcess(given: SpawnWorkerOptions): WorkerProcess {
  const options = { ...given, spillFolder: join(given.spillFolder ?? tmpdir(), `heddle-worker-${randomUUID()}`) };
  const child = fork(ENTRY, [], {
    execArgv: [],
    // Large blocks that are freed should go back to the system, not to a list of free ones.
    env: { ...childEnvironment(), MALLOC_TRIM_THRESHOLD_: "65536" },
    stdio: ["ignore", "pipe", "pipe", "ipc", "pipe"],
  });
  return new WorkerProcess(child, options);
}

/** Only what travels. */
function plainOptions({ onOutput: _, onLog: __, ...options }: SpawnWorkerOptions): WorkerStartOptions {
  return options;
}
