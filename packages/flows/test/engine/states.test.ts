/** [states] What states are, keep, say and give. */
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import "../support/own-home.js";
import {
  Cancelled,
  CancelledRunError,
  Completed,
  Crashed,
  CrashedRunError,
  Failed,
  FailedRunError,
  State,
  UnfinishedRunError,
  flow,
  task,
} from "../../src/index.js";

describe("[states]", () => {
  it("have an id, type, name, time, message, data and details, and a text", () => {
    const state = new State({
      type: "Completed",
      name: "Cached",
      message: "found",
      data: 1,
      details: { cacheKey: "k" },
    });
    expect({ ...state }).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
      type: "Completed",
      name: "Cached",
      timestamp: expect.closeTo(Date.now(), -5) as number,
      message: "found",
      data: 1,
      details: { cacheKey: "k" },
    });
    expect([String(state), inspect(state)]).toEqual(["Cached('found')", "State<Cached('found')>"]);
    expect(String(Completed())).toBe("Completed()");
    expect(Completed().id).not.toBe(Completed().id);
    expect(Completed().details).toEqual({});
  });

  it("know their type, whatever their name", () => {
    const types = [
      "Scheduled",
      "Pending",
      "Running",
      "Cancelling",
      "Completed",
      "Failed",
      "Cancelled",
      "Crashed",
    ] as const;
    for (const type of types) {
      const state = new State({ type, name: "of another name" });
      for (const each of types) expect(state[`is${each}`]()).toBe(each === type);
      expect(state.isFinal()).toBe(types.indexOf(type) > 3);
    }
  });

  it("give the result, what the run failed with, or say that there is none", async () => {
    const error = new RangeError("its own");
    expect(await Completed({ data: 5 }).result()).toBe(5);
    await expect(Failed({ data: error }).result()).rejects.toBe(error);
    expect(await Failed({ data: error }).result({ raiseOnFailure: false })).toBe(error);
    await expect(Failed({ message: "by hand" }).result()).rejects.toThrow(FailedRunError);
    await expect(Failed({ message: "by hand" }).result()).rejects.toThrow(/failed: by hand/);
    await expect(Cancelled({ message: "enough" }).result()).rejects.toThrow(CancelledRunError);
    const crashed = await Crashed({ data: error }).result({ raiseOnFailure: false });
    expect(crashed).toBeInstanceOf(CrashedRunError);
    expect((crashed as Error).cause).toBe(error);
    for (const type of ["Scheduled", "Pending", "Running", "Cancelling"] as const)
      for (const raiseOnFailure of [true, false])
        await expect(new State({ type }).result({ raiseOnFailure } as { raiseOnFailure: false })).rejects.toThrow(
          UnfinishedRunError,
        );
  });

  it("of a run are all kept, in order, and say whose they are and when a retry begins", async () => {
    let tried = false;
    const flaky = task(
      () => {
        if (tried) return 1;
        tried = true;
        throw new Error("not yet");
      },
      { name: "flaky", retries: 1, retryDelay: 20 },
    );
    const child = flow(async () => flaky.submit(), { name: "child" });
    const run = flow(
      async () => {
        const future = child.submit();
        await future.wait();
        const states = future.states();
        const own = states.map(({ details }) => [details.flowRunId, details.taskRunId]);
        expect(new Set(own.map(String)).size).toBe(1);
        expect(own[0]![1]).toBe(`${own[0]![0]}-0`);
        expect(states.at(-1)!.details.childFlowRunId).toMatch(/^[0-9a-f]{32}$/);
        return states.map(({ timestamp }) => timestamp);
      },
      { name: "parent" },
    ).submit();
    const times = await run.result();
    expect(times).toEqual([...times].sort((a, b) => a - b));
    const [flowRun] = run.states();
    expect(flowRun!.details.taskRunId).toBeUndefined();
    expect(run.states().map(({ name }) => name)).toEqual(["Pending", "Running", "Completed"]);

    tried = false;
    await flow(
      async () => {
        const future = flaky.submit();
        await future.wait();
        const [pending, running, awaiting, retrying, completed] = future.states();
        expect([pending, running, retrying, completed].map((state) => String(state))).toEqual([
          "Pending()",
          "Running()",
          "Retrying()",
          "Completed()",
        ]);
        expect(awaiting!.name).toBe("AwaitingRetry");
        expect(awaiting!.details.scheduledTime).toBeGreaterThanOrEqual(awaiting!.timestamp + 20);
        expect(await completed!.result()).toBe(1);
        await expect(running!.result()).rejects.toThrow(/flaky-0 has no result: its state is Running\(\)/);
        return 1;
      },
      { name: "retries" },
    )();
  });
});
