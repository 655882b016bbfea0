/** A thread that runs ever new functions lets go of those that nobody will name again. */
import { getHeapSnapshot } from "node:v8";
import { expect, it } from "vitest";
import { capture, Reviver } from "../src/index.js";
import { packDefinition, type PackedDefinition } from "../src/wire/definition.js";
import type { CodeHead, FunctionHead } from "../src/wire/heads.js";

/** A plain collection leaves V8's cache of compiled scripts alone, which goes when memory is short, and before a snapshot. */
const collect = (): void => void getHeapSnapshot().destroy();

/** A function of its own text that returns `value`, at a place of its own. */
function made(value: number): readonly PackedDefinition[] {
  const code: CodeHead = {
    ...{ kind: "code", text: `() => offset + ${value}`, form: "expression", functionKind: "arrow" },
    ...{ params: ["offset"], strict: true },
  };
  const packedCode = packDefinition(code, [], { url: `file:///made/${value}.js`, line: 0, column: 0 }, []);
  const head: FunctionHead = {
    ...{ kind: "function", root: { ref: 0 }, modules: [], codes: [packedCode.identity] },
    nodes: [{ t: "function", code: 0, caps: [1] }],
  };
  return [packedCode, packDefinition(head, [], undefined, [packedCode.hash])];
}

function run(reviver: Reviver, definitions: readonly PackedDefinition[]): unknown {
  for (const { hash, bytes, needs } of definitions) reviver.define(hash, bytes, needs);
  return (reviver.revive(definitions.at(-1)!.hash) as () => number)();
}

it("20,000 functions, each of its own text, leave nothing behind", () => {
  const reviver = new Reviver({ baseDir: process.cwd() });
  const heapAfter = (from: number, to: number): number => {
    for (let value = from; value < to; value++) {
      const definitions = made(value);
      expect(run(reviver, definitions)).toBe(value + 1);
      reviver.forget(definitions.map(({ hash }) => hash));
    }
    collect();
    return process.memoryUsage().heapUsed;
  };
  const before = heapAfter(0, 1_000);
  // Kept, each would take more than a kilobyte.
  expect(heapAfter(1_000, 20_000) - before).toBeLessThan(4 * 2 ** 20);
});

it("what was forgotten can come again, and what is in use stays", () => {
  const reviver = new Reviver({ baseDir: process.cwd() });
  const definitions = made(41);
  expect(run(reviver, definitions)).toBe(42);
  const kept = reviver.revive(definitions[1]!.hash) as () => number;
  reviver.forget(definitions.map(({ hash }) => hash));
  expect(reviver.has(definitions[0]!.hash)).toBe(false);
  expect(kept()).toBe(42);
  expect(() => reviver.revive(definitions[1]!.hash)).toThrow(/has not reached this process/);
  expect(run(reviver, definitions)).toBe(42);
});

it("of two functions with one text at two places, one stays when the other is forgotten", () => {
  const reviver = new Reviver({ baseDir: process.cwd() });
  const twin = [() => 7, () => 7].map((fn) => capture(fn).definitions as readonly PackedDefinition[]);
  const [first, second] = twin as [readonly PackedDefinition[], readonly PackedDefinition[]];
  expect(second[0]!.hash).not.toBe(first[0]!.hash);
  expect(second[1]!.hash).toBe(first[1]!.hash);
  for (const { hash, bytes, needs } of [...first, ...second]) reviver.define(hash, bytes, needs);
  reviver.forget([second[0]!.hash]);
  expect((reviver.revive(first[1]!.hash) as () => number)()).toBe(7);
});
