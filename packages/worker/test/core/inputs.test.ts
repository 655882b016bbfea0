import { describe, expect, it } from "vitest";
import { Driver } from "./driver.js";

const remote = (task: number, holder = 1, nbytes = 100) => ({ task, holder, nbytes });

function found(driver: Driver, gather: number, tasks: readonly number[], absent: readonly number[] = []) {
  return driver.event({
    type: "fetched",
    gather,
    tasks: Int32Array.from(tasks),
    nbytes: new Float64Array(tasks.length).fill(64),
    absent: Int32Array.from(absent),
  });
}

describe("inputs held by peers", () => {
  it("are asked of their holder, reported, and passed to the run", () => {
    const driver = new Driver();
    driver.peers(1);
    driver.compute({ task: 5, deps: [remote(3)] });
    expect(driver.told("fetch")).toMatchObject([{ peer: 1, address: "ws://w1", tasks: Int32Array.of(3) }]);
    found(driver, 0, [3]);
    expect(driver.told("accept")).toMatchObject([{ gather: 0, tasks: Int32Array.of(3) }]);
    expect(driver.sent("added")).toMatchObject([{ tasks: Int32Array.of(3), nbytes: Float64Array.of(64) }]);
    expect(driver.given(5).inputs).toEqual([3]);
  });

  it("travel in one request, however many they are", () => {
    const driver = new Driver();
    driver.peers(1);
    driver.compute({ task: 1, deps: Array.from({ length: 12_500 }, (_, i) => remote(1000 + i)) });
    const [request] = driver.told("fetch");
    expect(driver.told("fetch")).toHaveLength(1);
    expect(request!.tasks).toHaveLength(12_500);
    found(driver, request!.gather, [...request!.tasks]);
    expect(driver.given(1).inputs).toHaveLength(12_500);
  });

  it("are asked of a peer one request at a time, the next one with everything that came meanwhile", () => {
    const driver = new Driver();
    driver.peers(1);
    driver.compute({ task: 10, deps: [remote(1)] });
    driver.compute({ task: 11, deps: [remote(2)] });
    driver.compute({ task: 12, deps: [remote(3), remote(1)] });
    expect(driver.told("fetch")).toEqual([]);
    found(driver, 0, [1]);
    expect(driver.told("fetch")).toMatchObject([{ tasks: Int32Array.of(2, 3) }]);
  });

  it("are bundled up to a size, and limited in sum; one that is larger comes alone", () => {
    const driver = new Driver({ gatherBytes: 250, incomingBytes: 300 });
    driver.peers(1, 2, 3);
    driver.compute(
      { task: 10, deps: [remote(1), remote(2), remote(3)] },
      { task: 11, deps: [remote(4, 2, 100), remote(5, 3, 5000)] },
    );
    expect(driver.told("fetch").map(({ peer, tasks }) => [peer, [...tasks]])).toEqual([
      [1, [1, 2]],
      [2, [4]],
    ]);
    found(driver, 0, [1, 2]);
    expect(driver.told("fetch").map(({ peer, tasks }) => [peer, [...tasks]])).toEqual([[1, [3]]]);
    found(driver, 1, [4]);
    expect(driver.told("fetch")).toEqual([]);
    found(driver, 2, [3]);
    expect(driver.told("fetch").map(({ peer, tasks }) => [peer, [...tasks]])).toEqual([[3, [5]]]);
  });

  it("are asked again when a peer was busy, not before the time it said", () => {
    const driver = new Driver();
    driver.peers(1);
    driver.compute({ task: 10, deps: [remote(1)] });
    driver.event({ type: "fetchBusy", gather: 0, retryAfter: 50 });
    expect(driver.told("fetch")).toEqual([]);
    expect(driver.core.deadline).toBe(driver.now + 50);
    driver.now += 50;
    driver.event({ type: "tick" });
    expect(driver.told("fetch")).toMatchObject([{ gather: 1, tasks: Int32Array.of(1) }]);
  });

  it("are reported missing when the holder has not got them, and sought where the scheduler says", () => {
    const driver = new Driver();
    driver.peers(1, 2);
    driver.compute({ task: 10, deps: [remote(1), remote(2)] });
    found(driver, 0, [2], [1]);
    expect(driver.sent("missing")).toMatchObject([{ tasks: Int32Array.of(1), holders: Int32Array.of(1) }]);
    expect(driver.core.stateOf(1)).toBe("missing");
    driver.message({ op: "holders", tasks: Int32Array.of(1), holders: Int32Array.of(2) });
    expect(driver.told("fetch")).toMatchObject([{ peer: 2, tasks: Int32Array.of(1) }]);
    found(driver, 1, [1]);
    expect(driver.on()).toEqual([10]);
  });

  it.each(["unreachable", "left"])("are reported missing when the holder is %s", (how) => {
    const driver = new Driver();
    driver.peers(1);
    driver.compute({ task: 10, deps: [remote(1)] });
    driver.compute({ task: 11, deps: [remote(2)] });
    if (how === "left") {
      driver.message({ op: "peers", joined: [], left: [1] });
      expect(driver.told("abandon")).toMatchObject([{ gather: 0 }]);
      expect([...driver.sent("missing")[0]!.tasks].sort()).toEqual([1, 2]);
    } else {
      driver.event({ type: "fetchFailed", gather: 0, reason: "gone" });
      expect(driver.sent("missing")).toMatchObject([{ tasks: Int32Array.of(1) }]);
    }
    // An answer that comes after all is not used.
    found(driver, 0, [1]);
    expect(driver.told("accept")).toEqual([]);
  });

  it("are reported missing with this worker as their holder when it was believed to have them", () => {
    const driver = new Driver();
    driver.compute({ task: 10, deps: [7] });
    expect(driver.sent("missing")).toMatchObject([{ tasks: Int32Array.of(7), holders: Int32Array.of(0) }]);
  });

  it("are not kept when nobody wants them any more", () => {
    const driver = new Driver();
    driver.peers(1);
    driver.compute({ task: 10, deps: [remote(1)] });
    driver.message({ op: "free", tasks: Int32Array.of(10) });
    found(driver, 0, [1]);
    expect(driver.told("accept")).toEqual([]);
    expect(driver.sent("added")).toEqual([]);
  });

  it("make way for a run of the same task here", () => {
    const driver = new Driver();
    driver.peers(1);
    driver.compute({ task: 10, deps: [remote(1)] });
    driver.compute({ task: 1 });
    found(driver, 0, [1]);
    expect(driver.told("accept")).toEqual([]);
    driver.finishTask(1);
    expect(driver.on()).toEqual([10]);
  });

  it("wait for their run again when they are lost before it starts", () => {
    const driver = new Driver();
    driver.compute({ task: 1 });
    driver.finish();
    driver.event({ type: "memory", status: "paused", reason: "" });
    driver.compute({ task: 2, deps: [1] });
    expect(driver.core.stateOf(2)).toBe("ready");
    driver.event({ type: "lost", tasks: Int32Array.of(1) });
    expect(driver.sent("dropped")).toMatchObject([{ tasks: Int32Array.of(1) }]);
    driver.event({ type: "memory", status: "running", reason: "" });
    expect(driver.core.stateOf(2)).toBe("waiting");
    expect(driver.sent("missing")).toMatchObject([{ tasks: Int32Array.of(1), holders: Int32Array.of(0) }]);
    driver.compute({ task: 1, run: 2 });
    driver.finish();
    expect(driver.on()).toEqual([2]);
  });
});

