/** The rules that flows and task runs follow whatever the runner is. */
import { describe, expect, it } from "vitest";
import "../support/own-home.js";
import {
  CancelledRunError,
  Completed,
  Failed,
  FailedRunError,
  SequentialTaskRunner,
  TaskFuture,
  UnfinishedRunError,
  UnnamedFunctionError,
  allowFailure,
  flow,
  quote,
  runContext,
  task,
  unmapped,
  type State,
} from "../../src/index.js";
import { Recorder } from "../support/recorder.js";

const inc = task(function inc(x: number) {
  return x + 1;
});
const fail = task(function fail(message: string): number {
  throw new RangeError(message);
});
const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const endless = task(async function endless() {
  const { signal } = runContext();
  await new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("stopped"))));
});

/** The final state of a run of a flow with this body. */
async function ended(body: () => unknown, options = {}): Promise<State> {
  return flow(body, { name: "under-test", ...options })
    .submit()
    .wait();
}

describe("[rule 1] runners of subflows", () => {
  it("is Concurrent by default, also in a subflow of a flow with another one", async () => {
    using recorder = new Recorder();
    const child = flow(async function child() {});
    const parent = flow(async () => child(), { name: "parent", taskRunner: SequentialTaskRunner });
    await parent();
    expect(recorder.events.flatMap((event) => (event.kind === "flowRun" ? [event.runner] : []))).toEqual([
      "SequentialTaskRunner",
      "ConcurrentTaskRunner",
    ]);
  });

  it("inherits tags", async () => {
    const seen: (readonly string[])[] = [];
    const t = task(() => void seen.push(runContext().tags), { name: "t", tags: ["own"] });
    const child = flow(async () => t(), { name: "child", tags: ["inner"] });
    await flow(async () => child(), { name: "parent", tags: ["outer"] })();
    expect(seen).toEqual([["outer", "inner", "own"]]);
  });
});

describe("[rule 2] direct calls and submit", () => {
  it("submit returns at once, before the body has run", async () => {
    const order: string[] = [];
    const t = task(() => void order.push("body"), { name: "t" });
    await flow(
      async () => {
        const future = t.submit();
        order.push("submitted");
        expect(future).toBeInstanceOf(TaskFuture);
        await future.result();
      },
      { name: "f" },
    )();
    expect(order).toEqual(["submitted", "body"]);
  });

  it("a direct call gives the value, or throws what the body threw, itself", async () => {
    const error = new RangeError("mine");
    const t = task(
      () => {
        throw error;
      },
      { name: "t" },
    );
    await flow(
      async () => {
        expect(await inc(1)).toBe(2);
        await expect(t()).rejects.toBe(error);
        return 1;
      },
      { name: "f" },
    )();
  });

  it("a direct call in a sequential flow runs after what was submitted before it", async () => {
    const order: string[] = [];
    const t = task(
      async (name: string) => {
        await sleep(1);
        order.push(name);
      },
      { name: "t" },
    );
    await flow(
      async () => {
        t.submit("a");
        await t("b");
      },
      { name: "f", taskRunner: SequentialTaskRunner },
    )();
    expect(order).toEqual(["a", "b"]);
  });
});

describe("[rule 3] the flow waits for every submitted task", () => {
  it("kept or not", async () => {
    let done = 0;
    const t = task(
      async () => {
        await sleep(5);
        done++;
      },
      { name: "t" },
    );
    await flow(
      async () => {
        t.submit();
        t.submit();
      },
      { name: "f" },
    )();
    expect(done).toBe(2);
  });

  it("also after its body threw", async () => {
    let done = 0;
    const t = task(
      async () => {
        await sleep(5);
        done++;
      },
      { name: "t" },
    );
    const failing = flow(
      async () => {
        t.submit();
        throw new Error("body");
      },
      { name: "f" },
    );
    await expect(failing()).rejects.toThrow("body");
    expect(done).toBe(1);
  });
});

describe("[rule 4] runners start and stop with the run", () => {
  it("one fresh instance per run, so that a flow can run twice at once", async () => {
    const events: string[] = [];
    class Watched extends SequentialTaskRunner {
      override async start() {
        events.push("start");
        await super.start();
      }
      override async stop() {
        events.push("stop");
        await super.stop();
      }
      override duplicate() {
        return new Watched();
      }
    }
    const f = flow(async (x: number) => inc.submit(x), { name: "f", taskRunner: new Watched() });
    expect(await Promise.all([f(1), f(2)])).toEqual([2, 3]);
    expect(events).toEqual(["start", "start", "stop", "stop"]);
    await expect(
      flow(
        () => {
          throw new Error("no");
        },
        { name: "g", taskRunner: Watched },
      )(),
    ).rejects.toThrow("no");
    expect(events.slice(4)).toEqual(["start", "stop"]);
  });
});

