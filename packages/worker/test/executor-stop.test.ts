import { currentTask } from "@heddle/worker/task";
import { describe, expect, it } from "vitest";
import { Harness } from "./executor-harness.js";

const forever = (): never => {
  console.log("begun");
  for (;;);
};

async function begun(harness: Harness, task: number): Promise<void> {
  await harness.until(() => harness.printed(task) !== "");
}

describe("cancelling", () => {
  it("ends a synchronous endless loop, and the seat works again", async () => {
    await using harness = await Harness.start();
    const batch = harness.batch([{ fn: forever }]);
    harness.pool.execute(0, batch);
    await begun(harness, batch.tasks[0]!);
    harness.pool.cancel(0, ...harness.runOf(batch), false);
    const { kind, startedAt, busy } = await harness.outcome(batch.tasks[0]!);
    expect(kind).toBe("stopped");
    // What it took, its time of grace included.
    expect(startedAt).toBeGreaterThan(Date.now() - 60_000);
    expect(busy).toBeGreaterThan(90_000);
    expect((await harness.run(() => "again")).value).toBe("again");
  });

  it("stops a run that has not begun at once, without touching its thread", async () => {
    await using harness = await Harness.start();
    const batch = harness.batch([{ fn: forever }, { fn: () => 1 }, { fn: () => 2 }]);
    harness.pool.execute(0, batch);
    await begun(harness, batch.tasks[0]!);
    harness.pool.cancel(0, ...harness.runOf(batch, 1), false);
    expect(harness.outcomes).toMatchObject([{ task: batch.tasks[1], kind: "stopped", startedAt: 0 }]);
    expect(harness.replaced).toEqual([]);
  });

  it("gives runs that were queued behind, or parked beside, the cancelled one back", async () => {
    await using harness = await Harness.start();
    const [parked] = harness.execute(0, [{ fn: () => new Promise(() => undefined) }]);
    await harness.until(() => harness.parked.length > 0);
    const batch = harness.batch([{ fn: forever }, { fn: () => 1 }]);
    harness.pool.execute(0, batch);
    await begun(harness, batch.tasks[0]!);
    harness.pool.cancel(0, ...harness.runOf(batch), false);
    expect((await harness.outcome(batch.tasks[1]!)).kind).toBe("replaced");
    expect((await harness.outcome(parked!)).kind).toBe("replaced");
    expect((await harness.outcome(batch.tasks[0]!)).kind).toBe("stopped");
  });

  it("lets what was being stopped on an ended thread count as stopped, or timed out, not as given back", async () => {
    await using harness = await Harness.start({ cancelGrace: 300 });
    const never = () => new Promise(() => undefined);
    const cancelled = harness.batch([{ fn: never }]);
    harness.pool.execute(0, cancelled);
    const [expired] = harness.execute(0, [{ fn: never, options: { timeout: 20 } }]);
    await harness.until(() => harness.parked.length === 2);
    await new Promise((resolve) => setTimeout(resolve, 50));
    harness.pool.cancel(0, ...harness.runOf(cancelled), false);
    const batch = harness.batch([{ fn: forever }]);
    harness.pool.execute(0, batch);
    await begun(harness, batch.tasks[0]!);
    harness.pool.cancel(0, ...harness.runOf(batch), true);
    expect((await harness.outcome(batch.tasks[0]!)).kind).toBe("stopped");
    expect((await harness.outcome(cancelled.tasks[0]!)).kind).toBe("stopped");
    expect((await harness.outcome(expired!)).failure).toMatchObject({ kind: "timeout" });
    expect(harness.outcomes).toHaveLength(3);
  });

  it("leaves a thread alone whose parked run listens to its signal", async () => {
    await using harness = await Harness.start();
    const listening = async () => {
      const { signal } = currentTask();
      await new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(new Error("heard it"))));
    };
    const batch = harness.batch([{ fn: listening }]);
    harness.pool.execute(0, batch);
    await harness.until(() => harness.parked.length > 0);
    harness.pool.cancel(0, ...harness.runOf(batch), false);
    expect((await harness.outcome(batch.tasks[0]!)).kind).toBe("stopped");
    expect(harness.replaced).toEqual([]);
  });

  it("disowns a parked run that does not react; its neighbours go on where they are", async () => {
    await using harness = await Harness.start();
    const stubborn = harness.batch([{ fn: () => new Promise(() => undefined) }]);
    harness.pool.execute(0, stubborn);
    const slow = () => new Promise((resolve) => setTimeout(resolve, 400, "done"));
    const [neighbour] = harness.execute(0, [{ fn: slow }]);
    await harness.until(() => harness.parked.length === 2);
    harness.pool.cancel(0, ...harness.runOf(stubborn), false);
    expect((await harness.outcome(stubborn.tasks[0]!)).kind).toBe("stopped");
    expect((await harness.run(() => "seat is free")).value).toBe("seat is free");
    expect(await harness.outcome(neighbour!)).toMatchObject({ kind: "finished", value: "done" });
    expect(harness.outcomes.filter(({ kind }) => kind === "replaced")).toEqual([]);
  });

  it("ends the thread of an asynchronous task that computes for ever after an await", async () => {
    await using harness = await Harness.start();
    const hog = async () => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      console.log("begun");
      for (;;);
    };
    const batch = harness.batch([{ fn: hog }]);
    harness.pool.execute(0, batch);
    await begun(harness, batch.tasks[0]!);
    harness.pool.cancel(0, ...harness.runOf(batch), false);
    expect((await harness.outcome(batch.tasks[0]!)).kind).toBe("stopped");
    expect((await harness.run(() => 1)).value).toBe(1);
  });

  it("lets a loop that never awaits see its signal", async () => {
    await using harness = await Harness.start({ cancelGrace: 60_000 });
    const polite = () => {
      const { signal } = currentTask();
      console.log("begun");
      while (!signal.aborted);
      return "stopped by itself";
    };
    const batch = harness.batch([{ fn: polite }]);
    harness.pool.execute(0, batch);
    await begun(harness, batch.tasks[0]!);
    harness.pool.cancel(0, ...harness.runOf(batch), false);
    expect((await harness.outcome(batch.tasks[0]!)).kind).toBe("stopped");
    expect(harness.replaced).toEqual([]);
  });

  it("does without the grace period when forced", async () => {
    await using harness = await Harness.start({ cancelGrace: 60_000 });
    const batch = harness.batch([{ fn: forever }]);
    harness.pool.execute(0, batch);
    await begun(harness, batch.tasks[0]!);
    harness.pool.cancel(0, ...harness.runOf(batch), true);
    expect((await harness.outcome(batch.tasks[0]!)).kind).toBe("stopped");
  });

  it("does not wait for a synchronous native call", async () => {
    await using harness = await Harness.start();
    const native = async () => {
      const { execSync } = await import("node:child_process");
      console.log("begun");
      execSync("sleep 3");
    };
    const batch = harness.batch([{ fn: native }]);
    harness.pool.execute(0, batch);
    await begun(harness, batch.tasks[0]!);
    harness.pool.cancel(0, ...harness.runOf(batch), false);
    expect((await harness.outcome(batch.tasks[0]!)).kind).toBe("stopped");
    expect((await harness.run(() => 1)).value).toBe(1);
  });
});

