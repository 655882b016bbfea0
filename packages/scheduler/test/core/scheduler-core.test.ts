import { RunFlag, at } from "@heddle/protocol";
import { describe, expect, test } from "vitest";
import { TestScheduler } from "./harness.js";

describe("from submission to result", () => {
  test("[SCH-1] a task runs, its result reaches the client inline, and the task goes when nobody wants it", () => {
    const s = new TestScheduler();
    const w = s.worker();
    const c = s.client();
    c.submit([{ key: "a" }]);
    expect(w.keys()).toEqual(["a"]);
    expect(s.state("a")).toBe("processing");
    w.finish(["a"]);
    expect(c.heard.get("a")).toBe("finished");
    expect(c.results.get("a")).toBe("a");
    expect(s.state("a")).toBe("memory");
    c.unwant("a");
    expect(s.state("a")).toBeUndefined();
    expect(w.store.size).toBe(0);
    expect(s.core.overview().tasks).toBe(0);
  });

  test("[SCH-2] inputs that nothing needs any more are dropped, their lineage is kept while a result rests on it", () => {
    const s = new TestScheduler();
    const w = s.worker();
    const c = s.client();
    c.submit([
      { key: "a", wanted: false },
      { key: "b", deps: ["a"] },
    ]);
    w.drain();
    expect(s.state("a")).toBe("released");
    expect(s.state("b")).toBe("memory");
    expect([...w.store.values()]).toEqual(["b"]);
    c.unwant("b");
    expect(s.core.overview().tasks).toBe(0);
  });

  test("[SCH-3] a chain is sent as one run list and finished from one report", () => {
    const s = new TestScheduler();
    const w = s.worker();
    const c = s.client();
    const chain = Array.from({ length: 100 }, (_, i) => ({
      key: `c${i}`,
      wanted: i === 99,
      ...(i > 0 ? { deps: [`c${i - 1}`] } : {}),
    }));
    c.submit(chain);
    // Unknown durations: only a few go ahead.
    expect(w.keys().length).toBeGreaterThan(1);
    expect(s.state("c1")).toBe("assigned");
    expect(w.runs.get("c1")!.holders).toEqual([-1]);
    w.drain();
    expect(c.heard.get("c99")).toBe("finished");
    expect(w.store.size).toBe(1);
  });

  test("[SCH-4] a graph in chunks starts at once and keeps what later chunks may need", () => {
    const s = new TestScheduler();
    const w = s.worker();
    const c = s.client();
    const leaves = Array.from({ length: 6 }, (_, i) => ({ key: `l${i}`, wanted: false }));
    const graph = [...leaves, { key: "sum", deps: leaves.map((leaf) => leaf.key) }];
    c.define();
    c.submit(graph, { chunk: 3 });
    w.drain();
    expect(c.heard.get("sum")).toBe("finished");
    expect(c.accepted).toEqual([0]);
    c.unwant("sum");
    expect(s.core.overview().tasks).toBe(0);
  });

  test("[SCH-5] priority first, then first come first served", () => {
    const s = new TestScheduler();
    const c = s.client();
    c.submit([{ key: "low1" }, { key: "low2" }, { key: "low3" }]);
    c.submit([{ key: "high", options: { priority: 5 } }]);
    const w = s.worker();
    w.drain();
    expect(w.order).toEqual(["high", "low1", "low2", "low3"]);
  });

  test("[SCH-5] a task that waits already goes first when it is asked for again with a higher priority", () => {
    const s = new TestScheduler();
    const c = s.client();
    const d = s.client();
    c.submit([{ key: "low1" }, { key: "low2" }, { key: "low3" }]);
    d.submit([{ key: "low2", options: { priority: 5 } }]);
    const w = s.worker();
    w.drain();
    expect(w.order).toEqual(["low2", "low1", "low3"]);
    expect(d.heard.get("low2")).toBe("finished");
  });

  test("[SCH-6] equal keys are one task; the same key for something else is a conflict, and nothing is lost", () => {
    const s = new TestScheduler();
    const w = s.worker();
    const a = s.client();
    const b = s.client();
    a.submit([{ key: "k", args: "1" }]);
    b.submit([{ key: "k", args: "1", options: { priority: 3, retries: 2 } }]);
    b.submit([
      { key: "k", args: "2" },
      { key: "other", deps: ["k"] },
    ]);
    expect(b.failures.get("k")?.kind).toBe("conflict");
    expect(b.failures.get("other")?.kind).toBe("lostData");
    w.drain();
    expect(w.order).toEqual(["k"]);
    expect(a.heard.get("k")).toBe("finished");
    a.unwant("k");
    expect(s.state("k")).toBe("memory");
  });
});

