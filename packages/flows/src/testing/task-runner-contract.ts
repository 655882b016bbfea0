/** What every task runner has to do, as a suite of tests: for those of this project and for anybody's own. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
// By its name, not by path: functions here are sent to workers, which know the package and not this file.
// eslint-disable-next-line no-restricted-imports -- this is the package itself
import {
  addRunEventSink,
  allowFailure,
  flow,
  log,
  runContext,
  task,
  unmapped,
  type FlowValue,
  type RunEvent,
  type TaskRunner,
} from "@heddle/flows";

/** Of vitest, jest, node:test. */
export interface TestApi {
  readonly describe: (name: string, body: () => void) => unknown;
  readonly it: (name: string, body: () => Promise<void>) => unknown;
}

export interface TaskRunnerContractOptions {
  /** Two runs that wait go on at once. Default: what `concurrency` says. */
  readonly overlaps?: boolean;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const inc = task((x: number) => x + 1, { name: "inc" });
const add = task((a: number, b: number) => a + b, { name: "add" });
const sum = task(async ({ numbers }: { numbers: readonly number[] }) => numbers.reduce((a, b) => a + b, 0), {
  name: "sum",
});
const fail = task(
  (message: string): number => {
    throw Object.assign(new RangeError(message), { detail: { message } });
  },
  { name: "fail" },
);
const nap = task(
  async (ms: number) => {
    const start = Date.now();
    await new Promise((resolve) => setTimeout(resolve, ms));
    return [start, Date.now()] as const;
  },
  { name: "nap" },
);
const untilStopped = task(
  async () => {
    const { signal } = runContext();
    await new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("stopped"))));
  },
  { name: "until_stopped" },
);
const attempts = task(
  (until: number) => {
    const attempt = runContext().taskRun?.attempt ?? 0;
    if (attempt < until) throw new Error(`attempt ${attempt}`);
    return attempt;
  },
  { name: "attempts" },
);

/** Events of all runs while `body` goes on. */
async function recorded(body: () => Promise<unknown>): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  const stop = addRunEventSink({
    take: (batch) => void events.push(...batch),
    flush: async () => {},
    close: async () => {},
  });
  try {
    await body();
  } finally {
    stop();
  }
  return events;
}

function statesOf(events: readonly RunEvent[], name: string): string[] {
  const run = events.find((event) => event.kind === "taskRun" && event.name === name);
  return events.flatMap((event) =>
    event.kind === "state" && run?.kind === "taskRun" && event.flowRun === run.flowRun && event.number === run.number
      ? [event.name]
      : [],
  );
}

/**
 * Registers the tests that a task runner has to pass.
 *
 * @param make - a runner, not started. Each test takes its own; flows duplicate it.
 *
 * @example
 * import { describe, it } from "vitest";
 * registerTaskRunnerContract("MyRunner", () => new MyRunner(), { describe, it });
 */
