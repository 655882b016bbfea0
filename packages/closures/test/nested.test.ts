import { beforeAll, describe, expect, it } from "vitest";
import { checkCase } from "./support/check.js";
import { reviveElsewhere, rowsOf, runCorpus, type CorpusRun } from "./support/corpus.js";

const host = { name: "node", file: "nested.mjs", commands: [[process.execPath, "nested.mjs"]] } as const;

describe("functions captured inside a task", () => {
  let first: CorpusRun;
  let second: Pick<CorpusRun, "outcomes">;
  beforeAll(async () => {
    first = await runCorpus(host);
    second = await reviveElsewhere(first.resubmitted);
  });

  it.each(rowsOf(host.file))("$name", (row) => {
    checkCase(first, row, host);
  });

  it.each([
    ["captured values", "44"],
    ["classes", "[ 11, true ]"],
    ["packages and builtins", "[ 21, 3, 'a/b', 'function' ]"],
    ["local files", "[ 3, true, 9 ]"],
    ["the library, from a local file", "'key task-1'"],
    ["dynamic import", "'X!'"],
    ["import.meta", "true"],
    ["perWorker", "3"],
    ["an imported function", "4"],
    ["a helper itself", "21"],
    ["twice removed", "[ 4, 7 ]"],
  ])("%s runs on a second worker", (name, value) => {
    expect(second.outcomes.get(name)).toMatchObject({ value });
  });

  it("keeps the client's positions through two workers", () => {
    const { stack } = second.outcomes.get("stack")!;
    const { firstLine } = rowsOf(host.file).find((row) => row.name === "stack")!;
    expect(stack!.split("\n")[1]).toBe(`    at file://${first.clientDir}/nested.mjs:${firstLine + 2}:11`);
  });
});
