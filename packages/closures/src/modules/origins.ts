import type { AnyFunction } from "../any-function.js";
import type { ImportEntry, ModuleRef } from "../wire/heads.js";
import type { FileUnit } from "./file-units.js";

/** Where a value came from that was imported for a task: it is captured again as that import, not copied. */
export interface ImportOrigin {
  readonly module: ModuleRef;
  readonly unit: FileUnit | undefined;
  readonly path: readonly string[];
  readonly form: ImportEntry["form"];
}

const origins = new WeakMap<object, ImportOrigin>();

export function rememberOrigin(value: unknown, origin: ImportOrigin): void {
  if (((typeof value === "object" && value !== null) || typeof value === "function") && !origins.has(value))
    origins.set(value, origin);
}

export function originOf(value: object): ImportOrigin | undefined {
  return origins.get(value);
}

const importFunctions = new WeakMap<AnyFunction, ReadonlyMap<string, ModuleRef>>();

/** Remembers which modules the `import()` given to a revived function means, for functions inside it that are captured again. */
export function rememberImportFunction(run: AnyFunction, modules: ReadonlyMap<string, ModuleRef>): void {
  importFunctions.set(run, modules);
}

export function modulesOfImportFunction(run: AnyFunction): ReadonlyMap<string, ModuleRef> | undefined {
  return importFunctions.get(run);
}
