import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { check } from "prettier";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Program } from "./contender.js";
import { replaceSection, writeSection } from "./report-file.js";
import { resultSection } from "./result-section.js";
import type { Result } from "./result-section.js";
import { threeDigits } from "./table.js";

const program: Program = {
  name: "merge",
  what: "Twenty-five thousand tasks and their sum.",
  reps: 5,
  contenders: {},
  targets: [],
};

const result: Result = {
  program,
  medians: new Map([
    ["heddle", { "us/task": 4.21, "scheduler CPU us/task": 1.5 }],
    ["bare", { "us/task": 2 }],
    ["dask", { "us/task": 842 }],
  ]),
  verdicts: [{ target: { metric: "us/task", against: "dask", reach: 250, aim: 500 }, value: 200, grade: "short" }],
  configs: new Map([["dask", { dask: "2026.8.0", python: "3.11.7" }]]),
  reps: 5,
  warmups: 1,
  command: "npm run bench -- merge",
  date: new Date("2026-03-04T05:06:07Z"),
  machine: "Some Processor, 2 cores, 8 GiB, Linux 6.1",
  commit: "abc1234",
  nodeVersion: "v20.20.2",
  load: { before: 0.123, after: 1.987 },
};

describe("resultSection", () => {
  it("shows every side, the ratios, and the targets", () => {
    expect(resultSection(result)).toMatchInlineSnapshot(`
      "## merge

      Twenty-five thousand tasks and their sum.

      - Measured on 2026-03-04 with \`npm run bench -- merge\`: medians of 5, sides in turn, after one round that does not count.
      - Machine: Some Processor, 2 cores, 8 GiB, Linux 6.1; load average 0.1 before, 2.0 after.
      - Node v20.20.2, commit abc1234.
      - Dask: dask 2026.8.0, python 3.11.7.

      | metric                | Heddle | bare | Heddle / bare | Dask | Dask / Heddle |
      | --------------------- | -----: | ---: | ------------: | ---: | ------------: |
      | us/task               |   4.21 |    2 |         2.1 x |  842 |         200 x |
      | scheduler CPU us/task |    1.5 |      |               |      |               |

      | target                                  | reach |   aim | measured | met       |
      | --------------------------------------- | ----: | ----: | -------: | --------- |
      | us/task, times less than Dask, at least | 250 x | 500 x |    200 x | **short** |"
    `);
  });

  it("is as the formatter wants it", async () => {
    const report = replaceSection("# Benchmarks\n", "merge", resultSection(result));
    expect(await check(report, { parser: "markdown", printWidth: 120 })).toBe(true);
  });
});

describe("replaceSection", () => {
  it("adds a section at the end, and the next time puts the new one in its place", () => {
    const both = replaceSection(replaceSection("# Head\n", "a", "old"), "b", "other");
    expect(replaceSection(both, "a", "new")).toBe(
      "# Head\n\n<!-- bench:a -->\n\nnew\n\n<!-- /bench:a -->\n\n<!-- bench:b -->\n\nother\n\n<!-- /bench:b -->\n",
    );
  });

  it("keeps what was written by hand around the sections", () => {
    const report = `${replaceSection("# Head\n", "a", "old")}\nBy hand.\n`;
    expect(replaceSection(report, "a", "new")).toContain("\nBy hand.\n");
  });
});

describe("writeSection", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "heddle-report-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("begins the report when there is none", () => {
    const path = join(folder, "benchmarks.md");
    writeSection(path, "a", "first");
    writeSection(path, "a", "second");
    const report = readFileSync(path, "utf8");
    expect(report.startsWith("# Benchmarks\n")).toBe(true);
    expect(report).toContain("second");
    expect(report).not.toContain("first");
  });
});

it("threeDigits", () => {
  expect([0.01234, 1.005, 12.34, 123.4, 123456, 0, 5].map(threeDigits)).toEqual([
    "0.0123",
    "1",
    "12.3",
    "123",
    "123,456",
    "0",
    "5",
  ]);
});
