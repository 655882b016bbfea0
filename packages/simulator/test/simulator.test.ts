import { describe, expect, test } from "vitest";
import { play } from "../src/scenario.js";

/** Lives in which something went wrong once. Each stays, whatever else is drawn. */
const PAST_FAILURES: readonly (readonly [seed: number, what: string])[] = [
  [5, "a result that was lost had no retries left when it had to run again"],
  [17, "a client that came back gave a failing task further attempts"],
  [19, "a future that failed under an earlier scheduler could not be an input"],
  [22, "a worker freed the result it had just presented"],
  [45, "a run waited for a retained input of a run that was given up"],
  [589, "a worker came back running a task that no worker seemed to be there for"],
  [689, "a run that waited without its thread kept looking for an input it had"],
  [2727, "a run that was given up let go of what a newer run of its input kept for others"],
];

describe("lives of a cluster", () => {
  test.each(PAST_FAILURES)("seed %i: %s", (seed) => {
    expect(play(seed).violation).toBeUndefined();
  });

  test("the same seed is the same life", () => {
    const first = play(7);
    const again = play(7);
    expect(again).toEqual(first);
  });

  test("trouble really happens: tasks run again, and come right", () => {
    const outcomes = Array.from({ length: 20 }, (_, i) => play(1000 + i));
    expect(outcomes.every((outcome) => outcome.violation === undefined)).toBe(true);
    expect(outcomes.reduce((sum, outcome) => sum + outcome.reruns, 0)).toBeGreaterThan(0);
  });
});
