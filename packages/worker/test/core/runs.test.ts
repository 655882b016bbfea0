import { describe, expect, it } from "vitest";
import { RunFlag } from "@heddle/protocol";
import { ExecuteFlag } from "../../src/executor/interface.js";
import { Driver } from "./driver.js";

describe("runs on a worker", () => {
  it("sends one run of an unknown function, then as many as a few milliseconds hold", () => {
    const driver = new Driver();
    driver.compute(...Array.from({ length: 400 }, (_, task) => ({ task })));
    expect(driver.on()).toEqual([0]);
    driver.finish(1, { busy: 1000 });
    expect(driver.on()).toEqual([1, 2, 3]);
    driver.finish(3, { busy: 10 });
    expect(driver.on()).toHaveLength(256);
    expect(driver.on()[0]).toBe(4);
  });

  it("hands keys and arguments over as they came", () => {
    const driver = new Driver();
    driver.compute({ task: 12 });
    expect(driver.given(12)).toMatchObject({ key: "key-12", args: "args-12" });
  });

  it("runs higher priority first, then lower order, then first come", () => {
    const driver = new Driver();
    driver.compute({ task: 1 });
    driver.compute({ task: 2, order: 5 }, { task: 3, order: 5 });
    driver.compute({ task: 4, order: 4 }, { task: 5, order: 9, priority: 1 });
    const seen: number[] = [];
    while (driver.on().length > 0) {
      seen.push(...driver.on());
      // Longer than the window, so that one at a time is sent.
      driver.finish(driver.on().length, { busy: 10_000 });
    }
    expect(seen).toEqual([1, 5, 4, 2, 3]);
  });

  it("reports results with their sizes, and small ones inline where a client waits", () => {
    const driver = new Driver();
    driver.compute({ task: 1 });
    driver.finish(1, { busy: 1 });
    driver.compute({ task: 2, flags: RunFlag.inline }, { task: 3 }, { task: 4, flags: RunFlag.inline });
    driver.finish(3, { bytes: 5 });
    const [report] = driver.sent("finished");
    expect(report).toMatchObject({ threads: 0, inlineLengths: Int32Array.of(5, -1, 5) });
    expect([...report!.tasks]).toEqual([2, 3, 4]);
    expect([...report!.nbytes]).toEqual([5, 5, 5]);
    expect(report!.inline).toHaveLength(10);
    driver.compute({ task: 5, flags: RunFlag.inline });
    driver.finish(1, { bytes: 5000 });
    expect(driver.sent("finished")[0]).toMatchObject({ inlineLengths: -1 });
  });

  it("runs a chain on one thread without asking, the results handed on there", () => {
    const driver = new Driver();
    driver.compute({ task: 0 });
    driver.finish(1, { busy: 5 });
    driver.compute({ task: 1 }, { task: 2, deps: [1] }, { task: 3, deps: [2, 0] });
    expect(driver.on()).toEqual([1, 2, 3]);
    expect(driver.given(1).flags & (ExecuteFlag.retain | ExecuteFlag.handOn)).toBe(
      ExecuteFlag.retain | ExecuteFlag.handOn,
    );
    expect(driver.given(2)).toMatchObject({ inputs: [], retained: [1] });
    expect(driver.given(3)).toMatchObject({ inputs: [0], retained: [2] });
    // What was handed on is gone from the thread without being told.
    driver.finish(3);
    expect(driver.told("forget")).toEqual([]);
  });

  it("does not follow inputs that run on different threads", () => {
    const driver = new Driver({ threads: 2 });
    driver.compute({ task: 1 }, { task: 2 }, { task: 3, deps: [1, 2] });
    expect([driver.on(0), driver.on(1)]).toEqual([[1], [2]]);
    driver.finishTask(1);
    expect(driver.core.stateOf(3)).toBe("waiting");
    driver.finishTask(2);
    const { inputs, retained } = driver.given(3);
    expect([...inputs, ...retained].sort()).toEqual([1, 2]);
  });

  it("retains without handing on when several runs take the result", () => {
    const driver = new Driver();
    driver.compute({ task: 0 });
    driver.finish(1, { busy: 5 });
    driver.compute({ task: 1 }, { task: 2, deps: [1] }, { task: 3, deps: [1] });
    expect(driver.given(1).flags & ExecuteFlag.handOn).toBe(0);
    expect(driver.given(1).flags & ExecuteFlag.retain).toBe(ExecuteFlag.retain);
    driver.finish(2);
    expect(driver.told("forget")).toEqual([]);
    driver.finish(1);
    expect(driver.told("forget")).toMatchObject([{ tasks: Int32Array.of(1) }]);
  });

  it("waits again when the run it followed failed", () => {
    const driver = new Driver();
    driver.compute({ task: 0 });
    driver.finish(1, { busy: 5 });
    driver.compute({ task: 1 }, { task: 2, deps: [1] });
    const [first, second] = [driver.take(1), driver.take(2)];
    const failure = { kind: "error", message: "no", startedAt: 1, busy: 1, started: true } as const;
    driver.event({ type: "failed", thread: 0, failures: [{ ...failure, task: 1, run: first.ticket }] });
    expect(driver.sent("failed")[0]!.failures).toMatchObject([{ task: 1, run: 1, message: "no" }]);
    const skipped = { ...failure, kind: "inputs", started: false } as const;
    driver.event({ type: "failed", thread: 0, failures: [{ ...skipped, task: 2, run: second.ticket }] });
    expect(driver.sent("failed")).toEqual([]);
    expect(driver.core.stateOf(2)).toBe("waiting");
    // The scheduler tries the first one again, here.
    driver.compute({ task: 1, run: 2 });
    driver.finishTask(1);
    driver.finishTask(2);
    expect([...driver.sent("finished")[0]!.tasks]).toEqual([2]);
  });

  it("keeps the total of resources and lets others pass", () => {
    const driver = new Driver({ threads: 3, resources: { GPU: 1 } });
    const options = { resources: { GPU: 1 } };
    driver.compute({ task: 1, options }, { task: 2, options }, { task: 3 });
    expect(driver.core.stateOf(1)).toBe("executing");
    expect(driver.core.stateOf(2)).toBe("constrained");
    expect(driver.core.stateOf(3)).toBe("executing");
    driver.finishTask(1);
    expect(driver.core.stateOf(2)).toBe("executing");
  });

  it("gives a run that is not idempotent a thread alone", () => {
    const driver = new Driver({ threads: 2 });
    driver.compute({ task: 0 });
    driver.finish(1, { busy: 5 });
    driver.compute({ task: 1 }, { task: 2 }, { task: 3, flags: RunFlag.notIdempotent }, { task: 4 });
    const thread = driver.core.stateOf(3) === "executing" ? driver.given(3).thread : -1;
    expect(thread).toBe(-1);
    const both = [...driver.on(0), ...driver.on(1)];
    for (const task of both) driver.finishTask(task);
    expect(driver.core.stateOf(3)).toBe("executing");
    expect(driver.on(driver.given(3).thread)).toEqual([3]);
    driver.compute({ task: 5 }, { task: 6 });
    expect(driver.on(driver.given(3).thread)).toEqual([3]);
  });

  it("lets others in when a run that had its thread alone gives up its slot: it may wait for them", () => {
    const driver = new Driver();
    driver.compute({ task: 1, flags: RunFlag.notIdempotent }, { task: 2 });
    expect(driver.on()).toEqual([1]);
    const columns = { tasks: Int32Array.of(1), runs: Int32Array.of(driver.given(1).ticket) };
    driver.event({ type: "parked", thread: 0, ...columns, away: Uint8Array.of(1) });
    expect(driver.on()).toEqual([1]);
    driver.event({ type: "seceded", thread: 0, ...columns, away: Uint8Array.of(1) });
    expect(driver.on()).toEqual([1, 2]);
  });

  it("lets parked runs leave their slot, up to asyncPerThread", () => {
    const driver = new Driver({ asyncPerThread: 3 });
    driver.compute(...Array.from({ length: 6 }, (_, task) => ({ task })));
    const park = (task: number, away: 0 | 1) => {
      const run = driver.given(task);
      const [tasks, runs] = [Int32Array.of(task), Int32Array.of(run.ticket)];
      driver.event({ type: "parked", thread: 0, tasks, runs, away: Uint8Array.of(away) });
    };
    park(0, 1);
    expect(driver.on()).toEqual([0, 1, 2]);
    park(1, 1);
    park(2, 1);
    expect(driver.on()).toEqual([0, 1, 2]);
    driver.finishTask(1);
    expect(driver.on()).toEqual([0, 2, 3]);
  });

  it("names long runs as the scheduler knows them by now, not as their thread does", () => {
    const driver = new Driver();
    driver.compute({ task: 1, run: 10 });
    const { ticket } = driver.given(1);
    const begun = (tickets: Int32Array): void =>
      void driver.event({ type: "begun", tasks: Int32Array.of(1), runs: tickets, startedAt: Float64Array.of(5) });
    begun(Int32Array.of(ticket));
    expect(driver.sent("begun")).toMatchObject([{ tasks: Int32Array.of(1), runs: Int32Array.of(10) }]);
    begun(Int32Array.of(ticket + 1));
    expect(driver.sent("begun")).toEqual([]);
  });

  it("tells the scheduler which runs wait without their thread, whichever way, once for both", () => {
    const driver = new Driver();
    driver.compute({ task: 1 });
    const columns = { thread: 0, tasks: Int32Array.of(1), runs: Int32Array.of(driver.given(1).ticket) };
    const told = () => driver.sent("seceded").map(({ tasks, left }) => [tasks[0], left[0]]);
    driver.event({ type: "parked", ...columns, away: Uint8Array.of(1) });
    expect(told()).toEqual([[1, 1]]);
    driver.event({ type: "seceded", ...columns, away: Uint8Array.of(1) });
    driver.event({ type: "seceded", ...columns, away: Uint8Array.of(0) });
    expect(told()).toEqual([]);
    driver.event({ type: "parked", ...columns, away: Uint8Array.of(0) });
    expect(told()).toEqual([[1, 0]]);
  });

  it("counts a seceded run no more, and says so", () => {
    const driver = new Driver();
    driver.compute({ task: 1 }, { task: 2 });
    const run = driver.given(1);
    const columns = { tasks: Int32Array.of(1), runs: Int32Array.of(run.ticket) };
    driver.event({ type: "seceded", thread: 0, ...columns, away: Uint8Array.of(1) });
    expect(driver.sent("seceded")).toMatchObject([{ tasks: Int32Array.of(1), left: Uint8Array.of(1) }]);
    expect(driver.on()).toEqual([1, 2]);
    driver.finishTask(1);
    expect(driver.sent("finished")).toHaveLength(1);
  });

  it("places runs again on the same attempt when their thread was replaced", () => {
    const driver = new Driver();
    driver.compute({ task: 0 });
    driver.finish(1, { busy: 5 });
    driver.compute({ task: 1 }, { task: 2, deps: [1] });
    const [first, second] = [driver.take(1), driver.take(2)];
    driver.event({
      type: "replaced",
      thread: 0,
      tasks: Int32Array.of(1, 2),
      runs: Int32Array.of(first.ticket, second.ticket),
    });
    expect(driver.on()).toEqual([1]);
    expect(driver.given(1).ticket).not.toBe(first.ticket);
    driver.finish();
    driver.finish();
    expect(driver.core.stateOf(2)).toBe("memory");
  });

  it("asks a stalled thread to give back what it has not begun when another is idle", () => {
    const driver = new Driver({ threads: 2 });
    driver.compute({ task: 0 });
    driver.finish(1, { busy: 100 });
    driver.compute(...[1, 2, 3, 4, 5, 6].map((task) => ({ task })));
    const other = driver.on(0).length < driver.on(1).length ? 0 : 1;
    const stalled = 1 - other;
    driver.finish(driver.on(other).length, { thread: other });
    expect(driver.core.deadline).toBe(driver.now + 5);
    driver.now += 5;
    driver.event({ type: "tick" });
    expect(driver.told("revoke")[0]!.thread).toBe(stalled);
    driver.answerRevokes(true);
    expect(driver.on(other).length).toBeGreaterThan(0);
    expect(driver.core.story(driver.on(other)[0]!).map((step) => step.to)).toEqual([
      "ready",
      "executing",
      "ready",
      "executing",
    ]);
  });

  it("leaves a chain on its thread, however idle another is", () => {
    const driver = new Driver({ threads: 2 });
    driver.compute({ task: 0 });
    driver.finish(1, { busy: 100 });
    driver.now += 1000;
    driver.compute({ task: 1 }, { task: 2, deps: [1] }, { task: 3, deps: [2] });
    expect(driver.core.deadline).toBeUndefined();
    driver.now += 1000;
    driver.event({ type: "tick" });
    expect(driver.told("revoke")).toEqual([]);
  });

  it("starts nothing while paused", () => {
    const driver = new Driver();
    driver.event({ type: "memory", status: "paused", reason: "85 % of memory" });
    expect(driver.sent("status")).toMatchObject([{ status: "paused" }]);
    driver.compute({ task: 1 });
    expect(driver.on()).toEqual([]);
    driver.event({ type: "memory", status: "running", reason: "60 % of memory" });
    expect(driver.on()).toEqual([1]);
  });
});
