import type * as Esbuild from "esbuild";
import { createRequire } from "node:module";
import path from "node:path";
import { ModuleNotPortableError } from "../errors.js";
import { compilerSettings } from "./tsconfig.js";

export interface Transpiled {
  readonly text: string;
  /** Source map as JSON text. */
  readonly map: string;
}

const SYNTAX_BEYOND_JAVASCRIPT = /\.(?:[cm]?ts|tsx|jsx)$/;

export function needsTranspiling(file: string): boolean {
  return SYNTAX_BEYOND_JAVASCRIPT.test(file);
}

/**
 * Turns a TypeScript or JSX file into JavaScript for the oldest Node that workers may run, by the settings of its own
 * tsconfig.json. esbuild starts at the first such file; JavaScript never pays for it.
 */
export function transpile(file: string, source: string, format: "esm" | "cjs"): Transpiled {
  const settings = compilerSettings(file)?.raw;
  const loader = file.endsWith("x") ? (file.endsWith(".tsx") ? "tsx" : "jsx") : "ts";
  try {
    const { code, map } = esbuild(file).transformSync(source, {
      loader,
      format,
      sourcefile: file,
      sourcemap: "external",
      sourcesContent: false,
      target: "node20",
      platform: "node",
      keepNames: true,
      ...(settings !== undefined && { tsconfigRaw: settings }),
    });
    return { text: code, map };
  } catch (cause) {
    if (cause instanceof ModuleNotPortableError) throw cause;
    const reason = cause instanceof Error ? (cause.message.split("\n")[1] ?? cause.message) : String(cause);
    throw new ModuleNotPortableError(file, `it does not compile (${reason.trim()})`, "correct it", { cause });
  }
}

let loaded: typeof Esbuild | undefined;

function esbuild(file: string): typeof Esbuild {
  try {
    return (loaded ??= createRequire(import.meta.url)("esbuild") as typeof Esbuild);
  } catch (cause) {
    throw new ModuleNotPortableError(
      file,
      `${path.extname(file)} files are compiled with esbuild, which is not installed here`,
      "run `npm install esbuild`, or submit from compiled JavaScript",
      { cause },
    );
  }
}
