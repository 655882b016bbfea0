/** Task options that decide how often, and how long, a body runs. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import "../support/own-home.js";
import { InvalidOptionError } from "@heddle/client";
import { TaskTimeoutError } from "@heddle/worker/task";
import { exponentialBackoff, flow, runContext, task, type TaskOptions } from "../../src/index.js";
import { Recorder } from "../support/recorder.js";

describe("[retries] with a fake clock", () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] }));
  afterEach(() => void vi.useRealTimers());

  /** Runs a task that always fails. @returns the names of its states and the milliseconds between its attempts */
  async function always(options: TaskOptions) {
    using recorder = new Recorder();
    const starts: number[] = [];
    const t = task(
      () => {
        starts.push(Date.now());
        throw new Error("again");
      },
      { name: "t", ...options },
    );
    const running = flow(() => void t.submit(), { name: "f" })().catch(() => undefined);
    await vi.runAllTimersAsync();
    await running;
    return { states: recorder.statesOf("t-0"), waits: starts.slice(1).map((time, i) => time - starts[i]!) };
  }

  it("retries n: n + 1 attempts of one run; Pending, Running, (AwaitingRetry, Retrying) x n, final", async () => {
    const { states, waits } = await always({ retries: 2, retryDelay: "1s" });
    expect(states).toEqual(["Running", "AwaitingRetry", "Retrying", "AwaitingRetry", "Retrying", "Failed"]);
    expect(waits).toEqual([1000, 1000]);
  });

  it("delays in a list: 3, 5 and 9 s make 17 s; the last one repeats", async () => {
    expect((await always({ retries: 3, retryDelay: ["3s", "5s", "9s"] })).waits).toEqual([3000, 5000, 9000]);
    expect((await always({ retries: 3, retryDelay: ["3s", "5s"] })).waits).toEqual([3000, 5000, 5000]);
  });

  it("exponentialBackoff(10 s) x 3 makes 70 s; a function is given the retries", async () => {
    expect((await always({ retries: 3, retryDelay: exponentialBackoff("10s") })).waits).toEqual([
      10_000, 20_000, 40_000,
    ]);
    expect((await always({ retries: 2, retryDelay: (n) => [n, 10 * n] })).waits).toEqual([2, 20]);
  });

  it("jitter lengthens delays by up to its factor", async () => {
    const { waits } = await always({ retries: 20, retryDelay: 1000, retryJitterFactor: 0.5 });
    for (const wait of waits) expect(wait).toBeGreaterThanOrEqual(1000);
    for (const wait of waits) expect(wait).toBeLessThanOrEqual(1501);
    expect(new Set(waits).size).toBeGreaterThan(1);
  });

  it("a run that succeeds in the end is Completed, and its onRetry hooks ran once for each retry", async () => {
    let attempts = 0;
    const heard: string[] = [];
    const t = task(
      () => {
        if (++attempts < 3) throw new Error(`attempt ${attempts}`);
        return runContext().taskRun?.attempt;
      },
      {
        name: "t",
        retries: 5,
        retryDelay: 10,
        onRetry: (_task, run, state) => heard.push(`${run.name} ${String(state)}`),
        onFailure: () => heard.push("failed"),
      },
    );
    const running = flow(() => t.submit(), { name: "f" })();
    await vi.runAllTimersAsync();
    expect(await running).toBe(3);
    expect(heard).toEqual(["t-0 AwaitingRetry('Error: attempt 1')", "t-0 AwaitingRetry('Error: attempt 2')"]);
  });

  it("retryCondition decides; one that fails is logged and means no retry", async () => {
    const stderr = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    const asked: unknown[] = [];
    const { states } = await always({
      retries: 5,
      retryCondition: (task, run, state) => {
        asked.push([task.name, run.name, run.attempt, String(state)]);
        return run.attempt < 2;
      },
    });
    expect(states).toEqual(["Running", "AwaitingRetry", "Retrying", "Failed"]);
    expect(asked).toEqual([
      ["t", "t-0", 1, "Failed('again')"],
      ["t", "t-0", 2, "Failed('again')"],
    ]);
    using recorder = new Recorder();
    expect(
      (
        await always({
          retries: 5,
          retryCondition: () => {
            throw new Error("cannot decide");
          },
        })
      ).states,
    ).toEqual(["Running", "Failed"]);
    await vi.waitFor(() =>
      expect(recorder.events.filter((event) => event.kind === "log").map((event) => event.message)).toEqual([
        "retryCondition failed, so there is no retry: Error: cannot decide",
      ]),
    );
    stderr.mockRestore();
  });
});