describe("copies", () => {
  it("are fetched on request, and reported", () => {
    const driver = new Driver();
    driver.peers(1);
    const columns = { tasks: Int32Array.of(4), holders: Int32Array.of(1), nbytes: Float64Array.of(9) };
    driver.message({ op: "replicate", ...columns });
    expect(driver.told("fetch")).toMatchObject([{ tasks: Int32Array.of(4) }]);
    found(driver, 0, [4]);
    expect(driver.sent("added")).toMatchObject([{ tasks: Int32Array.of(4) }]);
    driver.message({ op: "replicate", ...columns });
    expect(driver.sent("added")).toMatchObject([{ tasks: Int32Array.of(4) }]);
    driver.message({ op: "free", tasks: Int32Array.of(4) });
    expect(driver.told("drop")).toMatchObject([{ tasks: Int32Array.of(4) }]);
  });

  it("that a client put here satisfy what waits for them", () => {
    const driver = new Driver();
    driver.compute({ task: 10, deps: [7] });
    driver.event({
      type: "put",
      tasks: Int32Array.of(7),
      nbytes: Float64Array.of(3),
      keyLengths: 4,
      keys: Buffer.from("data"),
    });
    expect(driver.given(10).inputs).toEqual([7]);
  });

  it("damaged by a task are dropped, here and at the scheduler", () => {
    const driver = new Driver();
    driver.compute({ task: 1 });
    driver.finish();
    driver.compute({ task: 2, deps: [1] });
    const { ticket } = driver.take(2);
    const failure = { kind: "inputs", message: "damaged", startedAt: 1, busy: 1, started: true } as const;
    driver.event({ type: "failed", thread: 0, failures: [{ ...failure, task: 2, run: ticket, data: { input: 1 } }] });
    expect(driver.sent("failed")[0]!.failures).toMatchObject([{ task: 2, kind: "inputs" }]);
    expect(driver.told("drop")).toMatchObject([{ tasks: Int32Array.of(1) }]);
    expect(driver.sent("dropped")).toMatchObject([{ tasks: Int32Array.of(1) }]);
  });
});

