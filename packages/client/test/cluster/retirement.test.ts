import { expect, it } from "vitest";
import { chooseToRetire, type WorkerLoad } from "../../src/cluster/retirement.js";

const names = ["a", "b", "c", "d"];
const load = (name: string, processing: number, managed = 0): WorkerLoad => ({ name, processing, managed });

it.each<[string, WorkerLoad[], string[]]>([
  ["the newest of equals", names.map((name) => load(name, 0)), ["d", "c"]],
  ["idle ones before busy ones", [load("a", 0), load("b", 3), load("c", 0), load("d", 5)], ["c", "a"]],
  [
    "those that hold least among the idle",
    names.map((name, i) => load(name, 0, 100 - 10 * Math.abs(i - 1))),
    ["d", "c"],
  ],
  ["those the scheduler does not know first", [load("a", 0), load("b", 0)], ["d", "c"]],
  ["the newest when nothing is known", [], ["d", "c"]],
])("takes %s", (_what, loads, expected) => {
  expect(chooseToRetire(names, loads, 2)).toEqual(expected);
});

it("takes all when all have to go, and none when none", () => {
  expect(chooseToRetire(names, [], 4)).toHaveLength(4);
  expect(chooseToRetire(names, [], 0)).toEqual([]);
});
