import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { capture } from "../src/index.js";
import { runClient } from "./support/client-program.js";

const program = (padding: string, factor: number): string => `
import { capture } from "@heddle/closures";
import ms from "ms";
import { scaled } from "./scale.mjs";
${padding}
const factor = ${factor};
class Point { constructor(x) { this.x = x; } }
const table = new Map([["a", new Point(1)]]);
console.log(JSON.stringify([
  capture((x) => x * factor).token,
  capture(() => [table.get("a"), ms("1s")]).token,
  capture((x) => scaled(x)).token,
]));`;
const scale = `import { offset } from "./offset.mjs";
export const scaled = (x) => x + offset;`;
const offsetFile = (offset: number): string => `export const offset = ${offset};`;
const tokensOf = (padding: string, factor: number, offset: number): Promise<string[]> =>
  runClient({ "main.mjs": program(padding, factor), "scale.mjs": scale, "offset.mjs": offsetFile(offset) });

describe("tokens", () => {
  it("are the same in two runs, in other directories and on other lines", async () => {
    const [first, second] = await Promise.all([tokensOf("", 3, 1), tokensOf("// moved\n\n  ", 3, 1)]);
    expect(second).toEqual(first);
    expect(new Set(first).size).toBe(3);
  });

  it("differ when a captured value differs", async () => {
    const [first, second] = await Promise.all([tokensOf("", 3, 1), tokensOf("", 4, 1)]);
    expect(second[0]).not.toBe(first[0]);
    expect(second.slice(1)).toEqual(first.slice(1));
  });

  it("differ when a file that an imported file imports differs", async () => {
    const [first, second] = await Promise.all([tokensOf("", 3, 1), tokensOf("", 3, 2)]);
    expect(second[2]).not.toBe(first[2]);
    expect(second.slice(0, 2)).toEqual(first.slice(0, 2));
  });

  it("are the hash of the root definition, which is the last", () => {
    const factor = 2;
    const { token, definitions } = capture((x: number) => x * factor);
    expect(definitions.at(-1)!.hash).toBe(token);
    for (const { hash, bytes } of definitions) expect(createHash("sha256").update(bytes).digest("hex")).toBe(hash);
    expect(definitions.at(-1)!.needs).toEqual(definitions.slice(0, -1).map(({ hash }) => hash));
  });

  it("share the code of closures made by one function", () => {
    const make = (k: number) => (x: number) => x * k;
    const [one, two] = [capture(make(1)), capture(make(2))];
    expect(one.token).not.toBe(two.token);
    expect(one.definitions[0]).toBe(two.definitions[0]);
    expect(two.definitions.at(-1)!.bytes.byteLength).toBeLessThan(300);
  });
});
