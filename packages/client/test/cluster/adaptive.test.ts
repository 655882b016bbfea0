import { describe, expect, it } from "vitest";
import { Adaptive, type ClusterLoad } from "../../src/cluster/adaptive.js";

const idle: ClusterLoad = { workers: 1, busy: 0, queued: 0, processing: 0, occupancy: 0 };

describe("adapting", () => {
  it("grows by the time that what is queued will take, up to the maximum", () => {
    const load = { ...idle, busy: 1, queued: 30, processing: 2, occupancy: 0.2 };
    expect(new Adaptive({ minimum: 1, maximum: 8 }).look(load)).toBe(4);
    expect(new Adaptive({ minimum: 1, maximum: 3 }).look(load)).toBe(3);
  });

  it("does not grow for what is done in a moment", () => {
    const adaptive = new Adaptive({ minimum: 1, maximum: 8 });
    expect(adaptive.look({ ...idle, busy: 1, queued: 100, processing: 10, occupancy: 0.01 })).toBe(1);
    expect(adaptive.look({ ...idle, busy: 1, queued: 50, processing: 10, occupancy: 0.01 })).toBe(1);
  });

  it("doubles while a queue does not shrink, whatever its tasks are thought to take; never beyond what there is to do", () => {
    const adaptive = new Adaptive({ minimum: 1, maximum: 100 });
    const stuck = { ...idle, busy: 1, queued: 5, processing: 2, occupancy: 0.01 };
    expect(adaptive.look(stuck)).toBe(1);
    expect(adaptive.look(stuck)).toBe(2);
    expect(adaptive.look({ ...stuck, workers: 2, queued: 5 })).toBe(4);
    expect(adaptive.look({ ...stuck, workers: 4, queued: 4.5 })).toBe(8);
    expect(adaptive.look({ ...stuck, workers: 8, queued: 4 })).toBe(12);
  });

  it("starts the first worker for the first task", () => {
    const adaptive = new Adaptive({ minimum: 0, maximum: 8 });
    expect(adaptive.look({ ...idle, workers: 0 })).toBe(0);
    expect(adaptive.look({ ...idle, workers: 0, queued: 1 })).toBe(1);
  });

  it("shrinks to the busy ones only when they have sufficed for a while, and never below the minimum", () => {
    const adaptive = new Adaptive({ minimum: 2, maximum: 8 });
    const load = { ...idle, workers: 6, busy: 3, processing: 3 };
    expect([1, 2, 3].map(() => adaptive.look(load))).toEqual([6, 6, 6]);
    // Somebody had something to do again: it begins anew.
    expect(adaptive.look({ ...load, busy: 6 })).toBe(6);
    expect([1, 2, 3, 4].map(() => adaptive.look(load))).toEqual([6, 6, 6, 3]);
    const none = { ...load, workers: 3, busy: 0, processing: 0 };
    expect([1, 2, 3, 4].map(() => adaptive.look(none)).at(-1)).toBe(2);
  });
});
