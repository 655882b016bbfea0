import { describe, expect, it } from "vitest";
import type { ClientToScheduler, FailureRecord, SchedulerToClient } from "@heddle/protocol";
import { ClientCore } from "../src/core/client-core.js";
import type { ClientEvent, ClientInstruction, GraphChunk } from "../src/core/events.js";

const DEFINITION = { hash: "a".repeat(64), bytes: Uint8Array.of(1), needs: [] };
const FAILURE: FailureRecord = { kind: "error", message: "no" };

/** A core, and what it has said. */
class Harness {
  readonly core = new ClientCore();
  sent: ClientToScheduler[] = [];
  settled: number[] = [];
  others: ClientInstruction[] = [];
  #graph = 0;

  do(event: ClientEvent): this {
    for (const instruction of this.core.handle(event, 0)) {
      if (instruction.type === "send") this.sent.push(instruction.message);
      else if (instruction.type === "settled") this.settled.push(...instruction.tasks);
      else if (instruction.type !== "ran") this.others.push(instruction);
    }
    return this;
  }

  hear(message: SchedulerToClient): this {
    return this.do({ type: "message", message });
  }

  connect(epoch = "e1"): this {
    return this.do({ type: "connected", epoch });
  }

  /** One graph of one chunk. */
  submit(rows: number, deps: readonly number[] = [], options: { held?: boolean; last?: boolean } = {}): number {
    const first = this.core.nextTask;
    const { held = true, last = true } = options;
    this.do({ type: "reserve", count: rows, held });
    const graph = this.#graph;
    if (last) this.#graph++;
    this.do({ type: "submit", chunk: chunkOf(graph, first, rows, deps, last), definitions: [DEFINITION] });
    return first;
  }

  release(first: number, count = 1): this {
    return this.do({ type: "release", first, count });
  }

  take(): ClientToScheduler[] {
    const { sent } = this;
    this.sent = [];
    return sent;
  }

  ops(): string[] {
    return this.take().map((message) => message.op);
  }
}

/** Every dependency is one of the last row. */
function chunkOf(graph: number, first: number, rows: number, deps: readonly number[], last: boolean): GraphChunk {
  const depCounts = new Int32Array(rows);
  if (rows > 0) depCounts[rows - 1] = deps.length;
  const keys = Array.from({ length: rows }, (_, row) => `k-${first + row}`);
  return {
    graph,
    graphSize: rows,
    last,
    first,
    rows,
    functions: [DEFINITION.hash],
    functionOf: 0,
    groups: ["k"],
    groupOf: 0,
    options: [],
    optionsOf: -1,
    keyLengths: Int32Array.from(keys, (key) => key.length),
    keys: Buffer.from(keys.join("")),
    argLengths: 0,
    args: new Uint8Array(0),
    depCounts,
    deps: Int32Array.from(deps),
  };
}

function finished(tasks: number[], results: (number[] | undefined)[] = []): SchedulerToClient {
  return {
    op: "finished",
    tasks: Int32Array.from(tasks),
    nbytes: new Float64Array(tasks.length),
    startedAt: new Float64Array(tasks.length),
    took: new Float64Array(tasks.length),
    workers: 0,
    inlineLengths: Int32Array.from(tasks, (_, row) => results[row]?.length ?? -1),
    inline: Uint8Array.from(results.flatMap((result) => result ?? [])),
  };
}

function erred(...tasks: number[]): SchedulerToClient {
  return { op: "erred", tasks: Int32Array.from(tasks), failures: [FAILURE], failureOf: 0 };
}

