import type { FreeVariable } from "../analysis/free-variables.js";
import { commonJsExport, builtinExport } from "../modules/live-exports.js";
import type { ScopeSnapshot } from "../inspect/function-internals.js";
import type { ImportSource } from "../scripts/import-forms.js";
import { STANDARD_GLOBALS } from "../standard-globals.js";
import type { Encoder } from "./encoder.js";
import type { FunctionCode } from "./function-code.js";
import { beforeDeclaration, beforeNestedDeclaration } from "./initialisation.js";

/** What a free variable of a function stands for. */
export type ResolvedVariable = {
  readonly name: string;
} & (
  | { readonly kind: "import"; readonly source: ImportSource; readonly value: unknown }
  | { readonly kind: "value"; readonly value: unknown; readonly scope: ScopeSnapshot; readonly isTopLevel: boolean }
  | { readonly kind: "global"; readonly value: unknown }
  /** The global object itself, where the function reads things from it that are not standard. */
  | { readonly kind: "globalObject"; readonly members: Readonly<Record<string, unknown>> }
  /** vitest's stand-ins for `import.meta` and `import()`. */
  | { readonly kind: "meta" }
  | { readonly kind: "dynamicImport" }
);

const VITE_DYNAMIC_IMPORT = /^__(?:vite_ssr|vi)_dynamic_import__$/;
const VITE_META = /^__(?:vite_ssr|vi)_import_meta__$/;

/**
 * Looks a name up as the function would, innermost scope first. Undefined for standard globals and for names that nobody
 * declared: those are left to the worker (a `typeof` guard or a ReferenceError, as here).
 */
export function resolveVariable(
  encoder: Encoder,
  name: string,
  use: FreeVariable,
  code: FunctionCode,
  scopes: readonly ScopeSnapshot[],
): ResolvedVariable | undefined {
  for (let index = 0; index < scopes.length; index++) {
    const scope = scopes[index]!;
    if (scope.kind === "Global") break;
    if (!Object.hasOwn(scope.variables, name)) continue;
    if (VITE_DYNAMIC_IMPORT.test(name)) return { kind: "dynamicImport", name };
    if (VITE_META.test(name)) return { kind: "meta", name };
    const isTopLevel = isModuleScope(scopes, index, code.script.table.isVite);
    const source = isTopLevel ? topLevelImport(name, code) : nestedImport(encoder, name, code, scope);
    if (source !== undefined) return { kind: "import", name, source, value: readQuietly(scope.variables, name) };
    if (isTopLevel && name === "module")
      throw encoder.refuse("it uses 'module', the CommonJS module object", "export the function from a file");
    const value =
      isTopLevel && name === "exports" ? usedExports(encoder, scope, use) : readVariable(encoder, name, scope);
    if (value === undefined && isUninitialised(name, code, isTopLevel)) throw uninitialised(encoder, name);
    return { kind: "value", name, value, scope, isTopLevel };
  }
  return globalVariable(name, use, scopes.at(-1));
}

function isUninitialised(name: string, { script, offset }: FunctionCode, isTopLevel: boolean): boolean {
  return isTopLevel ? beforeDeclaration(name, script) : beforeNestedDeclaration(name, script, offset);
}

function isModuleScope(scopes: readonly ScopeSnapshot[], index: number, isVite: boolean): boolean {
  const { kind } = scopes[index]!;
  if (kind === "Module" || kind === "Script") return true;
  if (scopes[index + 1]?.kind === "Global") return true;
  // vitest's wrapper has a block inside its function, which has a scope of its own only when its parameters are captured.
  if (!isVite || kind !== "Block" || scopes[index + 2]?.kind !== "Global") return false;
  return scopes[index + 1]!.kind.startsWith("Closure");
}

function topLevelImport(name: string, { script }: FunctionCode): ImportSource | undefined {
  const source = script.table.imports.get(name);
  if (source === undefined) return undefined;
  return source.constant || !script.table.reassigned.has(name) ? source : undefined;
}

/** `const { x } = await import("y")` in a function around this one. */
function nestedImport(
  encoder: Encoder,
  name: string,
  { script, offset }: FunctionCode,
  scope: ScopeSnapshot,
): ImportSource | undefined {
  if (script.table.reassigned.has(name)) return undefined;
  const around = script.table.nestedImports.filter(
    (nested) => nested.name === name && offset >= nested.within[0] && offset < nested.within[1],
  );
  const innermost = Math.max(...around.map((nested) => nested.within[0]));
  const candidates = around.filter((nested) => nested.within[0] === innermost);
  if (new Set(candidates.map(({ source }) => source.specifier)).size <= 1) return candidates[0]?.source;
  // Two branches of one function import different modules under one name: the value decides, where it can.
  const value = readVariable(encoder, name, scope);
  const known =
    value !== null &&
    (typeof value === "object" || typeof value === "function") &&
    (builtinExport(value) ?? commonJsExport(value));
  if (known) return undefined;
  const specifiers = candidates.map(({ source }) => source.specifier).join(", ");
  encoder.trail.steps.push({ kind: "variable", name });
  throw encoder.refuse(
    `which is imported from several places under the same name (${specifiers})`,
    "use different variable names",
  );
}

function readVariable(encoder: Encoder, name: string, scope: ScopeSnapshot): unknown {
  try {
    return (scope.variables as Record<string, unknown>)[name];
  } catch {
    throw uninitialised(encoder, name);
  }
}

/** A variable's value, or undefined before its declaration has run. */
export function readQuietly(scope: object, name: string): unknown {
  try {
    return (scope as Record<string, unknown>)[name];
  } catch {
    return undefined;
  }
}

function uninitialised(encoder: Encoder, name: string): Error {
  encoder.trail.steps.push({ kind: "variable", name });
  return encoder.refuse(
    "which is not initialised yet (its const, let or class line has not run)",
    `submit the function after '${name}' is defined`,
  );
}

/** Compiled CommonJS reads its own exports as `exports.name`: only those that are used travel. */
function usedExports(encoder: Encoder, scope: ScopeSnapshot, use: FreeVariable): unknown {
  if (use.whole) throw encoder.refuse("it uses 'exports' as a value", "use the exported variables by name");
  const exports = readVariable(encoder, "exports", scope) as Record<string, unknown>;
  return Object.fromEntries([...use.members].map((member) => [member, exports[member]]));
}

function globalVariable(
  name: string,
  use: FreeVariable,
  outermost: ScopeSnapshot | undefined,
): ResolvedVariable | undefined {
  const globals = outermost?.kind === "Global" ? outermost.variables : globalThis;
  if (name === "globalThis" || name === "global") {
    const own = [...use.members].filter((member) => !STANDARD_GLOBALS.has(member) && Object.hasOwn(globals, member));
    if (own.length === 0) return undefined;
    const members = own.map((member) => [member, (globals as Record<string, unknown>)[member]]);
    return { kind: "globalObject", name, members: Object.fromEntries(members) as Record<string, unknown> };
  }
  if (STANDARD_GLOBALS.has(name)) return undefined;
  if (!(name in globals)) return undefined;
  return { kind: "global", name, value: (globals as Record<string, unknown>)[name] };
}
