/** docs/functions.md keeps its word: every piece of code in it compiles, runs, and prints what its comments and error texts say. */
import { expect, it } from "vitest";
import { Folder, Program, run } from "./support/programs.js";
import { codeBlocks, compileSnippets, promisedLines } from "./support/snippets.js";

interface Snippet {
  /** A file that later snippets import; otherwise a program. */
  readonly file: string | undefined;
  readonly code: string;
  readonly refused: string | undefined;
}

function snippets(): Snippet[] {
  const blocks = codeBlocks("docs/functions.md");
  return blocks.flatMap(({ language, label, text }, index) => {
    if (language !== "ts") return [];
    const next = blocks[index + 1];
    const refused = next?.language === "text" ? next.text.trim() : undefined;
    return [{ file: label || undefined, code: text, refused }];
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
  return promisedLines(code);
}

it("shows programs that compile and do what it says", async () => {
  using folder = new Folder();
  const [files, programs] = [snippets().filter(({ file }) => file), snippets().filter(({ file }) => !file)];
  expect(programs.length).toBeGreaterThan(8);
  for (const { file, code } of files) folder.write(file!, code);
  folder.write("guide.ts", assemble(programs));
  expect(await compileSnippets(folder, ["guide.ts"])).toBe("");

  await using program = new Program(["--no-warnings", "out/guide.js"], { cwd: folder.path });
  const { status, stdout, stderr } = await run(program);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  const printed = stdout.split("----\n").slice(1);
  expect(printed.map(withoutPlaces)).toEqual(programs.map(expected));
});
