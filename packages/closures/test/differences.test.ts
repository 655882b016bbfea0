/** What is different on a worker on purpose: docs/functions.md lists it. */
import { beforeAll, expect, it } from "vitest";
import { runClient } from "./support/client-program.js";
import { reviveElsewhere, type CaseResult, type CorpusRun } from "./support/corpus.js";

let outcomes: CorpusRun["outcomes"];
let warnings: readonly string[];

beforeAll(async () => {
  const client = await runClient<{ cases: CaseResult[]; warnings: string[] }>({
    "main.mjs": `
      import { capture } from "@heddle/closures";
      import { mode, setMode } from "./mode.mjs";
      const warnings = [];
      process.on("warning", ({ message }) => warnings.push(message));
      setMode("configured");
      process.env.ONLY_HERE = "1";
      class Counter { static #count = 1; static up() { return ++Counter.#count; } }
      Counter.up();
      const key = Symbol("bare");
      const shared = { n: 0 };
      const functions = {
        "module state": () => mode(),
        "the process": () => [process.cwd() === ${JSON.stringify("CWD")}, process.argv.includes("--mine"), process.env.ONLY_HERE],
        "private statics": () => Counter.up(),
        "a symbol": () => key,
        "the symbol again": () => (other) => other === key,
        "a change": () => ++shared.n,
        "the change again": () => ++shared.n,
      };
      const cases = Object.entries(functions).map(([name, fn]) => {
        const { token, definitions } = capture(fn);
        return { name, token, callArgs: [], definitions: definitions.map((d) => ({ ...d, bytes: Buffer.from(d.bytes).toString("base64") })) };
      });
      setImmediate(() => console.log(JSON.stringify({ cases, warnings })));`.replace('"CWD"', "process.cwd()"),
    "mode.mjs": `let current = "initial";\nexport const setMode = (m) => void (current = m);\nexport const mode = () => current;`,
  });
  warnings = client.warnings;
  ({ outcomes } = await reviveElsewhere(client.cases));
});

it("imports modules anew, without the state that the main script gave them", () => {
  expect(outcomes.get("module state")).toMatchObject({ value: "'initial'" });
});

it("has the worker's own arguments, environment and directory", () => {
  expect(outcomes.get("the process")).toMatchObject({ value: "[ true, false, undefined ]" });
});

it("starts private static fields again, and has said so", () => {
  expect(outcomes.get("private statics")).toMatchObject({ value: "2" });
  expect(warnings).toContainEqual(
    expect.stringMatching(/^the private static fields of class Counter \(#count\) start again/),
  );
});

it("shares no copied object between functions that were submitted separately", () => {
  expect(outcomes.get("a change")).toMatchObject({ value: "1" });
  expect(outcomes.get("the change again")).toMatchObject({ value: "1" });
});
