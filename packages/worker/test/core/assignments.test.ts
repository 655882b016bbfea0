import { describe, expect, it } from "vitest";
import { Driver } from "./driver.js";

const rows = (...pairs: [task: number, run: number][]) => ({
  tasks: Int32Array.from(pairs, ([task]) => task),
  runs: Int32Array.from(pairs, ([, run]) => run),
});

describe("what the scheduler wants back", () => {
  it("is given at once while it waits or is ready, with an answer of the thread when it is there", () => {
    const driver = new Driver();
    driver.compute({ task: 1 }, { task: 2 }, { task: 3, deps: [2] });
    driver.message({ op: "revoke", ...rows([1, 1], [2, 1], [3, 1], [9, 1], [2, 7]) });
    expect(driver.sent("revoked")).toMatchObject([
      { tasks: Int32Array.of(2, 3, 9, 2), granted: Uint8Array.of(1, 1, 0, 0) },
    ]);
    driver.answerRevokes(false);
    expect(driver.sent("revoked")).toMatchObject([{ ...rows([1, 1]), granted: Uint8Array.of(0) }]);
    driver.finish();
    expect(driver.sent("finished")).toHaveLength(1);
  });

  it("is gone when its thread had not begun it", () => {
    const driver = new Driver();
    driver.compute({ task: 0 });
    driver.finish();
    driver.compute({ task: 1 }, { task: 2 });
    driver.message({ op: "revoke", ...rows([2, 1]) });
    driver.answerRevokes(true);
    expect(driver.sent("revoked")).toMatchObject([{ ...rows([2, 1]), granted: Uint8Array.of(1) }]);
    expect(driver.core.stateOf(2)).toBeUndefined();
  });

  it("is refused once it has finished", () => {
    const driver = new Driver();
    driver.compute({ task: 1 });
    driver.finish();
    driver.message({ op: "revoke", ...rows([1, 1]) });
    expect(driver.sent("revoked")).toMatchObject([{ granted: Uint8Array.of(0) }]);
  });
});

describe("what the scheduler cancels", () => {
  it("is stopped by its thread, or at once where it is on none", () => {
    const driver = new Driver();
    driver.compute({ task: 1 }, { task: 2 });
    driver.message({ op: "cancel", ...rows([1, 1], [2, 1], [8, 1]), force: false });
    expect(driver.sent("stopped")).toMatchObject([rows([2, 1], [8, 1])]);
    const [cancel] = driver.told("cancel");
    expect(cancel).toMatchObject({ thread: 0, force: false, tasks: Int32Array.of(1) });
    driver.take(1);
    driver.event({ type: "stopped", thread: 0, tasks: cancel!.tasks, runs: cancel!.runs });
    expect(driver.sent("stopped")).toMatchObject([rows([1, 1])]);
    expect(driver.core.counts.executing).toBe(0);
  });

  it("counts as stopped though it finished in the last moment", () => {
    const driver = new Driver();
    driver.compute({ task: 1 });
    driver.message({ op: "cancel", ...rows([1, 1]), force: true });
    expect(driver.told("cancel")).toMatchObject([{ force: true }]);
    driver.finish(1, { busy: 70 });
    expect(driver.sent("finished")).toEqual([]);
    expect(driver.told("keep")).toEqual([]);
    const times = { startedAt: Float64Array.of(999), busy: Int32Array.of(70), waited: Int32Array.of(0) };
    expect(driver.sent("stopped")).toMatchObject([{ ...rows([1, 1]), ...times, threads: Int32Array.of(0) }]);
  });
});

describe("what the scheduler frees", () => {
  it("is dropped from memory", () => {
    const driver = new Driver();
    driver.compute({ task: 1 });
    driver.finish();
    driver.message({ op: "free", tasks: Int32Array.of(1, 77) });
    expect(driver.told("drop")).toMatchObject([{ tasks: Int32Array.of(1) }]);
    expect(driver.core.stateOf(1)).toBeUndefined();
  });

  it("is disowned while it runs: its result is not kept and not reported", () => {
    const driver = new Driver();
    driver.compute({ task: 1 }, { task: 2 });
    driver.message({ op: "free", tasks: Int32Array.of(1) });
    expect(driver.told("revoke")).toHaveLength(1);
    driver.answerRevokes(false);
    expect(driver.sent("revoked")).toEqual([]);
    driver.finish(1, { busy: 70 });
    expect(driver.told("keep")).toEqual([]);
    expect(driver.sent("finished")).toEqual([]);
    expect(driver.sent("stopped")).toMatchObject([{ ...rows([1, 1]), busy: Int32Array.of(70) }]);
    expect(driver.on()).toEqual([2]);
  });

  it("can be cancelled still when it was disowned", () => {
    const driver = new Driver();
    driver.compute({ task: 1 });
    driver.message({ op: "free", tasks: Int32Array.of(1) });
    driver.answerRevokes(false);
    driver.message({ op: "cancel", ...rows([1, 1]), force: false });
    const [cancel] = driver.told("cancel");
    driver.take(1);
    driver.event({ type: "stopped", thread: 0, tasks: cancel!.tasks, runs: cancel!.runs });
    expect(driver.sent("stopped")).toMatchObject([rows([1, 1])]);
  });
});

describe("messages that come twice, late or again", () => {
  it("do nothing when their run is not newer than what is known", () => {
    const driver = new Driver();
    driver.compute({ task: 1, run: 5 });
    driver.compute({ task: 1, run: 5 });
    driver.compute({ task: 1, run: 4 });
    expect(driver.on()).toEqual([1]);
    driver.finish();
    expect(driver.sent("finished")).toMatchObject([rows([1, 5])]);
  });

  it("disown an older run, whose report does not count", () => {
    const driver = new Driver({ threads: 2 });
    driver.compute({ task: 1, run: 1 });
    const old = driver.take(1);
    driver.compute({ task: 1, run: 2 });
    expect(driver.given(1).ticket).not.toBe(old.ticket);
    driver.threads[old.thread]!.push(old);
    driver.finish(1, { thread: old.thread });
    expect(driver.sent("finished")).toEqual([]);
    driver.finishTask(1);
    expect(driver.sent("finished")).toMatchObject([rows([1, 2])]);
  });

  it("let what waits for the older run wait for the newer one", () => {
    const driver = new Driver();
    driver.compute({ task: 1 }, { task: 2, deps: [1] });
    driver.compute({ task: 1, run: 2 });
    driver.threads[0]!.splice(0, 1);
    driver.answerRevokes(false);
    const first = driver.core.story(1);
    expect(first.map(({ to }) => to)).toContain("disowned");
    driver.event({ type: "tick" });
    expect(driver.core.stateOf(2)).toBe("waiting");
  });

  it("report again what is here already, under the new run", () => {
    const driver = new Driver();
    driver.compute({ task: 1 });
    driver.finish(1, { bytes: 8 });
    driver.compute({ task: 1, run: 2 });
    expect(driver.sent("finished")).toMatchObject([{ ...rows([1, 2]), nbytes: Float64Array.of(8) }]);
    expect(driver.on()).toEqual([]);
  });
});
