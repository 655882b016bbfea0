/** What the tests of history share: folders that are gone afterwards, events, and programs of their own. */
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type {
  FlowRunStarted,
  LogLevel,
  RunEvent,
  RunStateChanged,
  TaskRunCreated,
} from "../../src/history/run-event.js";
import type { StateType } from "../../src/state/state-type.js";

/** A folder for one test. */
export class Scratch implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), "heddle-history-"));
  readonly file = join(this.path, "history.db");

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** A flow run's id: 32 digits that begin so. */
export const runId = (start: string): string => start.padEnd(32, "0");

export const START = Date.UTC(2026, 0, 1);

export function flowRun(id: string, more: Partial<FlowRunStarted> = {}): FlowRunStarted {
  return {
    kind: "flowRun",
    flowRun: id,
    name: `run-${id.slice(0, 4)}`,
    flow: "greetings",
    version: "1",
    runner: "concurrent",
    tags: [],
    parameters: '{"names":["arthur"]}',
    time: START,
    ...more,
  };
}

export function taskRun(id: string, number: number, more: Partial<TaskRunCreated> = {}): TaskRunCreated {
  return {
    kind: "taskRun",
    flowRun: id,
    number,
    name: `say_hello-${number}`,
    task: "say_hello",
    tags: [],
    upstream: [],
    time: START + number,
    ...more,
  };
}

export function state(
  id: string,
  number: number,
  type: StateType,
  time: number,
  more: Partial<RunStateChanged> = {},
): RunStateChanged {
  return { kind: "state", flowRun: id, number, type, name: type, time: START + time, ...more };
}

export function log(id: string, number: number, level: LogLevel, message: string, time = 0): RunEvent {
  return { kind: "log", flowRun: id, number, time: START + time, level, message };
}

/** A flow run with two task runs that completes. */
export function wholeRun(id: string, more: Partial<FlowRunStarted> = {}): RunEvent[] {
  return [
    flowRun(id, more),
    state(id, -1, "Pending", 0),
    state(id, -1, "Running", 1),
    ...[0, 1].flatMap((number): RunEvent[] => [
      taskRun(id, number),
      state(id, number, "Pending", 2),
      state(id, number, "Running", 3),
      log(id, number, "info", `hello from ${number}`, 4),
      state(id, number, "Completed", 5),
    ]),
    state(id, -1, "Completed", 6),
  ];
}

/** The warnings of this process with such a type, while it is in scope. */
export class Warnings implements Disposable {
  readonly seen: { readonly code: string; readonly message: string }[] = [];
  readonly #listener = (warning: Error & { code?: string }): void => {
    if (warning.name === "HeddleHistoryWarning") this.seen.push({ code: warning.code!, message: warning.message });
  };

  constructor() {
    process.on("warning", this.#listener);
  }

  get codes(): string[] {
    return this.seen.map((warning) => warning.code);
  }

  [Symbol.dispose](): void {
    process.off("warning", this.#listener);
  }
}

/** A program among the fixtures, in a process of its own, killed at the end of the scope if it has not ended. */
export class Fixture implements AsyncDisposable {
  readonly child: ChildProcess;
  readonly ended: Promise<{ readonly status: number | null; readonly signal: NodeJS.Signals | null }>;
  output = "";

  constructor(name: string, args: readonly string[], options: { readonly uid?: number } = {}) {
    this.child = fork(join(import.meta.dirname, "fixtures", name), args, {
      execArgv: [],
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      ...(options.uid === undefined ? {} : { uid: options.uid }),
    });
    for (const stream of [this.child.stdout, this.child.stderr])
      stream!.on("data", (chunk: Buffer) => (this.output += chunk.toString()));
    this.ended = once(this.child, "close").then(([status, signal]) => ({
      status: status as number | null,
      signal: signal as NodeJS.Signals | null,
    }));
  }

  get pid(): number {
    return this.child.pid!;
  }

  /** The next message it sends. */
  async message(): Promise<unknown> {
    const [message] = (await Promise.race([
      once(this.child, "message"),
      this.ended.then((end) => Promise.reject(new Error(`it ended: ${JSON.stringify(end)}\n${this.output}`))),
    ])) as [unknown];
    return message;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill("SIGKILL");
    await this.ended;
  }
}
