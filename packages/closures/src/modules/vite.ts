import fs from "node:fs";
import path from "node:path";

/** The root directory of the vitest project this process works for, if it is a vitest worker. */
export function viteRoot(): string | undefined {
  return (globalThis as { __vitest_worker__?: { config?: { root?: string } } }).__vitest_worker__?.config?.root;
}

/** Vite writes module ids relative to its root ("/src/a.ts") or as "/@fs/absolute/path". */
export function resolveViteSpecifier(specifier: string): string {
  if (specifier.startsWith("/@fs/")) return specifier.slice("/@fs".length);
  if (!specifier.startsWith("/")) return specifier;
  const plain = specifier.replace(/[?#].*$/, "");
  if (fs.existsSync(plain)) return plain;
  const underRoot = path.join(viteRoot() ?? process.cwd(), plain);
  return fs.existsSync(underRoot) ? underRoot : specifier;
}
