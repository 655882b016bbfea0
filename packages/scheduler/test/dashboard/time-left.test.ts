import { describe, expect, test } from "vitest";
import { timeLeft, type WorkLeft } from "../../src/dashboard/thread/time-left.js";

const WORK: WorkLeft = {
  groups: [
    { unfinished: 40, mean: 100 },
    { unfinished: 10, mean: 2_000 },
  ],
  runs: 50,
  mean: 500,
  threads: 8,
  sinceFirstTask: 60_000,
  sinceLastEnd: 100,
};

describe("the time left", () => {
  test("is what remains of each group times its mean, shared among the threads", () => {
    expect(timeLeft(WORK)).toBe((40 * 100 + 10 * 2_000) / 8);
  });

  test("takes the mean of all for a group of which none has ended", () => {
    expect(timeLeft({ ...WORK, groups: [{ unfinished: 16, mean: undefined }] })).toBe((16 * 500) / 8);
  });

  test.each([
    ["before 20 runs and 5 s", { runs: 19, sinceFirstTask: 4_999 }],
    ["while nothing has ended, however long that takes", { runs: 0, mean: 0, sinceFirstTask: 600_000 }],
    ["when nothing has ended for 30 s", { sinceLastEnd: 30_000 }],
    ["without threads at work", { threads: 0 }],
    ["when nothing is left", { groups: [{ unfinished: 0, mean: 100 }] }],
    ["without tasks", { groups: [] }],
  ])("is not told %s", (_, work) => {
    expect(timeLeft({ ...WORK, ...work })).toBeUndefined();
  });

  test.each([
    ["20 runs in less than 5 s", { runs: 20, sinceFirstTask: 1_000 }],
    ["5 s and a single run", { runs: 1, sinceFirstTask: 5_000 }],
  ])("is told from %s", (_, work) => {
    expect(timeLeft({ ...WORK, ...work })).toBe(3_000);
  });
});
