/** Options of flows, subflows, and what happens to a flow run besides running. */
import { AsyncResource } from "node:async_hooks";
import { describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { InvalidOptionError } from "@heddle/client";
import "../support/own-home.js";
import {
  CancelledRunError,
  FlowDepthError,
  FlowParametersError,
  FlowRunEndedError,
  FlowTimeoutError,
  FutureReturnedError,
  NotInRunError,
  SequentialTaskRunner,
  TaskFuture,
  artifact,
  flow,
  log,
  runContext,
  task,
  type FlowOptions,
  type Flow,
  type StandardSchema,
} from "../../src/index.js";
import { Recorder } from "../support/recorder.js";

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const inc = task((x: number) => x + 1, { name: "inc" });
const endless = task(
  async () => {
    const { signal } = runContext();
    await new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("stopped"))));
  },
  { name: "endless" },
);

describe("[parameters] by a Standard Schema", () => {
  it.each<[string, StandardSchema, unknown[], unknown[]]>([
    ["of the one argument", z.coerce.number(), ["5"], [5]],
    ["of the one argument, an object", z.object({ user: z.string() }), [{ user: "ford", more: 1 }], [{ user: "ford" }]],
    ["of a tuple", z.tuple([z.coerce.number(), z.string().default("x")]), ["5", undefined], [5, "x"]],
    ["of a tuple of one", z.tuple([z.coerce.number()]), ["5"], [5]],
    ["of an object by name", z.object({ a: z.coerce.number(), b: z.string() }), ["5", "x"], [5, "x"]],
  ])("%s", async (_, parameters, args, expected) => {
    const seen: unknown[] = [];
    const f =
      args.length > 1
        ? flow((a: unknown, b: unknown) => void seen.push(a, b), { name: "f", parameters })
        : flow((a: unknown) => void seen.push(a), { name: "f", parameters });
    await (f as unknown as (...args: unknown[]) => Promise<void>)(...args);
    expect(seen).toEqual(expected);
  });

  it("bad parameters make a Failed run, and the body does not run", async () => {
    let ran = false;
    const f = flow(
      (n: number, options: { deep: string }) => {
        ran = true;
        return [n, options];
      },
      { name: "f", parameters: z.object({ n: z.number(), options: z.object({ deep: z.string() }) }) },
    );
    const bad = f as unknown as (...args: unknown[]) => Promise<unknown>;
    await expect(bad(1, { deep: 5 })).rejects.toBeInstanceOf(FlowParametersError);
    await expect(bad(1, { deep: 5 })).rejects.toMatchObject({ issues: [{ path: "options.deep" }], flow: "f" });
    const state = await (f as unknown as Flow<unknown[]>).submit("x", {}).wait();
    expect(String(state)).toMatch(/^Failed\('the arguments of f do not fit/);
    expect(ran).toBe(false);
    await expect(
      (
        flow((names: string[]) => names, { name: "g", parameters: z.array(z.string()) }) as unknown as (
          x: unknown,
        ) => Promise<unknown>
      )("x"),
    ).rejects.toBeInstanceOf(FlowParametersError);
  });
});

describe("[subflows]", () => {
  it("each is visible both as its own flow run and as one task run of the parent, linked both ways", async () => {
    using recorder = new Recorder();
    const child = flow(async (x: number) => inc(x), { name: "child" });
    const parent = flow(async () => [await child(1), child.submit(2)], { name: "parent" });
    expect(await parent()).toEqual([2, 3]);
    const flowRuns = recorder.events.flatMap((event) => (event.kind === "flowRun" ? [event] : []));
    const [outer, first, second] = flowRuns;
    expect(flowRuns.map((run) => run.flow)).toEqual(["parent", "child", "child"]);
    expect([first?.parent, second?.parent]).toEqual([
      { flowRun: outer?.flowRun, number: 0 },
      { flowRun: outer?.flowRun, number: 1 },
    ]);
    const standIns = recorder.events.flatMap((event) =>
      event.kind === "taskRun" && event.flowRun === outer?.flowRun ? [event] : [],
    );
    expect(standIns.map((run) => [run.name, run.childFlowRun])).toEqual([
      ["child-0", first?.flowRun],
      ["child-1", second?.flowRun],
    ]);
    expect(recorder.statesOf("child-0")).toEqual(["Running", "Completed"]);
  });

  it("run after what is among their arguments, several at once with submit", async () => {
    const running = { now: 0, most: 0 };
    const child = flow(
      async (x: number) => {
        running.most = Math.max(running.most, ++running.now);
        await sleep(10);
        running.now--;
        return x * 2;
      },
      { name: "child" },
    );
    const parent = flow(
      async () => {
        const upstream = inc.submit(1);
        return { direct: await child(upstream), submitted: [child.submit(upstream), child.submit(5)] };
      },
      { name: "parent" },
    );
    expect(await parent()).toEqual({ direct: 4, submitted: [4, 10] });
    expect(running.most).toBe(2);
  });

  it("does not run when what it waits for failed", async () => {
    let ran = false;
    const child = flow(
      (_: number) => {
        ran = true;
      },
      { name: "child" },
    );
    const fail = task(
      (): number => {
        throw new Error("x");
      },
      { name: "fail" },
    );
    await flow(
      async () => {
        const state = await child.submit(fail.submit()).wait();
        expect([state.name, state.details.childFlowRunId]).toEqual([
          "NotReady",
          expect.stringMatching(/^[0-9a-f]{32}$/),
        ]);
        return 1;
      },
      { name: "parent" },
    )();
    expect(ran).toBe(false);
  });

  it("parent, child, parent on different runners", async () => {
    const inner: Flow<[number], unknown> = flow(async (depth: number) => (depth === 0 ? inc(0) : outer(depth - 1)), {
      name: "inner",
    });
    const outer: Flow<[number], unknown> = flow(async (depth: number) => inner(depth), {
      name: "outer",
      taskRunner: SequentialTaskRunner,
    });
    expect(await outer(2)).toBe(1);
  });

  it("recursion works; without an end it is refused at a depth, naming the setting", async () => {
    const down: Flow<[number], Promise<number>> = flow(
      async (n: number): Promise<number> => (n === 0 ? 0 : 1 + (await down(n - 1))),
      { name: "down" },
    );
    expect(await down(10)).toBe(10);
    const forEver: Flow<[], unknown> = flow(async () => forEver(), { name: "for-ever" });
    await expect(forEver()).rejects.toBeInstanceOf(FlowDepthError);
    await expect(forEver()).rejects.toThrow(/65 flows deep.*flows\.maxDepth/);
  });
});

it("a sequential flow's subflow begins after what was submitted before it", async () => {
  const order: string[] = [];
  const t = task(
    async () => {
      await sleep(2);
      order.push("task");
      throw new Error("or not");
    },
    { name: "t" },
  );
  const child = flow(() => void order.push("child"), { name: "child" });
  const parent = flow(
    async () => {
      t.submit();
      await child();
      return 1;
    },
    { name: "parent", taskRunner: SequentialTaskRunner },
  );
  await parent();
  expect(order).toEqual(["task", "child"]);
});

it("a flowRunName function that makes no string fails the run, also of a subflow", async () => {
  const named = flow(() => 1, { name: "named", flowRunName: () => 5 as unknown as string });
  await expect(named()).rejects.toBeInstanceOf(InvalidOptionError);
  await expect(flow(async () => named(), { name: "parent" })()).rejects.toThrow(/flowRunName must return a string/);
});

describe("[flow retries]", () => {
  it("run the body again: what completed is returned and not run again, what failed runs with fresh retries, a failed child gets a new run", async () => {
    using recorder = new Recorder();
    const ran: string[] = [];
    const good = task(
      (x: string) => {
        ran.push(x);
        return x.toUpperCase();
      },
      { name: "good" },
    );
    let flaky = 0;
    const shaky = task(
      () => {
        ran.push("shaky");
        if (++flaky < 4) throw new Error(`shaky ${flaky}`);
        return flaky;
      },
      { name: "shaky", retries: 1 },
    );
    let children = 0;
    const child = flow(
      () => {
        if (++children < 2) throw new Error("child");
        return children;
      },
      { name: "child" },
    );
    const settled = flow(
      () => {
        ran.push("settled child");
        return "kept";
      },
      { name: "settled" },
    );
    const f = flow(
      async () => {
        const values = [await good("a"), await good("b"), await settled()];
        const rest = await Promise.allSettled([shaky.submit().result(), child()]);
        for (const result of rest) if (result.status === "rejected") throw result.reason as Error;
        return [...values, ...rest.map((result) => (result as PromiseFulfilledResult<unknown>).value)];
      },
      { name: "f", retries: 1 },
    );
    expect(await f()).toEqual(["A", "B", "kept", 4, 2]);
    expect(ran).toEqual(["a", "b", "settled child", "shaky", "shaky", "shaky", "shaky"]);
    expect(recorder.flowStates("f")).toEqual(["Running", "AwaitingRetry", "Retrying", "Completed"]);
    expect(recorder.statesOf("shaky-0")).toEqual([
      "Running",
      "AwaitingRetry",
      "Retrying",
      "Failed",
      "Pending",
      "Running",
      "AwaitingRetry",
      "Retrying",
      "Completed",
    ]);
    expect(recorder.events.filter((event) => event.kind === "flowRun" && event.flow === "child")).toHaveLength(2);
  });

  it("wait for their delays", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
    try {
      const starts: number[] = [];
      const running = flow(
        () => {
          starts.push(Date.now());
          throw new Error("x");
        },
        { name: "f", retries: 2, retryDelay: ["3s", "5s"] },
      )().catch((error: unknown) => error);
      await vi.runAllTimersAsync();
      expect(await running).toMatchObject({ message: "x" });
      expect(starts.map((time) => time - starts[0]!)).toEqual([0, 3000, 8000]);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe("[flow timeout]", () => {
  it("counts for each attempt; another attempt has a signal of its own", async () => {
    let attempts = 0;
    const f = flow(
      async () => {
        const { signal } = runContext();
        expect(signal.aborted).toBe(false);
        if (++attempts < 3) await endless.submit().result();
        await sleep(1);
        return attempts;
      },
      { name: "f", timeout: 200, retries: 2 },
    );
    expect(await f()).toBe(3);
  });

  it("cancels children and submitted tasks", async () => {
    using recorder = new Recorder();
    const child = flow(
      async () => {
        await endless.submit().result();
      },
      { name: "child" },
    );
    const parent = flow(
      async () => {
        endless.submit();
        await child();
      },
      { name: "parent", timeout: 30 },
    );
    const state = await parent.submit().wait();
    expect([state.type, state.name]).toEqual(["Failed", "TimedOut"]);
    await expect(state.result()).rejects.toBeInstanceOf(FlowTimeoutError);
    expect(recorder.statesOf("endless-0").at(-1)).toBe("Cancelled");
    expect(recorder.flowStates("child").at(-1)).toBe("Cancelled");
  });

  it("does not wait for a body that goes on", async () => {
    const f = flow(async () => new Promise(() => undefined), { name: "f", timeout: 10 });
    await expect(f()).rejects.toBeInstanceOf(FlowTimeoutError);
  });

  it("a body that goes on calls nothing into the next attempt: not directly, not by its tasks, not with subflows", async () => {
    using recorder = new Recorder();
    let attempts = 0;
    let goOn!: () => void;
    const next = new Promise<void>((resolve) => (goOn = resolve));
    const late: unknown[] = [];
    const goingOn: Promise<void>[] = [];
    const attempt = (what: () => unknown): Promise<void> => {
      const outcome = next.then(what).then(
        () => late.push("nothing"),
        (error: unknown) => late.push(error),
      );
      goingOn.push(outcome.then(() => undefined));
      return goingOn.at(-1)!;
    };
    const child = flow(() => 1, { name: "child" });
    const submits = task(() => attempt(() => inc.submit(1)), { name: "submits" });
    const f = flow(
      async () => {
        if (++attempts === 2) {
          goOn();
          await Promise.all(goingOn);
          return inc.submit(10);
        }
        submits().catch(() => undefined);
        await Promise.all([attempt(() => inc.submit(1)), attempt(() => inc(1)), attempt(() => child())]);
        return 0;
      },
      { name: "f", timeout: 2000, retries: 1 },
    );
    expect(await f()).toBe(11);
    expect(late.length).toBe(4);
    for (const error of late) {
      expect(error).toBeInstanceOf(FlowRunEndedError);
      expect(String(error)).toContain("after attempt 1 of the flow run");
    }
    const names = recorder.events.flatMap((event) => (event.kind === "taskRun" ? [event.name] : []));
    expect(names).toEqual(["submits-0", "inc-0"]);
  });

  it("ends a run whose body goes on calling tasks", async () => {
    const nap = task(() => sleep(5), { name: "nap" });
    let isOver = false;
    let refusal: unknown;
    const f = flow(
      async () => {
        try {
          // There is always one that is not over.
          for (let last = nap.submit(); !isOver;) {
            const next = nap.submit();
            await last.wait();
            last = next;
          }
        } catch (error) {
          refusal = error;
        }
        await new Promise(() => undefined);
      },
      { name: "f", timeout: 20 },
    );
    await expect(f()).rejects.toBeInstanceOf(FlowTimeoutError);
    await vi.waitFor(() => expect(refusal).toBeInstanceOf(FlowRunEndedError));
    isOver = true;
  });
});

describe("[cancel]", () => {
  it("of a future: Cancelling, its signal aborted, Cancelled", async () => {
    using recorder = new Recorder();
    const f = flow(
      async () => {
        const future = endless.submit();
        await sleep(5);
        future.cancel();
        await expect(future.result()).rejects.toBeInstanceOf(CancelledRunError);
        return 1;
      },
      { name: "f" },
    );
    await f();
    expect(recorder.statesOf("endless-0")).toEqual(["Running", "Cancelling", "Cancelled"]);
  });

  it("of what has not begun: Cancelled at once; what waits for it does not run", async () => {
    const f = flow(
      async () => {
        endless.submit().cancel();
        const waiting = inc.submit(1);
        const next = inc.submit(waiting);
        waiting.cancel();
        expect((await waiting.wait()).type).toBe("Cancelled");
        expect((await next.wait()).name).toBe("NotReady");
        return 1;
      },
      { name: "f", taskRunner: SequentialTaskRunner },
    );
    await f();
  });

  it("of a body that does not listen: not waited for beyond the grace", async () => {
    const deaf = task(() => new Promise(() => undefined), { name: "deaf" });
    const f = flow(
      async () => {
        const future = deaf.submit();
        await sleep(5);
        future.cancel();
        return String(await future.wait());
      },
      { name: "f" },
    );
    expect(await f()).toBe("Cancelled()");
  });

  it("of a flow: its tasks and subflows too; the call rejects with CancelledRunError", async () => {
    using recorder = new Recorder();
    const child = flow(
      async () => {
        await endless();
      },
      { name: "child" },
    );
    const future = flow(
      async () => {
        endless.submit();
        await child();
      },
      { name: "f" },
    ).submit();
    await sleep(20);
    future.cancel();
    expect(String(await future.wait())).toBe("Cancelled()");
    await expect(future.result()).rejects.toBeInstanceOf(CancelledRunError);
    expect(recorder.flowStates("child")).toEqual(["Running", "Cancelling", "Cancelled"]);
  });

  it("of a flow whose runner is still starting: over when that is stopped; one not started yet never is", async () => {
    const heard: string[] = [];
    let up!: () => void;
    class Late extends SequentialTaskRunner {
      override async start() {
        heard.push("start");
        await new Promise<void>((resolve) => (up = resolve));
        await super.start();
        heard.push("up");
      }
      override async stop(reason?: string) {
        heard.push(`stop ${reason}`);
        await super.stop();
      }
      override duplicate() {
        return new Late();
      }
    }
    const f = flow(() => void heard.push("body"), { name: "f", taskRunner: Late });
    const before = f.submit();
    before.cancel();
    expect(String(await before.wait())).toBe("Cancelled()");
    expect(heard).toEqual([]);

    const future = f.submit();
    await vi.waitFor(() => expect(heard).toEqual(["start"]));
    future.cancel();
    await vi.waitFor(() => expect(future.state().type).toBe("Cancelled"), { timeout: 30_000 });
    expect(await future.wait({ timeout: 20 })).toBeUndefined();
    up();
    expect(String(await future.wait())).toBe("Cancelled()");
    expect(heard).toEqual(["start", "up", "stop cancelled"]);
  });
});

describe("[hooks]", () => {
  it("run in order on the final state; one that throws is logged and the next runs; the flow waits for them", async () => {
    const stderr = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    const heard: string[] = [];
    const t = task(() => 1, {
      name: "t",
      onCompletion: [
        async (_task, run, state) => {
          await sleep(5);
          heard.push(`first ${run.name} ${String(state)}`);
        },
        function broken() {
          throw new Error("in hook");
        },
        (info) => heard.push(`second ${info.name}`),
      ],
    });
    const f = flow(() => void t.submit(), {
      name: "f",
      onRunning: (_flow, run, state) => heard.push(`${run.flow} ${String(state)}`),
      onCompletion: [
        () => Promise.reject(new Error("async")),
        (info, _run, state) => heard.push(`${info.name} ${info.version.length} ${String(state)}`),
      ],
    });
    await f();
    expect(heard).toEqual(["f Running()", "first t-0 Completed()", "second t", "f 32 Completed()"]);
    const lines = stderr.mock.calls.map(([line]) => String(line));
    expect(lines.some((line) => line.includes("the hook broken failed: Error: in hook"))).toBe(true);
    expect(lines.some((line) => line.includes("a hook failed: Error: async"))).toBe(true);
    stderr.mockRestore();
  });

  it("failure hooks run once, after the last retry; those of cancelled and crashed runs on these", async () => {
    const heard: string[] = [];
    const t = task(
      () => {
        throw new Error("x");
      },
      { name: "t", retries: 2, onFailure: () => heard.push("task failed") },
    );
    const hooks: FlowOptions = {
      onFailure: () => heard.push("failed"),
      onCancellation: () => heard.push("cancelled"),
      onCrashed: () => heard.push("crashed"),
      onCompletion: () => heard.push("completed"),
    };
    await flow(() => t.submit(), { name: "a", retries: 1, ...hooks })().catch(() => undefined);
    const future = flow(async () => endless(), { name: "b", ...hooks }).submit();
    await sleep(5);
    future.cancel();
    await future.wait();
    class Dead extends SequentialTaskRunner {
      override async start() {
        throw new Error("no");
      }
      override duplicate() {
        return new Dead();
      }
    }
    await flow(() => 1, { name: "c", taskRunner: Dead, ...hooks })().catch(() => undefined);
    expect(heard).toEqual(["task failed", "task failed", "failed", "cancelled", "crashed"]);
  });
});

describe("[context and logs]", () => {
  it("runContext and log work in flows and tasks, also after an await", async () => {
    const stderr = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    using recorder = new Recorder();
    const t = task(
      async (x: number, { y }: { y: string }) => {
        await sleep(1);
        const { taskRun, parameters, flowRun } = runContext();
        log.info("in %s", taskRun?.name, { x });
        return { taskRun, parameters, id: flowRun.id, y };
      },
      { name: "t" },
    );
    const f = flow(
      async (day: string) => {
        log.warn("flow", day);
        const { flowRun, parameters } = runContext();
        return { flowRun, parameters, task: await t.submit(5, { y: "z" }).result() };
      },
      { name: "f" },
    );
    const seen = await f("monday");
    expect(seen.parameters).toEqual({ day: "monday" });
    expect(seen.task).toMatchObject({
      id: seen.flowRun.id,
      parameters: { x: 5, arg1: { y: "z" } },
      taskRun: { name: "t-0", task: "t", number: 0, attempt: 1, worker: undefined },
    });
    await new Promise(setImmediate);
    expect(
      recorder.events.flatMap((event) => (event.kind === "log" ? [[event.number, event.level, event.message]] : [])),
    ).toEqual([
      [-1, "warn", "flow monday"],
      [0, "info", "in t-0 { x: 5 }"],
    ]);
    expect(stderr.mock.calls.map(([line]) => String(line).replace(/^[\d:.]+/, ""))).toEqual([
      expect.stringMatching(/^ \| WARN {2}\| f, [a-z]+-[a-z]+ \| flow monday\n$/),
      " | INFO  | t-0 | in t-0 { x: 5 }\n",
    ]);
    stderr.mockRestore();
  });

  it("console.* of bodies reaches the log and the terminal; not with logPrints: false", async () => {
    const spy = vi.spyOn(console, "log").mockImplementation(() => undefined);
    using recorder = new Recorder();
    const loud = task(
      async () => {
        await sleep(1);
        console.log("loud", 1);
      },
      { name: "loud" },
    );
    const quiet = task(() => console.log("quiet"), { name: "quiet", logPrints: false });
    await flow(
      async () => {
        console.log("flow");
        await loud();
        quiet.submit();
      },
      { name: "f" },
    )();
    console.log("outside");
    await flow(() => console.log("unlogged"), { name: "g", logPrints: false })();
    await new Promise(setImmediate);
    expect(spy.mock.calls.map((parts) => parts.join(" "))).toEqual(["flow", "loud 1", "quiet", "outside", "unlogged"]);
    expect(recorder.events.flatMap((event) => (event.kind === "log" ? [event.message] : []))).toEqual([
      "flow",
      "loud 1",
    ]);
    spy.mockRestore();
  });
});

describe("[artifacts]", () => {
  it("are events of the run that left them", async () => {
    using recorder = new Recorder();
    const t = task(() => artifact.table({ key: "slowest", rows: [{ route: "/", ms: 12 }], description: "routes" }), {
      name: "t",
    });
    await flow(
      async () => {
        await t();
        artifact.markdown({ key: "report", markdown: "# Day" });
        artifact.link({ key: "bucket", url: "https://example.org", text: "all" });
      },
      { name: "f" },
    )();
    const made = recorder.events.flatMap((event) =>
      event.kind === "artifact" ? [[event.number, event.type, event.key, event.description, event.data]] : [],
    );
    expect(made).toEqual([
      [0, "table", "slowest", "routes", [{ route: "/", ms: 12 }]],
      [-1, "markdown", "report", "", "# Day"],
      [-1, "link", "bucket", "", { url: "https://example.org", text: "all" }],
    ]);
  });

  it("are refused without a run, without a key, too large, or when they are no JSON", async () => {
    const leave = (rows: Record<string, unknown>[], key = "k") => artifact.table({ key, rows });
    expect(() => leave([])).toThrow(NotInRunError);
    const cyclic: Record<string, unknown> = {};
    cyclic["self"] = cyclic;
    await flow(
      () => {
        for (const rows of [[{ a: 1n }], [{ a: new Date() }], [{ a: NaN }], [cyclic]])
          expect(() => leave(rows)).toThrow(/k holds what is no plain JSON/);
        expect(() => leave([{ a: "x".repeat(2 ** 20) }])).toThrow(/more than flows\.maxArtifact/);
        expect(() => leave([], "")).toThrow(/without a key/);
      },
      { name: "f" },
    )();
  });
});

describe("[bad input]", () => {
  it("submit, log and runContext outside a run", () => {
    expect(() => inc.submit(1)).toThrow(NotInRunError);
    expect(() => inc.submit(1)).toThrow(/inc\.submit\(\) was called outside a flow/);
    expect(() => log.info("x")).toThrow(NotInRunError);
    expect(() => runContext()).toThrow(NotInRunError);
  });

  it("a direct call outside a flow", async () => {
    await expect(inc(1)).rejects.toBeInstanceOf(NotInRunError);
  });

  it("submit after the flow ended", async () => {
    let late!: () => unknown;
    await flow(
      () => {
        late = AsyncResource.bind(() => inc.submit(1));
      },
      { name: "f" },
    )();
    expect(late).toThrow(FlowRunEndedError);
  });

  it("a task that returns a future of another run", async () => {
    const t = task(() => inc.submit(1), { name: "t" });
    await flow(
      async () => {
        await expect(t()).rejects.toBeInstanceOf(FutureReturnedError);
        await expect(t.submit().result()).rejects.toThrow(/return its value/);
        return 1;
      },
      { name: "f" },
    )();
  });

  it.each<[string, object]>([
    ["name", { name: 5 }],
    ["version", { version: 1 }],
    ["description", { description: 1 }],
    ["tags", { tags: "x" }],
    ["flowRunName", { flowRunName: 1 }],
    ["retries", { retries: -1 }],
    ["retryDelay", { retries: 1, retryDelay: "x" }],
    ["timeout", { timeout: "x" }],
    ["taskRunner", { taskRunner: "cluster" }],
    ["taskRunner", { taskRunner: Date }],
    ["parameters", { parameters: { type: "object" } }],
    ["persistResult", { persistResult: 1 }],
    ["resultStorage", { resultStorage: 1 }],
    ["resultSerializer", { resultSerializer: {} }],
    ["logPrints", { logPrints: "yes" }],
    ["onRunning", { onRunning: 1 }],
    ["onCompletion", { onCompletion: 1 }],
    ["onFailure", { onFailure: 1 }],
    ["onCancellation", { onCancellation: 1 }],
    ["onCrashed", { onCrashed: [1] }],
    ["taskrunner", { taskrunner: SequentialTaskRunner }],
  ])("flow option %s: %o", (option, options) => {
    const define = (): unknown => flow(function named() {}, options as FlowOptions);
    expect(define).toThrow(InvalidOptionError);
    expect(define).toThrow(option);
  });

  it("options of result and wait that do not exist", async () => {
    await flow(
      async () => {
        await expect(inc.submit(1).result({ timout: 1 } as object)).rejects.toBeInstanceOf(InvalidOptionError);
        return 1;
      },
      { name: "f" },
    )();
  });
});

describe("[future]", () => {
  it("result and wait with a timeout; result without raising", async () => {
    await flow(
      async () => {
        const future = endless.submit();
        await expect(future.result({ timeout: 5 })).rejects.toMatchObject({ code: "HEDDLE_WAIT_TIMEOUT" });
        expect(await future.wait({ timeout: 5 })).toBeUndefined();
        future.cancel();
        expect(await future.result({ raiseOnFailure: false })).toBeInstanceOf(CancelledRunError);
        return 1;
      },
      { name: "f" },
    )();
  });

  it("shows its run and state, and keeps all states in order", async () => {
    await flow(
      async () => {
        const future = inc.submit(1);
        const { inspect } = await import("node:util");
        await future.wait();
        expect(inspect(future)).toBe("TaskFuture<inc-0: Completed()>");
        expect(future.states().map(String)).toEqual(["Pending()", "Running()", "Completed()"]);
        const { id, timestamp, details } = future.state();
        expect(future.state()).toMatchObject({ id, timestamp, details });
        expect(details.taskRunId).toBe(`${details.flowRunId}-0`);
        expect(new Set(future.states().map((state) => state.id)).size).toBe(3);
        return 1;
      },
      { name: "f" },
    )();
  });

  it("a submitted flow outside any flow is a future too", async () => {
    const future = flow((x: number) => x * 2, { name: "f" }).submit(21);
    expect(future).toBeInstanceOf(TaskFuture);
    expect(await future.result()).toBe(42);
  });
});

it("a task that submits more work: its runs belong to the flow run, and wait for no place that it holds itself", async () => {
  const outer = task(async (x: number) => inc.submit(await inc(x)).result(), { name: "outer" });
  for (const taskRunner of [SequentialTaskRunner, undefined])
    expect(
      await flow(() => outer.submit(1), { name: "f", ...(taskRunner === undefined ? {} : { taskRunner }) })(),
    ).toBe(3);
});

it("versions are hashes of the source", () => {
  const a = flow(() => 1, { name: "f" });
  const b = flow(() => 2, { name: "f" });
  expect(a.version).toMatch(/^[0-9a-f]{32}$/);
  expect(a.version).not.toBe(b.version);
  expect(a.with({ retries: 1 }).version).toBe(a.version);
  expect(flow(() => 1, { name: "f", version: "2.0" }).version).toBe("2.0");
});
