/** Packages that travel with functions, to workers in directories where nothing is installed. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Client, LocalCluster } from "heddle";
import { Folder, Program, run, script } from "./support/programs.js";

const HEDDLE = join(import.meta.dirname, "..", "packages", "heddle", "bin", "heddle.js");
const directory = mkdtempSync(join(tmpdir(), "heddle-nothing-installed-"));
let cluster: LocalCluster;
const workers: Program[] = [];

beforeAll(async () => {
  cluster = new LocalCluster({ workers: 0, port: 0, dashboard: false, silenceLogs: true });
  await cluster.ready;
  for (const name of ["anna", "bert"])
    workers.push(
      new Program([HEDDLE, "worker", cluster.address, "--name", name, "--threads", "2", "--no-nanny"], {
        cwd: directory,
        env: { HEDDLE_TOKEN: cluster.token, HEDDLE_HOME: directory },
      }),
    );
  await using client = new Client(cluster);
  await client.waitForWorkers(2, { timeout: "30s" });
});
afterAll(async () => {
  for (const worker of workers) await worker[Symbol.asyncDispose]();
  await cluster.close();
  rmSync(directory, { recursive: true, force: true });
});

/** What a program prints that has two packages installed. */
async function printed(body: string): Promise<unknown> {
  using folder = new Folder();
  const install = (file: string, text: string): void => {
    const target = join(folder.path, "node_modules", file);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, text);
  };
  install("@scope/escape/package.json", `{ "name": "@scope/escape", "version": "1.0.0", "main": "escape.cjs" }`);
  install("@scope/escape/escape.cjs", `exports.escape = (text) => text.replaceAll("<", "&lt;");`);
  install(
    "markup/package.json",
    `{ "name": "markup", "version": "2.0.0", "type": "module", "exports": "./markup.js", "dependencies": { "@scope/escape": "1" } }`,
  );
  install(
    "markup/markup.js",
    `import { escape } from "@scope/escape"; export class Bold { constructor(text) { this.text = escape(text); } }`,
  );
  await using program = script(
    folder,
    `import { Client, delayed, getClient } from "heddle";
     import { escape } from "@scope/escape";
     import { Bold } from "markup";
     const address = "${cluster.address}", token = "${cluster.token}";
     ${body}`,
  );
  const { stdout, stderr } = await run(program);
  if (stdout === "") throw new Error(stderr);
  return JSON.parse(stdout);
}

it("go with tasks, arguments, results and graphs of a client that was made so", async () => {
  const values = await printed(`
    const client = new Client(address, { token, shipPackages: true });
    const apply = (fn, text) => fn(text);
    const bold = await client.submit((text) => new Bold(text), "<").result();
    console.log(JSON.stringify([
      await client.submit((text) => new Bold(text).text, "<a>").result(),
      bold instanceof Bold && bold.text,
      await client.submit(apply, (text) => escape(text), "<b>").result(),
      await client.submit((bold) => bold instanceof Bold, bold).result(),
      await client.gather(client.map((text) => escape(text), ["<", "-"])),
      await delayed((text) => escape(text))("<c>").compute(),
      Object.values(await client.run(() => escape("<d>"))),
      await client.submit((fn) => fn("<e>"), await client.scatter((text) => escape(text))).result(),
    ]));
    await client.close();`);
  expect(values).toEqual(["&lt;a>", "&lt;", "&lt;b>", true, ["&lt;", "-"], "&lt;c>", ["&lt;d>", "&lt;d>"], "&lt;e>"]);
});

it("go on with what tasks submit in turn", async () => {
  const value = await printed(`
    const client = new Client(address, { token, shipPackages: ["markup", "@scope/escape"] });
    const nested = client.with({ workers: "anna" }).submit(async () => {
      const inner = getClient().with({ workers: "bert" });
      return inner.submit((text) => [escape(text), new Bold(text).text], "<b>").result();
    });
    console.log(JSON.stringify(await nested.result()));
    await client.close();`);
  expect(value).toEqual(["&lt;b>", "&lt;b>"]);
});

it("go with single tasks where these ask for it, and nowhere else", async () => {
  const outcomes = await printed(`
    const client = new Client(address, { token });
    const task = (text) => escape(text);
    const outcome = (future) => future.result().catch(({ code, message }) => ({ code, message }));
    const outcomes = [
      await outcome(client.submit(task, "<")),
      await outcome(client.with({ shipPackages: true }).submit(task, "<")),
      await outcome(client.with({ shipPackages: ["markup"] }).submit(task, "<")),
      await outcome(client.with({ shipPackages: ["markup"] }).submit((text) => new Bold(text).text, "<")),
    ];
    try { client.with({ shipPackages: "markup" }) } catch ({ code, message }) { outcomes.push({ code, message }) }
    console.log(JSON.stringify(outcomes));
    await client.close();`);
  const missing = {
    code: "HEDDLE_PACKAGE_NOT_INSTALLED",
    message: expect.stringMatching(/'@scope\/escape' \(the client has 1\.0\.0\).*shipPackages/) as string,
  };
  expect(outcomes).toEqual([
    missing,
    "&lt;",
    missing,
    "&lt;",
    { code: "HEDDLE_INVALID_OPTION", message: expect.stringContaining("shipPackages must be") as string },
  ]);
});
