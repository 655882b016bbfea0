import { expect, test } from "vitest";
import { AttentionList } from "../../src/dashboard/thread/attention.js";

const long = "x".repeat(100);

function linesOf(...errors: readonly { readonly message: string; readonly frame?: string }[]): string[] {
  const list = new AttentionList().list({
    now: 0,
    groups: [],
    workers: [],
    series: [],
    transferShare: 0,
    errors: errors.map(({ message, frame = "a.js:1" }, index) => ({
      id: String(index),
      name: "Error",
      message,
      frame,
      count: 1,
      group: "load",
    })),
  });
  return list.map(({ text }) => text);
}

test("one error of a group needs no message", () => {
  expect(linesOf({ message: "no file" })).toEqual(["load has failed once (Error)"]);
});

test.each([
  ["by their messages", [{ message: "no file" }, { message: "no room" }]],
  ["by the end of long messages", [{ message: `${long}a` }, { message: `${long}b` }]],
  ["by their places", [{ message: "no file" }, { message: "no file", frame: "b.js:2" }]],
])("two errors of one group are told apart %s", (_, errors) => {
  expect(new Set(linesOf(...errors)).size).toBe(2);
});
