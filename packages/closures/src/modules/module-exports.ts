import fs from "node:fs";
import { createRequire } from "node:module";
import { types } from "node:util";
import { entryFile } from "./main-script.js";
import { isInNodeModules } from "./packages.js";
import { resolveSpecifier } from "./resolve.js";
import { sitesOfModule } from "./specifiers.js";

interface ModuleExport {
  readonly file: string;
  readonly name: string;
}

/** What each local ES module exports that has been looked at, by identity. */
const exported = new Map<unknown, ModuleExport>();
const looked = new Set<string>();

/**
 * The local ES module that exports a function, where V8 cannot be asked which file it stands in. Node lists no ES modules, but those
 * that the main script imports by statements, and those that these import, have been evaluated by the time it runs; `require` of
 * such a module gives its namespace at once. (Not of one with a top-level await: its exports are not found.)
 */
export function moduleExport(fn: unknown): ModuleExport | undefined {
  const known = exported.get(fn);
  if (known !== undefined) return known;
  const entry = entryFile();
  if (entry !== null) look(entry, new Set());
  return exported.get(fn);
}

function look(file: string, visited: Set<string>): void {
  if (visited.has(file) || isInNodeModules(file)) return;
  visited.add(file);
  for (const specifier of importedBy(file)) {
    const target = resolveSpecifier(specifier, file);
    if (target.kind !== "file") continue;
    note(target.file);
    look(target.file, visited);
  }
}

const imports = new Map<string, readonly string[]>();

function importedBy(file: string): readonly string[] {
  let found = imports.get(file);
  if (found === undefined) {
    try {
      const { specifiers } = sitesOfModule(fs.readFileSync(file, "utf8"));
      found = specifiers.filter(({ isStatement }) => isStatement).map(({ specifier }) => specifier);
    } catch {
      found = []; // TypeScript, JSX, or unreadable: what it imports stays unknown, and is refused as such.
    }
    imports.set(file, found);
  }
  return found;
}

function note(file: string): void {
  if (looked.has(file) || file.endsWith(".json")) return;
  let namespace: unknown;
  try {
    namespace = createRequire(file)(file);
  } catch {
    return; // It awaits at its top level, or is being evaluated at this moment.
  }
  looked.add(file);
  if (!types.isModuleNamespaceObject(namespace)) return;
  for (const [name, value] of Object.entries<unknown>(namespace as Record<string, unknown>))
    if (typeof value === "function" && !exported.has(value)) exported.set(value, { file, name });
}
