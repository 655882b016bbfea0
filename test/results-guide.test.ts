/** docs/results.md keeps its word: its programs compile, run, and print what the text below them says. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { Folder, Program, run } from "./support/programs.js";
import { codeBlocks, compileSnippets } from "./support/snippets.js";

const blocks = codeBlocks("docs/results.md").map((block, index) => ({ ...block, name: `program${index}` }));
const compiled = blocks.filter(({ language }) => language === "ts");
const executed = compiled.filter(({ label }) => label === "");

it("shows programs that compile and print what it says", async () => {
  using folder = new Folder();
  expect(executed.length).toBeGreaterThan(3);
  for (const { name, text } of compiled) folder.write(`${name}.ts`, text);
  const files = compiled.map(({ name }) => `${name}.ts`);
  expect(await compileSnippets(folder, files)).toBe("");

  for (const program of executed) {
    // Each in a folder of its own, where its results go.
    const cwd = join(folder.path, "out", `at-${program.name}`);
    mkdirSync(cwd);
    await using running = new Program([join(folder.path, "out", `${program.name}.js`)], { cwd });
    const { status, stdout, stderr } = await run(running);
    expect({ name: program.name, status, stderr }).toEqual({ name: program.name, status: 0, stderr: "" });
    expect(stdout).toBe(blocks[blocks.indexOf(program) + 1]!.text);
  }
});
