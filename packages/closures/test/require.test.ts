/** `require` inside CommonJS functions, revived where the client's files are not. */
import { expect, it } from "vitest";
import { capture, Reviver } from "../src/index.js";
import { runClient } from "./support/client-program.js";

interface Sent {
  readonly tokens: Readonly<Record<string, string>>;
  readonly definitions: readonly { readonly hash: string; readonly bytes: string; readonly needs: readonly string[] }[];
}

const PROGRAM = `
  const { capture } = require("@heddle/closures");
  const { createRequire } = require("node:module");
  const elsewhere = createRequire(__dirname + "/lib/any.js");
  const helper = () => require("./local.cjs").name;
  const functions = {
    local: () => require("./local.cjs").greet("you"),
    json: () => require("./data").value,
    viaHelper: () => [helper(), require("./lib/deep.cjs").deep],
    madeElsewhere: () => elsewhere("./deep.cjs").deep,
    once: () => (require("./local.cjs").count(), require("./local.cjs").count()),
    nested: () => () => require("./local.cjs").name,
    branch: (load) => (load ? require("./throws.cjs") : "not loaded"),
    builtin: () => require("node:path").basename("/a/b"),
    optional: () => { try { return require("no-such-package"); } catch (error) { return error.code; } },
    shadowed: () => { const require = (name) => name; return require("./local.cjs"); },
    computed: (name) => require("./" + name),
    missing: () => require("./gone.cjs"),
  };
  const captured = Object.entries(functions).map(([name, fn]) => [name, capture(fn)]);
  console.log(JSON.stringify({
    tokens: Object.fromEntries(captured.map(([name, { token }]) => [name, token])),
    definitions: captured.flatMap(([, { definitions }]) =>
      definitions.map(({ hash, bytes, needs }) => ({ hash, needs, bytes: Buffer.from(bytes).toString("base64") }))),
  }));`;

it("means the client's files, each loaded once and only when it is asked for", async () => {
  const { tokens, definitions } = await runClient<Sent>(
    {
      "main.cjs": PROGRAM,
      "local.cjs": `const { deep } = require("./lib/deep.cjs"); let n = 0;
        module.exports = { name: "local", greet: (who) => deep + " " + who, count: () => ++n };`,
      "lib/deep.cjs": `exports.deep = "deep";`,
      "data.json": `{ "value": 7 }`,
      "throws.cjs": `throw new Error("evaluated");`,
    },
    { main: "main.cjs" },
  );
  // The client's directory is gone by now.
  const reviver = new Reviver({ baseDir: process.cwd() });
  for (const { hash, bytes, needs } of definitions) reviver.define(hash, Buffer.from(bytes, "base64"), needs);
  const revive = async (name: string) => (await reviver.revive(tokens[name]!)) as (...args: unknown[]) => unknown;
  try {
    expect((await revive("local"))()).toBe("deep you");
    expect((await revive("json"))()).toBe(7);
    expect((await revive("viaHelper"))()).toEqual(["local", "deep"]);
    expect((await revive("madeElsewhere"))()).toBe("deep");
    expect((await revive("once"))()).toBe(2);
    const branch = await revive("branch");
    expect(branch(false)).toBe("not loaded");
    expect(() => branch(true)).toThrow("evaluated");
    expect((await revive("builtin"))()).toBe("b");
    expect((await revive("optional"))()).toBe("MODULE_NOT_FOUND");
    expect((await revive("shadowed"))()).toBe("./local.cjs");

    const inner = (await revive("nested"))() as () => unknown;
    const again = capture(inner);
    const other = new Reviver({ baseDir: process.cwd() });
    for (const { hash, bytes, needs } of again.definitions) other.define(hash, bytes, needs);
    expect(((await other.revive(again.token)) as () => unknown)()).toBe("local");
    await other.dispose();

    const computed = await revive("computed");
    expect(() => computed("local.cjs")).toThrow(
      expect.objectContaining({
        code: "HEDDLE_REQUIRED_FILE_NOT_SENT",
        specifier: "./local.cjs",
        message: expect.stringMatching(/^require\("\.\/local\.cjs"\) at \S*main\.cjs:17:25 names a file/) as string,
      }),
    );
    const missing = await revive("missing");
    expect(() => missing()).toThrow(expect.objectContaining({ code: "HEDDLE_REQUIRED_FILE_NOT_SENT" }));
  } finally {
    await reviver.dispose();
  }
});

it("and import() means them too, each loaded when it is asked for, which may be never", async () => {
  const { tokens, definitions } = await runClient<Sent>({
    "main.mjs": `
      import { capture } from "@heddle/closures";
      const functions = {
        local: async () => (await import("./local.mjs")).name,
        branch: async (load) => (load ? await import("./throws.mjs") : "not loaded"),
        optional: async () => { try { return await import("no-such-package"); } catch (error) { return error.code; } },
        ofHeddle: async () => typeof (await import("./heddle.mjs")).capture,
      };
      const captured = Object.entries(functions).map(([name, fn]) => [name, capture(fn)]);
      console.log(JSON.stringify({
        tokens: Object.fromEntries(captured.map(([name, { token }]) => [name, token])),
        definitions: captured.flatMap(([, { definitions }]) =>
          definitions.map(({ hash, bytes, needs }) => ({ hash, needs, bytes: Buffer.from(bytes).toString("base64") }))),
      }));`,
    "local.mjs": `export const name = "local";`,
    "throws.mjs": `throw new Error("evaluated");`,
    "heddle.mjs": `export { capture } from "@heddle/closures";`,
  });
  const reviver = new Reviver({
    baseDir: process.cwd(),
    self: { "@heddle/closures": () => import("../src/index.js") },
  });
  for (const { hash, bytes, needs } of definitions) reviver.define(hash, Buffer.from(bytes, "base64"), needs);
  const revive = async (name: string) => (await reviver.revive(tokens[name]!)) as (...args: unknown[]) => unknown;
  try {
    expect(await (await revive("local"))()).toBe("local");
    const branch = await revive("branch");
    expect(await branch(false)).toBe("not loaded");
    await expect(branch(true)).rejects.toThrow("evaluated");
    expect(await (await revive("optional"))()).toBe("HEDDLE_PACKAGE_NOT_INSTALLED");
    expect(await (await revive("ofHeddle"))()).toBe("function");
    const again = capture(branch);
    const other = new Reviver({ baseDir: process.cwd() });
    for (const { hash, bytes, needs } of again.definitions) other.define(hash, bytes, needs);
    expect(await ((await other.revive(again.token)) as typeof branch)(false)).toBe("not loaded");
    await other.dispose();
  } finally {
    await reviver.dispose();
  }
});
