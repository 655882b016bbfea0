/** A runner without the engine around it: runs as the engine would give them, and everything that is said of them. */
import type { CallPolicy, LogLevel, RunnerHandle, RunnerTask, RunOutcome, TaskCall, TaskRunner } from "@heddle/flows";

const POLICY: CallPolicy = {
  retries: 0,
  retryDelays: [],
  retryJitter: 0,
  timeout: 0,
  logPrints: false,
  persist: false,
  cacheInMemory: true,
};

/** A task's function with the policy of its runs. */
export function taskCall(
  fn: (...args: never[]) => unknown,
  policy: Partial<CallPolicy> = {},
  task: string = fn.name || "task",
): TaskCall {
  return { fn, task, parameters: [], policy: { ...POLICY, ...policy } };
}

interface Line {
  readonly level: LogLevel;
  readonly message: string;
  readonly worker: string | undefined;
}

export class BenchRun implements RunnerTask {
  /** "running 1", "retry 1 after 50: message", then the type of its end. */
  readonly states: string[] = [];
  readonly times: number[] = [];
  readonly workers: (string | undefined)[] = [];
  readonly lines: Line[] = [];
  readonly warnings: string[] = [];
  handle!: RunnerHandle;
  readonly ended: Promise<RunOutcome>;
  readonly report: RunnerTask["report"];

  constructor(
    readonly run: RunnerTask["run"],
    readonly call: TaskCall,
    readonly args: readonly unknown[],
    readonly upstream: readonly RunnerHandle[],
  ) {
    let end!: (outcome: RunOutcome) => void;
    this.ended = new Promise((resolve) => (end = resolve));
    let isOver = false;
    this.report = {
      running: (attempt, time = Date.now(), worker) => {
        this.states.push(`running ${attempt}`);
        this.times.push(time);
        this.workers.push(worker);
      },
      awaitingRetry: (attempt, delay, error) =>
        void this.states.push(`retry ${attempt} after ${delay}: ${(error as Error).message}`),
      log: (level, message, _time, worker) => void this.lines.push({ level, message, worker }),
      warn: (message) => void this.warnings.push(message),
      artifact: ({ key }) => void this.lines.push({ level: "info", message: `artifact ${key}`, worker: undefined }),
      maxArtifact: Infinity,
      settled: (outcome) => {
        if (isOver) throw new Error(`${run.name} has settled twice`);
        isOver = true;
        this.states.push(outcome.type);
        this.times.push(outcome.time ?? Date.now());
        end(outcome);
      },
    };
  }

  /** Runs in the arguments, one deep in arrays and objects too, are replaced. */
  bind(substitute: (upstream: RunnerHandle) => unknown): unknown[] {
    const replaced = (value: unknown): unknown => {
      if (value instanceof BenchRun) return substitute(value.handle);
      if (Array.isArray(value)) return value.map(replaced);
      if (typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype)
        return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, replaced(each)]));
      return value;
    };
    return this.args.map(replaced);
  }

  async value(): Promise<unknown> {
    const outcome = await this.ended;
    if (outcome.type === "failed" || outcome.type === "crashed") throw outcome.error as Error;
    if (outcome.type === "cancelled") throw new Error("cancelled");
    return this.handle.value();
  }
}

/** One flow run on a runner, stopped at the end of its scope. */
export class Bench<R extends TaskRunner> implements AsyncDisposable {
  readonly id = globalThis.crypto.randomUUID().replaceAll("-", "");
  readonly lines: { readonly level: LogLevel; readonly message: string }[] = [];
  readonly runs: BenchRun[] = [];
  readonly #abort = new AbortController();
  #isStopped = false;

  private constructor(readonly runner: R) {}

  static async start<R extends TaskRunner>(runner: R): Promise<Bench<R>> {
    const bench = new Bench(runner);
    await runner.start({
      flowRun: { id: bench.id, name: "brave-otter", flow: "bench" },
      log: (level, message) => void bench.lines.push({ level, message }),
      signal: bench.#abort.signal,
    });
    return bench;
  }

  submit(
    call: TaskCall | ((...args: never[]) => unknown),
    args: readonly unknown[] = [],
    waitFor: readonly BenchRun[] = [],
  ): BenchRun {
    const definite = typeof call === "function" ? taskCall(call) : call;
    const number = this.runs.length;
    const name = `${definite.task}-${number}`;
    const upstream = new Set<RunnerHandle>();
    const look = (value: unknown): void => {
      if (value instanceof BenchRun) upstream.add(value.handle);
      else if (Array.isArray(value)) value.forEach(look);
      else if (typeof value === "object" && value !== null) Object.values(value).forEach(look);
    };
    [...args, ...waitFor].forEach(look);
    const identity = { flowRun: this.id, number, name, task: definite.task, tags: ["bench"] };
    const run = new BenchRun(identity, definite, args, [...upstream]);
    run.handle = this.runner.submit(run);
    this.runs.push(run);
    return run;
  }

  async stop(): Promise<void> {
    if (this.#isStopped) return;
    this.#isStopped = true;
    await this.runner.stop("completed");
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}