describe("[rule 6] names", () => {
  it("flows in kebab case, tasks as their functions are called", () => {
    expect(flow(async function rayGreetings() {}).name).toBe("ray-greetings");
    expect(flow(async function ray_greetings() {}).name).toBe("ray-greetings");
    expect(flow(async () => {}, { name: "As It Is" }).name).toBe("As It Is");
    expect(task(async function say_hello() {}).name).toBe("say_hello");
  });

  it("flow runs get two random words, task runs a number counted for each task, in call order", async () => {
    using recorder = new Recorder();
    const dec = task((x: number) => x - 1, { name: "dec" });
    const f = flow(
      async () => {
        inc.submit(1);
        dec.submit(1);
        inc.submit(2);
        await dec(2);
      },
      { name: "f" },
    );
    await f();
    await f();
    const names = recorder.events.flatMap((event) => (event.kind === "taskRun" ? [event.name] : []));
    expect(names).toEqual(["inc-0", "dec-0", "inc-1", "dec-1", "inc-0", "dec-0", "inc-1", "dec-1"]);
    for (const event of recorder.events) if (event.kind === "flowRun") expect(event.name).toMatch(/^[a-z]+-[a-z]+$/);
  });

  it("taskRunName and flowRunName are templates over parameters, or functions", async () => {
    using recorder = new Recorder();
    const resize = task((width: number, _to: { path: string }) => width, {
      name: "resize",
      taskRunName: "resize-{width}-{_to.path}",
    });
    const named = task((x: number) => x, { name: "named", taskRunName: ({ x }) => `x is ${String(x)}` });
    const f = flow(
      async (day: string) => {
        void day;
        resize.submit(5, { path: "a.png" });
        named.submit(3);
      },
      { name: "f", flowRunName: "import-{day}" },
    );
    await f("monday");
    const names = recorder.events.flatMap((event) =>
      event.kind === "taskRun" || event.kind === "flowRun" ? [event.name] : [],
    );
    expect(names).toEqual(["import-monday", "resize-5-a.png", "x is 3"]);
  });
});

describe("[rule 7] the final state", () => {
  it("[rule 7a] a body that threw: Failed with that error", async () => {
    const error = new RangeError("mine");
    const state = await ended(() => {
      inc.submit(1);
      throw error;
    });
    expect(String(state)).toBe("Failed('RangeError: mine')");
    await expect(state.result()).rejects.toBe(error);
  });

  it("[rule 7b] a body that returned nothing: Completed without runs, and when all of them completed", async () => {
    expect(String(await ended(() => undefined))).toBe("Completed()");
    expect(String(await ended(() => void inc.submit(1)))).toBe("Completed()");
  });

  it("[rule 7b] a body that returned nothing: Failed, counting, when one did not", async () => {
    const state = await ended(() => {
      inc.submit(1);
      fail.submit("first");
      fail.submit("second");
    });
    expect(String(state)).toBe("Failed('2/3 runs failed')");
    await expect(state.result()).rejects.toThrow("first");
  });

  it("[rule 7b] direct calls and subflows count too", async () => {
    const child = flow(
      () => {
        throw new Error("in child");
      },
      { name: "child" },
    );
    const state = await ended(async () => {
      await inc(1);
      await fail("direct").catch(() => undefined);
      await child().catch(() => undefined);
    });
    expect(String(state)).toBe("Failed('2/3 runs failed')");
  });

  it("[rule 7b] any Cancelled makes it Cancelled, counting", async () => {
    const state = await ended(() => {
      inc.submit(1);
      fail.submit("x");
      endless.submit().cancel();
    });
    expect(String(state)).toBe("Cancelled('1/3 runs cancelled')");
    await expect(state.result()).rejects.toBeInstanceOf(CancelledRunError);
  });

  it("[rule 7c] a future, a state, or an array of only those: the aggregate over them", async () => {
    expect(
      String(
        await ended(() => {
          fail.submit("x");
          return inc.submit(1);
        }),
      ),
    ).toBe("Completed()");
    expect(
      String(
        await ended(() => {
          inc.submit(1);
          return fail.submit("x");
        }),
      ),
    ).toBe("Failed('1/1 runs failed')");
    expect(String(await ended(() => [inc.submit(1), fail.submit("x")]))).toBe("Failed('1/2 runs failed')");
    expect(String(await ended(async () => fail.submit("x").wait()))).toBe("Failed('1/1 runs failed')");
    expect(String(await ended(async () => [await inc.submit(1).wait(), fail.submit("x")]))).toBe(
      "Failed('1/2 runs failed')",
    );
  });

  it("[rule 7d] a state made by hand: that one", async () => {
    const state = await ended(() => {
      inc.submit(1);
      return Failed({ message: "as I say" });
    });
    expect(String(state)).toBe("Failed('as I say')");
    await expect(state.result()).rejects.toBeInstanceOf(FailedRunError);
    const named = await ended(() => {
      fail.submit("x");
      return Completed({ name: "Fine", message: "so what", data: 5 });
    });
    expect(String(named)).toBe("Fine('so what')");
    expect(await named.result()).toBe(5);
  });

  it("[rule 7e] any other value: Completed, even if tasks failed", async () => {
    const state = await ended(() => {
      fail.submit("x");
      return 5;
    });
    expect(String(state)).toBe("Completed()");
    expect(await state.result()).toBe(5);
    expect(
      String(
        await ended(() => {
          fail.submit("x");
          return [];
        }),
      ),
    ).toBe("Completed()");
    expect(String(await ended(() => [fail.submit("x"), 5]))).toBe("Completed()");
  });

  it("[rule 7] a plain object is not inspected for states, but a future in it that failed rejects the call", async () => {
    const f = flow(() => ({ a: inc.submit(1), b: fail.submit("inner") }), { name: "f" });
    expect((await f.submit().wait()).type).toBe("Completed");
    await expect(f()).rejects.toThrow("inner");
  });

  it("[rule 7] an unnamed function needs a name", () => {
    expect(() => flow(() => 1)).toThrow(UnnamedFunctionError);
    expect(() => task(() => 1)).toThrow(/task\(\): the function has no name/);
  });
});

