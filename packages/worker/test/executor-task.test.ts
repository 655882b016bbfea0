import {
  currentTask,
  currentWorker,
  perWorker,
  reschedule,
  secede,
  sharedArray,
  taskConnection,
  vacateSlot,
} from "@heddle/worker/task";
import { describe, expect, it } from "vitest";
import { Harness } from "./executor-harness.js";

describe("currentTask", () => {
  it("knows the task, in synchronous and asynchronous code", async () => {
    await using harness = await Harness.start();
    const facts = () => {
      const { key, name, attempt, worker } = currentTask();
      return { key, name, attempt, worker };
    };
    const later = async () => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      return facts();
    };
    const tasks = harness.execute(0, [
      { fn: facts, key: "resize-7f3a", attempt: 2 },
      { fn: facts, key: "resize-8b", attempt: 1 },
      { fn: later, key: "fetch-1", attempt: 3 },
      { fn: later, key: "plain", attempt: 1 },
    ]);
    await harness.until(() => harness.outcomes.length === 4);
    const values = await Promise.all(tasks.map(async (task) => (await harness.outcome(task)).value));
    expect(values).toEqual([
      { key: "resize-7f3a", name: "resize", attempt: 2, worker: "worker-1" },
      { key: "resize-8b", name: "resize", attempt: 1, worker: "worker-1" },
      { key: "fetch-1", name: "fetch", attempt: 3, worker: "worker-1" },
      { key: "plain", name: "plain", attempt: 1, worker: "worker-1" },
    ]);
  });

  it("tells a hundred tasks that wait on one thread apart", async () => {
    await using harness = await Harness.start();
    const echo = async (n: number) => {
      for (let i = 0; i < 3; i++) await new Promise((resolve) => setTimeout(resolve, n % 7));
      return currentTask().key;
    };
    const tasks = harness.execute(
      0,
      Array.from({ length: 100 }, (_, i) => ({ fn: echo, args: [i], key: `echo-${i}` })),
    );
    await harness.until(() => harness.outcomes.length === 100);
    for (const [i, task] of tasks.entries()) expect((await harness.outcome(task)).value).toBe(`echo-${i}`);
  });

  it("is not there outside a task", () => {
    expect(() => currentTask()).toThrow(expect.objectContaining({ code: "HEDDLE_NOT_IN_TASK" }));
    expect(() => currentWorker()).toThrow(expect.objectContaining({ code: "HEDDLE_NOT_IN_TASK" }));
    expect(() => reschedule()).toThrow(expect.objectContaining({ code: "HEDDLE_NOT_IN_TASK" }));
    expect(taskConnection()).toBeUndefined();
    expect(() => vacateSlot()()).not.toThrow();
  });

  it("reports progress, and writes to a log", async () => {
    await using harness = await Harness.start();
    const { task } = await harness.run(() => {
      const { progress, log } = currentTask();
      progress(1, 4);
      log.info("one of", { total: 4 });
      log.error("oh");
    });
    expect(harness.printed(task)).toBe("one of { total: 4 }\n");
    expect(harness.printed(task, "stderr")).toBe("oh\n");
    await harness.until(() => harness.progress.length > 0);
    expect(harness.progress).toEqual([{ task, done: 1, total: 4 }]);
  });

  it("knows the worker by the name it has been given since", async () => {
    await using harness = await Harness.start();
    const scheduler = { address: "ws://127.0.0.1:8786", token: "t" };
    harness.pool.identify({ name: "renamed", address: "ws://127.0.0.1:2", scheduler });
    const { value } = await harness.run(() => [currentTask().worker, currentWorker().address, taskConnection()]);
    expect(value).toEqual(["renamed", "ws://127.0.0.1:2", { ...scheduler, task: 1 }]);
  });
});

