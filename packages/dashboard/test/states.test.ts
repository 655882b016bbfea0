import { expect, test } from "vitest";
import { partsOf } from "../src/app/design/states.js";

const NONE = { released: 0, waiting: 0, queued: 0, noWorker: 0, assigned: 0, processing: 0, memory: 0, erred: 0 };
const words = (summary: Parameters<typeof partsOf>[0]): readonly string[] =>
  partsOf(summary).map(({ look, count }) => `${count} ${look.label}`);

test("a bar's parts are a group's tasks, each once, and nothing of what there is none of", () => {
  expect(words({ states: { ...NONE, released: 3, memory: 4, waiting: 2, erred: 1 }, done: 7, failed: 1 })).toEqual([
    "3 released",
    "4 in memory",
    "2 waiting",
    "1 failed",
  ]);
});

test("forgotten tasks are shown as they ended: done, cancelled, failed", () => {
  expect(words({ states: { ...NONE, released: 10 }, done: 6, failed: 1 })).toEqual([
    "6 released",
    "3 cancelled",
    "1 failed",
  ]);
});
