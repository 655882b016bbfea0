import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkCase } from "./support/check.js";
import { rowsOf, type CorpusRun } from "./support/corpus.js";
import { CorpusRuns } from "./support/corpus-runs.js";
import { hosts } from "./support/hosts.js";

const here = hosts.filter(({ missing }) => !missing);
const runs = new CorpusRuns(here);
afterAll(() => runs.ended());

for (const { name, missing } of hosts)
  if (missing) describe.skip(`functions written for ${name}: ${missing}`, () => it("is not here", () => undefined));

describe.each(here)("functions written for $name ($file)", (host) => {
  let run: CorpusRun;
  beforeAll(async () => {
    run = await runs.of(host);
  }, 300_000);

  const { except = {} } = host;
  it.each(rowsOf(host.file).filter(({ name }) => !(name in except)))("$name", (row) => {
    checkCase(run, row, host);
  });

  it("has no case whose name the table does not know", () => {
    expect([...run.captured.keys()].sort()).toEqual(
      rowsOf(host.file)
        .map((row) => row.name)
        .sort(),
    );
  });

  if (host.file === "erasable.ts") {
    it("throws with the lines of the TypeScript source", () => {
      const imported = run.outcomes.get("stack of an imported file")!.stack!.split("\n");
      expect(imported[1]).toContain(`.checked (${run.clientDir}/lib/tagged.ts:11:13)`);
    });
  } else if (host.file === "cases.ts") {
    it("throws with the lines of the TypeScript source", () => {
      const helper = run.outcomes.get("stack of a captured helper")!.stack!.split("\n");
      expect(helper[1]).toMatch(host.renames ? /^ {4}at \w+ \(/ : /^ {4}at thrower \(/);
      expect(helper[1]).toContain(`(${run.clientDir}/cases.ts:84:9)`);
      expect(helper[2]).toBe(`    at ${run.clientDir}/cases.ts:86:48`);
      const imported = run.outcomes.get("stack of an imported file")!.stack!.split("\n");
      expect(imported[1]).toContain(`.checked (${run.clientDir}/lib/shapes.ts:18:13)`);
    });
  } else if (host.file === "cases.mjs") {
    it("throws with the client's own file, line and column", () => {
      const stack = run.outcomes.get("stack of a local module")!.stack!.split("\n");
      expect(stack[1]).toBe(`    at thrower (${run.clientDir}/lib/place.mjs:3:9)`);
      expect(stack[2]).toMatch(/^ {4}at .*cases\.mjs:\d+:\d+\)?$/);
    });
  }
});