describe("secede", () => {
  it("gives the seat to another thread, and the run goes on where it is", async () => {
    await using harness = await Harness.start();
    const marked = () => ((globalThis as { mark?: number }).mark ??= Math.random());
    const long = async () => {
      const mark = ((globalThis as { mark?: number }).mark ??= Math.random());
      await secede();
      console.log("seceded");
      const end = performance.now() + 300;
      while (performance.now() < end);
      return mark;
    };
    const tasks = harness.execute(0, [{ fn: long }, { fn: marked }]);
    await harness.until(() => harness.printed(tasks[0]!) !== "");
    expect(harness.seceded).toEqual([{ task: tasks[0], left: 1 }]);
    // What was queued behind it is given back, and may begin in its seat at once.
    expect((await harness.outcome(tasks[1]!)).kind).toBe("replaced");
    const other = await harness.run(marked);
    const own = await harness.outcome(tasks[0]!);
    expect(own.kind).toBe("finished");
    expect(own.value).not.toBe(other.value);
  });

  it("may be cancelled like any other", async () => {
    await using harness = await Harness.start();
    const batch = harness.batch([
      {
        fn: async () => {
          await secede();
          console.log("seceded");
          for (;;);
        },
      },
    ]);
    harness.pool.execute(0, batch);
    await harness.until(() => harness.printed(batch.tasks[0]!) !== "");
    harness.pool.cancel(0, ...harness.runOf(batch), false);
    expect((await harness.outcome(batch.tasks[0]!)).kind).toBe("stopped");
    expect((await harness.run(() => 1)).value).toBe(1);
  });

  it("for as long as a task waits for others is told both ways", async () => {
    await using harness = await Harness.start();
    const { task } = await harness.run(async () => {
      const back = vacateSlot();
      const alsoBack = vacateSlot();
      await new Promise((resolve) => setTimeout(resolve, 5));
      alsoBack();
      back();
      back();
    });
    expect(harness.seceded).toEqual([
      { task, left: 1 },
      { task, left: 0 },
    ]);
  });
});

describe("perWorker", () => {
  it("makes one value per thread for all tasks that carry the same initialiser, and disposes of it", async () => {
    const harness = await Harness.start();
    const value = perWorker(() => ({ uses: 0 }), { dispose: ({ uses }) => console.log("disposed after", uses) });
    const use = () => ++value().uses;
    const useAgain = () => ++value().uses + 100;
    expect((await harness.run(use)).value).toBe(1);
    expect((await harness.run(use)).value).toBe(2);
    expect((await harness.run(useAgain)).value).toBe(103);
    await harness.pool.close();
    expect(harness.output).toEqual([{ task: -1, stream: "stdout", text: "disposed after 3\n" }]);
  });

  it("works in this process as well", () => {
    const value = perWorker(() => ({}));
    expect(value()).toBe(value());
  });
});

describe("reschedule", () => {
  it("is no failure", async () => {
    await using harness = await Harness.start();
    expect((await harness.run(() => reschedule("no GPU here"))).failure).toMatchObject({ reschedule: true });
    const later = async () => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      reschedule();
    };
    expect((await harness.run(later)).failure).toMatchObject({ reschedule: true, started: true });
  });
});

describe("sharedArray", () => {
  it("is zeroed, of any numeric type, and works outside tasks", () => {
    const array = sharedArray(Float32Array, 10);
    expect(array).toEqual(new Float32Array(10));
    expect(array.buffer).toBeInstanceOf(SharedArrayBuffer);
  });
});

describe("call", () => {
  it("runs beside tasks that keep every thread busy", async () => {
    await using harness = await Harness.start();
    const batch = harness.batch([
      {
        fn: () => {
          for (;;);
        },
      },
    ]);
    harness.pool.execute(0, batch);
    const token = harness.tokenOf((a: number, b: number) => [a + b, currentWorker().name]);
    harness.pool.call(1, token, harness.batch([{ fn: 0, args: [1, 2] }]).args);
    const { ok, value } = await harness.until(() => harness.returned.get(1));
    expect([ok, value]).toEqual([true, [3, "worker-1"]]);
    harness.pool.cancel(0, ...harness.runOf(batch), true);
  });

  it("answers with the error, and is no task", async () => {
    await using harness = await Harness.start();
    harness.pool.call(
      7,
      harness.tokenOf(() => currentTask().key),
      harness.batch([{ fn: 0 }]).args,
    );
    const { ok, value } = await harness.until(() => harness.returned.get(7));
    expect(ok).toBe(false);
    expect(value).toMatchObject({ code: "HEDDLE_NOT_IN_TASK" });
  });

  it("that ends its thread is answered, and the next one works", async () => {
    await using harness = await Harness.start();
    const none = harness.batch([{ fn: 0 }]).args;
    harness.pool.call(
      1,
      harness.tokenOf(() => process.exit(9)),
      none,
    );
    const { ok, value } = await harness.until(() => harness.returned.get(1));
    expect(ok).toBe(false);
    expect(value).toMatchObject({ code: "HEDDLE_TASK_EXITED", exitCode: 9 });
    harness.pool.call(
      2,
      harness.tokenOf(() => "alive"),
      none,
    );
    expect((await harness.until(() => harness.returned.get(2))).value).toBe("alive");
  });
});
