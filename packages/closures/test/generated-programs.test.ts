import { inspect } from "node:util";
import vm from "node:vm";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { capture, FunctionNotSerializableError, Reviver } from "../src/index.js";
import { ProgramGenerator } from "./support/program-generator.js";

type Program = (x: number) => unknown;

/** Programs per script: V8 lists all scripts whenever a new one is met, so one script each would take minutes. */
const BATCH = 250;
const PROGRAMS = Number(process.env["HEDDLE_PROGRAMS"] ?? 1_000);

const probe = new vm.Script("globalThis.heddleProbe()");

/** Whether a program ends soon: names that shadow each other make some call themselves for ever. */
function endsSoon(make: () => Program): boolean {
  (globalThis as { heddleProbe?: () => void }).heddleProbe = () => {
    const value = make()(3);
    if (value instanceof Promise) value.catch(() => undefined);
    if (Symbol.asyncIterator in Object(value)) (value as AsyncGenerator).next().catch(() => undefined);
    if (typeof (value as Generator)?.next === "function" && Symbol.iterator in (value as object))
      for (const _ of value as Generator);
  };
  try {
    probe.runInThisContext({ timeout: 200 });
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ERR_SCRIPT_EXECUTION_TIMEOUT";
  } finally {
    delete (globalThis as { heddleProbe?: () => void }).heddleProbe;
  }
}

async function outcome(run: () => unknown): Promise<string> {
  try {
    let value = await run();
    if (typeof (value as AsyncIterable<unknown>)?.[Symbol.asyncIterator] === "function") {
      const items: unknown[] = [];
      for await (const item of value as AsyncIterable<unknown>) items.push(item);
      value = items;
    } else if (typeof (value as Generator)?.next === "function") value = [...(value as Generator)];
    return inspect(value, { depth: 10 });
  } catch (error) {
    return `thrown: ${String(error)}`;
  }
}

/** Compares programs here and there, and says how many of them travelled. */
async function comparePrograms(programs: readonly string[], strict: boolean, firstSeed = 0): Promise<number> {
  const reviver = new Reviver({ baseDir: process.cwd() });
  const sources = programs.map((program) => `() => ${program}`);
  const script = `${strict ? '"use strict";' : ""}[${sources.join(",\n")}]`;
  const makers = vm.runInThisContext(script, { filename: `programs-${firstSeed}.js` }) as (() => Program)[];
  let travelled = 0;
  for (const [index, make] of makers.entries()) {
    if (!endsSoon(make)) continue;
    const label = `program ${firstSeed + index}:\n${sources[index]}`;
    let fn: Program;
    try {
      fn = make();
    } catch {
      continue; // A program that does not even start says nothing about travelling.
    }
    try {
      const { token, definitions } = capture(fn);
      for (const { hash, bytes } of definitions) reviver.define(hash, bytes);
      const there = (await reviver.revive(token)) as Program;
      // Local runs come second: they may change what was captured.
      const remote = await outcome(() => there(3));
      expect(remote, label).toBe(await outcome(() => fn(3)));
      travelled++;
    } catch (error) {
      if (!(error instanceof FunctionNotSerializableError)) throw error;
      // The one thing the generator writes that may be refused: closures whose scopes cannot be told apart.
      expect(error.reason, label).toMatch(/share and assign/);
    }
  }
  return travelled;
}

describe("generated programs", () => {
  beforeAll(() => {
    vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
  });
  afterAll(() => {
    vi.restoreAllMocks();
  });

  it.each(Array.from({ length: Math.ceil(PROGRAMS / BATCH) }, (_, batch) => batch))(
    "give on a worker what they give here (batch %i)",
    async (batch) => {
      const first = batch * BATCH;
      const programs = Array.from({ length: BATCH }, (_, index) => new ProgramGenerator(first + index).program());
      expect(await comparePrograms(programs, batch % 2 === 0, first)).toBeGreaterThan(BATCH / 2);
    },
  );

  it.each([
    [
      "a class inside a function uses super",
      "(() => { class A { v() { return 1; } } return () => { class B extends A { v() { return super.v() + 1; } } return new B().v(); }; })()",
      true,
    ],
    [
      "a function in a block is hidden by a let around it",
      "(() => { let f = 1; { function f() {} } return () => f; })()",
      false,
    ],
    [
      "a function in a block is hidden by a let around it, inside the function",
      "(() => { const f = 1; return () => { let f = 2; { function f() {} } return f; }; })()",
      false,
    ],
    [
      "a static field's initialiser changes something",
      "(() => { const o = { v: 0 }; class A { static s = ++o.v; value() { return o.v; } } return () => [A.s, new A().value()]; })()",
      true,
    ],
    ["a variable is named undefined", "((undefined) => () => [undefined])(1)", false],
    [
      "a class makes its own child",
      "(() => { class A { make() { return new B(); } } class B extends A { v() { return 1; } } return () => new A().make().v(); })()",
      true,
    ],
  ])("once failed: %s", async (_what, program, strict) => {
    expect(await comparePrograms([program], strict)).toBe(1);
  });
});
