import { execFile } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { promisify } from "node:util";
import { Reviver } from "../src/index.js";
import { runClient } from "./support/client-program.js";
import { temporaryDirectory } from "./support/corpus.js";

interface Sent {
  readonly token: string;
  readonly definitions: readonly { readonly hash: string; readonly needs: readonly string[]; readonly bytes: string }[];
}
interface Refused {
  readonly code: string;
  readonly message: string;
  readonly location?: string;
  readonly cause?: { readonly code: string; readonly packageName: string };
}

/** Packages as they are installed. */
const packages: Readonly<Record<string, string>> = {
  "node_modules/esm-only/package.json": JSON.stringify({
    ...{ name: "esm-only", version: "1.2.3", type: "module" },
    exports: { ".": "./main.js", "./deep": { import: "./deep/import.js", require: "./deep/require.cjs" } },
  }),
  "node_modules/esm-only/main.js": `export const kind = "esm"; export { default as url } from "./url.js";`,
  "node_modules/esm-only/url.js": `export default import.meta.url;`,
  "node_modules/esm-only/deep/import.js": `export default "deep, imported";`,
  "node_modules/esm-only/deep/require.cjs": `module.exports = "deep, required";`,
  "node_modules/@scope/tool/package.json": JSON.stringify({ name: "@scope/tool", version: "0.1.0", main: "lib" }),
  "node_modules/@scope/tool/lib/index.js": `exports.tool = () => "scoped";`,
  // Two versions of "leaf": the outer one for the program, the inner one for "tree".
  "node_modules/leaf/package.json": JSON.stringify({ name: "leaf", version: "2.0.0" }),
  "node_modules/leaf/index.js": `module.exports = { version: 2, made: Math.random() };`,
  "node_modules/tree/package.json": JSON.stringify({
    ...{ name: "tree", version: "1.0.0", dependencies: { leaf: "^1.0.0", "@scope/tool": "*", twig: "*" } },
  }),
  "node_modules/tree/index.js": `
    const { tool } = require("@scope/tool");
    exports.describe = () => [require("leaf").version, require("twig").leaf().version, tool()];`,
  "node_modules/tree/node_modules/leaf/package.json": JSON.stringify({ name: "leaf", version: "1.0.0" }),
  "node_modules/tree/node_modules/leaf/index.js": `module.exports = { version: 1 };`,
  // "twig" and "tree" need each other.
  "node_modules/twig/package.json": JSON.stringify({
    ...{ name: "twig", version: "1.0.0", dependencies: { leaf: "2", tree: "1" } },
  }),
  "node_modules/twig/index.js": `
    exports.leaf = () => require("leaf");
    exports.trees = () => typeof require("tree").describe;`,
  "node_modules/metal/package.json": JSON.stringify({ name: "metal", version: "3.0.0" }),
  "node_modules/metal/index.js": `module.exports = "never run on a worker";`,
  "node_modules/metal/build/Release/metal.node": "",
  "node_modules/plating/package.json": JSON.stringify({
    ...{ name: "plating", version: "1.0.0", dependencies: { metal: "3" } },
  }),
  "node_modules/plating/index.js": `module.exports = require("metal");`,
  "node_modules/light/package.json": JSON.stringify({
    ...{ name: "light", version: "1.0.0", peerDependencies: { metal: "3" } },
    peerDependenciesMeta: { metal: { optional: true } },
  }),
  "node_modules/light/index.js": `try { require("metal"); module.exports = "with"; } catch { module.exports = "without"; }`,
};

