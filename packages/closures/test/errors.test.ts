import net from "node:net";
import { describe, expect, it } from "vitest";
import {
  CAPTURE_HOOK,
  capture,
  DefinitionCorruptError,
  DefinitionMissingError,
  FunctionNotSerializableError,
  Reviver,
} from "../src/index.js";
import { runClient } from "./support/client-program.js";
import { reviveElsewhere, type CaseResult } from "./support/corpus.js";

function refusalOf(fn: () => unknown): FunctionNotSerializableError {
  try {
    capture(fn);
  } catch (error) {
    if (error instanceof FunctionNotSerializableError) return error;
    throw error;
  }
  throw new Error("it was captured");
}

describe("a refused capture", () => {
  it("says what, where, why and what to do", () => {
    const handles = { deep: { socket: new net.Socket() } };
    const open = () => handles.deep.socket.destroyed;
    const error = refusalOf(open);
    expect(error.message).toMatchInlineSnapshot(`
      "cannot send function 'open' (packages/closures/test/errors.test.ts:27:11) to a worker:
        it uses 'handles.deep.socket'
          which is a Socket (an object of Node's net module, tied to this process)
        hint: create it inside the task, or in a file that you import"
    `);
    expect(error).toMatchObject({
      code: "HEDDLE_FUNCTION_NOT_SERIALIZABLE",
      functionName: "open",
      path: "handles.deep.socket",
    });
    expect(error.location).toMatch(/errors\.test\.ts:\d+:\d+$/);
  });

  it("names the chain of helpers", () => {
    const pending = new Map([["job", Promise.resolve()]]);
    const inner = () => pending.size;
    const outer = () => inner();
    const error = refusalOf(() => outer());
    expect(error.path).toBe('outer -> inner -> pending.get("job")');
    expect(error.functionName).toBe("anonymous");
  });

  it("names a static field, and who uses the class", () => {
    class Holder {
      static readonly socket = new net.Socket();
    }
    const make = () => new Holder();
    expect(refusalOf(() => make())).toMatchObject({ path: "make -> Holder.socket", functionName: "anonymous" });
  });

  it("asks objects that know better", () => {
    const client = {
      [CAPTURE_HOOK]: () => ({ reason: "which is a Client", hint: "call getClient() inside the task" }),
    };
    const future = { [CAPTURE_HOOK]: () => "which is a Future; pass it as an argument" };
    expect(refusalOf(() => client)).toMatchObject({
      reason: "which is a Client",
      hint: "call getClient() inside the task",
    });
    expect(refusalOf(() => [future]).reason).toBe("which is a Future; pass it as an argument");
  });
});

