import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, it } from "vitest";
import { capture } from "../src/index.js";
import { checkCase } from "./support/check.js";
import {
  byName,
  makeClientDir,
  reviveElsewhere,
  rowsOf,
  type CaseResult,
  type CorpusRun,
  type Host,
} from "./support/corpus.js";

describe.each(["cases.mjs", "cases.ts"] as const)("functions captured inside vitest: %s", (file: Host["file"]) => {
  const clientDir = makeClientDir({ lib: "./lib/*.ts" });
  let run: CorpusRun;
  beforeAll(async () => {
    const load = (name: string): Promise<unknown> =>
      import(/* @vite-ignore */ pathToFileURL(path.join(clientDir, name)).href);
    const { cases } = (await load(file)) as { cases: readonly unknown[] };
    const { captureCases } = (await load("capture-cases.mjs")) as {
      captureCases: (cases: readonly unknown[], by: typeof capture) => Promise<CaseResult[]>;
    };
    const results = JSON.parse(JSON.stringify(await captureCases(cases, capture))) as CaseResult[];
    fs.rmSync(clientDir, { recursive: true, force: true });
    run = { clientDir, captured: byName(results), ...(await reviveElsewhere(results)) };
  });
  afterAll(() => fs.rmSync(clientDir, { recursive: true, force: true }));

  it.each(rowsOf(file))("$name", (row) => {
    checkCase(run, row, { file });
  });
});
