/** Where Node's inspector is not allowed, functions go that can be understood without it; the others say why not. */
import { expect, it } from "vitest";
import { Reviver } from "../src/index.js";
import { runClient } from "./support/client-program.js";

const PERMISSION = [
  process.versions.node.startsWith("20.") ? "--experimental-permission" : "--permission",
  "--allow-fs-read=*",
  "--no-warnings",
];

interface Captured {
  readonly token: string;
  readonly definitions: readonly { readonly hash: string; readonly needs: readonly string[]; readonly bytes: string }[];
  readonly message?: string;
  readonly code?: string;
  readonly cause?: string;
}

const captured = await runClient<Record<string, Captured>>(
  {
    "main.mjs": `
      import { capture } from "@heddle/closures";
      import { heavy, Shape } from "./lib/tasks.mjs";
      import anonymous from "./lib/tasks.mjs";
      import { slow } from "./lib/awaits.mjs";
      import legacy from "./lib/legacy.cjs";
      import { readFile } from "node:fs/promises";
      const factor = 3;
      const base64 = ({ hash, needs, bytes }) => ({ hash, needs, bytes: Buffer.from(bytes).toString("base64") });
      const taken = (fn) => {
        try {
          const { token, definitions } = capture(fn);
          return { token, definitions: definitions.map(base64) };
        } catch ({ message, code, cause }) {
          return { message, code, cause: cause?.code };
        }
      };
      console.log(JSON.stringify({
        globals: taken((xs) => Math.max(...xs.map((x) => Number(x)))),
        exported: taken(heavy),
        class: taken(Shape),
        default: taken(anonymous),
        commonjs: taken(legacy.twice),
        builtin: taken(readFile),
        captures: taken((x) => x * factor + heavy(x)),
        receiver: taken((function () { return () => this; }).call(1)),
        awaits: taken(slow),
      }));`,
    "lib/tasks.mjs": `
      import { ten } from "./ten.mjs";
      export const heavy = (x) => x * ten;
      export class Shape { static sides = ten; area() { return ten; } }
      export default () => ten;`,
    "lib/ten.mjs": "export const ten = 10;",
    "lib/awaits.mjs": "const late = await 1; export const slow = () => late;",
    "lib/legacy.cjs": "const two = 2; exports.twice = (x) => x * two;",
  },
  { nodeArgs: PERMISSION },
);

async function revive<F>(name: string): Promise<F> {
  const { token, definitions, message } = captured[name]!;
  if (definitions === undefined) throw new Error(message);
  const reviver = new Reviver({ baseDir: process.cwd() });
  for (const { hash, bytes, needs } of definitions) reviver.define(hash, Buffer.from(bytes, "base64"), needs);
  return (await reviver.revive(token)) as F;
}

it("functions over globals alone are copied", async () => {
  expect((await revive<(xs: string[]) => number>("globals"))(["1", "20", "3"])).toBe(20);
});

it("exports of local files go by reference, of ES modules and CommonJS", async () => {
  expect((await revive<(x: number) => number>("exported"))(4)).toBe(40);
  expect((await revive<() => number>("default"))()).toBe(10);
  expect((await revive<{ sides: number }>("class")).sides).toBe(10);
  expect((await revive<(x: number) => number>("commonjs"))(4)).toBe(8);
  expect(typeof (await revive<unknown>("builtin"))).toBe("function");
});

it("what cannot be read is refused, with the names and the ways out", () => {
  expect(captured["captures"]).toMatchObject({
    code: "HEDDLE_FUNCTION_NOT_SERIALIZABLE",
    cause: "HEDDLE_INSPECTOR_UNAVAILABLE",
    message: expect.stringMatching(
      /it uses 'factor', 'heavy', and variables cannot be read here[^]*--allow-inspector[^]*export the function from a file that the main script imports/,
    ) as string,
  });
  expect(captured["receiver"]!.message).toMatch(/it uses 'this'/);
  // A namespace that is only had by waiting: told like any function whose variables are not known.
  expect(captured["awaits"]!.message).toMatch(/it uses 'late'/);
});