describe("submitting", () => {
  it("sends definitions before the first chunk that needs them, once", () => {
    const h = new Harness().connect();
    h.submit(2);
    h.submit(1);
    expect(h.ops()).toEqual(["define", "submit", "submit"]);
  });

  it("keeps what is submitted before it is connected, and sends it then, not lazily", () => {
    const h = new Harness();
    h.submit(2);
    expect(h.take()).toEqual([]);
    h.connect();
    const [define, submit, ...rest] = h.take();
    expect(define).toMatchObject({ op: "define", definitions: [DEFINITION] });
    expect(submit).toMatchObject({ op: "submit", first: 0, rows: 2, lazy: false, last: true, wanted: 1 });
    expect(rest).toEqual([]);
  });

  it("says which tasks futures hold", () => {
    const h = new Harness().connect();
    const first = h.core.nextTask;
    h.do({ type: "reserve", count: 2, held: false }).do({ type: "hold", tasks: [first + 1] });
    h.do({ type: "submit", chunk: chunkOf(0, first, 2, [first], true), definitions: [] });
    expect(h.take()).toMatchObject([{ op: "submit", wanted: Int32Array.of(0, 1) }]);
  });

  it("wants a task of a chunk that is on its way by a message of its own", () => {
    const h = new Harness().connect();
    const inner = h.submit(2, [], { held: false, last: false });
    h.do({ type: "hold", tasks: [inner] });
    h.submit(1, [inner + 1]);
    expect(h.take().slice(1)).toMatchObject([
      { op: "submit", wanted: 0, last: false },
      { op: "want", tasks: Int32Array.of(inner) },
      { op: "submit", last: true },
    ]);
  });

  it("does not send what was released before it could be sent", () => {
    const h = new Harness().connect();
    const first = h.core.nextTask;
    h.do({ type: "reserve", count: 1, held: true }).release(first);
    h.do({ type: "submit", chunk: chunkOf(0, first, 1, [], true), definitions: [DEFINITION] }).do({ type: "turn" });
    expect(h.take()).toEqual([]);
    expect(h.core.journal).toEqual({ entries: 0, definitions: 0 });
  });

  it("reads keys from the columns it keeps", () => {
    const h = new Harness();
    h.submit(12);
    expect([0, 9, 10, 11].map((task) => Buffer.from(h.core.key(task)!).toString())).toEqual([
      "k-0",
      "k-9",
      "k-10",
      "k-11",
    ]);
  });
});

describe("states", () => {
  it("keeps small results until they are released", () => {
    const h = new Harness().connect();
    const first = h.submit(3);
    h.hear(finished([first, first + 2], [[1, 2], [3]]));
    expect(h.settled).toEqual([first, first + 2]);
    expect([0, 1, 2].map((row) => h.core.status(first + row))).toEqual(["finished", "pending", "finished"]);
    const result = h.core.inline(first + 2)!;
    expect([...result.head.subarray(result.offset)]).toEqual([3]);
    h.release(first + 2);
    expect(h.core.inline(first + 2)).toBeUndefined();
  });

  it("has no result at hand that did not come along", () => {
    const h = new Harness().connect();
    const first = h.submit(1);
    h.hear(finished([first]));
    expect(h.core.status(first)).toBe("finished");
    expect(h.core.inline(first)).toBeUndefined();
  });

  it("tells an empty result from none", () => {
    const h = new Harness().connect();
    const first = h.submit(1);
    h.hear(finished([first], [[]]));
    expect(h.core.inline(first)).toMatchObject({ offset: 0 });
  });

  it("settles a task once, however often it is reported", () => {
    const h = new Harness().connect();
    const first = h.submit(1);
    h.hear(finished([first], [[1]])).hear(finished([first]));
    expect(h.settled).toEqual([first]);
    expect(h.core.inline(first)).toBeDefined();
  });

  it("follows a task that is computed again", () => {
    const h = new Harness().connect();
    const first = h.submit(1);
    h.hear(finished([first], [[1]])).hear({ op: "pending", tasks: Int32Array.of(first) });
    expect(h.core.status(first)).toBe("pending");
    expect(h.core.inline(first)).toBeUndefined();
    h.hear(finished([first], [[2]]));
    expect(h.settled).toEqual([first, first]);
  });

  it("counts errors nobody looked at", () => {
    const h = new Harness().connect();
    const first = h.submit(3);
    h.hear(erred(first, first + 1));
    expect(h.core.unseenErrors).toBe(2);
    h.do({ type: "looked", task: first })
      .do({ type: "looked", task: first })
      .do({ type: "looked", task: first + 2 });
    expect(h.core.unseenErrors).toBe(1);
    h.hear({ op: "pending", tasks: Int32Array.of(first + 1) });
    expect(h.core.unseenErrors).toBe(0);
  });

  it("counts an unseen error also after its future is gone", () => {
    const h = new Harness().connect();
    const first = h.submit(1);
    h.hear(erred(first)).release(first);
    expect(h.core.unseenErrors).toBe(1);
  });

  it("passes over reports about released tasks", () => {
    const h = new Harness().connect();
    const first = h.submit(2);
    h.release(first)
      .hear(finished([first], [[1]]))
      .hear(erred(first))
      .hear({ op: "lost", tasks: Int32Array.of(first) });
    expect(h.settled).toEqual([]);
    expect(h.core.unseenErrors).toBe(0);
  });

  it("makes a task pending whose result is nowhere", () => {
    const h = new Harness().connect();
    const first = h.submit(1);
    h.hear(finished([first])).do({ type: "absent", task: first });
    expect(h.core.status(first)).toBe("pending");
  });
});

