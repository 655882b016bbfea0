/** The code in a page of the documentation: read out of it, and compiled as a user's would be. */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Folder } from "./programs.js";

const ROOT = join(import.meta.dirname, "..", "..");

export interface CodeBlock {
  /** `ts` of "```ts name". */
  readonly language: string;
  /** What stands behind the language; "" for nothing. */
  readonly label: string;
  readonly text: string;
}

/** All code blocks of a page, in order. @param page - "docs/flows.md" */
export function codeBlocks(page: string): readonly CodeBlock[] {
  const found = readFileSync(join(ROOT, page), "utf8").matchAll(/^```(\w+) ?(\S*)\n([\s\S]*?)^```$/gm);
  return [...found].map(([, language, label, text]) => ({ language: language!, label: label!, text: text! }));
}

/**
 * Compiles the files of a folder, and what they import, into its folder `out`.
 *
 * @returns what the compiler has to say; "" when it is content
 */
export async function compileSnippets(folder: Folder, files: readonly string[]): Promise<string> {
  folder.write(
    "tsconfig.json",
    JSON.stringify({
      extends: join(ROOT, "tsconfig.base.json"),
      compilerOptions: {
        composite: false,
        declaration: false,
        declarationMap: false,
        rootDir: ".",
        outDir: "out",
        types: ["node"],
      },
      files,
    }),
  );
  const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
  const { stdout } = await promisify(execFile)(process.execPath, [tsc, "-p", folder.path]).catch(
    (error: { stdout: string }) => error,
  );
  return stdout;
}

/** What the comments behind `console.log` say is printed. */
export function promisedLines(code: string): string {
  return [...code.matchAll(/console\.log\(.*\/\/ (.*)$/gm)].map((match) => match[1]!).join("\n");
}
