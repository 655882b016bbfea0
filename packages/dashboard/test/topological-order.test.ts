import { describe, expect, it } from "vitest";
import { inTopologicalOrder } from "../src/app/pages/overview/topological-order.js";

const group = (id: number, ...upstream: number[]) => ({ id, name: `g${id}`, slot: id, upstream });
const order = (...groups: ReturnType<typeof group>[]) => inTopologicalOrder(groups).map(({ id }) => id);

describe("the order of groups", () => {
  it("puts a group after those it takes from, else keeps the order they came in", () => {
    expect(order(group(3, 1, 2), group(1), group(2, 1), group(9))).toEqual([1, 2, 3, 9]);
  });

  it("bears circles, groups it does not know, and chains of any length", () => {
    expect(order(group(1, 2), group(2, 1), group(3, 77))).toEqual([2, 1, 3]);
    const chain = Array.from({ length: 20_000 }, (_, id) => group(id, id + 1));
    expect(order(...chain)[0]).toBe(19_999);
  });
});
