import { describe, expect, test } from "vitest";
import { Definitions } from "../src/core/definitions.js";

const record = (hash: string): { hash: string; bytes: Uint8Array; needs: string[] } => ({
  hash,
  bytes: new Uint8Array(1),
  needs: [],
});

/** One submission of a function and the end of its only future. */
function once(definitions: Definitions, hash: string): number {
  definitions.retain([record(hash)]);
  const sent = definitions.unsent([hash]).length;
  definitions.drop([hash]);
  return sent;
}

describe("what a connection knows of functions", () => {
  test("a function that is submitted again and again is sent once", () => {
    const definitions = new Definitions();
    expect([once(definitions, "f"), once(definitions, "f"), once(definitions, "f")]).toEqual([1, 0, 0]);
    expect(definitions.size).toBe(0);
  });

  test("of functions made anew for each submission only the last are remembered, and the scheduler is told of the others", () => {
    const definitions = new Definitions();
    for (let i = 0; i < 1_500; i++) once(definitions, `f${i}`);
    const forgotten = definitions.takeForgotten();
    expect(forgotten.length).toBe(500);
    expect(forgotten[0]).toBe("f0");
    expect(definitions.takeForgotten()).toEqual([]);
    expect(once(definitions, "f0")).toBe(1);
    expect(once(definitions, "f1499")).toBe(0);
  });

  test("a new connection is told anew", () => {
    const definitions = new Definitions();
    once(definitions, "f");
    definitions.forgetSent();
    expect(once(definitions, "f")).toBe(1);
  });
});