describe("windows and placement", () => {
  test("[SCH-7] unknown tasks go ahead a few at a time, short ones many; the rest waits at the scheduler", () => {
    const s = new TestScheduler();
    const w = s.worker();
    const c = s.client();
    c.submit(Array.from({ length: 1000 }, (_, i) => ({ key: `t${i}` })));
    expect(w.runs.size).toBe(4);
    expect(s.state("t999")).toBe("queued");
    w.finish(w.keys(), { busy: 3 });
    expect(w.runs.size).toBe(256);
    w.drain(3);
    expect(c.heard.size).toBe(1000);
  });

  test("[SCH-8] long tasks are not sent ahead behind each other", () => {
    const s = new TestScheduler();
    const w = s.worker();
    const c = s.client();
    c.submit([{ key: "first" }]);
    w.finish(["first"], { busy: 1_000_000 });
    c.submit(Array.from({ length: 10 }, (_, i) => ({ key: `t${i}` })));
    expect(w.runs.size).toBe(2);
  });

  test("[SCH-9] few tasks are spread over the workers", () => {
    const s = new TestScheduler();
    const workers = [s.worker(), s.worker(), s.worker(), s.worker()];
    const c = s.client();
    c.submit(Array.from({ length: 8 }, (_, i) => ({ key: `t${i}` })));
    expect(workers.map((w) => w.runs.size)).toEqual([2, 2, 2, 2]);
  });

  test("[SCH-10] a task goes where its bytes are", () => {
    const s = new TestScheduler();
    const a = s.worker();
    const b = s.worker();
    const c = s.client();
    c.submit([{ key: "x" }, { key: "y" }]);
    a.finish(["x"], { nbytes: 100e6 });
    b.finish(["y"], { nbytes: 10 });
    c.submit([{ key: "z", deps: ["x", "y"] }]);
    expect(a.keys()).toEqual(["z"]);
    expect(a.runs.get("z")!.holders).toEqual([-1, b.index]);
  });

  test("[SCH-11] workers, allowOtherWorkers and resources restrict where a task runs", () => {
    const s = new TestScheduler();
    s.worker({ name: "cpu" });
    const gpu = s.worker({ name: "gpu", resources: { GPU: 1 } });
    const c = s.client();
    c.submit([
      { key: "g", options: { resources: { GPU: 1 } } },
      { key: "n", options: { workers: ["gpu"] } },
      { key: "m", options: { workers: ["missing"] } },
      { key: "o", options: { workers: ["missing"], allowOtherWorkers: true } },
    ]);
    expect(gpu.keys().sort()).toEqual(expect.arrayContaining(["g", "n"]));
    expect(s.state("m")).toBe("noWorker");
    expect(s.core.explain("m")!["reason"]).toContain("missing");
    expect(s.core.story("m")!.at(-1)).toMatchObject({ from: "waiting", to: "noWorker" });
    c.submit([{ key: "many", options: { resources: { GPU: 2 } } }]);
    expect(s.core.explain("many")!["reason"]).toContain("no running worker has GPU=2: ");
    expect(s.state("o")).toBe("processing");
    const late = s.worker({ name: "missing" });
    expect(late.keys()).toEqual(["m"]);
  });

  test("[SCH-12] an idle worker takes over what another was sent ahead, after asking", () => {
    const s = new TestScheduler();
    const a = s.worker();
    const c = s.client();
    c.submit(Array.from({ length: 4 }, (_, i) => ({ key: `t${i}` })));
    expect(a.runs.size).toBe(4);
    const b = s.worker();
    s.later(100);
    const [revoke] = a.received("revoke");
    expect(revoke!.tasks.length).toBe(1);
    const moved = [...a.runs.values()].find((run) => run.task === revoke!.tasks[0])!;
    a.send({ op: "revoked", tasks: revoke!.tasks, runs: revoke!.runs, granted: Uint8Array.of(1) });
    expect(b.keys()).toEqual([moved.key]);
    expect(a.keys()).not.toContain(moved.key);
  });
});

