import { describe, expect, test } from "vitest";
import { TestScheduler, type TaskSpec, type TestClient, type TestWorker } from "./harness.js";

/** mulberry32: small, seeded, good enough to draw events with. */
function random(seed: number): () => number {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Random events in any order that peers could produce; every invariant is checked after each; at the end all is well. */
function walk(seed: number): void {
  const draw = random(seed);
  const below = (n: number): number => Math.floor(draw() * n);
  const s = new TestScheduler({ allowedFailures: 20 });
  const workers: TestWorker[] = [s.worker()];
  const clients: TestClient[] = [s.client()];
  const wanted = new Set<string>();
  const owner = new Map<string, TestClient>();
  let serial = 0;

  const submit = (): void => {
    const client = clients[below(clients.length)]!;
    const mine = [...wanted].filter((key) => owner.get(key) === client);
    const specs: TaskSpec[] = [];
    for (let n = 1 + below(12); n > 0; n--) {
      const candidates = [...mine, ...specs.map((spec) => spec.key)];
      const deps = new Set<string>();
      for (let d = below(4); d > 0 && candidates.length > 0; d--) deps.add(candidates[below(candidates.length)]!);
      const keep = draw() < 0.5 || n === 1;
      specs.push({
        key: `k${serial++}`,
        deps: [...deps],
        wanted: keep,
        ...(draw() < 0.2 ? { options: { retries: below(3), priority: below(3) } } : {}),
      });
    }
    client.submit(specs, { chunk: 1 + below(specs.length) });
    for (const spec of specs) {
      owner.set(spec.key, client);
      if (spec.wanted === true) wanted.add(spec.key);
    }
  };
  const someRun = (): [TestWorker, string] | undefined => {
    const busy = workers.filter((worker) => worker.runs.size > 0);
    if (busy.length === 0) return undefined;
    const worker = busy[below(busy.length)]!;
    return [worker, worker.keys()[0]!];
  };

  for (let step = 0; step < 150; step++) {
    const what = draw();
    if (what < 0.2) submit();
    else if (what < 0.6) {
      const run = someRun();
      if (run !== undefined) run[0].finish([run[1]], { busy: below(20_000), nbytes: below(1000) });
    } else if (what < 0.66) {
      const run = someRun();
      if (run !== undefined) run[0].fail(run[1], { reschedule: draw() < 0.3 });
    } else if (what < 0.72 && wanted.size > 0) {
      const key = [...wanted][below(wanted.size)]!;
      wanted.delete(key);
      owner.get(key)!.unwant(key);
    } else if (what < 0.76 && wanted.size > 0) {
      const key = [...wanted][below(wanted.size)]!;
      owner.get(key)!.cancel([key], draw() < 0.5);
      for (const [other, client] of owner) if (client.heard.get(other) === "cancelled") wanted.delete(other);
    } else if (what < 0.8 && wanted.size > 0) {
      const key = [...wanted][below(wanted.size)]!;
      owner.get(key)!.retry(key);
    } else if (what < 0.86 && workers.length < 5) {
      workers.push(s.worker({ threads: 1 + below(2) }));
    } else if (what < 0.92 && workers.length > 1) {
      workers.splice(below(workers.length), 1)[0]!.die(draw() < 0.3);
    } else if (what < 0.94 && clients.length < 3) clients.push(s.client());
    else if (what < 0.97) {
      const worker = workers[below(workers.length)]!;
      const stored = [...worker.store.keys()];
      if (stored.length > 0) {
        const id = stored[below(stored.length)]!;
        worker.store.delete(id);
        worker.send({ op: "dropped", tasks: Int32Array.of(id) });
      }
    } else s.later(below(300));
    for (const worker of workers) answerRevokes(worker, draw);
  }
  // Let everything end, and every wanted task has a result or an error.
  for (let round = 0; round < 200 && workers.some((worker) => worker.runs.size > 0); round++) {
    for (const worker of workers) {
      answerRevokes(worker, draw);
      worker.drain();
    }
  }
  s.later(10);
  for (const worker of workers) worker.drain();
  for (const key of wanted)
    expect(["finished", "erred"], `${key} with seed ${seed}`).toContain(owner.get(key)!.heard.get(key));
  for (const key of wanted) owner.get(key)!.unwant(key);
  expect(s.core.overview().tasks, `tasks left with seed ${seed}`).toBe(0);
  for (const worker of workers) expect([...worker.store.values()], `results left with seed ${seed}`).toEqual([]);
}

function answerRevokes(worker: TestWorker, draw: () => number): void {
  for (const revoke of worker.received("revoke")) {
    worker.log.splice(worker.log.indexOf(revoke), 1);
    const granted = Uint8Array.from(revoke.tasks, (task) => {
      const run = [...worker.runs.values()].find((r) => r.task === task);
      if (run === undefined || draw() < 0.3) return 0;
      worker.runs.delete(run.key);
      return 1;
    });
    worker.send({ op: "revoked", tasks: revoke.tasks, runs: revoke.runs, granted });
  }
}

describe("any order of events", () => {
  test.each(Array.from({ length: 10 }, (_, part) => [30 * part + 1, 30 * part + 30]))(
    "[SCH-40] random walks %i to %i break no invariant, lose nothing and leave nothing",
    (first, last) => {
      for (let seed = first; seed <= last; seed++) walk(seed);
    },
  );
});
