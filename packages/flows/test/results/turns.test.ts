import { describe, expect, it } from "vitest";
import { Turns } from "../../src/results/stores/turns.js";

describe("taking turns", () => {
  it("lets so many happen at once, first come first served, whatever becomes of them", async () => {
    const turns = new Turns(3);
    const order: number[] = [];
    let underWay = 0;
    let most = 0;
    const all = Array.from({ length: 50 }, (_, i) =>
      turns.take(async () => {
        order.push(i);
        most = Math.max(most, ++underWay);
        for (let pause = 0; pause < i % 4; pause++) await Promise.resolve();
        underWay--;
        if (i % 5 === 0) throw new Error(`no ${i}`);
        return i;
      }),
    );
    const outcomes = await Promise.allSettled(all);
    expect(order).toEqual(Array.from({ length: 50 }, (_, i) => i));
    expect(most).toBe(3);
    for (const [i, outcome] of outcomes.entries())
      expect(outcome).toMatchObject(i % 5 === 0 ? { reason: { message: `no ${i}` } } : { value: i });
    expect(await turns.take(async () => "again")).toBe("again");
  });

  it("keeps the order when more come while some wait", async () => {
    const turns = new Turns(1);
    const order: string[] = [];
    const take = (name: string): Promise<void> =>
      turns.take(async () => {
        order.push(name);
      });
    await Promise.all([take("a"), take("b"), take("c").then(() => take("f")), take("d"), take("e")]);
    expect(order).toEqual(["a", "b", "c", "d", "e", "f"]);
  });
});
