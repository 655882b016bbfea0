import { readFileSync, readdirSync } from "node:fs";
import { expect, it } from "vitest";
import { HEDDLE_VERSION } from "../src/version.js";

it("is that of every package", () => {
  const packages = new URL("../../", import.meta.url);
  for (const name of readdirSync(packages)) {
    const { version } = JSON.parse(readFileSync(new URL(`${name}/package.json`, packages), "utf8")) as {
      version: string;
    };
    expect({ name, version }).toEqual({ name, version: HEDDLE_VERSION });
  }
});
