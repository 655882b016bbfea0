import { describe, expect, it } from "vitest";
import { ExecuteFlag, type ExecuteBatch } from "../src/executor/interface.js";
import { Harness, Input, type RunSpec } from "./executor-harness.js";

/** mulberry32 by Tommy Ettinger. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const KINDS: readonly ((n: number) => unknown)[] = [
  (n) => n,
  (n) => n,
  (n) => n,
  async (n) => n,
  (n) => new Promise((resolve) => setTimeout(resolve, n % 20, n)),
  (n) => {
    throw new Error(`no ${n}`);
  },
  () => {
    for (;;);
  },
  () => new Promise(() => undefined),
  () => process.exit(5),
  (n) => {
    setTimeout(() => {
      throw new Error("stray");
    }, 1);
    return new Promise((resolve) => setTimeout(resolve, 5, n));
  },
];

/** Every run ends exactly once, whatever is done to it and around it. */
async function storm(seed: number): Promise<void> {
  const next = random(seed);
  const pick = (n: number): number => Math.floor(next() * n);
  await using harness = await Harness.start({ threads: 2, cancelGrace: 20 });
  const given: { batch: ExecuteBatch; row: number; thread: number }[] = [];
  const revoked = new Set<number>();
  for (let round = 0; round < 60; round++) {
    const thread = pick(2);
    const specs: RunSpec[] = Array.from({ length: 1 + pick(6) }, () => {
      const flags = pick(3) === 0 ? ExecuteFlag.retain : 0;
      return { fn: KINDS[pick(KINDS.length)]!, args: [pick(1000)], flags, options: { timeout: 150 } };
    });
    const first = given.length + 1;
    if (specs.length > 2) specs[2] = { ...specs[2]!, fn: KINDS[0]!, args: [new Input(first)] };
    const batch = harness.batch(specs);
    harness.pool.execute(thread, batch);
    for (let row = 0; row < batch.rows; row++) given.push({ batch, row, thread });
    const target = given[pick(given.length)]!;
    const name = harness.runOf(target.batch, target.row);
    switch (pick(5)) {
      case 0:
        harness.pool.cancel(target.thread, ...name, pick(2) === 0);
        break;
      case 1:
        harness.pool.revoke(target.thread, ...name, ([granted]) => granted === 1 && revoked.add(name[0][0]!));
        break;
      case 2:
        await new Promise((resolve) => setTimeout(resolve, pick(15)));
        break;
    }
  }
  await harness.until(() => harness.outcomes.length + revoked.size >= given.length);
  // Whatever came twice would have come by now, with this.
  await harness.until(() => harness.outcomes.length + revoked.size === given.length);
  for (const thread of [0, 1]) {
    const [task] = harness.execute(thread, [{ fn: KINDS[0]!, args: [7] }]);
    expect((await harness.outcome(task!)).value).toBe(7);
  }
  const ended = harness.outcomes.map(({ task }) => task).concat([...revoked]);
  expect(ended.sort((a, b) => a - b)).toEqual(Array.from({ length: ended.length }, (_, i) => i + 1));
  for (const { task, kind, value } of harness.outcomes) {
    const of = given[task - 1];
    if (of !== undefined && kind === "finished") expect(typeof value, `task ${task}`).toBe("number");
  }
}

/** More for a longer look: STORM_SEEDS=200. */
const seeds = Number(process.env["STORM_SEEDS"] ?? 5);

describe("a storm of runs, cancellations and crashes", () => {
  for (let seed = 1; seed <= seeds; seed++) {
    it(`leaves no run without an end, and none with two (seed ${seed})`, async () => {
      await storm(seed);
    });
  }
});