describe("revoking", () => {
  it("grants what has not begun, at once, and nothing else", async () => {
    await using harness = await Harness.start();
    const batch = harness.batch([{ fn: forever }, { fn: () => 1 }, { fn: () => 2 }]);
    harness.pool.execute(0, batch);
    await begun(harness, batch.tasks[0]!);
    let granted: Uint8Array | undefined;
    harness.pool.revoke(0, batch.tasks.slice(0, 2), batch.runs.slice(0, 2), (answer) => (granted = answer));
    expect([...granted!]).toEqual([0, 1]);
    harness.pool.cancel(0, ...harness.runOf(batch), true);
    expect((await harness.outcome(batch.tasks[2]!)).kind).toBe("replaced");
    expect(harness.outcomes.some(({ task }) => task === batch.tasks[1])).toBe(false);
  });
});

describe("timeouts", () => {
  it("stops synchronous code", async () => {
    await using harness = await Harness.start();
    const [task] = harness.execute(0, [{ fn: forever, options: { timeout: 50 } }]);
    const { failure, error } = await harness.outcome(task!);
    expect(failure).toMatchObject({ kind: "timeout", started: true, data: { timeout: 50 } });
    expect(error).toMatchObject({ name: "TaskTimeoutError", code: "HEDDLE_TASK_TIMEOUT", timeout: 50 });
    expect((await harness.run(() => 1)).value).toBe(1);
  });

  it("stops a task that waits, and tells it by its signal first", async () => {
    await using harness = await Harness.start();
    const waiting = async () => {
      const { signal } = currentTask();
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      console.log((signal.reason as Error).name);
    };
    const [task] = harness.execute(0, [{ fn: waiting, options: { timeout: 50 } }]);
    expect((await harness.outcome(task!)).failure).toMatchObject({ kind: "timeout" });
    expect(harness.printed(task!)).toBe("TaskTimeoutError\n");
    expect(harness.replaced).toEqual([]);
  });

  it("stops a task that waits for ever and hears nothing", async () => {
    await using harness = await Harness.start();
    const [task] = harness.execute(0, [{ fn: () => new Promise(() => undefined), options: { timeout: 50 } }]);
    expect((await harness.outcome(task!)).failure).toMatchObject({ kind: "timeout" });
  });

  it("counts from the start of the body, not from when the run was queued", async () => {
    await using harness = await Harness.start();
    const busy = (ms: number) => {
      const end = Date.now() + ms;
      while (Date.now() < end);
      return ms;
    };
    const tasks = harness.execute(0, [
      { fn: busy, args: [300] },
      { fn: busy, args: [1], options: { timeout: 200 } },
    ]);
    expect(await harness.outcome(tasks[1]!)).toMatchObject({ kind: "finished", value: 1 });
  });

  it("does not touch a task that is in time", async () => {
    await using harness = await Harness.start();
    const [task] = harness.execute(0, [{ fn: () => 1, options: { timeout: 10_000 } }]);
    expect((await harness.outcome(task!)).value).toBe(1);
  });
});
