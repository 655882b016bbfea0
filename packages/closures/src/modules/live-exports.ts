import { ownProperty } from "../own-property.js";
import { builtinModules, createRequire } from "node:module";
import { types } from "node:util";
import { intrinsicPath } from "../intrinsics.js";

/**
 * Exports of modules that this process has loaded, by identity of the value: for functions and objects that reach a task through
 * data (`{ sum: lodash.sum }`) rather than through an import binding.
 */

interface BuiltinExport {
  readonly specifier: string;
  readonly path: readonly string[];
}

interface CommonJsExport {
  readonly file: string;
  readonly path: readonly string[];
}

const builtins = new Map<object, BuiltinExport>();
const readBuiltins = new Set<string>();
let builtinsSeen = 0;

const commonJs = new Map<object, CommonJsExport>();
let commonJsSeen = 0;

const require = createRequire(import.meta.url);

/** Namespaces inside builtin modules that users hand around as objects. */
const NAMESPACES = new Set(["promises", "constants", "posix", "win32", "webcrypto", "types", "strict"]);
/** Deprecated aliases of other modules, and two whose exports are globals. */
const SKIPPED = /^(?:_.*|punycode|sys|wasi|process|console)$/;

/** The builtin module, and the path in it, that exports a value; standard globals are not looked for here. */
export function builtinExport(value: object): BuiltinExport | undefined {
  refreshBuiltins();
  const found = builtins.get(value);
  return found !== undefined && intrinsicPath(value) === undefined ? found : undefined;
}

export function builtinModuleOf(value: object): string | undefined {
  return builtinExport(value)?.specifier;
}

/** The CommonJS module in `require.cache` that exports a value. */
export function commonJsExport(value: object): CommonJsExport | undefined {
  return commonJs.get(value);
}

/** Looks at modules loaded since the last time. Listing them costs up to 0.1 ms in large programs: once per capture is enough. */
export function refreshCommonJsExports(): void {
  const files = Object.keys(require.cache);
  if (files.length === commonJsSeen) return;
  commonJsSeen = files.length;
  for (const file of files) {
    const exports: unknown = require.cache[file]?.exports;
    if (!isObject(exports) || types.isProxy(exports) || intrinsicPath(exports) !== undefined) continue;
    note(commonJs, exports, { file, path: [] });
    const proto = Object.getPrototypeOf(exports) as object | null;
    if (typeof exports !== "function" && proto !== null && proto !== Object.prototype) continue;
    for (const name of Object.keys(exports)) {
      const value: unknown = ownProperty(exports, name)?.value;
      if (typeof value === "function" && intrinsicPath(value) === undefined && !builtins.has(value))
        note(commonJs, value, { file, path: [name] });
    }
  }
}

function refreshBuiltins(): void {
  const loaded = (process as unknown as { moduleLoadList: readonly string[] }).moduleLoadList;
  if (loaded.length === builtinsSeen) return;
  builtinsSeen = loaded.length;
  for (const entry of loaded) {
    const name = entry.replace("NativeModule ", "");
    if (name === entry || readBuiltins.has(name) || !builtinModules.includes(name) || SKIPPED.test(name)) continue;
    readBuiltins.add(name);
    readBuiltin(`node:${name}`);
  }
}

function readBuiltin(specifier: string): void {
  const exports = require(specifier) as object;
  note(builtins, exports, { specifier, path: [] });
  for (const name of Object.keys(exports)) {
    const value: unknown = ownProperty(exports, name)?.value;
    if (typeof value === "function" || (isObject(value) && NAMESPACES.has(name)))
      note(builtins, value, { specifier, path: [name] });
  }
  if (specifier !== "node:fs") return;
  const { promises } = exports as { promises: Record<string, unknown> };
  note(builtins, promises, { specifier, path: ["promises"] });
  for (const [name, value] of Object.entries(promises))
    if (typeof value === "function") note(builtins, value, { specifier, path: ["promises", name] });
}

function note<T>(table: Map<object, T>, value: object, found: T): void {
  if (!table.has(value)) table.set(value, found);
}

function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}
