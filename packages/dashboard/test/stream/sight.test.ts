import { expect, test } from "vitest";
import { sightOf } from "../../src/stream/sight.js";

const NOW = 1_000_000;
const minute = { kind: "follow", span: 60_000 } as const;

test("following shows the span up to now", () => {
  expect(sightOf(minute, NOW, NOW - 3_600_000)).toEqual([NOW - 60_000, NOW]);
  expect(sightOf(minute, NOW, undefined)).toEqual([NOW - 60_000, NOW]);
});

test("a cluster that is younger than the span is seen from its start", () => {
  expect(sightOf(minute, NOW, NOW - 20_000)).toEqual([NOW - 20_000, NOW]);
});

test("of one that has just begun, or whose clock is ahead, a few seconds are in sight", () => {
  expect(sightOf(minute, NOW, NOW - 100)).toEqual([NOW - 5_000, NOW]);
  expect(sightOf(minute, NOW, NOW + 9_000)).toEqual([NOW - 5_000, NOW]);
});

test("a shorter span than those seconds is kept", () => {
  expect(sightOf({ kind: "follow", span: 50 }, NOW, NOW - 10)).toEqual([NOW - 50, NOW]);
});

test("a fixed range stays, whatever was there then", () => {
  expect(sightOf({ kind: "fixed", from: 3, to: 9 }, NOW, NOW)).toEqual([3, 9]);
});