describe("the time that inputs are on their way", () => {
  const fetchedOf = (driver: Driver) => driver.sent("finished")[0]!.fetched;

  it("is reported where a thread stood idle for it, and is one number where no input was fetched", () => {
    const driver = new Driver();
    driver.peers(1);
    driver.compute({ task: 5, deps: [remote(3)] }, { task: 6, deps: [remote(3)] });
    driver.now += 20;
    found(driver, 0, [3]);
    driver.finish();
    expect(fetchedOf(driver)).toEqual(Int32Array.of(20_000));
    driver.finish();
    expect(fetchedOf(driver)).toBe(0);
  });

  it("leaves out what the thread did meanwhile", () => {
    const driver = new Driver();
    driver.peers(1);
    driver.compute({ task: 4 }, { task: 5, deps: [remote(3)] });
    driver.now += 15;
    driver.finishTask(4);
    driver.now += 5;
    found(driver, 0, [3]);
    driver.now += 2;
    driver.finishTask(5);
    expect(fetchedOf(driver)).toEqual(Int32Array.of(5_000));
  });

  it("leaves out what was computed here meanwhile", () => {
    const driver = new Driver({ threads: 2 });
    driver.peers(1);
    driver.compute({ task: 4 }, { task: 5, deps: [remote(3), 4] });
    driver.now += 10;
    driver.finishTask(4);
    driver.now += 3;
    found(driver, 0, [3]);
    driver.finishTask(5);
    expect(fetchedOf(driver)).toEqual(Int32Array.of(3_000));
  });

  it("goes with failures", () => {
    const driver = new Driver();
    driver.peers(1);
    driver.compute({ task: 5, deps: [remote(3)] });
    driver.now += 20;
    found(driver, 0, [3]);
    const { task, ticket: run } = driver.take(5);
    const failure = { kind: "error", message: "no", startedAt: 1, busy: 2, started: true, task, run } as const;
    driver.event({ type: "failed", thread: 0, failures: [{ ...failure, decoded: 1 }] });
    expect(driver.sent("failed")).toMatchObject([{ failures: [{ fetched: 20_000, decoded: 1 }] }]);
  });
});
