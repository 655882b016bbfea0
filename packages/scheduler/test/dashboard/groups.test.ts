import { describe, expect, test } from "vitest";
import { ended, total, unfinished } from "../../src/dashboard/thread/groups.js";

const NONE = { released: 0, waiting: 0, queued: 0, noWorker: 0, assigned: 0, processing: 0, memory: 0, erred: 0 };

describe("tasks of a group that are done and that have failed", () => {
  test.each([
    ["while all goes well", { memory: 5, released: 2, waiting: 3, erred: 1 }, 7, 1, { done: 7, failed: 1 }],
    ["that ran again, are counted once", { memory: 60, released: 20, waiting: 120 }, 137, 0, { done: 80, failed: 0 }],
    ["that failed and were tried again", { memory: 10 }, 10, 4, { done: 10, failed: 0 }],
    ["that failed and were forgotten", { released: 2 }, 1, 1, { done: 1, failed: 1 }],
    ["of which the rest was cancelled", { released: 100 }, 40, 0, { done: 40, failed: 0 }],
    ["that were scattered: they never ran", { memory: 3 }, 0, 0, { done: 3, failed: 0 }],
    ["when a failure was heard of since they were counted", { memory: 4, processing: 1 }, 4, 1, { done: 4, failed: 0 }],
    ["when a run ended since they were counted", { memory: 4, processing: 1 }, 5, 0, { done: 4, failed: 0 }],
  ])("%s", (_, states, finished, failures, expected) => {
    const all = { ...NONE, ...states };
    const { done, failed } = ended(all, finished, failures);
    expect({ done, failed }).toEqual(expected);
    expect(done + failed + unfinished(all)).toBeLessThanOrEqual(total(all));
  });
});
