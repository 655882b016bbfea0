import { capture } from "@heddle/closures";
import { FIRST_DEFINITION } from "@heddle/protocol";
import { describe, expect, it } from "vitest";
import { Definitions } from "../src/executor/definitions.js";
import { Harness } from "./executor-harness.js";

const record = (hash: string, index: number) => ({ hash, bytes: Uint8Array.of(1), needs: [], index });

describe("numbers of definitions", () => {
  it("are a worker's own, and never used again", () => {
    const definitions = new Definitions();
    const [f] = definitions.add([record("f", 16)]);
    definitions.remove(["f"]);
    // Another scheduler, which counts from the beginning.
    const [g] = definitions.add([record("g", 16)]);
    expect(g!.index).not.toBe(f!.index);
    expect(definitions.numbers(16, 3)).toBe(g!.index);
    expect(definitions.numbers(Int32Array.of(16, 0, 17, 16), 4)).toEqual(Int32Array.of(g!.index, 0, -1, g!.index));
    expect(definitions.all.map(({ hash }) => hash)).toEqual(["g"]);
  });

  it("are found under the index of whoever sent the definition last", () => {
    const definitions = new Definitions();
    const [f, g] = definitions.add([record("f", 16), record("g", 17)]);
    expect(definitions.add([record("g", 16), record("f", 20)])).toEqual([]);
    expect(definitions.numbers(Int32Array.of(16, 20, 17), 3)).toEqual(Int32Array.of(g!.index, f!.index, -1));
    definitions.remove(["f"]);
    expect(definitions.numbers(16, 1)).toBe(g!.index);
  });
});

describe("definitions on threads", () => {
  it("are forgotten, and come again", async () => {
    await using harness = await Harness.start({ threads: 2 });
    const fn = (x: number) => x + 1;
    expect((await harness.run(fn, 1)).value).toBe(2);
    const { definitions, token } = capture(fn);
    harness.pool.undefine(definitions.map(({ hash }) => hash));
    expect(await harness.run(fn, 1)).toMatchObject({ kind: "failed", failure: { kind: "definition" } });
    const index = FIRST_DEFINITION + 500;
    harness.pool.define(definitions.map((one) => ({ ...one, index: one.hash === token ? index : -1 })));
    const batch = { ...harness.batch([{ fn, args: [5] }]), functionOf: index };
    harness.pool.execute(1, batch);
    expect((await harness.outcome(batch.tasks[0]!)).value).toBe(6);
  });

  it("of a run that is on its way serve that run", async () => {
    await using harness = await Harness.start();
    const { definitions, token } = capture(() => "made");
    for (let round = 0; round < 200; round++) {
      const index = FIRST_DEFINITION + round;
      harness.pool.define(definitions.map((one) => ({ ...one, index: one.hash === token ? index : -1 })));
      const batch = { ...harness.batch([{ fn: 0 }]), functionOf: index };
      harness.pool.execute(0, batch);
      expect((await harness.outcome(batch.tasks[0]!)).value).toBe("made");
      harness.pool.undefine(definitions.map(({ hash }) => hash));
    }
  });
});
