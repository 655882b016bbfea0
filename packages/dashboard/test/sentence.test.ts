import type { Totals } from "@heddle/protocol/dashboard";
import { expect, test } from "vitest";
import { sentenceOf } from "../src/app/shell/sentence.js";

const NONE = { released: 0, waiting: 0, queued: 0, noWorker: 0, assigned: 0, processing: 0, memory: 0, erred: 0 };
const totals = (some: Partial<Totals>): Totals => ({
  states: NONE,
  tasks: 0,
  done: 0,
  failed: 0,
  threads: 4,
  threadsBusy: 0,
  workers: 2,
  clients: 1,
  rate: 0,
  memory: { managed: 0, spilled: 0, rss: 0, limit: 0 },
  ...some,
});
const said = (some: Partial<Totals>): string => sentenceOf(totals(some), "live").replace(/[\u2009\u00a0]/g, " ");

test("says how far it is, and how long it takes while that is known", () => {
  const states = { ...NONE, memory: 40, processing: 4, waiting: 56 };
  expect(said({ states, tasks: 100, done: 40, threadsBusy: 4, rate: 8, eta: 7_000 })).toBe(
    "Running, 40 of 100 tasks (40 %), 4 of 4 threads busy, about 7 s left",
  );
  expect(said({ states, tasks: 100, done: 40 })).toMatch(/^Waiting, /);
});

test("is not idle while threads are busy, also when their tasks have not been counted yet", () => {
  expect(said({})).toBe("Idle, 0 of 4 threads busy");
  expect(said({ threadsBusy: 1 })).toBe("Running, 1 of 4 threads busy");
});

test("is finished when nothing is left to do, however the tasks have ended", () => {
  expect(said({ states: { ...NONE, released: 13, memory: 50, erred: 1 }, tasks: 64, done: 59, failed: 1 })).toBe(
    "Finished, 59 of 64 tasks (92 %), 4 cancelled, 0 of 4 threads busy, 1 failed",
  );
});
