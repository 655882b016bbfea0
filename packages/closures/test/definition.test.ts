/** The bytes that definitions travel as. */
import { createHash } from "node:crypto";
import { expect, it } from "vitest";
import { DefinitionCorruptError } from "../src/index.js";
import { SourceMap } from "../src/scripts/source-map.js";
import { packDefinition, unpackDefinition } from "../src/wire/definition.js";

const head = { kind: "code", text: `() => ${"'täglich' + ".repeat(40)}''` };
const origin = { url: "file:///home/me/main.ts", line: 3, column: 4 };

it("a source text is the same after the journey, and shorter during it", () => {
  const { hash, identity, bytes } = packDefinition(head, [Buffer.from([1, 2, 3])], origin, []);
  expect(bytes.byteLength).toBeLessThan(JSON.stringify([head, origin]).length / 2);
  const arrived = unpackDefinition(hash, bytes);
  expect(arrived).toMatchObject({ hash, identity, head, origin });
  expect([...arrived.buffers]).toEqual([1, 2, 3]);
});

it("the identity of a text does not depend on where it stands", () => {
  const elsewhere = packDefinition(head, [], { ...origin, line: 70 }, []);
  const here = packDefinition(head, [], origin, []);
  expect(elsewhere.identity).toBe(here.identity);
  expect(elsewhere.hash).not.toBe(here.hash);
});

it.each([
  ["cut short", (bytes: Uint8Array) => bytes.subarray(0, bytes.byteLength - 20)],
  ["no deflated text at all", () => Buffer.from("\0\0\0\0function")],
])("bytes that are %s are refused, though they have their hash", (_, damage) => {
  const damaged = damage(packDefinition(head, [], origin, []).bytes);
  const hash = createHash("sha256").update(damaged).digest("hex");
  expect(() => unpackDefinition(hash, damaged)).toThrow(DefinitionCorruptError);
});

it("a slice of a source map knows the sources it speaks of, and no others", () => {
  // Two lines of code: the first from a.ts and b.ts, the second from b.ts.
  const json = JSON.stringify({ version: 3, names: [], sources: ["a.ts", "b.ts"], mappings: "AAAA,KCAA;AACA,KAEA" });
  const map = SourceMap.parse(json, "/src")!;
  const second = map.slice(1, 0, "b();\nc();", "/src/a.ts");
  expect(second.sources).toEqual(["/src/b.ts"]);
  expect(map.slice(1, 0, "b();", "/src/b.ts").sources).toBeUndefined();
  expect(map.slice(0, 0, "a(); b();", "/src/b.ts").sources).toEqual(["/src/a.ts", "/src/b.ts"]);
  for (const file of ["/src/a.ts", "/src/b.ts"])
    for (const column of [0, 5])
      expect(SourceMap.fromSlice(map.slice(1, 0, "b(), b();", file), 1, file).original(1, column)).toEqual(
        map.original(1, column),
      );
});