/** Captures each function with the packages it names, in a program of its own. */
function capturedElsewhere(
  imports: string,
  functions: Readonly<Record<string, string>>,
  ship: string,
  files: Readonly<Record<string, string>> = {},
): Promise<Record<string, Sent & Refused>> {
  const captures = Object.entries(functions).map(([name, text]) => `${JSON.stringify(name)}: taken(${text})`);
  return runClient({
    ...packages,
    ...files,
    "main.mjs": `
      import { capture, withShipping, Shipping } from "@heddle/closures";
      ${imports}
      const base64 = ({ hash, needs, bytes }) => ({ hash, needs, bytes: Buffer.from(bytes).toString("base64") });
      const taken = (fn) => {
        try {
          const { token, definitions } = withShipping(Shipping.of(${ship}), () => capture(fn));
          return { token, definitions: definitions.map(base64) };
        } catch ({ code, message, location, cause }) {
          return { code, message, location, cause: { code: cause?.code, packageName: cause?.packageName } };
        }
      };
      console.log(JSON.stringify({ ${captures.join(", ")} }));`,
  });
}

const parent = temporaryDirectory("shipped");
afterAll(() => fs.rmSync(parent, { recursive: true, force: true }));
const run = promisify(execFile);
let next = 0;

/** Runs functions in a process whose directory holds nothing; what each of them gave. */
async function onEmptyWorker(
  functions: Readonly<Record<string, Sent>>,
  packagesDir?: string,
): Promise<Record<string, Outcome>> {
  const cwd = path.join(parent, `worker-${next++}`);
  fs.mkdirSync(cwd);
  const input = path.join(cwd, "sent.json");
  fs.writeFileSync(input, JSON.stringify({ functions, packagesDir }));
  const program = path.resolve(import.meta.dirname, "fixtures/empty-worker.mjs");
  const env = { ...process.env, NODE_OPTIONS: "", TMPDIR: cwd };
  const { stdout } = await run(process.execPath, [program, input], { cwd, env });
  return JSON.parse(stdout) as Record<string, Outcome>;
}

interface Outcome {
  readonly value?: unknown;
  readonly code?: string;
  readonly message?: string;
}

