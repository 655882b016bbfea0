import { expect, it } from "vitest";
import { judge } from "./verdict.js";
import type { Medians } from "./verdict.js";

const medians: Medians = new Map([
  ["heddle", { "us/task": 10, "p50 us": 300 }],
  ["bare", { "p50 us": 100 }],
  ["dask", { "us/task": 600 }],
]);

it("holds a median against an absolute limit", () => {
  const grades = [5, 10].map((aim) => judge([{ metric: "us/task", reach: 15, aim }], medians)[0]?.grade);
  expect(grades).toEqual(["reach", "aim"]);
  expect(judge([{ metric: "us/task", reach: 9, aim: 5 }], medians)[0]?.grade).toBe("short");
});

it("wants more times less than Dask, and fewer times a bare program", () => {
  const verdicts = judge(
    [
      { metric: "us/task", against: "dask", reach: 50, aim: 150 },
      { metric: "us/task", against: "dask", reach: 61, aim: 150 },
      { metric: "p50 us", against: "bare", reach: 2.5, aim: 1.5 },
      { metric: "p50 us", against: "bare", reach: 3, aim: 1.5 },
    ],
    medians,
  );
  expect(verdicts.map(({ value, grade }) => [value, grade])).toEqual([
    [60, "reach"],
    [60, "short"],
    [3, "short"],
    [3, "reach"],
  ]);
});

it("leaves out what was not measured", () => {
  expect(judge([{ metric: "p99 us", reach: 1, aim: 1 }], medians)).toEqual([]);
  expect(judge([{ metric: "p50 us", against: "dask", reach: 1, aim: 1 }], medians)).toEqual([]);
});
