import { describe, expect, it } from "vitest";
import { Driver } from "./driver.js";

const back = (driver: Driver, epoch: string) => driver.event({ type: "connected", index: 4, epoch, rejoining: true });

const keysOf = (present: { keys: Uint8Array }): string => Buffer.from(present.keys).toString();

describe("a scheduler that went away", () => {
  it("finds results and running tasks again, by key; what had not begun is given up", () => {
    const driver = new Driver({ windowRuns: 2 });
    driver.peers(1);
    driver.compute({ task: 1 });
    driver.finish();
    driver.compute({ task: 2 }, { task: 3 }, { task: 4 }, { task: 5, deps: [{ task: 90, holder: 1 }] });
    driver.event({ type: "disconnected" });
    expect(driver.told("abandon")).toHaveLength(1);
    const revoke = driver.told("revoke")[0]!;
    expect([...revoke.tasks]).toEqual([2, 3]);
    driver.take(3);
    driver.event({ type: "revoked", runs: revoke.runs, granted: Uint8Array.of(0, 1) });
    for (const task of [3, 4, 5, 90]) expect(driver.core.stateOf(task)).toBeUndefined();

    back(driver, "first");
    const [present] = driver.sent("present");
    expect(present).toMatchObject({ held: 1, running: 1, tasks: Int32Array.of(1, 2) });
    expect(keysOf(present!)).toBe("key-1key-2");
    driver.message({ op: "adopt", tasks: Int32Array.of(1, 2), runs: Int32Array.of(0, 31) });
    driver.finish();
    expect(driver.sent("finished")).toMatchObject([{ tasks: Int32Array.of(2), runs: Int32Array.of(31) }]);
  });

  it("gives results and runs new ids when it is another one", () => {
    const driver = new Driver();
    driver.compute({ task: 1 });
    driver.finish();
    driver.compute({ task: 2 });
    driver.event({ type: "disconnected" });
    driver.answerRevokes(false);
    back(driver, "second");
    expect(driver.told("setAside")).toHaveLength(1);
    // Before it has adopted anything it uses the same numbers for other tasks.
    driver.compute({ task: 1 }, { task: 3 });
    driver.message({ op: "adopt", tasks: Int32Array.of(2, 7), runs: Int32Array.of(0, 9) });
    expect(driver.told("adopt")).toMatchObject([{ from: Int32Array.of(1), ids: Int32Array.of(2) }]);
    expect(driver.core.stateOf(2)).toBe("memory");
    expect(driver.core.stateOf(7)).toBe("executing");
    driver.finishTask(2);
    expect(driver.sent("finished")).toMatchObject([{ tasks: Int32Array.of(7), runs: Int32Array.of(9) }]);
    driver.finishTask(1);
    expect(driver.sent("finished")).toMatchObject([{ tasks: Int32Array.of(1), runs: Int32Array.of(1) }]);
  });

  it("hears of what ended meanwhile when it has said what it knows it by", () => {
    const driver = new Driver({ threads: 2 });
    driver.compute({ task: 1 }, { task: 2 });
    driver.event({ type: "disconnected" });
    driver.answerRevokes(false);
    const failing = driver.take(2);
    const failure = { kind: "error", message: "no", startedAt: 1, busy: 1, started: true } as const;
    driver.event({ type: "failed", thread: failing.thread, failures: [{ ...failure, task: 2, run: failing.ticket }] });
    back(driver, "second");
    driver.finishTask(1);
    expect(driver.told("keep")).toMatchObject([{ aside: true }]);
    expect(driver.sent("finished")).toEqual([]);
    driver.message({ op: "adopt", tasks: Int32Array.of(11, 12), runs: Int32Array.of(21, 22) });
    expect(driver.sent("finished")).toMatchObject([{ tasks: Int32Array.of(11), runs: Int32Array.of(21) }]);
    expect(driver.sent("failed")[0]!.failures).toMatchObject([{ task: 12, run: 22, message: "no" }]);
  });

  it("does not take everything over: the rest is dropped, and stopped", () => {
    const driver = new Driver();
    driver.compute({ task: 1 });
    driver.finish();
    driver.compute({ task: 2 });
    driver.event({ type: "disconnected" });
    driver.answerRevokes(false);
    back(driver, "first");
    driver.message({ op: "adopt", tasks: Int32Array.of(-1, -1), runs: Int32Array.of(0, 0) });
    expect(driver.told("drop")).toMatchObject([{ tasks: Int32Array.of(1) }]);
    expect(driver.told("cancel")).toMatchObject([{ tasks: Int32Array.of(2) }]);
  });

  it("may leave again before it has adopted: all is as it was", () => {
    const driver = new Driver();
    driver.compute({ task: 1 });
    driver.finish();
    driver.event({ type: "disconnected" });
    back(driver, "second");
    driver.compute({ task: 1 });
    driver.event({ type: "disconnected" });
    expect(driver.told("adopt")).toMatchObject([{ from: Int32Array.of(1), ids: Int32Array.of(1) }]);
    expect(driver.core.epoch).toBe("first");
    back(driver, "third");
    expect(driver.sent("present")).toMatchObject([{ held: 1, running: 0, tasks: Int32Array.of(1) }]);
  });

  it("is not told anything while it is away", () => {
    const driver = new Driver();
    driver.compute({ task: 1 });
    driver.event({ type: "disconnected" });
    driver.answerRevokes(false);
    driver.finish();
    expect(driver.last.filter(({ to }) => to === "scheduler")).toEqual([]);
    back(driver, "first");
    expect(driver.sent("present")).toMatchObject([{ held: 1, running: 0 }]);
  });
});
