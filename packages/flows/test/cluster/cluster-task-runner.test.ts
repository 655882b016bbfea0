import { LocalCluster } from "@heddle/client/cluster";
import { currentTask } from "@heddle/worker/task";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ClusterTaskRunner } from "@heddle/flows";
import { Bench, BenchRun, taskCall } from "./bench.js";

let cluster: LocalCluster;

beforeAll(async () => {
  cluster = new LocalCluster({ workers: 2, port: 0, dashboard: false, processes: false, resources: { one: 1 } });
  await cluster.ready;
});
afterAll(() => cluster.close());

const start = (): Promise<Bench<ClusterTaskRunner>> => Bench.start(new ClusterTaskRunner({ cluster }));

describe("runs", () => {
  it("give their values, and say when and where they ran", async () => {
    await using bench = await start();
    const before = Date.now();
    const run = bench.submit((x: number) => x + 1, [1]);
    expect(await run.value()).toBe(2);
    expect(run.states).toEqual(["running 1", "completed"]);
    expect(run.workers[0]).toMatch(/^worker-\d$/);
    const [began, ended] = run.times;
    expect(before <= began! && began! <= ended! && ended! <= Date.now()).toBe(true);
  });

  it("take the results of others, wherever they are in their arguments", async () => {
    await using bench = await start();
    const one = bench.submit(() => 1);
    const two = bench.submit((x: number) => x + 1, [one]);
    const all = bench.submit((a: number[], { b }: { b: number }) => [...a, b], [[one, two], { b: two }]);
    expect(await all.value()).toEqual([1, 2, 2]);
  });

  it("wait for others whose values they do not take", async () => {
    await using bench = await start();
    const slow = bench.submit(async () => {
      await new Promise((resolve) => setTimeout(resolve, 150));
      return Date.now();
    });
    const after = bench.submit(() => Date.now(), [], [slow]);
    expect(await after.value()).toBeGreaterThanOrEqual((await slow.value()) as number);
  });

  it("use what functions close over as it is when they are submitted", async () => {
    await using bench = await start();
    let factor = 2;
    const call = taskCall((x: number) => x * factor);
    const doubled = bench.submit(call, [10]);
    factor = 3;
    const tripled = bench.submit(call, [10]);
    expect([await doubled.value(), await tripled.value()]).toEqual([20, 30]);
  });

  it("know who they are", async () => {
    await using bench = await start();
    const call = taskCall(() => currentTask().name, {}, "who");
    bench.submit(call);
    expect(await bench.submit(call).value()).toBe("who-1");
  });

  it("are said to run while they do, when they last", async () => {
    await using bench = await start();
    const run = bench.submit(() => new Promise((resolve) => setTimeout(resolve, 600)));
    await expect.poll(() => run.states, { timeout: 5_000, interval: 20 }).toEqual(["running 1"]);
    await run.ended;
    expect(run.states).toEqual(["running 1", "completed"]);
    expect(run.times[1]! - run.times[0]!).toBeGreaterThanOrEqual(590);
  });

  it("run again under the same number when their flow does", async () => {
    await using bench = await start();
    const run = bench.submit(() => 1);
    await run.ended;
    const again = new BenchRun(run.run, run.call, [], []);
    again.handle = bench.runner.submit(again);
    expect(await again.value()).toBe(1);
  });
});

describe("failures", () => {
  it("are the user's own error, and that of nothing that rests on it", async () => {
    await using bench = await start();
    const failing = bench.submit(() => {
      throw new RangeError("too far");
    });
    const dependent = bench.submit((x: number) => x, [failing]);
    expect(await failing.ended).toMatchObject({
      type: "failed",
      timedOut: false,
      error: { name: "RangeError", message: "too far" },
    });
    expect(failing.states).toEqual(["running 1", "failed"]);
    expect((await dependent.ended).type).toBe("crashed");
    // It never ran.
    expect(dependent.states).toEqual(["crashed"]);
  });

  it("of what cannot travel are the run's, not the submission's", async () => {
    await using bench = await start();
    const never = new Promise(() => undefined);
    const bad = bench.submit(() => never);
    expect(await bad.ended).toMatchObject({ type: "crashed", error: { code: "HEDDLE_FUNCTION_NOT_SERIALIZABLE" } });
    const symbol = bench.submit((x: unknown) => x, [Symbol("x")]);
    expect((await symbol.ended).type).toBe("crashed");
    const result = bench.submit(() => Symbol("x"));
    expect((await result.ended).type).toBe("failed");
  });

  it("are tried again after their delays, with states for each", async () => {
    await using bench = await start();
    const flaky = taskCall(
      () => {
        console.log(`attempt ${currentTask().attempt}`);
        if (currentTask().attempt < 3) throw new Error(`no ${currentTask().attempt}`);
        return "yes";
      },
      { retries: 2, retryDelays: [30, 60], logPrints: true },
    );
    const run = bench.submit(flaky);
    expect(await run.value()).toBe("yes");
    expect(run.states).toEqual([
      "running 1",
      "retry 1 after 30: no 1",
      "running 2",
      "retry 2 after 60: no 2",
      "running 3",
      "completed",
    ]);
    expect(run.lines.map(({ message }) => message)).toEqual(["attempt 1", "attempt 2", "attempt 3"]);
  });

  it("are not tried again when the retry condition says no", async () => {
    await using bench = await start();
    const call = taskCall(
      () => {
        throw new TypeError("hopeless");
      },
      { retries: 5, retryCondition: (_task, _run, state) => (state.data as Error).name !== "TypeError" },
    );
    const run = bench.submit(call);
    expect(await run.ended).toMatchObject({ type: "failed", error: { message: "hopeless" } });
    expect(run.states).toEqual(["running 1", "failed"]);
  });

  it("of time stop the code, counting each attempt from when it begins", async () => {
    await using bench = await start();
    const call = taskCall(
      () => {
        for (;;);
      },
      { timeout: 100, retries: 1, retryDelays: [300] },
    );
    const run = bench.submit(call);
    expect(await run.ended).toMatchObject({ type: "failed", timedOut: true, error: { name: "TaskTimeoutError" } });
    expect(run.states.map((state) => state.replace(/:.*/, ""))).toEqual([
      "running 1",
      "retry 1 after 300",
      "running 2",
      "failed",
    ]);
    expect(await bench.submit(() => "the thread is there again").value()).toBe("the thread is there again");
  });
});