describe("releasing", () => {
  it("is told once per turn, for all released in it", () => {
    const h = new Harness().connect();
    const first = h.submit(3);
    h.take();
    h.release(first)
      .release(first + 2)
      .release(first)
      .do({ type: "turn" })
      .do({ type: "turn" });
    expect(h.take()).toEqual([{ op: "unwant", tasks: Int32Array.of(first, first + 2) }]);
  });

  it("keeps a chunk while a later one that is held depends on it", () => {
    const h = new Harness().connect();
    const a = h.submit(1);
    const b = h.submit(1, [a]);
    const c = h.submit(1, [b]);
    h.release(a).release(b);
    expect(h.core.journal.entries).toBe(3);
    h.release(c);
    expect(h.core.journal).toEqual({ entries: 0, definitions: 0 });
  });

  it("drops a chain of a hundred thousand submissions without recursing", () => {
    const h = new Harness().connect();
    let last = h.submit(1);
    for (let step = 0; step < 100_000; step++) {
      const next = h.submit(1, [last]);
      h.release(last);
      last = next;
    }
    expect(h.core.journal.entries).toBe(100_001);
    h.release(last);
    expect(h.core.journal.entries).toBe(0);
  });

  it("keeps the chunks of a graph that is still being sent", () => {
    const h = new Harness().connect();
    const inner = h.submit(5, [], { held: false, last: false });
    expect(h.core.journal.entries).toBe(1);
    const root = h.submit(1, [inner]);
    expect(h.core.journal.entries).toBe(2);
    h.release(root);
    expect(h.core.journal.entries).toBe(0);
  });

  it("drops chunks of a graph that turn out not to be needed", () => {
    const h = new Harness().connect();
    h.submit(5, [], { held: false, last: false });
    const inner = h.submit(5, [], { held: false, last: false });
    h.submit(1, [inner]);
    expect(h.core.journal.entries).toBe(2);
  });

  it("forgets numbers whose chunks are gone: they read as cancelled", () => {
    const h = new Harness().connect();
    const first = h.submit(10_000);
    h.submit(1);
    h.release(first, 10_000);
    expect(h.core.status(first)).toBe("cancelled");
    expect(h.core.key(first)).toBeUndefined();
  });
});