describe("[rule 8] what the call gives", () => {
  it("resolves to the returned value with futures in it resolved, at any depth", async () => {
    const f = flow(
      () => ({ list: [inc.submit(1), 7], map: new Map([["k", inc.submit(2)]]), set: new Set([inc.submit(3)]) }),
      { name: "f" },
    );
    expect(await f()).toEqual({ list: [2, 7], map: new Map([["k", 3]]), set: new Set([4]) });
    expect(await flow(() => inc.submit(1), { name: "g" })()).toBe(2);
    expect(await flow(() => inc.map([1, 2, 3]), { name: "h" })()).toEqual([2, 3, 4]);
  });

  it("rejects with the first inner error in call order", async () => {
    const late = task(
      async () => {
        await sleep(10);
        throw new Error("late but first");
      },
      { name: "late" },
    );
    await expect(
      flow(
        () => {
          late.submit();
          fail.submit("early");
        },
        { name: "f" },
      )(),
    ).rejects.toThrow("late but first");
  });
});

describe("[rule 9] upstream runs", () => {
  it("a task whose upstream did not complete does not run: Pending, named NotReady, and says which", async () => {
    let ran = false;
    const t = task(
      (_: number) => {
        ran = true;
      },
      { name: "t" },
    );
    const f = flow(
      async () => {
        const broken = fail.submit("x");
        const dependent = t.submit(broken);
        const state = await dependent.wait();
        expect(state.type).toBe("Pending");
        expect(state.name).toBe("NotReady");
        expect(state.message).toContain("fail-0");
        await expect(dependent.result()).rejects.toBeInstanceOf(UnfinishedRunError);
        const further = inc.submit(t.submit(broken) as unknown as TaskFuture<number>);
        expect((await further.wait()).name).toBe("NotReady");
        return 1;
      },
      { name: "f" },
    );
    await f();
    expect(ran).toBe(false);
  });

  it("allowFailure runs it anyway, with the error as the value", async () => {
    const t = task((x: number | Error) => (x instanceof Error ? x.message : x), { name: "t" });
    const f = flow(() => [t.submit(allowFailure(fail.submit("broken"))), t.submit(allowFailure(inc.submit(1)))], {
      name: "f",
    });
    expect(await f()).toEqual(["broken", 2]);
  });

  it("waitFor makes a task wait for runs that are no arguments", async () => {
    const order: string[] = [];
    const t = task(
      async (name: string, ms: number) => {
        await sleep(ms);
        order.push(name);
      },
      { name: "t" },
    );
    await flow(
      () => {
        const first = t.submit("first", 10);
        t.with({ waitFor: [first] }).submit("second", 0);
      },
      { name: "f" },
    )();
    expect(order).toEqual(["first", "second"]);
  });
});

