import { expect, it } from "vitest";
import { RestartPolicy } from "../../src/cluster/restart-policy.js";

const limits = { backoff: 500, maxBackoff: 3000, maxRestarts: 5 };

it("waits twice as long every time, up to a limit, and gives up at last", () => {
  const policy = new RestartPolicy(limits);
  expect([0, 1, 2, 3, 4, 5].map((second) => policy.next(second * 1000))).toEqual([
    500,
    1000,
    2000,
    3000,
    3000,
    undefined,
  ]);
});

it("forgets what is more than a minute ago", () => {
  const policy = new RestartPolicy(limits);
  for (let n = 0; n < 5; n++) policy.next(0);
  expect(policy.next(59_999)).toBeUndefined();
  expect(policy.next(60_000)).toBe(500);
  // One a minute goes on for ever.
  for (let minute = 2; minute < 100; minute++) expect(policy.next(minute * 60_000)).toBe(500);
});

it("never restarts when it is told not to", () => {
  expect(new RestartPolicy({ ...limits, maxRestarts: 0 }).next(0)).toBeUndefined();
});
