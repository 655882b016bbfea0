/** docs/results.md keeps its word: its programs compile, run, and print what the text below them says. */
import { execFile } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { Folder, Program, run } from "./support/programs.js";

const ROOT = join(import.meta.dirname, "..");
const blocks = [
  ...readFileSync(join(ROOT, "docs/results.md"), "utf8").matchAll(/^```(\w+) ?(\w*)\n([\s\S]*?)^```$/gm),
].map(([, language, use, text], index) => ({ language, use, text: text!, name: `program${index}` }));
const compiled = blocks.filter(({ language }) => language === "ts");
const executed = compiled.filter(({ use }) => use === "");

it("shows programs that compile and print what it says", async () => {
  using folder = new Folder();
  expect(executed.length).toBeGreaterThan(3);
  for (const { name, text } of compiled) folder.write(`${name}.ts`, text);
  folder.write(
    "tsconfig.json",
    JSON.stringify({
      extends: join(ROOT, "tsconfig.base.json"),
      compilerOptions: {
        composite: false,
        declaration: false,
        declarationMap: false,
        rootDir: ".",
        outDir: "out",
        types: ["node"],
      },
      files: compiled.map(({ name }) => `${name}.ts`),
    }),
  );
  const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
  const result = await promisify(execFile)(process.execPath, [tsc, "-p", folder.path]).catch(
    (error: { stdout: string }) => error,
  );
  expect(result.stdout).toBe("");

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
