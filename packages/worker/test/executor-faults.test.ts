import { describe, expect, it } from "vitest";
import { Harness } from "./executor-harness.js";

describe("what a task does wrong concerns that task", () => {
  it("process.exit", async () => {
    await using harness = await Harness.start();
    const tasks = harness.execute(0, [{ fn: () => process.exit(3) }, { fn: () => 1 }]);
    const { failure, error } = await harness.outcome(tasks[0]!);
    expect(failure).toMatchObject({ kind: "exited", data: { exitCode: 3 } });
    expect(error).toMatchObject({ code: "HEDDLE_TASK_EXITED", exitCode: 3 });
    expect((await harness.outcome(tasks[1]!)).kind).toBe("replaced");
    expect((await harness.run(() => 2)).value).toBe(2);
  });

  it("process.exit after an await, beside a task that waits", async () => {
    await using harness = await Harness.start();
    const [neighbour] = harness.execute(0, [{ fn: () => new Promise(() => undefined) }]);
    const later = async () => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      process.exit(4);
    };
    const { failure } = await harness.run(later);
    expect(failure).toMatchObject({ kind: "exited", data: { exitCode: 4 } });
    expect((await harness.outcome(neighbour!)).kind).toBe("replaced");
  });

  it("a heap that is full", async () => {
    await using harness = await Harness.start({ heapLimit: 32 * 2 ** 20 });
    const hungry = () => {
      const kept: number[][] = [];
      for (;;) kept.push(new Array<number>(1000).fill(kept.length));
    };
    const { failure, error } = await harness.run(hungry);
    expect(failure).toMatchObject({ kind: "memory" });
    expect(error).toMatchObject({ code: "HEDDLE_TASK_OUT_OF_MEMORY", suspects: 1 });
    expect((await harness.run(() => 1)).value).toBe(1);
  });

  it("an unhandled rejection", async () => {
    await using harness = await Harness.start();
    const tasks = harness.execute(0, [
      { fn: () => new Promise((resolve) => setTimeout(resolve, 100, "fine")) },
      {
        fn: async () => {
          void Promise.reject(new RangeError("stray"));
          await new Promise((resolve) => setTimeout(resolve, 10_000));
        },
      },
    ]);
    expect(await harness.outcome(tasks[1]!)).toMatchObject({
      kind: "failed",
      error: { name: "RangeError", message: "stray" },
    });
    expect(await harness.outcome(tasks[0]!)).toMatchObject({ kind: "finished", value: "fine" });
  });

  it("an error in a timer", async () => {
    await using harness = await Harness.start();
    const tasks = harness.execute(0, [
      { fn: () => new Promise((resolve) => setTimeout(resolve, 100, "fine")) },
      {
        fn: async () => {
          setTimeout(() => {
            throw new Error("from a timer");
          }, 5);
          await new Promise((resolve) => setTimeout(resolve, 10_000));
        },
      },
    ]);
    expect((await harness.outcome(tasks[1]!)).failure).toMatchObject({ kind: "error", message: "Error: from a timer" });
    expect(await harness.outcome(tasks[0]!)).toMatchObject({ kind: "finished", value: "fine" });
  });

  it("an error in a timer of a task that has ended fails nobody, and is said", async () => {
    await using harness = await Harness.start();
    const outcome = await harness.run(() => {
      setTimeout(() => {
        throw new Error("too late");
      }, 5);
      return 1;
    });
    expect(outcome.value).toBe(1);
    await harness.until(() => harness.printed(outcome.task, "stderr").includes("too late"));
    expect((await harness.run(() => 2)).value).toBe(2);
  });

  it("a thrown value that is no Error is kept", async () => {
    await using harness = await Harness.start();
    const { failure, error } = await harness.run(() => {
      // eslint-disable-next-line @typescript-eslint/only-throw-error -- the case under test
      throw { status: 404 };
    });
    expect(failure!.message).toContain("which is not an Error");
    expect(error).toMatchObject({ code: "HEDDLE_THROWN_VALUE", thrown: { status: 404 } });
  });

  it("a rejection with undefined", async () => {
    await using harness = await Harness.start();
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- the case under test
    const { error } = await harness.run(() => Promise.reject(undefined));
    expect(error).toMatchObject({ code: "HEDDLE_THROWN_VALUE", thrown: undefined });
  });

  it("an error that cannot travel whole travels in part", async () => {
    await using harness = await Harness.start();
    const { error } = await harness.run(() => {
      throw Object.assign(new Error("half"), { socket: new WeakMap(), status: 7 });
    });
    expect(error).toMatchObject({ message: "half", status: 7 });
    expect(error).not.toHaveProperty("socket");
  });

  it("an error that throws when it is looked at", async () => {
    await using harness = await Harness.start();
    const { failure, error } = await harness.run(() => {
      throw new Proxy(new Error("hidden"), {
        get() {
          throw new Error("keep out");
        },
      });
    });
    expect(failure).toMatchObject({ kind: "error" });
    expect(error).toBeInstanceOf(Error);
    expect((await harness.run(() => 1)).value).toBe(1);
  });

  it("a native addon that refuses to be loaded in threads", async () => {
    await using harness = await Harness.start();
    const { error } = await harness.run(() => {
      throw Object.assign(new Error("Module did not self-register: '/x/addon.node'."), { code: "ERR_DLOPEN_FAILED" });
    });
    expect(error).toMatchObject({ code: "HEDDLE_NATIVE_ADDON", cause: { code: "ERR_DLOPEN_FAILED" } });
  });

  it("a result that cannot travel names the place", async () => {
    await using harness = await Harness.start();
    const { failure, error } = await harness.run(() => ({ rows: [1, new WeakMap()] }));
    expect(failure).toMatchObject({ kind: "unencodable", started: true });
    expect(error).toMatchObject({ code: "HEDDLE_VALUE_NOT_ENCODABLE", path: "value.rows[1]" });
  });

  it("a function that cannot be revived", async () => {
    await using harness = await Harness.start();
    harness.pool.define([{ hash: "0".repeat(64), bytes: new Uint8Array(3), needs: [], index: 99 }]);
    const tasks = harness.execute(0, [{ fn: 99 }, { fn: () => "next" }]);
    expect((await harness.outcome(tasks[0]!)).failure).toMatchObject({ kind: "definition", started: false });
    expect((await harness.outcome(tasks[1]!)).value).toBe("next");
  });

  it("arguments that cannot be decoded", async () => {
    await using harness = await Harness.start();
    const batch = harness.batch([{ fn: () => 1 }]);
    harness.pool.execute(0, { ...batch, args: Uint8Array.of(0, 0x3f), argLengths: 2 });
    expect((await harness.outcome(batch.tasks[0]!)).failure).toMatchObject({ kind: "inputs", started: false });
  });
});