describe("failures", () => {
  test("[SCH-13] an error reaches everything that rests on the task, naming its origin", () => {
    const s = new TestScheduler();
    const w = s.worker();
    const c = s.client();
    c.submit([
      { key: "a", wanted: false },
      { key: "b", deps: ["a"], wanted: false },
      { key: "d", deps: ["b"] },
    ]);
    w.fail("a");
    expect(c.failures.get("d")).toMatchObject({ kind: "error", origin: "a" });
    expect(s.core.explain("d")!["reason"]).toContain("a failed");
    c.unwant("d");
    expect(s.core.overview().tasks).toBe(0);
  });

  test("[SCH-14] retries are further attempts; the last error stands", () => {
    const s = new TestScheduler();
    const w = s.worker();
    const c = s.client();
    c.submit([{ key: "a", options: { retries: 2 } }]);
    w.fail("a");
    expect(w.runs.get("a")!.attempt).toBe(2);
    w.fail("a");
    expect(w.runs.get("a")!.attempt).toBe(3);
    w.fail("a");
    expect(c.failures.get("a")!.data).toMatchObject({ attempts: 3 });
    c.retry("a");
    expect(c.heard.get("a")).toBe("pending");
    w.finish(["a"]);
    expect(c.heard.get("a")).toBe("finished");
  });

  test("[SCH-15] retrying an erred task runs the erred tasks it rests on", () => {
    const s = new TestScheduler();
    const w = s.worker();
    const c = s.client();
    c.submit([
      { key: "a", wanted: false },
      { key: "b", deps: ["a"] },
    ]);
    w.fail("a");
    c.retry("b");
    w.drain();
    expect(c.heard.get("b")).toBe("finished");
  });

  test("[SCH-16] rescheduling is not a failure", () => {
    const s = new TestScheduler();
    const w = s.worker();
    const c = s.client();
    c.submit([{ key: "a" }]);
    w.fail("a", { reschedule: true });
    expect(w.keys()).toEqual(["a"]);
    expect(c.heard.get("a")).toBeUndefined();
  });
});

