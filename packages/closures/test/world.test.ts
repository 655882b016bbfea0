import fs from "node:fs";
import path from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { Reviver } from "../src/index.js";
import { runClient } from "./support/client-program.js";
import { temporaryDirectory } from "./support/corpus.js";

interface Sent {
  readonly token: string;
  readonly definitions: readonly { readonly hash: string; readonly bytes: string }[];
}

/** Captured by another process: this one must not find the files to be its own. */
const capturedElsewhere = (): Promise<Sent> =>
  runClient({
    "main.mjs": `
      import { capture } from "@heddle/closures";
      import { next } from "./state.mjs";
      const { token, definitions } = capture(() => next());
      console.log(JSON.stringify({ token, definitions: definitions.map((d) => ({ hash: d.hash, bytes: Buffer.from(d.bytes).toString("base64") })) }));`,
    "state.mjs": `let count = 0;\nexport const next = () => ++count;`,
  });

async function revive(reviver: Reviver, { token, definitions }: Sent): Promise<() => number> {
  for (const { hash, bytes } of definitions) reviver.define(hash, Buffer.from(bytes, "base64"));
  return (await reviver.revive(token)) as () => number;
}

describe("the directory for clients' files", () => {
  const parent = temporaryDirectory("world");
  afterEach(() => fs.rmSync(parent, { recursive: true, force: true }));

  it("is made when the first file arrives and removed at the end", async () => {
    const worldDir = path.join(parent, "a", "world");
    const reviver = new Reviver({ baseDir: process.cwd(), worldDir });
    expect(fs.existsSync(worldDir)).toBe(false);
    const fn = await revive(reviver, await capturedElsewhere());
    expect([fn(), fn()]).toEqual([1, 2]);
    expect(fs.existsSync(worldDir)).toBe(true);
    await reviver.dispose();
    expect(fs.existsSync(worldDir)).toBe(false);
    expect(fn()).toBe(3);
  });

  it("may be shared, and belongs to the one that made it", async () => {
    const worldDir = path.join(parent, "shared");
    const [first, second] = [1, 2].map(() => new Reviver({ baseDir: process.cwd(), worldDir })) as [Reviver, Reviver];
    const sent = await capturedElsewhere();
    const [one, two] = [await revive(first, sent), await revive(second, sent)];
    // One thread, one module: its state is common to both.
    expect([one(), two(), one()]).toEqual([1, 2, 3]);
    await second.dispose();
    expect(fs.existsSync(worldDir)).toBe(true);
    await first.dispose();
    expect(fs.existsSync(worldDir)).toBe(false);
  });
});
