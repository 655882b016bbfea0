import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import type { BenchGraph } from "../graphs/graph.js";
import { findPython } from "./python.js";

const SCRIPT = resolve(import.meta.dirname, "dask_side.py");

/** What a wall-clock operation answers: seconds from building the graph, or the first submission, to the value. */
export interface Timed {
  readonly seconds: number;
}

/** The cluster that is up. */
export interface Opened {
  readonly versions: Readonly<Record<"dask" | "distributed" | "numpy" | "python", string>>;
  readonly schedulerPid: number;
  readonly workerPids: readonly number[];
}

type Answer<T> = ({ readonly ok: true } & T) | { readonly ok: false; readonly error: string };

/** Dask in a Python process of its own, driven one operation at a time. Every operation checks its result over there. */
export class DaskPeer {
  readonly #process: ChildProcess;
  readonly #answers: AsyncIterator<string>;

  private constructor(python: string) {
    const child = spawn(python, [SCRIPT], { stdio: ["pipe", "pipe", "inherit"] });
    this.#process = child;
    // A write after its death is an EPIPE; the answers end then, and that is reported.
    child.stdin.on("error", () => {});
    this.#answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  }

  /**
   * Starts Python, without a cluster yet.
   *
   * @throws Error when no Python with Dask is found.
   */
  static start(): DaskPeer {
    const found = findPython();
    if ("missing" in found) throw new Error(found.missing);
    return new DaskPeer(found.python);
  }

  /** Starts a cluster of `workers` processes with one thread each, in the place of the one before. */
  async open(workers: number): Promise<Opened> {
    return this.#ask<Opened>("open", { workers });
  }

  /** `n` independent tasks and their sum. */
  async merge(n: number): Promise<Timed> {
    return this.#time("merge", { n });
  }

  /** `client.map` over `n` numbers, gathered. */
  async map(n: number): Promise<Timed> {
    return this.#time("map", { n });
  }

  /** A chain of `n` tasks in one graph. */
  async chain(n: number): Promise<Timed> {
    return this.#time("chain", { n });
  }

  /** A binary reduction of `levels` levels. */
  async tree(levels: number): Promise<Timed> {
    return this.#time("tree", { e: levels });
  }

  /** Any graph; its tasks count their depth. */
  async graph(graph: BenchGraph): Promise<Timed> {
    return this.#time("graph", { offsets: [...graph.depOffsets], deps: [...graph.deps] });
  }

  /** A float64 array of `mib` MiB made on one worker and read on another; timed from the submission of the reading task. */
  async transfer(mib: number): Promise<Timed> {
    return this.#time("transfer", { mib });
  }

  /** A new LocalCluster of `workers` processes until all have joined. Needs no `open`. */
  async ready(workers: number): Promise<Timed> {
    return this.#time("ready", { workers });
  }

  /** Seconds of each of `n` submissions, one awaited before the next. */
  async latency(n: number): Promise<number[]> {
    const { times } = await this.#ask<{ times: number[] }>("latency", { n });
    return times;
  }

  /** Ends Python and every process it started. */
  async close(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const exit = once(this.#process, "exit");
    this.#process.stdin!.end();
    await exit;
  }

  async #time(op: string, parameters: Record<string, unknown>): Promise<Timed> {
    return this.#ask<Timed>(op, parameters);
  }

  async #ask<T>(op: string, parameters: Record<string, unknown>): Promise<T> {
    this.#process.stdin!.write(`${JSON.stringify({ op, ...parameters })}\n`);
    const line = await this.#answers.next();
    if (line.done === true) throw new Error(`Dask's Python process ended during "${op}"`);
    const answer = JSON.parse(line.value) as Answer<T>;
    if (!answer.ok) throw new Error(`Dask could not do "${op}": ${answer.error}`);
    return answer;
  }
}
