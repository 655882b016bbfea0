import { describe, expect, it } from "vitest";
import { Builtin, Harness } from "./executor-harness.js";

describe("running tasks", () => {
  it("runs a function on its arguments and reports the result", async () => {
    await using harness = await Harness.start();
    const outcome = await harness.run((a: number, b: string) => [a + 1, b], 1, "x");
    expect(outcome).toMatchObject({ kind: "finished", value: [2, "x"] });
  });

  it("runs builtins without any definition", async () => {
    await using harness = await Harness.start();
    expect((await harness.run(Builtin.identity, { a: 1 })).value).toEqual({ a: 1 });
    expect((await harness.run(Builtin.attribute, { a: 1 }, "a")).value).toBe(1);
    expect((await harness.run(Builtin.method, "abc", "slice", 1)).value).toBe("bc");
  });

  it("awaits promises", async () => {
    await using harness = await Harness.start();
    const outcome = await harness.run(async (x: number) => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      return x * 2;
    }, 21);
    expect(outcome).toMatchObject({ kind: "finished", value: 42 });
  });

  it("ends the stacks of errors where the user's code was called", async () => {
    await using harness = await Harness.start();
    const inner = (): never => {
      throw new Error("no", { cause: new Error("why") });
    };
    const failed = await harness.run(function outer() {
      inner();
    });
    const { stack, cause } = failed.error as Error & { cause: Error };
    expect(stack?.split("\n").map((line) => line.trim().split(" ").slice(0, 2).join(" "))).toEqual([
      "Error: no",
      "at inner",
      "at outer",
    ]);
    expect(cause.stack?.split("\n")).toHaveLength(3);
    const later = await harness.run(async function waiting() {
      await new Promise((resolve) => setTimeout(resolve, 5));
      inner();
    });
    expect((later.error as Error).stack?.split("\n")).toHaveLength(3);
  });

  it("keeps the error of a task that throws, and goes on", async () => {
    await using harness = await Harness.start();
    const failed = await harness.run(() => {
      throw Object.assign(new TypeError("no"), { detail: 7 });
    });
    expect(failed.failure).toMatchObject({ kind: "error", message: "TypeError: no", started: true });
    expect(failed.error).toMatchObject({ name: "TypeError", message: "no", detail: 7 });
    expect((await harness.run(() => 1)).value).toBe(1);
  });
});