describe("[rule 10] machinery", () => {
  it("an error outside user code makes the run Crashed, with the cause; wait() never throws", async () => {
    class Broken extends SequentialTaskRunner {
      override submit(): never {
        throw new Error("out of order");
      }
      override duplicate() {
        return new Broken();
      }
    }
    const f = flow(
      async () => {
        const state = await inc.submit(1).wait();
        expect(state.type).toBe("Crashed");
        await expect(state.result()).rejects.toMatchObject({
          code: "HEDDLE_RUN_CRASHED",
          cause: { message: "out of order" },
        });
      },
      { name: "f", taskRunner: Broken },
    );
    expect(String(await f.submit().wait())).toBe("Failed('1/1 runs failed')");
  });

  it("a runner that does not start makes the flow run Crashed, and the body does not run", async () => {
    let ran = false;
    class Dead extends SequentialTaskRunner {
      override async start() {
        throw new Error("no cluster");
      }
      override duplicate() {
        return new Dead();
      }
    }
    const f = flow(
      () => {
        ran = true;
      },
      { name: "f", taskRunner: Dead },
    );
    expect((await f.submit().wait()).type).toBe("Crashed");
    await expect(f()).rejects.toMatchObject({ code: "HEDDLE_RUN_CRASHED", cause: { message: "no cluster" } });
    expect(ran).toBe(false);
  });
});

describe("[rule 11] futures", () => {
  it("are not thenable", async () => {
    await flow(
      async () => {
        const future = inc.submit(1);
        expect(await Promise.resolve(future)).toBe(future);
        expect("then" in future).toBe(false);
        return 1;
      },
      { name: "f" },
    )();
  });

  it("are found in arrays, plain objects, Maps and Sets at any depth, and not in what is quoted", async () => {
    const see = task((x: unknown) => x, { name: "see" });
    const f = flow(
      async () => {
        const one = inc.submit(0);
        const shared = { one };
        const cyclic: Record<string, unknown> = {
          list: [[one]],
          map: new Map([[one, { one }]]),
          set: new Set([one]),
          shared,
          again: shared,
        };
        cyclic["self"] = cyclic;
        const got = (await see.submit(cyclic).result()) as typeof cyclic;
        expect(got["list"]).toEqual([[1]]);
        expect(got["map"]).toEqual(new Map([[1, { one: 1 }]]));
        expect(got["set"]).toEqual(new Set([1]));
        expect(got["self"]).toBe(got);
        expect(got["again"]).toBe(got["shared"]);
        const untouched = { deep: [one] };
        expect(await see.submit(quote(untouched)).result()).toBe(untouched);
        return 1;
      },
      { name: "f" },
    );
    await f();
  });

  it("map calls once per item; unmapped is given to each", async () => {
    const add = task((a: number, b: number, more: number[] = []) => a + b + more.length, { name: "add" });
    await flow(
      async () => {
        const values = async (futures: TaskFuture<number>[]) => Promise.all(futures.map((future) => future.result()));
        expect(await values(add.map([1, 2], [10, 20]))).toEqual([11, 22]);
        expect(await values(add.map([1, inc.submit(1)], unmapped(10), unmapped([1, 2])))).toEqual([13, 14]);
        expect(await values(add.map([1, 2], 5))).toEqual([6, 7]);
        expect(() => add.map([1, 2], [1])).toThrow(/2 and 1 items/);
        expect(() => add.map(1, 2)).toThrow(/none of its arguments is a list/);
        return 1;
      },
      { name: "f" },
    )();
  });
});

describe("whatever a body throws or returns, its run ends and the process goes on:", () => {
  const hostile: [string, () => unknown][] = [
    [
      "an object of no class that is thrown",
      () => {
        throw Object.create(null);
      },
    ],
    [
      "an error that cannot be read",
      () => {
        throw Object.defineProperty(new Error(), "message", {
          get() {
            throw new RangeError("not to be read");
          },
        });
      },
    ],
    [
      "a value whose then throws",
      () => ({
        get then(): never {
          throw new RangeError("not to be awaited");
        },
      }),
    ],
    ["a value that cannot be looked at", () => new Proxy({}, { has: () => Reflect.ownKeys(null as never).length > 0 })],
  ];
  it.each(hostile)("%s", async (_, body) => {
    const plain = task(body, { name: "plain" });
    const again = task(body, { name: "again", retries: 1, retryCondition: () => true });
    const f = flow(
      async () => {
        const states = await Promise.all([plain.submit().wait(), again.submit().wait()]);
        return states.map(({ type }) => type);
      },
      { name: "f" },
    );
    for (const type of await f()) expect(["Failed", "Crashed"]).toContain(type);
    await Promise.allSettled([flow(body, { name: "hostile" })()]);
  });
});