describe("cancelling", () => {
  it("stops what runs and what waits, and nothing else", async () => {
    await using bench = await start();
    const endless = bench.submit(() => {
      for (;;);
    });
    const resting = bench.submit((x: unknown) => x, [endless]);
    const other = bench.submit(() => "goes on");
    await expect.poll(() => endless.states, { timeout: 5_000 }).toEqual(["running 1"]);
    endless.handle.cancel();
    expect((await endless.ended).type).toBe("cancelled");
    expect((await resting.ended).type).toBe("crashed");
    expect(await other.value()).toBe("goes on");
  });
});

describe("what tasks say", () => {
  it("reaches the flow's process before their end: lines of their log, and what they print", async () => {
    await using bench = await start();
    const call = taskCall(
      async () => {
        console.log("one\ntwo");
        await new Promise((resolve) => setTimeout(resolve, 10));
        console.warn("three");
      },
      { logPrints: true },
    );
    const run = bench.submit(call);
    await run.ended;
    expect(run.lines).toEqual([
      { level: "info", message: "one\ntwo", worker: run.workers[0] },
      { level: "warn", message: "three", worker: run.workers[0] },
    ]);
  });
});

describe("resources and priorities", () => {
  it("let tasks run one at a time", async () => {
    await using bench = await start();
    const alone = taskCall(
      async () => {
        const began = Date.now();
        await new Promise((resolve) => setTimeout(resolve, 60));
        return [began, Date.now()];
      },
      { resources: { one: 1 } },
    );
    const spans = (await Promise.all([0, 1, 2, 3].map(() => bench.submit(alone).value()))) as [number, number][];
    // Two workers have one each.
    for (const [began] of spans)
      expect(spans.filter(([from, to]) => from <= began && began < to).length).toBeLessThanOrEqual(2);
  });
});

describe("its life", () => {
  it("leaves an existing cluster, and nothing of its own on it", async () => {
    const bench = await start();
    const run = bench.submit(() => new Float64Array(100_000));
    await run.ended;
    await bench.stop();
    await expect(run.handle.value()).rejects.toMatchObject({ code: "HEDDLE_RESULT_MISSING" });
    expect(cluster.closed).toBe(false);
    await using next = await start();
    expect(await next.submit(() => 1).value()).toBe(1);
  });

  it("refuses to be used before, twice and after", async () => {
    const runner = new ClusterTaskRunner({ cluster });
    expect(() => runner.submit({} as never)).toThrow(expect.objectContaining({ code: "HEDDLE_RUNNER_STATE" }));
    const bench = await Bench.start(runner);
    await expect(Bench.start(runner)).rejects.toMatchObject({ code: "HEDDLE_RUNNER_STATE" });
    await bench.stop();
    expect(() => bench.submit(() => 1)).toThrow(expect.objectContaining({ code: "HEDDLE_RUNNER_STATE" }));
  });

  it("says at the start when there is nobody at the address", async () => {
    const runner = new ClusterTaskRunner({ address: "ws://127.0.0.1:9", timeout: "1s" });
    await expect(Bench.start(runner)).rejects.toMatchObject({ code: "HEDDLE_SCHEDULER_UNREACHABLE" });
  });

  it.each([
    [{ address: "ws://127.0.0.1:1", cluster: { workers: 1 } }, "cluster"],
    [{ address: "ws://127.0.0.1:1", adapt: { maximum: 2 } }, "adapt"],
    [{ address: "http://127.0.0.1" }, "address"],
    [{ token: "t" }, "token"],
    [{ adress: "ws://127.0.0.1:1" }, "adress"],
    [{ timeout: "soon" }, "timeout"],
    [{ adapt: { minimum: 5, maximum: 1 } }, "adapt"],
    [{ performanceReport: "" }, "performanceReport"],
    [{ performanceReport: "r.html", cluster: { dashboard: false } }, "performanceReport"],
    [{ cluster: "ws://127.0.0.1:1" }, "cluster"],
  ])("refuses %o when it is constructed", (options, option) => {
    expect(() => new ClusterTaskRunner(options as never)).toThrow(expect.objectContaining({ option }));
  });
});
