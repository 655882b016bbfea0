/** docs/functions.md keeps its word: every piece of code in it compiles, runs, and prints what its comments and error texts say. */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { Folder, Program, run } from "./support/programs.js";

const ROOT = join(import.meta.dirname, "..");

interface Snippet {
  /** A file that later snippets import; otherwise a program. */
  readonly file: string | undefined;
  readonly code: string;
  readonly refused: string | undefined;
}

function snippets(): Snippet[] {
  const blocks = [
    ...readFileSync(join(ROOT, "docs/functions.md"), "utf8").matchAll(/^```(\w+) ?(\S*)\n([\s\S]*?)^```$/gm),
  ];
  return blocks.flatMap(([, language, file, code], index) => {
    if (language !== "ts") return [];
    const next = blocks[index + 1];
    const refused = next?.[1] === "text" ? next[3]!.trim() : undefined;
    return [{ file: file || undefined, code: code!, refused }];
  });
}

/** All programs of the page in one: their imports first, then each in a scope of its own, at its own first column. */
function assemble(programs: readonly Snippet[]): string {
  const imports = new Set(['import { Client, LocalCluster } from "heddle";']);
  const bodies = programs.map(({ code, refused }) => {
    const lines = code.split("\n");
    for (const line of lines) if (line.startsWith("import ")) imports.add(line);
    const body = lines.filter((line) => !line.startsWith("import ")).join("\n");
    if (refused === undefined) return `await (async () => {\n${body}\n})();`;
    return `await (async () => {\n${body}\n})().catch((error: Error) => console.log(error.message));`;
  });
  return [
    ...imports,
    "const cluster = new LocalCluster({ workers: 1, port: 0, dashboard: false, silenceLogs: true });",
    "const client = new Client(cluster);",
    ...bodies.map((body) => `console.log("----");\n${body}`),
    "await client.close();\nawait cluster.close();\nprocess.exit();",
  ].join("\n");
}

/** Lines and columns are those of the snippet in the page, and other ones here. */
const withoutPlaces = (text: string): string => text.replace(/\([^()\s]*:\d+:\d+\)/g, "(place)").trim();

/** What the comments behind console.log say is printed, and what the error text is. */
function expected({ code, refused }: Snippet): string {
  if (refused !== undefined) return withoutPlaces(refused);
  return [...code.matchAll(/console\.log\(.*\/\/ (.*)$/gm)].map((match) => match[1]!).join("\n");
}

it("shows programs that compile and do what it says", async () => {
  using folder = new Folder();
  const [files, programs] = [snippets().filter(({ file }) => file), snippets().filter(({ file }) => !file)];
  expect(programs.length).toBeGreaterThan(8);
  for (const { file, code } of files) folder.write(file!, code);
  folder.write("guide.ts", assemble(programs));
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
      files: ["guide.ts"],
    }),
  );
  const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
  const compiled = await promisify(execFile)(process.execPath, [tsc, "-p", folder.path]).catch(
    (error: { stdout: string }) => error,
  );
  expect(compiled.stdout).toBe("");

  await using program = new Program(["--no-warnings", "out/guide.js"], { cwd: folder.path });
  const { status, stdout, stderr } = await run(program);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  const printed = stdout.split("----\n").slice(1);
  expect(printed.map(withoutPlaces)).toEqual(programs.map(expected));
});
