import { createPathsMatcher, getTsconfig } from "get-tsconfig";
import path from "node:path";

interface CompilerSettings {
  /** What esbuild takes as `tsconfigRaw`. */
  readonly raw: { readonly compilerOptions: Record<string, unknown> };
  /** Candidate paths for a specifier, from `paths` and `baseUrl`. */
  readonly matchPaths: ((specifier: string) => string[]) | undefined;
}

const byDirectory = new Map<string, CompilerSettings | null>();

/** The tsconfig.json that governs a file, if any. */
export function compilerSettings(file: string): CompilerSettings | undefined {
  const directory = path.dirname(file);
  let settings = byDirectory.get(directory);
  if (settings === undefined) {
    settings = read(directory);
    byDirectory.set(directory, settings);
  }
  return settings ?? undefined;
}

function read(directory: string): CompilerSettings | null {
  try {
    const found = getTsconfig(directory);
    if (found === null) return null;
    const compilerOptions = { ...found.config.compilerOptions } as Record<string, unknown>;
    return { raw: { compilerOptions }, matchPaths: createPathsMatcher(found) ?? undefined };
  } catch {
    // A tsconfig that cannot be read also stops the user's own tools, which say so better.
    return null;
  }
}
