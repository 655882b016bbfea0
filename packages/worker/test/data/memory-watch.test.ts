import { describe, expect, it } from "vitest";
import { MemoryWatch } from "../../src/data/memory-watch.js";

function watched() {
  const said: string[] = [];
  const watch = new MemoryWatch(1000, {
    spill: (bytes) => said.push(`spill ${bytes}`),
    collect: () => said.push("collect"),
    status: (status) => said.push(status),
    terminate: () => said.push("terminate"),
  });
  let now = 0;
  const at = (rss: number): string[] => {
    watch.check(rss, (now += 200));
    return said.splice(0);
  };
  return { at };
}

describe("the watch over memory", () => {
  it("spills down to the target, and asks for collections now and then", () => {
    const { at } = watched();
    expect(at(699)).toEqual([]);
    expect(at(700)).toEqual(["spill 100", "collect"]);
    for (let look = 0; look < 9; look++) at(700);
    expect(at(750)).toEqual(["spill 150", "collect"]);
    expect(at(750)).toEqual(["spill 150"]);
  });

  it("pauses, and does not go on at the very edge", () => {
    const { at } = watched();
    expect(at(800)).toContain("paused");
    expect(at(799)).not.toContain("running");
    expect(at(820)).not.toContain("paused");
    expect(at(755)).toContain("running");
    expect(at(800)).toContain("paused");
  });

  it("ends the process before the machine suffers", () => {
    const { at } = watched();
    expect(at(950)).toEqual(["terminate"]);
  });
});
