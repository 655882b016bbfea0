/** docs/errors.md lists every code there is, and none that there is not. */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { CATALOGUE, environmentName } from "@heddle/protocol";

const ROOT = join(import.meta.dirname, "..");

function sources(): string[] {
  return readdirSync(join(ROOT, "packages")).flatMap((name) =>
    readdirSync(join(ROOT, "packages", name, "src"), { recursive: true, encoding: "utf8" })
      .filter((file) => /\.[cm]?tsx?$/.test(file))
      .map((file) => readFileSync(join(ROOT, "packages", name, "src", file), "utf8")),
  );
}

const texts = sources();
const variables = new Set([...Object.keys(CATALOGUE).map(environmentName), "HEDDLE_HOME", "HEDDLE_CONFIG"]);
const matches = (pattern: RegExp) => texts.flatMap((text) => [...text.matchAll(pattern)].map((match) => match[1]!));
const thrown = new Set(matches(/["'`](HEDDLE_[A-Z0-9_]+)["'`]/g).filter((code) => !variables.has(code)));
/** Beginnings of codes that are put together. */
const prefixes = matches(/`(HEDDLE_[A-Z0-9_]+_)\$\{/g);

const documentation = readFileSync(join(ROOT, "docs", "errors.md"), "utf8");
const rows = [...documentation.matchAll(/^\| `(HEDDLE_[A-Z0-9_]+)` +\| ([^|]+) \|/gm)];
const documented = rows.map((row) => row[1]!);

it("finds what it is about", () => {
  expect(thrown.size).toBeGreaterThan(50);
  expect(thrown).toContain("HEDDLE_PORT_IN_USE");
});

it("documents every code once", () => {
  expect([...thrown].filter((code) => !documented.includes(code))).toEqual([]);
  expect(documented.filter((code, index) => documented.indexOf(code) !== index)).toEqual([]);
});

it("documents no code that is gone", () => {
  const known = (code: string): boolean => thrown.has(code) || prefixes.some((prefix) => code.startsWith(prefix));
  expect(documented.filter((code) => !known(code))).toEqual([]);
});

it("names classes that exist", () => {
  const classes = new Set(matches(/class (\w+) extends/g));
  const named = rows.map((row) => row[2]!.trim()).filter((name) => /^\w+(Error|Request)$/.test(name));
  expect(named.length).toBeGreaterThan(40);
  expect(named.filter((name) => name !== "HeddleError" && !classes.has(name))).toEqual([]);
});
