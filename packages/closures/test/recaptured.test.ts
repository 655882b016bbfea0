/** Functions captured where they were revived, and classes captured more than once. */
import vm from "node:vm";
import { afterEach, expect, it, vi } from "vitest";
import { capture, Reviver } from "../src/index.js";
import { runClient } from "./support/client-program.js";

const reviver = new Reviver({ baseDir: process.cwd() });

async function sent<F extends (...args: never[]) => unknown>(fn: F): Promise<F> {
  const { token, definitions } = capture(fn);
  for (const { hash, bytes, needs } of definitions) reviver.define(hash, bytes, needs);
  return (await reviver.revive(token)) as unknown as F;
}

const globals = globalThis as { setting?: { value: number } };
afterEach(() => void delete globals.setting);

it("a global that is not standard goes on with functions that tasks submit in turn", async () => {
  globals.setting = { value: 1 };
  const outer = await sent(() => {
    (globalThis as { setting?: { value: number } }).setting!.value += 1;
    return () => (globalThis as { setting?: { value: number } }).setting!.value;
  });
  const inner = outer();
  const again = await sent(inner);
  globals.setting = { value: 100 };
  expect(inner()).toBe(2);
  expect(again()).toBe(2);
});

it("a class whose static fields have changed since it was sent is worth a warning", async () => {
  const warned = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
  class Counter {
    static step = 1;
    next = (n: number): number => n + Counter.step;
  }
  const make = () => new Counter();
  await sent(make);
  await sent(make);
  expect(warned).not.toHaveBeenCalled();
  Counter.step = 2;
  expect((await sent(make))().next(1)).toBe(3);
  expect(warned.mock.calls).toEqual([
    [
      expect.stringMatching(
        /^a static field of class Counter, or a class that it extends or uses, has changed since it was sent: .* two classes/,
      ),
      { type: "HeddleCaptureWarning", code: "HEDDLE_CAPTURE_CLASS_CHANGED" },
    ],
  ]);
  warned.mockRestore();
});

it.each([
  ["a class", (type: object) => Object.freeze(type), /^class Point was frozen after it was sent: .* two classes Point/],
  ["a class", (type: object) => Object.seal(type), /^class Point was sealed after it was sent/],
  [
    "the prototype of a class",
    ({ prototype }: { prototype: object }) => Object.preventExtensions(prototype),
    /^the prototype of class Point was closed to new properties after it was sent/,
  ],
] as const)("that %s was closed since it was sent is said as what it is", async (_, close, message) => {
  const warned = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
  // A script for each, which V8 takes for the same if it has the same text: a warning comes once per place.
  const text = `(class Point { static origin = 0; x = 1; }) // ${String(message)}`;
  const Point = vm.runInThisContext(text) as new () => { x: number };
  const make = () => new Point();
  await sent(make);
  close(Point);
  expect((await sent(make))().x).toBe(1);
  expect(warned.mock.calls).toEqual([
    [expect.stringMatching(message), { type: "HeddleCaptureWarning", code: "HEDDLE_CAPTURE_CLASS_CHANGED" }],
  ]);
  warned.mockRestore();
});

it("modules that CommonJS requires are the modules they are, in TypeScript too", async () => {
  const { local, definitions, tokens } = await runClient<{
    readonly local: unknown;
    readonly tokens: Readonly<Record<string, string>>;
    readonly definitions: readonly { readonly hash: string; readonly bytes: string }[];
  }>(
    {
      "main.cjs": `
        const { capture } = require("@heddle/closures");
        const esm = require("./typed.mts");
        const { both } = require("./helper.cjs");
        const functions = { direct: () => [esm.kind, esm.default()], helper: () => both() };
        const captured = Object.entries(functions).map(([name, fn]) => [name, capture(fn)]);
        console.log(JSON.stringify({
          local: Object.values(functions).map((fn) => fn()),
          tokens: Object.fromEntries(captured.map(([name, { token }]) => [name, token])),
          definitions: captured.flatMap(([, { definitions }]) =>
            definitions.map(({ hash, bytes }) => ({ hash, bytes: Buffer.from(bytes).toString("base64") }))),
        }));`,
      "typed.mts": `export const kind: string = "typed"; export default (): string => kind;`,
      "helper.cjs": `const { kind } = require("./typed.mts"); exports.both = () => [kind, require("./typed.mts").default()];`,
    },
    { main: "main.cjs", nodeArgs: ["--import", "tsx"] },
  );
  expect(local).toEqual([
    ["typed", "typed"],
    ["typed", "typed"],
  ]);
  for (const { hash, bytes } of definitions) reviver.define(hash, Buffer.from(bytes, "base64"));
  for (const name of ["direct", "helper"])
    expect(((await reviver.revive(tokens[name]!)) as () => unknown)()).toEqual(["typed", "typed"]);
});
