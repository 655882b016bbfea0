/** docs/flows.md keeps its word: the code in it is one program that compiles, runs, and prints what its comments say. */
import { createServer } from "node:http";
import { once } from "node:events";
import { expect, it } from "vitest";
import { Folder, Program, run } from "./support/programs.js";
import { codeBlocks, compileSnippets, promisedLines } from "./support/snippets.js";

const snippets = codeBlocks("docs/flows.md")
  .filter(({ language }) => language === "ts")
  .map(({ text }) => text);

/** Each snippet goes on where the one before ended. */
function assemble(): string {
  const lines = snippets.flatMap((text) => [...text.split("\n"), 'console.log("----");']);
  const isImport = (line: string): boolean => line.startsWith("import ");
  return [
    ...lines.filter(isImport),
    ...lines.filter((line) => !isImport(line)),
    "const [good, missing] = process.argv.slice(2) as [string, string];",
    "console.log(await pages([good]));",
    "console.log(await pages([missing]).catch((error: Error) => error.message));",
  ].join("\n");
}

it("shows programs that compile and do what it says", async () => {
  expect(snippets.length).toBeGreaterThan(4);
  using folder = new Folder();
  folder.write("guide.ts", assemble());
  expect(await compileSnippets(folder, ["guide.ts"])).toBe("");

  const requests: string[] = [];
  const server = createServer(({ url }, response) => {
    requests.push(url!);
    const isLate = url === "/good" && requests.filter((each) => each === url).length > 1;
    response.writeHead(url === "/missing" ? 404 : isLate ? 200 : 503).end("a page");
  }).listen(0, "127.0.0.1");
  try {
    await once(server, "listening");
    const site = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
    await using program = new Program(["--no-warnings", "out/guide.js", `${site}/good`, `${site}/missing`], {
      cwd: folder.path,
    });
    const { status, stdout, stderr } = await run(program);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const printed = stdout.split("----\n").map((part) => part.trim());
    expect(printed).toEqual([...snippets.map(promisedLines), `[ 'a page' ]\n${site}/missing: 404`]);
    // Once more after 503, and not after what the condition says is hopeless.
    expect(requests).toEqual(["/good", "/good", "/missing"]);
  } finally {
    server.close();
  }
});