describe("reviving", () => {
  it("refuses bytes that do not have their hash", () => {
    const { definitions } = capture(() => 1);
    const reviver = new Reviver({ baseDir: process.cwd() });
    const { hash, bytes } = definitions[0]!;
    const damaged = Uint8Array.from(bytes);
    damaged[20]! ^= 1;
    expect(() => reviver.define(hash, damaged)).toThrow(DefinitionCorruptError);
    expect(() => reviver.define(hash, bytes.subarray(0, 5))).toThrow(DefinitionCorruptError);
    expect(reviver.has(hash)).toBe(false);
  });

  it("says when a definition has not arrived", () => {
    const { token, definitions } = capture(() => 1);
    const reviver = new Reviver({ baseDir: process.cwd() });
    expect(() => reviver.revive(token)).toThrow(DefinitionMissingError);
    reviver.define(token, definitions.at(-1)!.bytes);
    expect(() => reviver.revive(token)).toThrow(DefinitionMissingError);
    for (const { hash, bytes } of definitions) reviver.define(hash, bytes);
    expect(reviver.revive(token)).toBeInstanceOf(Function);
    expect(reviver.revive(token)).toBe(reviver.revive(token));
  });

  it("names a package that the worker does not have, the client's version and who imports it", async () => {
    const captured = await runClient<CaseResult[]>({
      "main.mjs": `
        import { capture } from "@heddle/closures";
        import ms from "ms";
        import { nanoid } from "nanoid";
        import { viaFile } from "./via.mjs";
        const encode = ({ token, definitions }, name) => ({ name, token, callArgs: [], definitions: definitions.map((d) => ({ ...d, bytes: Buffer.from(d.bytes).toString("base64") })) });
        console.log(JSON.stringify([
          encode(capture(() => ms("1s")), "CommonJS"),
          encode(capture(() => nanoid()), "ESM"),
          encode(capture(() => viaFile()), "through a file"),
        ]));`,
      "via.mjs": `import { nanoid } from "nanoid";\nexport const viaFile = () => nanoid();`,
    });
    const { outcomes } = await reviveElsewhere(captured, { without: ["ms", "nanoid"] });
    expect(outcomes.get("CommonJS")!.failed).toMatch(
      /package 'ms' \(the client has 2\.\d+\.\d+\) is not installed on this worker \(looked from \//,
    );
    expect(outcomes.get("ESM")!.failed).toMatch(
      /package 'nanoid' \(the client has 3\.\d+\.\d+\) is not installed on this worker/,
    );
    expect(outcomes.get("through a file")!.failed).toMatch(
      /package 'nanoid' \(the client has 3\.\d+\.\d+\), imported by .*via\.mjs, is not installed/,
    );
  });
});

describe("a file that cannot travel", () => {
  it.each([
    [
      "imports the main script",
      { "lib.mjs": `import { x } from "./main.mjs";\nexport const f = () => x;` },
      /imports the main script/,
    ],
    [
      "imports what does not exist",
      { "lib.mjs": `export const f = () => import("./gone.mjs");` },
      /imports "\.\/gone\.mjs", which does not exist/,
    ],
  ])("%s", async (_name, files, message) => {
    const main = `
      import { capture } from "@heddle/closures";
      import { f } from "./lib.mjs";
      export const x = 1;
      try { capture(() => f()); console.log("{}"); } catch (e) { console.log(JSON.stringify({ code: e.code, path: e.path, message: e.message, location: e.location })); }`;
    const error = await runClient<{ code: string; path: string; message: string; location: string }>({
      "main.mjs": main,
      ...files,
    });
    expect(error).toMatchObject({ code: "HEDDLE_FUNCTION_NOT_SERIALIZABLE", path: "f", location: "main.mjs:5:21" });
    expect(error.message).toMatch(message);
  });
});

describe("warnings", () => {
  it("come once per place for large captures and for assignments", async () => {
    const warnings = await runClient<[string, string][]>({
      "main.mjs": `
        import { capture } from "@heddle/closures";
        const seen = [];
        process.on("warning", (w) => seen.push([w.name, w.message]));
        const big = new Uint8Array(3 * 2 ** 20);
        let counter = 0;
        const fn = () => { counter++; return big.length; };
        capture(fn); capture(fn);
        setImmediate(() => console.log(JSON.stringify(seen)));`,
    });
    expect(warnings).toEqual([
      ["HeddleCaptureWarning", "a task assigns the captured variable 'counter': the change stays on the worker"],
      [
        "HeddleCaptureWarning",
        expect.stringMatching(/^the captured variable 'big' is 3\.0 MB and is copied with the function; scatter it/),
      ],
    ]);
  });
});

describe("before a declaration has run", () => {
  it("refuses a variable that is not initialised yet", async () => {
    const error = await runClient<{ path: string; reason: string }>({
      "main.mjs": `
        import { capture } from "@heddle/closures";
        try { capture(() => later); } catch (e) { console.log(JSON.stringify({ path: e.path, reason: e.reason })); }
        const later = 1;`,
    });
    expect(error).toEqual({ path: "later", reason: expect.stringMatching(/^which is not initialised yet/) as string });
  });
});

describe("before a declaration inside a function has run", () => {
  it("refuses the variable", () => {
    const captureEarly = () => {
      const error = refusalOf(() => later);
      const later = 1;
      expect(later).toBe(1);
      return error;
    };
    expect(captureEarly()).toMatchObject({
      path: "later",
      reason: expect.stringMatching(/^which is not initialised yet/) as string,
    });
  });

  it("sends a variable that is undefined and may be", () => {
    const captureLate = (value?: number) => {
      const known = value;
      for (const item of [undefined, 1]) {
        const inner = item;
        expect(capture(() => [known, inner]).token).toHaveLength(64);
      }
      const later = 1;
      return capture(() => [later, value]);
    };
    expect(captureLate().token).toHaveLength(64);
  });

  it("refuses it in the second round of a loop, too", () => {
    let refusals = 0;
    for (let round = 0; round < 2; round++) {
      if (refusalOf(() => later).path === "later") refusals++;
      const later = round;
      expect(later).toBe(round);
    }
    expect(refusals).toBe(2);
  });
});

describe("where the inspector is not allowed", () => {
  it("sends functions that take nothing from around them, and names the variables of others", async () => {
    const permission = Number(process.versions.node.split(".")[0]) < 23 ? "--experimental-permission" : "--permission";
    const [plain, refused] = await runClient<[string, { code: string; reason: string }]>(
      {
        "main.mjs": `
          import { capture } from "@heddle/closures";
          const factor = 2;
          const results = [capture((x) => Math.sqrt(x)).token];
          try { capture((x) => x * factor); } catch (e) { results.push({ code: e.code, reason: e.reason }); }
          console.log(JSON.stringify(results));`,
      },
      { nodeArgs: [permission, "--allow-fs-read=*", "--no-warnings"] },
    );
    expect(plain).toMatch(/^[0-9a-f]{64}$/);
    expect(refused.code).toBe("HEDDLE_FUNCTION_NOT_SERIALIZABLE");
    expect(refused.reason).toMatch(/^it uses 'factor', and variables cannot be read here/);
  });
});
