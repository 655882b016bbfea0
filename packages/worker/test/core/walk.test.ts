import { describe, expect, it } from "vitest";
import { Walk } from "./walk.js";

const SEEDS = Number(process.env["HEDDLE_WALK_SEEDS"] ?? 40);
const FIRST = Number(process.env["HEDDLE_WALK_FIRST"] ?? 1);

/** Runs one seed; says which it was when it fails. */
function walk(seed: number, steps: number): Walk {
  const walk = new Walk(seed);
  try {
    for (let step = 0; step < steps; step++) walk.step();
    walk.settle();
    if (walk.stuck.length > 0) throw new Error(`stuck: ${walk.stuck.join(", ")}`);
    walk.freeAll();
  } catch (error) {
    throw new Error(`seed ${seed}, after ${walk.steps.length} events (${walk.steps.slice(-12).join(", ")})`, {
      cause: error,
    });
  }
  return walk;
}

describe("any order of events", () => {
  it(`keeps every invariant, comes to an end, and leaves nothing (${SEEDS} seeds)`, () => {
    for (let seed = FIRST; seed < FIRST + SEEDS; seed++) {
      const { core, store, threads } = walk(seed, 400);
      expect([...store], `values left by seed ${seed}`).toEqual([]);
      expect(core.counts, `seed ${seed}`).toEqual({ executing: 0, ready: 0, fetching: 0 });
      for (const thread of threads) expect([...thread.retained], `results retained by seed ${seed}`).toEqual([]);
    }
  });
});
