import fc from "fast-check";
import { storageKeyProblem } from "@heddle/protocol";
import { describe, expect, it } from "vitest";
import { InvalidStorageKeyError, StorageKeyTemplateError } from "../../src/results/errors.js";
import { checkKeyTemplate, fillKeyTemplate } from "../../src/results/key-template.js";

const RUN = { flowRun: "f".repeat(32), number: 4, name: "resize-4", task: "resize" };
const fill = (template: string, parameters: Record<string, unknown> = {}): string =>
  fillKeyTemplate(template, { run: RUN, parameters });

describe("resultStorageKey", () => {
  it("names the run and its parameters", () => {
    expect(fill("{task}/{taskRun}-{number}")).toBe("resize/resize-4-4");
    expect(fill("{flowRun}")).toBe(RUN.flowRun);
    expect(fill("a-{x}-{parameters.task}", { x: 1.5, task: "mine" })).toBe("a-1.5-mine");
    expect(fill("{a}{b}", { a: true, b: 10n })).toBe("true10");
  });

  it("makes of every text a part of a key, different for different texts, and never a way out", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 20 }), fc.string({ maxLength: 20 }), (one, other) => {
        const key = fill("results/{x}", { x: one });
        expect(storageKeyProblem(key)).toBeUndefined();
        expect(key.split("/")).toHaveLength(2);
        if (one !== other) expect(fill("results/{x}", { x: other })).not.toBe(key);
      }),
    );
  });

  it.each([
    ["{width}", /the run has no width: there are flowRun, number, task, taskRun, x/],
    ["{parameters.flowRun}", /no parameters\.flowRun/],
    ["{toString}", /the run has no toString/],
    ["{x}", /neither text nor number/],
  ])("refuses %s of a run that cannot fill it in", (template, message) => {
    expect(() => fill(template, { x: { an: "object" } })).toThrow(message);
    expect(() => fill(template, { x: [] })).toThrow(StorageKeyTemplateError);
  });

  it("refuses keys that become too long", () => {
    expect(() => fill("{x}", { x: "y".repeat(300) })).toThrow(InvalidStorageKeyError);
  });

  it.each(["", "/a", "../{x}", "{x", "x}", "{}", "a b", ".{x}", "{x}/", "{{x}}"])(
    "refuses the template %j where it is written",
    (template) => expect(() => checkKeyTemplate(template)).toThrow(StorageKeyTemplateError),
  );

  it.each(["{x}", "{flowRun}/{task}-{x}.json", "plain/key", "@{x}=1"])("takes %j", (template) => {
    expect(() => checkKeyTemplate(template)).not.toThrow();
  });
});
