/** Which results are too many, without a disk. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  surplus,
  type KeptFile,
  type RetentionLimits,
  type SurplusAnswer,
} from "../../src/results/stores/retention/surplus.js";

const NOW = 1_000_000;

/** A file by its key, with an age since it was written, and one since it was used. */
const file = (key: string, size: number, age: number, unused = age): KeptFile => ({
  key,
  size,
  written: NOW - age,
  used: NOW - unused,
});

/** Plays a directory: what is asked to go goes, unless it is held or foreign. */
function play(
  files: readonly KeptFile[],
  limits: RetentionLimits,
  strange: Readonly<Record<string, SurplusAnswer>> = {},
) {
  const removed: string[] = [];
  const judged: string[] = [];
  const steps = surplus(files, limits, NOW);
  let step = steps.next();
  while (step.done !== true) {
    const { ask, file } = step.value;
    let answer: SurplusAnswer = strange[file.key] ?? (ask === "remove" ? "gone" : "kept");
    if (answer === "gone" && ask === "judge") answer = "kept";
    if (ask === "judge") judged.push(file.key);
    if (answer === "gone") removed.push(file.key);
    step = steps.next(answer);
  }
  return { removed, judged, left: step.value };
}

describe("what is older than maxAge", () => {
  it("goes, counted from when it was written, whoever has used it since", () => {
    const files = [file("old", 1, 101, 0), file("just", 1, 100), file("new", 1, 0)];
    expect(play(files, { maxAge: 100 })).toEqual({ removed: ["old"], judged: [], left: 2 });
  });

  it("is not, when the clock of its writer is ahead", () => {
    expect(play([file("ahead", 1, -5000)], { maxAge: 100 }).removed).toEqual([]);
  });

  it("stays and counts while it is needed, and does not count when it is no result", () => {
    const files = [file("needed", 10, 200), file("foreign", 20, 200), file("new", 40, 0)];
    expect(play(files, { maxAge: 100 }, { needed: "kept", foreign: "foreign" })).toEqual({
      removed: [],
      judged: [],
      left: 50,
    });
  });
});

describe("what is beyond maxBytes", () => {
  it("goes by its last use, until a tenth is free", () => {
    const files = [4, 2, 9, 0, 7, 1, 3, 8, 6, 5, 10].map((age) => file(`f${age}`, 10, age));
    expect(play(files, { maxBytes: 100 })).toMatchObject({ removed: ["f10", "f9"], left: 90 });
    expect(play(files.slice(1), { maxBytes: 100 })).toMatchObject({ removed: [], left: 100 });
  });

  it("does not go while it is used", () => {
    const files = [file("read", 50, 100, 1), file("unread", 50, 50), file("last", 50, 2)];
    expect(play(files, { maxBytes: 100 }).removed).toEqual(["unread"]);
  });

  it("does not cost large results their place for the tenth", () => {
    const files = [file("first", 95, 3), file("second", 95, 2)];
    expect(play(files, { maxBytes: 100 })).toMatchObject({ removed: ["first"], left: 95 });
  });

  it("leaves the one that was written last, however large, and not the record that leads to it", () => {
    const files = [file("a/0", 10, 9), file("a/1", 500, 5), file("cache/aa/x", 1, 4), file("cache/bb/y", 1, 6)];
    expect(play(files, { maxBytes: 100 })).toMatchObject({ removed: ["a/0", "cache/bb/y", "cache/aa/x"], left: 500 });
  });

  it("does not count a large file that is no result", () => {
    const files = [file("dump", 1_000_000, 9), file("a", 40, 5), file("b", 40, 4)];
    expect(play(files, { maxBytes: 100 }, { dump: "foreign" })).toMatchObject({ removed: [], left: 80 });
  });

  it("makes room elsewhere when the oldest are needed", () => {
    const files = [file("needed", 60, 9), file("a", 40, 5), file("b", 40, 4), file("c", 20, 3)];
    expect(play(files, { maxBytes: 100 }, { needed: "kept" })).toMatchObject({ removed: ["a", "b"], left: 80 });
  });

  it("judges few of many small files", () => {
    const files = Array.from({ length: 5000 }, (_, i) => file(`f${i}`, 10, i));
    const { judged, removed, left } = play(files, { maxBytes: 45_000 });
    expect(judged).toHaveLength(1);
    expect(left).toBe(40_500);
    expect(removed).toHaveLength(950);
  });
});

it("leaves no more than is allowed, whatever there is, and takes no younger one before an older one", () => {
  const kept = fc.record({
    size: fc.integer({ min: 0, max: 60 }),
    age: fc.integer({ min: -10, max: 200 }),
    idle: fc.integer({ min: 0, max: 200 }),
    kind: fc.constantFrom<SurplusAnswer>("gone", "gone", "gone", "kept", "foreign"),
  });
  const limits = fc.record(
    { maxAge: fc.integer({ min: 1, max: 150 }), maxBytes: fc.integer({ min: 1, max: 400 }) },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(fc.array(kept, { maxLength: 40 }), limits, (all, limits) => {
      const files = all.map(({ size, age, idle }, i) => file(`k${i}`, size, age, Math.min(age, idle)));
      const strange = Object.fromEntries(all.map(({ kind }, i) => [`k${i}`, kind]));
      const { removed, left } = play(files, limits, strange);
      const stays = files.filter(({ key }) => !removed.includes(key));
      const results = stays.filter(({ key }) => strange[key] !== "foreign");
      const bytes = results.reduce((sum, { size }) => sum + size, 0);
      expect(new Set(removed).size).toBe(removed.length);
      for (const key of removed) expect(strange[key]).toBe("gone");
      expect(left).toBeGreaterThanOrEqual(bytes);
      const free = results.filter(({ key }) => strange[key] === "gone");
      for (const { written } of free) expect(NOW - written).toBeLessThanOrEqual(limits.maxAge ?? Infinity);
      // At most one that nobody needs stays beyond the limit.
      if (bytes > (limits.maxBytes ?? Infinity)) expect(free.length).toBeLessThanOrEqual(1);
      if (limits.maxAge !== undefined) return;
      // The one that was written last may be used less than those that go.
      const last = Math.max(...free.map(({ written }) => written));
      const others = free.filter(({ written }) => written < last);
      for (const gone of files.filter(({ key }) => removed.includes(key)))
        for (const stayed of others) expect(gone.used).toBeLessThanOrEqual(stayed.used);
    }),
    { numRuns: 500 },
  );
});
