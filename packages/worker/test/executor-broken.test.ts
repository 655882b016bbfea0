/** A thread that fails itself, outside any task: here because a task has replaced what the thread relies on. */
import { describe, expect, it } from "vitest";
import { Harness } from "./executor-harness.js";

/** After this, what the thread does at the end of a run throws. */
const sabotage = () => {
  performance.now = () => {
    throw new RangeError("no time");
  };
  return "done";
};

describe("a thread that fails outside tasks", () => {
  it("is replaced; the run is placed again, and fails when it does it again", async () => {
    await using harness = await Harness.start();
    const tasks = harness.execute(0, [{ fn: sabotage }, { fn: () => "behind it" }]);
    expect((await harness.outcome(tasks[0]!)).kind).toBe("replaced");
    expect((await harness.outcome(tasks[1]!)).kind).toBe("replaced");
    expect((await harness.run(() => "on a new thread")).value).toBe("on a new thread");

    harness.outcomes.length = 0;
    const again = harness.execute(0, [
      { fn: sabotage, task: tasks[0]! },
      { fn: () => "behind it", task: tasks[1]! },
    ]);
    expect(await harness.outcome(again[0]!)).toMatchObject({
      kind: "failed",
      failure: { kind: "internal" },
      error: { code: "HEDDLE_THREAD_BROKEN", detail: expect.stringContaining("RangeError: no time") as string },
    });
    expect((await harness.outcome(again[1]!)).kind).toBe("replaced");
    expect((await harness.run(() => "alive")).value).toBe("alive");
  });

  it("is replaced when it fails over the end of a run that waited", async () => {
    await using harness = await Harness.start();
    const later = async () => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      performance.now = () => {
        throw new RangeError("no time");
      };
    };
    const [task] = harness.execute(0, [{ fn: later }]);
    expect((await harness.outcome(task!)).kind).toBe("replaced");
    harness.outcomes.length = 0;
    harness.execute(0, [{ fn: later, task: task! }]);
    expect((await harness.outcome(task!)).failure).toMatchObject({ kind: "internal" });
    expect((await harness.run(() => "alive")).value).toBe("alive");
  });

  it("tells why in the worker's output", async () => {
    await using harness = await Harness.start();
    harness.execute(0, [{ fn: sabotage }]);
    await harness.until(() => harness.output.some(({ text }) => text.includes("an executor thread failed")));
  });
});
