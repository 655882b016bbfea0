import { expect, test } from "vitest";
import { DefinitionTable } from "../../src/core/definitions.js";

const record = (hash: string, needs: string[] = []): { hash: string; bytes: Uint8Array; needs: string[] } => ({
  hash,
  bytes: new Uint8Array(1),
  needs,
});

test("a definition lives while a client may name it, a task runs it or another refers to it", () => {
  const table = new DefinitionTable();
  const builtins = table.size;
  table.add(record("code"), 1);
  table.add(record("f", ["code"]), 1);
  table.add(record("g", ["code"]), 2);
  const f = table.get("f")!;
  f.chunks++;
  table.forget(["f", "code"], 1);
  expect(table.get("f")).toBe(f);
  table.release(f);
  expect(table.get("f")).toBeUndefined();
  expect(table.get("code")).toBeDefined();
  table.forgetClient(2);
  expect(table.size).toBe(builtins);
  expect(table.get("builtin:identity")).toBeDefined();
});

test("what is dropped is told once, with the parts that nothing else refers to", () => {
  const dropped: string[][] = [];
  const table = new DefinitionTable((definitions) => dropped.push(definitions.map(({ hash }) => hash)));
  table.add(record("code"), 1);
  table.add(record("f", ["code"]), 1);
  table.add(record("g", ["code"]), 1);
  table.forget(["code", "f"], 1);
  expect(dropped).toEqual([["f"]]);
  const g = table.get("g")!;
  g.chunks++;
  table.forgetClient(1);
  expect(dropped).toEqual([["f"]]);
  table.release(g);
  expect(dropped).toEqual([["f"], ["g", "code"]]);
});
