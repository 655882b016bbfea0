/** The Debugger domain slows a program's awaits for good: what it tells of scripts is had without it, and is the same. */
import { describe, expect, it } from "vitest";
import { runClient } from "./support/client-program.js";

/** Functions from scripts of all kinds, captured in a process of their own that may be refused what `REFUSE` names. */
const CAPTURES = `
  import { Session } from "node:inspector";
  import v8 from "node:v8";
  import vm from "node:vm";
  import { capture } from "@heddle/closures";
  import helper from "./helper.mjs";
  import plain from "./plain.cjs";
  import compiled from "./compiled.mjs";
  import trailed from "./trailed.mjs";
  import unclear from "./unclear.mjs";

  const refused = process.env.REFUSE;
  let enabled = 0;
  const { post } = Session.prototype;
  Session.prototype.post = function (method, ...rest) {
    if (method === "Debugger.enable") enabled++;
    if (method === refused) return rest.at(-1)({ message: "refused" });
    return post.call(this, method, ...rest);
  };
  const { setFlagsFromString } = v8;
  if (refused === "natives") v8.setFlagsFromString = (flag) => { if (!flag.includes("natives")) setFlagsFromString(flag); };
  (await import("node:module")).syncBuiltinESMExports();

  const factor = 3;
  const offset = { lineOffset: 40, columnOffset: -7, filename: "/nowhere/made.js" };
  const made = vm.runInThisContext("((a, b) => [\\n(x) => x * a, (x) => x + a])(5)", offset);
  const oneLine = vm.runInThisContext("[(x) => x, (x) => x].map((f) => f)", { ...offset, lineOffset: 0, columnOffset: 12 });
  const elsewhere = vm.runInThisContext("((k) => [(x) => x - k,\\n(x) => x + k])(1)\\n//# sourceURL=elsewhere.js", { columnOffset: 3 });
  const functions = {
    own: (x) => x * factor, helper, plain, compiled, trailed, class: class { m() { return factor; } }, made: made[0], again: made[1],
    first: oneLine[0], second: oneLine[1], late: elsewhere[1], early: elsewhere[0],
    // Of evaluated code nothing may have run that is still there.
    ...(process.env.UNCLEAR ? { unclear, evaluated: new Function("a", "return a + 1") } : {}),
  };
  const definitions = Object.entries(functions).map(([name, fn]) => [name, capture(fn).definitions.map(({ hash }) => hash)]);
  console.log(JSON.stringify({ definitions, enabled }));`;

const MAP = JSON.stringify({ version: 3, sources: ["compiled.ts"], names: [], mappings: "AAIA" });
const MAGIC = `//# sourceMappingURL=data:application/json;base64,${Buffer.from(MAP).toString("base64")}`;

const FILES = {
  "captures.mjs": CAPTURES,
  "helper.mjs": `#!/usr/bin/env node\nconst own = 1;\nconst helper = [(x) => x + own][0];\nexport { helper as default };`,
  "plain.cjs": `"use strict";\nconst own = 2;\nmodule.exports = [function (x) { return x + own; }][0];`,
  "compiled.mjs": `const own = 3; export default [(x) => x + own][0];\n${MAGIC}\n`,
  // As bundlers put it that wrap a module into a function.
  "trailed.mjs": `let own; export { own as default }; { own = [(x) => x * 4][0];\n${MAGIC}\n}\n// The end.`,
  "unclear.mjs": `const text = \`\n${MAGIC}\n\`; export default [(x) => x + text.length][0];`,
  "main.mjs": `
    import { execFileSync } from "node:child_process";
    const run = (env) => JSON.parse(execFileSync(process.execPath, ["captures.mjs"], { env: { ...process.env, ...env } }));
    const cases = [{}, { REFUSE: "Profiler.getBestEffortCoverage" }, { REFUSE: "natives" }];
    console.log(JSON.stringify([...cases, ...cases.map((each) => ({ ...each, UNCLEAR: "1" }))].map(run)));`,
};

interface Run {
  readonly definitions: readonly (readonly [string, readonly string[]])[];
  readonly enabled: number;
}

describe("what a script is", () => {
  it("is told the same without the debugger, which is asked where nothing else helps", async () => {
    const runs = await runClient<Run[]>(FILES);
    const [quiet, withoutCoverage, withoutNatives, ...unclear] = runs;
    expect(quiet!.definitions).toHaveLength(12);
    expect(withoutCoverage!.definitions).toEqual(quiet!.definitions);
    expect(withoutNatives!.definitions).toEqual(quiet!.definitions);
    expect(quiet!.enabled).toBe(0);
    expect(withoutCoverage!.enabled).toBeGreaterThan(0);
    expect(withoutNatives!.enabled).toBeGreaterThan(0);
    // A comment that may be text: whatever can tell was asked.
    for (const run of unclear) expect(run.definitions).toEqual(unclear[0]!.definitions);
    expect(unclear[0]!.enabled).toBeGreaterThan(0);
  });
});