describe("losing workers", () => {
  test("[SCH-17] what a dead worker was running is placed again", () => {
    const s = new TestScheduler();
    const a = s.worker();
    const c = s.client();
    c.submit([{ key: "t" }]);
    const b = s.worker();
    a.die();
    expect(b.keys()).toEqual(["t"]);
    b.finish(["t"]);
    expect(c.heard.get("t")).toBe("finished");
  });

  test("[SCH-18] a task that workers die of fails, saying how each ended; its neighbours do not", () => {
    const s = new TestScheduler();
    const c = s.client();
    c.submit([{ key: "poison" }, { key: "n1" }, { key: "n2" }, { key: "n3" }]);
    for (let death = 0; death < 8 && c.heard.get("poison") !== "erred"; death++) {
      const w = s.worker();
      // Harmless tasks that are there alone are finished; then the poison takes the worker along.
      for (;;) {
        const next = w.keys()[0];
        if (next === undefined || next === "poison") break;
        w.finish([next]);
      }
      w.die();
    }
    expect(c.failures.get("poison")).toMatchObject({ kind: "killedWorker" });
    expect(c.failures.get("poison")!.message).toContain("SIGKILL");
    s.worker().drain();
    for (const key of ["n1", "n2", "n3"]) expect(c.heard.get(key)).toBe("finished");
  });

  test("[SCH-19] an expected end raises no suspicion", () => {
    const s = new TestScheduler({ allowedFailures: 0 });
    const a = s.worker();
    const c = s.client();
    c.submit([{ key: "t" }]);
    const b = s.worker();
    a.die(true);
    expect(b.keys()).toEqual(["t"]);
  });

  test("[SCH-20] results that only it held are computed again from their lineage", () => {
    const s = new TestScheduler();
    const a = s.worker();
    const c = s.client();
    c.submit([
      { key: "x", wanted: false },
      { key: "y", deps: ["x"] },
    ]);
    a.drain();
    const b = s.worker();
    a.die();
    expect(c.heard.get("y")).toBe("pending");
    expect(b.keys()[0]).toBe("x");
    b.drain();
    expect(c.heard.get("y")).toBe("finished");
  });

  test("[SCH-21] an input lost while its dependent waits at a worker: told where it is once it is there again", () => {
    const s = new TestScheduler();
    const a = s.worker();
    const b = s.worker();
    const c = s.client();
    c.submit([{ key: "x" }, { key: "y" }]);
    const [hasX, hasY] = a.keys().includes("x") ? [a, b] : [b, a];
    hasX.finish(["x"], { nbytes: 10 });
    hasY.finish(["y"], { nbytes: 50e6 });
    c.submit([{ key: "z", deps: ["x", "y"] }]);
    expect(hasY.keys()).toEqual(["z"]);
    const x = hasY.runs.get("z")!.deps[0]!;
    const spare = s.worker();
    hasX.die();
    hasY.send({ op: "missing", tasks: Int32Array.of(x), holders: Int32Array.of(hasX.index) });
    const again = spare.keys().includes("x") ? spare : hasY;
    again.finish(["x"]);
    if (again !== hasY) {
      const [holders] = hasY.received("holders");
      expect([...holders!.holders]).toEqual([spare.index]);
    }
    hasY.finish(["z"]);
    expect(c.heard.get("z")).toBe("finished");
  });

  test("[SCH-22] a report of an older run is refused, and the stray result is freed", () => {
    const s = new TestScheduler();
    const a = s.worker();
    const c = s.client();
    c.submit([{ key: "t" }]);
    a.finish(["t"], { run: 0 });
    expect(c.heard.get("t")).toBeUndefined();
    expect(a.received("free").length).toBe(1);
  });

  test("[SCH-23] a task that is not idempotent is not started twice", () => {
    const s = new TestScheduler();
    const a = s.worker();
    const c = s.client();
    c.submit([{ key: "once", options: { idempotent: false } }]);
    s.worker();
    a.die();
    expect(c.failures.get("once")).toMatchObject({ kind: "rerun" });
  });

  test("[SCH-23] once finished, one that restores what it made is started again for that, and told so", () => {
    const s = new TestScheduler();
    const a = s.worker();
    const c = s.client();
    c.submit([
      { key: "restores", options: { idempotent: false, restores: true } },
      { key: "finished", options: { idempotent: false } },
    ]);
    const flags = (worker: typeof a): number[] => worker.received("compute").map((message) => at(message.flags, 0));
    expect(flags(a)[0]! & RunFlag.again).toBe(0);
    a.finish(["restores", "finished"]);
    const b = s.worker();
    a.die();
    expect(c.failures.get("finished")).toMatchObject({ kind: "rerun" });
    expect(b.keys()).toEqual(["restores"]);
    expect(flags(b).map((flag) => flag & RunFlag.again)).toEqual([RunFlag.again]);
    // It only looks: for that it may begin as often as need be.
    const d = s.worker();
    b.die();
    expect(d.keys()).toEqual(["restores"]);
    d.finish(["restores"]);
    expect(c.heard.get("restores")).toBe("finished");
  });

  test("[SCH-24] a silent worker is dropped", () => {
    const s = new TestScheduler({ workerTtl: 1000 });
    const a = s.worker();
    s.later(2000);
    expect(s.dropped).toEqual([a.index]);
  });
});

