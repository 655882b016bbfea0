import { expect, test } from "vitest";
import { standsSince } from "../src/data/standing.js";

const retry = { retryAt: 900, since: 500 };

test("what is shown goes on while the line is there, or has only just been lost", () => {
  expect(standsSince({ state: "live" }, false, undefined)).toBeUndefined();
  expect(standsSince({ state: "reconnecting", ...retry }, false, 500)).toBeUndefined();
});

test("it stands when the cluster has ended or has been away for long", () => {
  expect(standsSince({ state: "ended", message: "", since: 500 }, false, 500)).toBe(500);
  expect(standsSince({ state: "disconnected", ...retry }, false, 500)).toBe(500);
});

test("the run before stands beside a new scheduler that has run nothing", () => {
  expect(standsSince({ state: "live" }, true, 500)).toBe(500);
});