describe("[timeout]", () => {
  it("Failed named TimedOut with TaskTimeoutError, and the signal is aborted", async () => {
    let reason: unknown;
    const t = task(
      async () => {
        const { signal } = runContext();
        await new Promise<void>((resolve) =>
          signal.addEventListener("abort", () => {
            reason = signal.reason;
            resolve();
          }),
        );
      },
      { name: "t", timeout: 20 },
    );
    const f = flow(
      async () => {
        const state = await t.submit().wait();
        expect([state.type, state.name]).toEqual(["Failed", "TimedOut"]);
        await expect(state.result()).rejects.toBeInstanceOf(TaskTimeoutError);
        return 1;
      },
      { name: "f" },
    );
    await f();
    expect(reason).toBeInstanceOf(TaskTimeoutError);
  });

  it("a user's own timeout error keeps the name Failed", async () => {
    const t = task(
      async () => {
        throw new TaskTimeoutError(5);
      },
      { name: "t", timeout: "1h" },
    );
    await flow(
      async () => {
        expect((await t.submit().wait()).name).toBe("Failed");
        return 1;
      },
      { name: "f" },
    )();
  });

  it("counts for each attempt, and a run that timed out is tried again", async () => {
    let attempts = 0;
    const t = task(
      async () => {
        if (++attempts < 3) await new Promise((resolve) => setTimeout(resolve, 1e6).unref());
        return attempts;
      },
      { name: "t", timeout: 20, retries: 3 },
    );
    expect(await flow(() => t.submit(), { name: "f" })()).toBe(3);
  });

  it("in the flow's own process a synchronous body cannot be interrupted: a warning says so, and it is late all the same", async () => {
    const stderr = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    using recorder = new Recorder();
    const t = task(
      () => {
        const end = Date.now() + 30;
        while (Date.now() < end);
      },
      { name: "t", timeout: 5 },
    );
    await flow(
      async () => {
        expect((await t.submit().wait()).name).toBe("TimedOut");
        await t.submit().wait();
        return 1;
      },
      { name: "f" },
    )();
    await new Promise(setImmediate);
    const warnings = recorder.events.flatMap((event) => (event.kind === "log" ? [event.message] : []));
    expect(warnings).toEqual([
      expect.stringMatching(/^t has a timeout and is no async function: .*cannot be interrupted/),
    ]);
    stderr.mockRestore();
  });
});

describe("[bad input] task options with a wrong type or in a wrong combination", () => {
  const cases: [string, object][] = [
    ["name", { name: 5 }],
    ["name", { name: "" }],
    ["description", { description: 5 }],
    ["tags", { tags: "a" }],
    ["tags", { tags: [1] }],
    ["taskRunName", { taskRunName: 5 }],
    ["retries", { retries: -1 }],
    ["retries", { retries: 1.5 }],
    ["retries", { retries: "3" }],
    ["retryDelay", { retries: 1, retryDelay: "soon" }],
    ["retryDelay", { retries: 1, retryDelay: -1 }],
    ["retryDelay", { retries: 1, retryDelay: [1, "x"] }],
    ["retryDelay", { retries: 60, retryDelay: Array.from({ length: 51 }, () => 1) }],
    ["retryDelay", { retries: 1, retryDelay: () => "never" }],
    ["retryJitterFactor", { retryJitterFactor: -0.1 }],
    ["retryJitterFactor", { retryJitterFactor: "a" }],
    ["retryCondition", { retryCondition: true }],
    ["timeout", { timeout: "long" }],
    ["timeout", { timeout: -5 }],
    ["cacheKey", { cacheKey: "key" }],
    ["cacheExpiration", { cacheExpiration: "1h" }],
    ["cacheExpiration", { cacheKey: () => "k", cacheExpiration: "x" }],
    ["refreshCache", { refreshCache: true }],
    ["refreshCache", { cacheKey: () => "k", refreshCache: 1 }],
    ["cachePolicy", { cachePolicy: "inputs" }],
    ["persistResult", { persistResult: "yes" }],
    ["persistResult", { cacheKey: () => "k", persistResult: false }],
    ["resultStorage", { resultStorage: 5 }],
    ["resultStorageKey", { resultStorageKey: 5 }],
    ["resultSerializer", { resultSerializer: 5 }],
    ["cacheResultInMemory", { cacheResultInMemory: 0 }],
    ["logPrints", { logPrints: 1 }],
    ["onCompletion", { onCompletion: "f" }],
    ["onFailure", { onFailure: [1] }],
    ["onRetry", { onRetry: {} }],
    ["resources", { resources: ["GPU"] }],
    ["resources", { resources: { GPU: -1 } }],
    ["priority", { priority: "high" }],
    ["idempotent", { idempotent: "no" }],
    ["waitFor", { waitFor: 5 }],
    ["waitFor", { waitFor: [5] }],
    ["retires", { retires: 3 }],
  ];
  it.each(cases)("%s: %o", (option, options) => {
    const define = (): unknown => task(function named() {}).with(options);
    expect(define).toThrow(InvalidOptionError);
    expect(define).toThrow(option);
  });

  it("suggests the option that was meant", () => {
    expect(() => task(() => 1, { name: "t", retires: 3 } as TaskOptions)).toThrow(
      /task\(t\): there is no option retires. Did you mean retries\?/,
    );
  });

  it("a taskRunName function that makes no string is an error of the call", async () => {
    const t = task(() => 1, { name: "t", taskRunName: () => 5 as unknown as string });
    await flow(
      async () => {
        expect(() => t.submit()).toThrow(InvalidOptionError);
        await expect(t()).rejects.toBeInstanceOf(InvalidOptionError);
        return 1;
      },
      { name: "f" },
    )();
  });
});