describe("wanting and cancelling", () => {
  test("[SCH-25] cancel stops the run, tells the client, and takes along what rests on it", () => {
    const s = new TestScheduler();
    const w = s.worker();
    const c = s.client();
    c.submit([{ key: "a" }, { key: "b", deps: ["a"] }]);
    c.cancel(["a"]);
    expect(c.heard.get("a")).toBe("cancelled");
    expect(c.heard.get("b")).toBe("cancelled");
    expect(w.received("cancel").length).toBeGreaterThan(0);
    expect(s.core.overview().tasks).toBe(0);
  });

  test("[SCH-26] another client's interest is respected, unless forced", () => {
    const s = new TestScheduler();
    const w = s.worker();
    const a = s.client();
    const b = s.client();
    a.submit([{ key: "t" }]);
    b.submit([{ key: "t" }]);
    a.cancel(["t"]);
    expect(w.received("cancel")).toEqual([]);
    expect(s.state("t")).toBe("processing");
    b.cancel(["t"], true);
    expect(w.received("cancel").length).toBe(1);
    expect(s.core.overview().tasks).toBe(0);
  });

  test("[SCH-27] a client that drops is waited for; then what only it wanted goes", () => {
    const s = new TestScheduler({ clientGrace: 5000 });
    const w = s.worker();
    const c = s.client();
    c.submit([{ key: "t" }]);
    c.leave();
    w.finish(["t"]);
    s.later(1000);
    expect(s.state("t")).toBe("memory");
    s.later(6000);
    expect(s.state("t")).toBeUndefined();
  });

  test("[SCH-28] a client that comes back finds its results", () => {
    const s = new TestScheduler();
    const w = s.worker();
    const c = s.client("me");
    c.submit([
      { key: "x", wanted: false },
      { key: "t", deps: ["x"] },
    ]);
    w.drain();
    c.leave();
    const again = s.client("me");
    again.submit(
      [
        { key: "x", wanted: false },
        { key: "t", deps: ["x"] },
      ],
      { lazy: true },
    );
    again.send({ op: "synced" });
    expect(again.heard.get("t")).toBe("finished");
    expect(w.keys()).toEqual([]);
    again.unwant("t");
    expect(s.core.overview().tasks).toBe(0);
  });

  test("[SCH-29] a scheduler that starts again adopts what workers hold, and runs nothing twice", () => {
    const s = new TestScheduler({ recovering: true, reconnectGrace: 3000 });
    const w = s.worker();
    const keys = new TextEncoder().encode("tstray");
    w.send({
      op: "present",
      held: 2,
      running: 0,
      keyLengths: Int32Array.of(1, 5),
      keys,
      tasks: Int32Array.of(5, 6),
      runs: Int32Array.of(1, 2),
      nbytes: Float64Array.of(8, 8),
    });
    const [adopt] = w.received("adopt");
    expect([...adopt!.tasks].every((id) => id > 0)).toBe(true);
    const c = s.client("me");
    c.submit([{ key: "t" }, { key: "u", deps: ["t"] }]);
    expect(c.heard.get("t")).toBe("finished");
    expect(w.keys()).toEqual([]);
    s.later(4000);
    expect(w.keys()).toEqual(["u"]);
    expect(s.state("stray")).toBeUndefined();
  });

  test("[SCH-30] scattered data that is lost says so", () => {
    const s = new TestScheduler();
    const w = s.worker();
    const c = s.client();
    const reply = c.ask({ what: "reserve", count: 1, workers: null })!.value as { ids: number[] };
    c.numbers.set("d", 0);
    c.keys.push("d");
    c.send({
      op: "addData",
      first: 0,
      rows: 1,
      keyLengths: 1,
      keys: new TextEncoder().encode("d"),
      ids: Int32Array.from(reply.ids),
      nbytes: Float64Array.of(100),
      holderCounts: 1,
      holders: Int32Array.of(w.index),
    });
    expect(c.heard.get("d")).toBe("finished");
    w.die();
    expect(c.failures.get("d")).toMatchObject({ kind: "lostData" });
  });
});

describe("asking", () => {
  test("[SCH-31] explain answers for waiting and queued tasks, and story tells every transition", () => {
    const s = new TestScheduler();
    const c = s.client();
    c.submit([{ key: "a" }, { key: "b", deps: ["a"] }]);
    expect(s.core.explain("a")).toMatchObject({ state: "noWorker" });
    expect(s.core.explain("b")!["reason"]).toContain("waits for 1 of its 1 inputs: a");
    const w = s.worker();
    w.drain();
    expect(s.core.story("b")!.map((entry) => entry.to)).toEqual(["waiting", "assigned", "processing", "memory"]);
    expect(s.core.explain("nothing")).toBeUndefined();
  });

  test("[SCH-32] run asks every worker and answers once, even when one dies", () => {
    const s = new TestScheduler();
    const a = s.worker();
    const b = s.worker();
    const c = s.client();
    c.define("h");
    c.send({ op: "ask", id: 9, what: { what: "run", function: "h", args: new Uint8Array(0), workers: null } });
    const [call] = a.received("call");
    a.send({ op: "returned", id: call!.id, ok: true, bytes: Uint8Array.of(1) });
    expect(c.answers).toEqual([]);
    b.die();
    expect(c.answers[0]!.values).toHaveProperty("w0");
  });

  test("[SCH-33] a retired worker's only copies are copied away first", () => {
    const s = new TestScheduler();
    const a = s.worker();
    const c = s.client();
    c.submit([{ key: "t" }]);
    a.finish(["t"]);
    const b = s.worker();
    c.ask({ what: "retireWorkers", workers: ["w0"] });
    s.later(1);
    const [replicate] = b.received("replicate");
    b.send({ op: "added", tasks: replicate!.tasks, nbytes: Float64Array.of(8) });
    s.later(1);
    expect(a.received("stop").length).toBe(1);
    a.die(true);
    expect(c.heard.get("t")).toBe("finished");
    expect(s.state("t")).toBe("memory");
  });
});