describe("packages that travel", () => {
  it("work on a worker that has nothing installed", async () => {
    const sent = await capturedElsewhere(
      `import { kind, url } from "esm-only";
       import deep from "esm-only/deep";
       import { createRequire } from "node:module";
       import { tool } from "@scope/tool";
       import tree from "tree";
       import { trees } from "twig";
       import light from "light";
       const require = createRequire(import.meta.url);
       const required = require("esm-only/deep");`,
      {
        esm: `() => [kind, url]`,
        subpath: `() => [deep, required]`,
        scoped: `() => tool()`,
        nested: `() => tree.describe()`,
        cycle: `() => trees()`,
        dynamic: `async () => (await import("@scope/tool")).tool()`,
        optional: `() => light`,
      },
      "true",
    );
    expect(await onEmptyWorker(sent)).toEqual({
      esm: { value: ["esm", expect.stringMatching(/worker-\d+.*node_modules\/esm-only\/url\.js$/)] },
      subpath: { value: ["deep, imported", "deep, required"] },
      scoped: { value: "scoped" },
      nested: { value: [1, 2, "scoped"] },
      cycle: { value: "function" },
      dynamic: { value: "scoped" },
      optional: { value: "without" },
    });
  });

  it("are one instance for all functions that use them, whichever package leads there", async () => {
    const sent = await capturedElsewhere(
      `import leaf from "leaf"; import { leaf as grown } from "twig";`,
      { direct: `() => leaf.made`, through: `() => grown().made` },
      `["leaf", "twig"]`,
    );
    const { direct, through } = await onEmptyWorker(sent);
    expect(direct).toEqual({ value: expect.any(Number) as number });
    expect(through).toEqual(direct);
  });

  it("come with local files that import them", async () => {
    const sent = await capturedElsewhere(`import { both } from "./lib/both.mjs";`, { file: `() => both()` }, "true", {
      "lib/both.mjs": `import tree from "tree"; import { leaf } from "./leaf.cjs"; export const both = () => [...tree.describe(), leaf];`,
      "lib/leaf.cjs": `exports.leaf = require("leaf").version;`,
    });
    expect(await onEmptyWorker(sent)).toEqual({ file: { value: [1, 2, "scoped", 2] } });
  });

  it("share their directory between workers, which may come at once", async () => {
    const sent = await capturedElsewhere(`import tree from "tree";`, { nested: `() => tree.describe()` }, "true");
    const packagesDir = path.join(parent, "shared");
    const workers = await Promise.all([1, 2, 3].map(() => onEmptyWorker(sent, packagesDir)));
    for (const outcomes of workers) expect(outcomes).toEqual({ nested: { value: [1, 2, "scoped"] } });
    // Who gave it removes it.
    expect(fs.existsSync(packagesDir)).toBe(true);
  });

  it("give the same token in every run, and another where the package differs", async () => {
    const capture = (files?: Record<string, string>): Promise<Record<string, Sent>> =>
      capturedElsewhere(`import leaf from "leaf";`, { leaf: `() => leaf.version` }, `["leaf"]`, files);
    const [first, again, patched] = await Promise.all([
      capture(),
      capture(),
      capture({ "node_modules/leaf/index.js": `module.exports = { version: "2 patched" };` }),
    ]);
    expect(again["leaf"]!.token).toBe(first["leaf"]!.token);
    expect(patched["leaf"]!.token).not.toBe(first["leaf"]!.token);
    // Two clients with different versions do not get in each other's way.
    expect(await onEmptyWorker({ first: first["leaf"]!, patched: patched["leaf"]! })).toEqual({
      first: { value: 2 },
      patched: { value: "2 patched" },
    });
  });

  it("are refused when they have native parts, with the way out", async () => {
    const { direct, below, left } = await capturedElsewhere(
      `import metal from "metal"; import plating from "plating"; import { tool } from "@scope/tool";`,
      { direct: `() => metal`, below: `() => plating`, left: `() => tool()` },
      "true",
    );
    expect(direct).toMatchObject({
      code: "HEDDLE_FUNCTION_NOT_SERIALIZABLE",
      cause: { code: "HEDDLE_PACKAGE_NOT_SHIPPABLE", packageName: "metal" },
      location: expect.stringMatching(/main\.mjs:\d+:\d+$/) as string,
      message: expect.stringMatching(
        /it uses 'metal'[^]*package 'metal' cannot be sent to workers: it has a native part \(build\/Release\/metal\.node\)[^]*install it on the workers, and leave 'metal' out of shipPackages/,
      ) as string,
    });
    expect(below!.message).toMatch(/package 'metal', which 'plating' depends on, cannot be sent/);
    expect(left!.code).toBeUndefined();
  });

  it("are refused when they are too large", async () => {
    const { large } = await capturedElsewhere(`import leaf from "leaf";`, { large: `() => leaf` }, "true", {
      "node_modules/leaf/data.bin": "x".repeat(33 * 2 ** 20),
    });
    expect(large!.message).toMatch(/package 'leaf' cannot be sent to workers: it takes more than 32\.0 MB/);
  });

  it("do not travel unasked, and the worker says what is missing and what to do", async () => {
    const sent = await capturedElsewhere(
      `import leaf from "leaf"; import { tool } from "@scope/tool";`,
      { some: `() => [leaf.version, tool()]` },
      `["leaf"]`,
    );
    expect(await onEmptyWorker(sent)).toEqual({
      some: {
        code: "HEDDLE_PACKAGE_NOT_INSTALLED",
        specifier: "@scope/tool",
        clientVersion: "0.1.0",
        message: expect.stringMatching(/looked from .*worker-\d+.*shipPackages/) as string,
      },
    });
  });

  it("are recognised when what arrives is not what was sent", async () => {
    const sent = await capturedElsewhere(`import leaf from "leaf";`, { leaf: `() => leaf.version` }, `["leaf"]`);
    const { hash, bytes, needs } = sent["leaf"]!.definitions[0]!;
    const damaged = Buffer.from(bytes, "base64");
    damaged[damaged.length - 1]! ^= 1;
    const reviver = new Reviver({ baseDir: parent });
    expect(() => reviver.define(hash, damaged, needs)).toThrow(
      expect.objectContaining({ code: "HEDDLE_DEFINITION_CORRUPT" }) as Error,
    );
  });
});