describe("reconnecting", () => {
  it("sends everything held again, lazily and as one graph, then says so", () => {
    const h = new Harness().connect();
    const a = h.submit(1);
    const b = h.submit(1, [a]);
    h.release(a).do({ type: "turn" });
    h.take();
    h.do({ type: "disconnected" }).connect();
    const sent = h.take();
    expect(sent.map((message) => message.op)).toEqual(["define", "submit", "submit", "synced"]);
    const [, first, second] = sent;
    expect(first).toMatchObject({ first: a, lazy: true, wanted: 0, last: false, graphSize: 2 });
    expect(second).toMatchObject({ first: b, lazy: true, wanted: 1, last: true, graphSize: 2 });
    expect((first as { graph: number }).graph).toBe((second as { graph: number }).graph);
  });

  it("does not send again what was released meanwhile, nor unwant it", () => {
    const h = new Harness().connect();
    const a = h.submit(1);
    h.take();
    h.do({ type: "disconnected" }).release(a).do({ type: "turn" }).connect();
    expect(h.ops()).toEqual(["synced"]);
  });

  it("sends what was submitted meanwhile not lazily", () => {
    const h = new Harness().connect();
    h.submit(1);
    h.do({ type: "disconnected" });
    h.submit(1);
    h.take();
    h.connect();
    expect(h.take().filter((message) => message.op === "submit")).toMatchObject([
      { lazy: true, last: false },
      { lazy: false, last: true },
    ]);
  });

  it("keeps results that are here, and doubts where the others are when the scheduler is another", () => {
    const h = new Harness().connect("e1");
    const first = h.submit(2);
    h.hear(finished([first, first + 1], [[1], undefined]));
    h.do({ type: "disconnected" }).connect("e1");
    expect(h.core.status(first + 1)).toBe("finished");
    h.do({ type: "disconnected" }).connect("e2");
    expect(h.core.status(first)).toBe("finished");
    expect(h.core.status(first + 1)).toBe("pending");
    h.hear(finished([first + 1]));
    expect(h.settled).toEqual([first, first + 1, first + 1]);
  });

  it("does not want failed and cancelled tasks again: that would run them", () => {
    const h = new Harness().connect("e1");
    const first = h.submit(3);
    h.hear(erred(first)).hear({ op: "cancelled", tasks: Int32Array.of(first + 1) });
    h.take();
    h.do({ type: "disconnected" }).connect("e2");
    expect(h.take().find((message) => message.op === "submit")).toMatchObject({ wanted: Int32Array.of(0, 0, 1) });
  });

  it("tells another scheduler of failed tasks when something new needs them, with all they rest on", () => {
    const h = new Harness().connect("e1");
    const below = h.submit(1);
    const failed = h.submit(1, [below]);
    h.release(below).hear(erred(failed)).do({ type: "disconnected" }).connect("e2");
    h.take();
    const first = h.submit(1, [failed]);
    const sent = h.take();
    expect(sent).toMatchObject([
      { op: "submit", first: below, lazy: true, wanted: 0, last: false },
      { op: "submit", first: failed, lazy: true, wanted: 1, last: false },
      { op: "submit", first, lazy: false, wanted: 1, last: true },
    ]);
    expect(new Set(sent.map((message) => (message as { graph: number }).graph)).size).toBe(1);
    h.submit(1, [failed]);
    expect(h.take()).toHaveLength(1);
  });

  it("tells another scheduler of failed tasks when they are retried", () => {
    const h = new Harness().connect("e1");
    const failed = h.submit(1);
    h.hear(erred(failed)).do({ type: "disconnected" }).connect("e2");
    h.take();
    h.do({ type: "retry", tasks: Int32Array.of(failed) });
    expect(h.take()).toMatchObject([
      { op: "submit", first: failed, lazy: true, wanted: 1, last: false },
      { op: "submit", rows: 0, last: true },
      { op: "retry", tasks: Int32Array.of(failed) },
    ]);
    expect(h.core.status(failed)).toBe("pending");
    expect(h.core.unseenErrors).toBe(0);
  });

  it("wants failed tasks again of the scheduler that knows of their failure", () => {
    const h = new Harness().connect("e1");
    const failed = h.submit(1);
    h.hear(erred(failed)).do({ type: "disconnected" });
    h.take();
    h.connect("e1");
    expect(h.take()[1]).toMatchObject({ op: "submit", first: failed, wanted: 1 });
  });

  it("repeats a cancel and a retry whose effect was not reported", () => {
    const h = new Harness().connect();
    const first = h.submit(3);
    h.hear(erred(first));
    h.do({ type: "retry", tasks: Int32Array.of(first) });
    h.do({ type: "cancel", tasks: Int32Array.of(first + 1), force: true });
    h.take();
    h.do({ type: "disconnected" }).connect();
    expect(h.take().slice(-3)).toEqual([
      { op: "retry", tasks: Int32Array.of(first) },
      { op: "cancel", tasks: Int32Array.of(first + 1), force: true },
      { op: "synced" },
    ]);
    h.hear({ op: "cancelled", tasks: Int32Array.of(first + 1) }).hear({ op: "pending", tasks: Int32Array.of(first) });
    h.take();
    h.do({ type: "disconnected" }).connect();
    expect(h.ops()).toEqual(["define", "submit", "synced"]);
  });

  it("asks again what may be asked twice, and gives up what may not", () => {
    const h = new Harness().connect();
    h.do({ type: "ask", id: 1, question: { what: "workers" } }).do({
      type: "ask",
      id: 2,
      question: { what: "restart" },
    });
    h.do({ type: "disconnected" });
    expect(h.others).toEqual([{ type: "unanswered", id: 2 }]);
    h.take();
    h.connect();
    expect(h.take()).toEqual([{ op: "synced" }, { op: "ask", id: 1, what: { what: "workers" } }]);
    h.hear({ op: "answer", id: 1, value: [] }).hear({ op: "answer", id: 1, value: [] });
    expect(h.others.slice(1)).toEqual([{ type: "answered", answer: { op: "answer", id: 1, value: [] } }]);
  });

  it("tells another scheduler of scattered data by key alone, and lets go of what is not held", () => {
    const h = new Harness().connect("e1");
    const first = h.core.nextTask;
    const data = {
      first,
      rows: 2,
      keyLengths: 3,
      keys: Buffer.from("d-0d-1"),
      ids: Int32Array.of(7, 8),
      nbytes: Float64Array.of(1, 1),
      holderCounts: 1,
      holders: Int32Array.of(0, 1),
    };
    h.do({ type: "reserve", count: 2, held: true }).do({ type: "scattered", data });
    expect(h.core.status(first)).toBe("finished");
    h.submit(1, [first]);
    h.release(first);
    h.take();
    h.do({ type: "disconnected" }).connect("e1");
    expect(h.take()[0]).toMatchObject({ op: "addData", ids: Int32Array.of(7, 8) });
    h.do({ type: "disconnected" }).connect("e2");
    const sent = h.take();
    expect(sent.map((message) => message.op)).toEqual(["addData", "define", "submit", "unwant", "synced"]);
    expect(sent[0]).toMatchObject({ ids: Int32Array.of(-1, -1), holderCounts: 0, holders: new Int32Array(0) });
    expect(sent[3]).toMatchObject({ tasks: Int32Array.of(first) });
  });
});

