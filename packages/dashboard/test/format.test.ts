import { describe, expect, it } from "vitest";
import {
  formatAbout,
  formatAgo,
  formatBytes,
  formatCompact,
  formatCount,
  formatDuration,
  formatPercent,
  formatRate,
  plain,
  plainLines,
} from "../src/app/design/format.js";

/** Thin and joined spaces as plain ones: what is read. */
const read = (text: string): string => text.replace(/[\u2009\u00a0]/g, " ");

describe("numbers", () => {
  it("groups thousands from five digits on", () => {
    expect([0, 999, 9999, 42_310, 1_048_576, -12_345].map((n) => read(formatCount(n)))).toEqual([
      "0",
      "999",
      "9999",
      "42 310",
      "1 048 576",
      "-12 345",
    ]);
  });

  it("shortens large ones", () => {
    expect([812, 42_310, 3_204_991].map((n) => read(formatCompact(n)))).toEqual(["812", "42.3 k", "3.2 M"]);
  });

  it("never rounds a part up to the whole or down to nothing", () => {
    expect([0, 0.0004, 0.003, 0.423, 0.99997, 1].map((p) => read(formatPercent(p)))).toEqual([
      "0 %",
      "< 0.1 %",
      "0.3 %",
      "42 %",
      "99.9 %",
      "100 %",
    ]);
  });

  it("writes durations in the unit they are read in", () => {
    expect(
      [0.0121, 0.34, 0.9999, 340, 999.6, 1240, 59_970, 245_000, 12_000_000, 187_200_000].map((d) =>
        read(formatDuration(d)),
      ),
    ).toEqual([
      "12.1 \u00b5s",
      "340 \u00b5s",
      "1 ms",
      "340 ms",
      "1 s",
      "1.24 s",
      "1 min 00 s",
      "4 min 05 s",
      "3 h 20 min",
      "2 d 4 h",
    ]);
  });

  it("writes bytes, rates, estimates and ages", () => {
    expect([0, 1023, 1536, 5 * 2 ** 30].map((b) => read(formatBytes(b)))).toEqual([
      "0 B",
      "1023 B",
      "1.5 KiB",
      "5 GiB",
    ]);
    expect([0, 0.42, 12_345].map((r) => read(formatRate(r)))).toEqual(["0/s", "0.4/s", "12.3 k/s"]);
    expect([400, 7000, 42_000, 125_000].map((e) => read(formatAbout(e)))).toEqual([
      "less than a second",
      "about 7 s",
      "about 40 s",
      "about 2 min",
    ]);
    expect([300, 14_000, 130_000].map((a) => read(formatAgo(a)))).toEqual(["now", "14 s ago", "2 min ago"]);
  });
});

describe("text that others wrote", () => {
  it("shows what would deceive, and cuts what is too long", () => {
    expect(plain("a\u202eexe.gnp\u0000\n")).toBe("a\\u202eexe.gnp\\u0000\\u000a");
    expect(plain("<img onerror=x>")).toBe("<img onerror=x>");
    expect(plain("k".repeat(1_000_000))).toHaveLength(200);
  });

  it("keeps the lines of what has lines", () => {
    expect(plainLines("Error: x\n\tat f\u2066\r")).toBe("Error: x\n\tat f\\u2066\\u000d");
  });
});
