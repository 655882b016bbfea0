import { expect, it } from "vitest";
import { alternate } from "./alternate.js";
import type { Contender, Side } from "./contender.js";

it("takes the sides in turn and drops the warm-up", async () => {
  const order: string[] = [];
  const contender = (name: string): Contender => {
    let calls = 0;
    return {
      measure: async () => {
        order.push(name);
        return { ms: calls++ };
      },
      close: async () => {},
    };
  };
  const contenders = new Map<Side, Contender>([
    ["heddle", contender("a")],
    ["dask", contender("b")],
  ]);
  const seen: string[] = [];
  const samples = await alternate(contenders, 2, 1, (side, round) => seen.push(`${side} ${round}`));
  expect(order).toEqual(["a", "b", "a", "b", "a", "b"]);
  expect(seen).toEqual(["heddle 0", "dask 0", "heddle 1", "dask 1", "heddle 2", "dask 2"]);
  expect(samples.get("heddle")).toEqual([{ ms: 1 }, { ms: 2 }]);
  expect(samples.get("dask")).toEqual([{ ms: 1 }, { ms: 2 }]);
});