describe("scattered data", () => {
  it("is lost with its last holder; what needed it has failed", () => {
    const h = new Harness().connect();
    const first = h.core.nextTask;
    const keys = { keyLengths: 3, keys: Buffer.from("d-0") };
    const data = {
      first,
      rows: 1,
      ...keys,
      ids: Int32Array.of(7),
      nbytes: Float64Array.of(1),
      holderCounts: 0,
      holders: new Int32Array(0),
    };
    h.do({ type: "reserve", count: 1, held: true }).do({ type: "scattered", data });
    const above = h.submit(1, [first]);
    const failure: FailureRecord = { kind: "lostData", message: "gone" };
    h.hear({ op: "erred", tasks: Int32Array.of(first, above), failures: [failure], failureOf: 0 });
    expect([h.core.status(first), h.core.status(above)]).toEqual(["lost", "error"]);
    expect(h.core.failure(first)).toBe(failure);
  });
});

describe("closing", () => {
  it("lets go, says goodbye and loses what is pending", () => {
    const h = new Harness().connect();
    const first = h.submit(3);
    h.hear(finished([first], [[1]])).release(first + 2);
    h.do({ type: "ask", id: 1, question: { what: "workers" } });
    h.take();
    h.settled = [];
    h.do({ type: "close" });
    expect(h.ops()).toEqual(["unwant", "goodbye"]);
    expect(h.settled).toEqual([first + 1]);
    expect(h.core.status(first)).toBe("finished");
    expect(h.others).toEqual([{ type: "unanswered", id: 1 }]);
    h.do({ type: "close" });
    expect(h.ops()).toEqual([]);
  });
});