export function registerTaskRunnerContract(
  name: string,
  make: () => TaskRunner,
  { describe, it }: TestApi,
  options: TaskRunnerContractOptions = {},
): void {
  /** Calls a body as a flow on the runner. */
  const inFlow = async <R>(body: () => R): Promise<FlowValue<R>> =>
    flow(body, { name: "contract", taskRunner: make() })();

  describe(`the task runner contract: ${name}`, () => {
    describe("results", () => {
      it("of synchronous and asynchronous bodies, generators and nothing", async () => {
        const items = task(
          function* () {
            yield 1;
            yield 2;
          },
          { name: "items" },
        );
        const nothing = task(() => undefined, { name: "nothing" });
        const later = task(async () => ({ deep: [new Date(0), new Map([["k", 1n]])] }), { name: "later" });
        const got = await inFlow(() => ({
          i: inc.submit(1),
          items: items.submit(),
          n: nothing.submit(),
          l: later.submit(),
        }));
        assert.deepEqual(got, { i: 2, items: [1, 2], n: undefined, l: { deep: [new Date(0), new Map([["k", 1n]])] } });
      });

      it("of a megabyte", async () => {
        const make = task((n: number) => new Float64Array(n).fill(1.5), { name: "make" });
        const total = task((array: Float64Array) => array.reduce((a, b) => a + b, 0), { name: "total" });
        assert.equal(await inFlow(() => total.submit(make.submit(131_072))), 196_608);
      });

      it("submit returns at once", async () => {
        await inFlow(async () => {
          const future = nap.submit(20);
          assert.equal(future.state().isFinal(), false);
          assert.equal((await future.wait()).type, "Completed");
          return 1;
        });
      });

      it("of five hundred runs, each its own", async () => {
        const numbers = Array.from({ length: 500 }, (_, i) => i);
        assert.deepEqual(
          await inFlow(() => inc.map(numbers)),
          numbers.map((n) => n + 1),
        );
      });
    });

    describe("errors", () => {
      it("of the body arrive with name, message and fields, and the run is Failed", async () => {
        await inFlow(async () => {
          const future = fail.submit("broken");
          const state = await future.wait();
          assert.equal(String(state), "Failed('RangeError: broken')");
          await assert.rejects(future.result(), {
            name: "RangeError",
            message: "broken",
            detail: { message: "broken" },
          });
          return 1;
        });
      });

      it("of one run are none of another", async () => {
        await inFlow(async () => {
          const futures = [inc.submit(1), fail.submit("x"), inc.submit(2)];
          assert.deepEqual(await Promise.all(futures.map(async (future) => (await future.wait()).type)), [
            "Completed",
            "Failed",
            "Completed",
          ]);
          return 1;
        });
      });
    });

    describe("dependencies", () => {
      it("chains, and futures inside of data", async () => {
        const got = await inFlow(() => {
          let last = inc.submit(0);
          for (let i = 0; i < 20; i++) last = inc.submit(last);
          return sum.submit({ numbers: [last, inc.submit(1), 5, add.submit(last, last)] });
        });
        assert.equal(got, 21 + 2 + 5 + 42);
      });

      it("map over futures; unmapped is given to each", async () => {
        assert.deepEqual(await inFlow(() => add.map([inc.submit(0), 5], unmapped(inc.submit(9)))), [11, 15]);
      });

      it("of a direct call's result, and of a run of another flow", async () => {
        const child = flow((x: number) => inc.submit(x), { name: "child", taskRunner: make() });
        assert.equal(await inFlow(async () => inc.submit(await inc(child.submit(inc.submit(1))))), 5);
      });

      it("waitFor waits without a value", async () => {
        const [first, second] = await inFlow(() => {
          const first = nap.submit(60);
          return [first, nap.with({ waitFor: [first] }).submit(0)] as const;
        });
        assert.ok(second[0] >= first[1] - 5, `began ${first[1] - second[0]} ms before the end of what it waits for`);
      });

      it("a run whose upstream did not complete does not run: NotReady, all the way down", async () => {
        await inFlow(async () => {
          const broken = fail.submit("x");
          const next = inc.submit(broken);
          const further = sum.submit({ numbers: [next] });
          assert.equal(String(await broken.wait()), "Failed('RangeError: x')");
          assert.equal((await next.wait()).name, "NotReady");
          assert.match((await next.wait()).message ?? "", /fail-0/);
          assert.equal((await further.wait()).name, "NotReady");
          return 1;
        });
      });

      it("allowFailure gives the error as the value", async () => {
        const look = task((x: number | Error) => (x instanceof Error ? x.message : x), { name: "look" });
        assert.deepEqual(
          await inFlow(() => [
            look.submit(allowFailure(fail.submit("seen"))),
            look.submit(allowFailure(inc.submit(1))),
          ]),
          ["seen", 2],
        );
      });
    });

    describe("policies", () => {
      it("retries: n + 1 attempts of one run, with their states in order", async () => {
        const events = await recorded(async () => {
          const got = await inFlow(() => [
            attempts.with({ retries: 2, retryDelay: 10 }).submit(3),
            attempts.with({ retries: 1 }).submit(9).result({ raiseOnFailure: false }),
          ]);
          assert.equal(got[0], 3);
        });
        assert.deepEqual(statesOf(events, "attempts-0"), [
          "Running",
          "AwaitingRetry",
          "Retrying",
          "AwaitingRetry",
          "Retrying",
          "Completed",
        ]);
        assert.deepEqual(statesOf(events, "attempts-1"), ["Running", "AwaitingRetry", "Retrying", "Failed"]);
      });

      it("retryCondition decides", async () => {
        const events = await recorded(async () => {
          const once = attempts.with({ retries: 5, retryCondition: (_task, run) => run.attempt < 2 });
          await inFlow(async () => String(await once.submit(9).wait()));
        });
        assert.deepEqual(statesOf(events, "attempts-0"), ["Running", "AwaitingRetry", "Retrying", "Failed"]);
      });

      it("timeout: Failed, named TimedOut, and the code is told to stop", async () => {
        await inFlow(async () => {
          const future = untilStopped.with({ timeout: 100 }).submit();
          const state = await future.wait();
          assert.deepEqual([state.type, state.name], ["Failed", "TimedOut"]);
          await assert.rejects(future.result(), { code: "HEDDLE_TASK_TIMEOUT" });
          return 1;
        });
      });

      it("persisted results, errors among them, and cached ones in another run", async () => {
        const directory = await mkdtemp(join(tmpdir(), "heddle-contract-"));
        try {
          const drawn = task((_x: number) => Math.random(), {
            name: "drawn",
            cacheKey: (_context, { _x }) => `drawn-${String(_x)}`,
            resultStorage: directory,
          });
          const events = await recorded(async () => {
            const [first, other] = await inFlow(() => [drawn.submit(1), drawn.submit(2)]);
            const again = await inFlow(() => [inc.submit(drawn.submit(1)), drawn.submit(2)]);
            assert.deepEqual(again, [first + 1, other]);
          });
          const names = events.flatMap((event) => (event.kind === "state" && event.number >= 0 ? [event.name] : []));
          assert.equal(names.filter((state) => state === "Cached").length, 2);
          const kept = events.filter((event) => event.kind === "state" && event.result !== undefined);
          assert.equal(kept.length, 4);
        } finally {
          await rm(directory, { recursive: true, force: true });
        }
      });
    });

    describe("cancelling", () => {
      it("a run that goes on: Cancelled, and the others go on", async () => {
        const events = await recorded(() =>
          inFlow(async () => {
            const [stopped, other] = [untilStopped.submit(), inc.submit(1)];
            await Promise.race([other.wait(), pause(100)]);
            stopped.cancel();
            assert.equal((await stopped.wait()).type, "Cancelled");
            await assert.rejects(stopped.result(), { code: "HEDDLE_RUN_CANCELLED" });
            assert.equal(await other.result(), 2);
            assert.equal(await inc.submit(2).result(), 3);
            return 1;
          }),
        );
        assert.equal(statesOf(events, "until_stopped-0").at(-1), "Cancelled");
      });

      it("the flow: every run ends, and the call rejects", async () => {
        let begin: (() => void) | undefined;
        const begun = new Promise<void>((resolve) => (begin = resolve));
        const future = flow(
          async () => {
            untilStopped.submit();
            untilStopped.submit();
            const last = untilStopped.submit();
            begin?.();
            await last.result();
          },
          { name: "contract", taskRunner: make() },
        ).submit();
        const events = await recorded(async () => {
          await begun;
          await pause(50);
          future.cancel();
          assert.equal(String(await future.wait()), "Cancelled()");
        });
        const ends = events.filter(
          (event) => event.kind === "state" && event.number >= 0 && event.type === "Cancelled",
        );
        assert.equal(ends.length, 3);
      });
    });

    it("a task that calls another task directly", async () => {
      const outer = task(async (x: number) => (await inc(x)) * 2, { name: "outer" });
      assert.equal(await inFlow(() => outer.submit(1)), 4);
    });

    describe("what is heard of runs", () => {
      it("their context, their log and what they print", async () => {
        const speak = task(
          async (word: string) => {
            console.log(`printed ${word}`);
            await new Promise((resolve) => setTimeout(resolve, 1));
            log.info("logged", word);
            const { flowRun, taskRun, parameters, tags } = runContext();
            return {
              flowRun: flowRun.id,
              name: taskRun?.name,
              task: taskRun?.task,
              number: taskRun?.number,
              parameters,
              tags,
            };
          },
          { name: "speak", tags: ["t"], logPrints: true },
        );
        const events = await recorded(async () => {
          const got = await inFlow(() => [speak.submit("a"), speak.submit("b")]);
          const { flowRun } = got[0]!;
          assert.match(flowRun, /^[0-9a-f]{32}$/);
          assert.deepEqual(
            got,
            ["a", "b"].map((word, number) => ({
              flowRun,
              name: `speak-${number}`,
              task: "speak",
              number,
              parameters: { word },
              tags: ["t"],
            })),
          );
        });
        const lines = events.flatMap((event) => (event.kind === "log" ? [`${event.number} ${event.message}`] : []));
        assert.deepEqual(lines.filter((line) => /printed|logged/.test(line)).sort(), [
          "0 logged a",
          "0 printed a",
          "1 logged b",
          "1 printed b",
        ]);
      });

      it("hooks, in the flow's process", async () => {
        const heard: string[] = [];
        const hooked = attempts.with({
          retries: 1,
          onRetry: (_task, run, state) => heard.push(`${run.name} ${state.name}`),
          onCompletion: (_task, run, state) => heard.push(`${run.name} ${state.name}`),
        });
        await inFlow(() => hooked.submit(2));
        assert.deepEqual(heard, ["attempts-0 AwaitingRetry", "attempts-0 Completed"]);
      });
    });

    describe("order", () => {
      const { concurrency } = make();
      const overlaps = options.overlaps ?? concurrency !== "sequential";

      it(overlaps ? "runs that wait go on at once" : "one run after the other", async () => {
        const [a, b] = await inFlow(() => [nap.submit(300), nap.submit(300)] as const);
        assert.equal(a[0] < b[1] && b[0] < a[1], overlaps);
      });

      it("a flow can run twice at once", async () => {
        const f = flow(async (x: number) => sum.submit({ numbers: inc.map([x, x]) }), {
          name: "contract",
          taskRunner: make(),
        });
        assert.deepEqual(await Promise.all([f(1), f(10)]), [4, 22]);
      });
    });

    describe("life", () => {
      const context = {
        flowRun: { id: "0".repeat(32), name: "contract", flow: "contract" },
        log: () => undefined,
        signal: new AbortController().signal,
      };

      it("submit before start, and after stop, is a coded error", async () => {
        const runner = make().duplicate();
        // Whatever the run is: it is not looked at.
        const submit = (): unknown => runner.submit({} as never);
        assert.throws(submit, { code: "HEDDLE_RUNNER_STATE" });
        await runner.start(context);
        await runner.stop("completed");
        assert.throws(submit, { code: "HEDDLE_RUNNER_STATE" });
      });

      it("start twice is a coded error", async () => {
        const runner = make().duplicate();
        await runner.start(context);
        await assert.rejects(runner.start(context), { code: "HEDDLE_RUNNER_STATE" });
        await runner.stop("completed");
      });
    });
  });
}
