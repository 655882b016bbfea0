import { describe, expect, it } from "vitest";
import { median, quantile } from "./statistics.js";

describe("quantile", () => {
  it("sorts by value, not as text, and leaves its input as it is", () => {
    const values = [10, 9, 100, 1];
    expect(median(values)).toBe(9.5);
    expect(values).toEqual([10, 9, 100, 1]);
  });

  it("interpolates between neighbours", () => {
    expect(quantile([0, 10, 20, 30], 0.25)).toBe(7.5);
    expect(quantile([0, 10, 20, 30], 0)).toBe(0);
    expect(quantile([0, 10, 20, 30], 1)).toBe(30);
    expect(quantile([7], 0.99)).toBe(7);
  });

  it("refuses an empty list", () => {
    expect(() => median([])).toThrow(RangeError);
  });
});
